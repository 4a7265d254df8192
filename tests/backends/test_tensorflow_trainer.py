"""The trainer compiles steps in TensorFlow only where nobody can tell, except by the clock."""

import functools
import os
import signal
import threading

import numpy as np
import pytest
import tensorflow as tf

from d2l_multi import tensorflow as d2l
from d2l_multi.book.training import tensorflow_graphs
from tests.objects.models import assert_same_parameters, clusters, mlp

pytestmark = pytest.mark.xdist_group("tensorflow")


@pytest.fixture
def compiles(monkeypatch):
    """However short the training, what may be compiled is."""
    monkeypatch.setattr(tensorflow_graphs, "COMPILE_AFTER", 0)


def fitted(model, data=None, max_epochs=3, **options):
    """The trainer after training."""
    trainer = d2l.Trainer(max_epochs, **options)
    trainer.fit(model, data or clusters(d2l))
    return trainer


def is_compiled(trainer):
    return bool(trainer._graphs)


@pytest.mark.parametrize("options", [{}, {"gradient_clip_val": 0.5}])
def test_compiled_and_eager_training_are_the_same(monkeypatch, options):
    trainers = []
    for threshold in (0, 10**9):
        monkeypatch.setattr(tensorflow_graphs, "COMPILE_AFTER", threshold)
        trainers.append(fitted(mlp(d2l, "tensorflow"), **options))
    compiled, eager = trainers
    assert is_compiled(compiled) and not is_compiled(eager)
    assert_same_parameters(d2l, compiled.model, eager.model, atol=1e-6)
    np.testing.assert_allclose(compiled.history, eager.history, rtol=1e-5)
    assert compiled.history[0]._fields == eager.history[0]._fields
    for label, points in eager.model.board.data.items():
        np.testing.assert_allclose(compiled.model.board.data[label], points, rtol=1e-5)
    counts = [(trainer.train_batch_idx, trainer.val_batch_idx) for trainer in trainers]
    assert counts[0] == counts[1] == (21, 9)


def test_regression_from_scratch_is_compiled_too(compiles):
    data = d2l.SyntheticRegressionData(tf.constant([2, -3.4]), 4.2, seed=0)
    trainer = fitted(d2l.LinearRegressionScratch(2, lr=0.1), data)
    assert is_compiled(trainer)
    np.testing.assert_allclose(trainer.model.w.numpy().ravel(), [2, -3.4], atol=0.01)


def test_short_training_is_not_worth_it():
    assert not is_compiled(fitted(mlp(d2l, "tensorflow")))


def test_steps_of_the_users_run_as_they_are(compiles):
    """Whatever of a step is redefined, its Python runs at every batch."""
    for method in ("training_step", "validation_step", "loss", "forward", "call", "accuracy", "plot"):
        model, calls = mlp(d2l, "tensorflow"), []
        own = type(model)

        def counting(self, *arguments, own=own, method=method, calls=calls, **options):
            calls.append(1)
            return getattr(super(own, self), method)(*arguments, **options)

        d2l.add_to_class(own)(counting)
        setattr(own, method, counting)
        assert not is_compiled(fitted(model)), method
        assert len(calls) >= 9, method


def test_a_step_that_is_replaced_on_the_model_itself_runs_as_it_is(compiles):
    model, calls = mlp(d2l, "tensorflow"), []
    own = model.training_step
    model.training_step = lambda batch: calls.append(1) or own(batch)
    assert not is_compiled(fitted(model)) and len(calls) == 21


def test_plotting_in_a_graph_of_the_users_is_refused():
    class Compiled(type(mlp(d2l, "tensorflow"))):
        @tf.function
        def training_step(self, batch):
            return super().training_step(batch)

    model = mlp(d2l, "tensorflow")
    model.__class__ = Compiled
    with pytest.raises(ValueError, match=r"in a tf.function of your own, where there is no value yet"):
        fitted(model)


def test_trainers_of_the_users_run_as_they_are(compiles):
    class Counting(d2l.Trainer):
        updates = 0

        def update(self, batch):
            self.updates += 1
            super().update(batch)

    model = mlp(d2l, "tensorflow")
    trainer = Counting(max_epochs=2)
    trainer.fit(model, clusters(d2l))
    assert not is_compiled(trainer) and trainer.updates == 14


def test_a_loss_that_wraps_ours_runs_as_it_is(compiles):
    """``functools.wraps`` makes it look like ours; what it does besides must happen in every step."""
    seen = []

    class Watched(d2l.SoftmaxRegression):
        @functools.wraps(d2l.SoftmaxRegression.loss)
        def loss(self, y_hat, y, averaged=True):
            seen.append(len(y))
            return super().loss(y_hat, y, averaged)

    trainer = fitted(Watched(3, lr=0.1))
    assert not is_compiled(trainer) and len(seen) == trainer.train_batch_idx + trainer.val_batch_idx


def test_layers_optimisers_and_loaders_of_the_users_run_as_they_are(compiles):
    class Optimizer(tf.keras.optimizers.SGD):
        pass

    model = mlp(d2l, "tensorflow")
    model.net.add(tf.keras.layers.Lambda(lambda scores: scores))
    assert not is_compiled(fitted(model))
    for optimizer in (Optimizer(0.1), tf.keras.optimizers.SGD(lambda: 0.1)):
        model = mlp(d2l, "tensorflow")
        model.configure_optimizers = lambda optimizer=optimizer: optimizer
        assert not is_compiled(fitted(model))
    data = clusters(d2l)
    data.get_dataloader = lambda train: list(clusters(d2l).get_dataloader(train))
    assert not is_compiled(fitted(mlp(d2l, "tensorflow"), data))


def test_dropout_is_drawn_anew_in_a_graph(compiles):
    class Dropped(d2l.Classifier):
        def __init__(self):
            super().__init__()
            self.lr = 0.0
            layers = tf.keras.layers.Dropout(0.5), tf.keras.layers.Dense(3, use_bias=False)
            self.net = tf.keras.Sequential(layers)

    trainer = fitted(Dropped())
    assert is_compiled(trainer)
    losses = trainer.history.column("train_loss")
    assert len(set(losses)) == 3 and len(set(trainer.history.column("val_loss"))) == 1


def test_an_interrupt_ends_a_graph_soon(compiles):
    trainer = d2l.Trainer(max_epochs=100_000)
    model = mlp(d2l, "tensorflow")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(2, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.warns(d2l.InterruptedWarning):
        history = trainer.fit(model, clusters(d2l, batch_size=1))
    signal.signal(signal.SIGINT, before)
    assert is_compiled(trainer) and len(history) < 100_000


def test_a_learning_rate_that_is_a_function_is_asked_at_every_step():
    """In `train_epoch_ch3`, too, where a graph would hold what it said once."""
    rates = iter(np.linspace(0.1, 0.2, 10_000))
    net = tf.keras.Sequential([tf.keras.layers.Dense(3)])
    net.build((None, 6))
    optimizer = tf.keras.optimizers.SGD(lambda: next(rates))
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    batches = clusters(d2l, batch_size=1).train_dataloader()
    for _ in range(4):
        d2l.train_epoch_ch3(net, batches, loss, optimizer)
    assert next(rates) > 0.1 + 200 * 0.1 / 10_000
