"""Where TensorFlow runs many steps in one graph, a fault in the middle leaves the last finished step, too."""

import signal
import threading

import numpy as np
import pytest
import tensorflow as tf

from d2l_multi import tensorflow as d2l
from d2l_multi.book.training import tensorflow_graphs

pytestmark = pytest.mark.xdist_group("tensorflow")

COUNT, SIZE = 200, 3
X = np.random.RandomState(0).normal(size=(COUNT * SIZE, 2)).astype("float32")
Y = X @ np.asarray([[2.0], [-3.4]], "float32")


def batches(fails_at=None):
    def generate():
        for number in range(COUNT):
            if number == fails_at:
                raise RuntimeError("lost the connection")
            rows = slice(SIZE * number, SIZE * (number + 1))
            yield X[rows], Y[rows]

    shapes = (tf.TensorSpec((SIZE, 2)), tf.TensorSpec((SIZE, 1)))
    dataset = tf.data.Dataset.from_generator(generate, output_signature=shapes)
    return dataset.apply(tf.data.experimental.assert_cardinality(COUNT))


class Data(d2l.DataModule):
    def __init__(self, train):
        super().__init__()
        self.train = train

    def get_dataloader(self, train):
        return self.train if train else None


def model():
    made = d2l.LinearRegression(lr=0.1)
    made.apply_init([tf.zeros((1, 2))])
    made.net.set_weights([np.zeros((2, 1)), np.zeros(1)])
    return made


def after(steps):
    """Weight and bias after so many steps, in NumPy."""
    w, b = np.zeros((2, 1)), np.zeros(1)
    for step in range(steps):
        rows = slice(SIZE * step % len(X), SIZE * step % len(X) + SIZE)
        error = X[rows] @ w + b - Y[rows]
        w, b = w - 0.2 * X[rows].T @ error / SIZE, b - 0.2 * error.mean(0)
    return w, b


def assert_weights(net, steps):
    for actual, expected in zip(net.get_weights(), after(steps), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("fails_at", [1, 77, 199])
def test_a_dataset_that_fails_in_fit(fails_at):
    net, trainer = model(), d2l.Trainer(max_epochs=2)
    with pytest.raises(tf.errors.OpError, match="lost the connection") as caught:
        trainer.fit(net, Data(batches(fails_at)))
    assert trainer._is_compiled() and caught.value.history is trainer.history
    assert_weights(net.net, fails_at)
    assert len(trainer.fit(net, Data(batches()), resume=True)) == 2


@pytest.mark.parametrize("fails_at", [1, 77, 199])
def test_a_dataset_that_fails_in_an_epoch(fails_at, monkeypatch):
    monkeypatch.setattr(tensorflow_graphs, "COMPILE_AFTER", 0)
    net, optimiser = model().net, tf.keras.optimizers.SGD(0.1)
    net = tf.keras.Sequential([net])
    optimiser.build(net.trainable_variables)
    with pytest.raises(tf.errors.OpError, match="lost the connection"):
        d2l.train_epoch_ch3(net, batches(fails_at), tf.keras.losses.MeanSquaredError(), optimiser)
    assert tensorflow_graphs.trainings[net].epoch is not None
    assert_weights(net, fails_at)


def test_an_interrupt_while_a_graph_runs():
    """The signal comes from outside at some moment; every step that the optimiser made is counted."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    net, trainer = model(), d2l.Trainer(max_epochs=10**6)
    loader = d2l.load_array((X, Y), SIZE, is_train=False)
    main = threading.main_thread().ident
    timer = threading.Timer(3, lambda: signal.pthread_kill(main, signal.SIGINT))
    timer.start()
    with pytest.warns(
        d2l.InterruptedWarning, match=r"interrupted in epoch \d+; the model is as the last step"
    ):
        history = trainer.fit(net, Data(loader))
    timer.join()
    signal.signal(signal.SIGINT, before)
    assert trainer._is_compiled() and 0 < len(history) == trainer.epoch < 10**6
    assert 0 <= trainer.train_batch_idx - COUNT * len(history) <= COUNT
    assert int(trainer.optim.iterations) == trainer.train_batch_idx
    assert all(np.isfinite(weight).all() for weight in net.net.get_weights())
