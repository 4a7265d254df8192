"""TensorFlow compiles an epoch only where nobody can tell, except by the clock."""

import functools

import numpy as np
import pytest
import tensorflow as tf

from d2l_multi import tensorflow as d2l
from d2l_multi.book.training import tensorflow as training
from d2l_multi.book.training import tensorflow_graphs

pytestmark = pytest.mark.xdist_group("tensorflow")

RANDOM = np.random.default_rng(0)
X = RANDOM.random((400, 6)).astype("float32")
Y = RANDOM.integers(0, 3, 400).astype("int32")


def data(batch_size=4):
    return d2l.load_array((d2l.tensor(X), d2l.tensor(Y)), batch_size, is_train=False)


def loss():
    return tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def dense_net(*extra):
    net = tf.keras.Sequential([*extra, tf.keras.layers.Dense(3, kernel_initializer="zeros")])
    net.build((None, 6))
    return net


def is_compiled(net):
    known = tensorflow_graphs.trainings.get(net)
    return known is not None and known.epoch is not None


def test_compiled_and_eager_epochs_are_the_same():
    results = []
    for threshold in (0, 10**9):
        net, optimizer, objective = dense_net(), tf.keras.optimizers.SGD(0.1), loss()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tensorflow_graphs, "COMPILE_AFTER", threshold)
            optimizer.build(net.trainable_variables)
            metrics = [d2l.train_epoch_ch3(net, data(7), objective, optimizer) for _ in range(3)]
        assert is_compiled(net) == (threshold == 0)
        results.append((metrics, net.get_weights()))
    (compiled, compiled_weights), (eager, eager_weights) = results
    np.testing.assert_allclose(compiled, eager, rtol=1e-6)
    for one, other in zip(compiled_weights, eager_weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-7)


def test_a_net_is_compiled_once_it_has_trained_for_a_while_and_not_before(monkeypatch):
    net, optimizer, objective = dense_net(), tf.keras.optimizers.SGD(0.1), loss()
    small = d2l.load_array((d2l.tensor(X[:40]), d2l.tensor(Y[:40])), 4)
    for calls in range(1, 21):
        d2l.train_epoch_ch3(net, small, objective, optimizer)
        assert is_compiled(net) == (calls * 10 > tensorflow_graphs.COMPILE_AFTER)
    steps = []
    step = training._train_step
    monkeypatch.setattr(training, "_train_step", lambda *arguments: steps.append(1) or step(*arguments))
    epoch = tensorflow_graphs.trainings[net].epoch
    for _ in range(100):
        d2l.train_epoch_ch3(net, small, objective, optimizer)
    ragged = d2l.load_array((d2l.tensor(X[:42]), d2l.tensor(Y[:42])), 5)
    for _ in range(3):
        d2l.train_epoch_ch3(net, ragged, objective, optimizer)
    assert tensorflow_graphs.trainings[net].epoch is epoch and len(steps) <= 1, (
        "Python runs a step where it becomes a graph"
    )


def test_a_variable_made_anew_is_the_one_that_is_trained():
    def net(X):
        return tf.matmul(X, W)

    def cross_entropy(y_hat, y):
        return tf.keras.losses.sparse_categorical_crossentropy(y, y_hat, from_logits=True)

    for _ in range(3):  # the reader runs the cell that makes W again
        W = tf.Variable(tf.zeros((6, 3)))
        for _ in range(3):
            before = W.numpy()
            d2l.train_epoch_ch3(net, data(), cross_entropy, d2l.Updater([W], 0.1))
            assert np.abs(W.numpy() - before).max() > 0


def test_python_side_effects_happen_at_every_batch():
    calls = []

    class Noisy(tf.keras.layers.Layer):
        def call(self, inputs):
            calls.append(1)
            return inputs

    net, optimizer, objective = dense_net(Noisy()), tf.keras.optimizers.SGD(0.1), loss()
    calls.clear()
    for _ in range(3):
        d2l.train_epoch_ch3(net, data(), objective, optimizer)
    assert len(calls) == 300 and not is_compiled(net)


@pytest.mark.parametrize(
    "extra",
    [
        lambda: tf.keras.layers.Lambda(lambda x: x),
        lambda: tf.keras.layers.Dense(6, activation=lambda x: x),
        lambda: tf.keras.layers.Dense(6, activation=functools.wraps(tf.keras.activations.relu)(lambda x: x)),
        lambda: tf.keras.layers.Dense(6, kernel_constraint=lambda w: w),
    ],
)
def test_nets_that_run_code_of_the_users_are_left_eager(extra):
    net, optimizer, objective = dense_net(extra()), tf.keras.optimizers.SGD(0.1), loss()
    for _ in range(3):
        d2l.train_epoch_ch3(net, data(), objective, optimizer)
    assert not is_compiled(net)


def test_what_is_changed_between_epochs_is_noticed():
    net = dense_net(tf.keras.layers.Dropout(0.0))
    optimizer, objective = tf.keras.optimizers.SGD(0.1), loss()
    for _ in range(3):
        d2l.train_epoch_ch3(net, data(), objective, optimizer)
    assert is_compiled(net)
    net.layers[-1].trainable = False
    frozen = net.get_weights()
    with pytest.raises(ValueError, match="no trainable variables"):
        d2l.train_epoch_ch3(net, data(), objective, optimizer)
    net.layers[-1].trainable = True
    np.testing.assert_array_equal(net.get_weights()[0], frozen[0])

    optimizer.learning_rate = 0.0
    d2l.train_epoch_ch3(net, data(), objective, optimizer)
    np.testing.assert_array_equal(net.get_weights()[0], frozen[0])
    other = tf.keras.optimizers.SGD(0.1)
    d2l.train_epoch_ch3(net, data(), objective, other)
    assert np.abs(net.get_weights()[0] - frozen[0]).max() > 0


def test_nothing_keeps_a_net_alive():
    import gc
    import weakref

    net, optimizer, objective = dense_net(), tf.keras.optimizers.SGD(0.1), loss()
    for _ in range(3):
        d2l.train_epoch_ch3(net, data(), objective, optimizer)
    assert is_compiled(net)
    gone = weakref.ref(net)
    del net, optimizer, objective
    gc.collect()
    assert gone() is None


def test_who_is_to_update_must_know_the_variables():
    W = tf.Variable(tf.zeros((6, 3)))
    with pytest.raises(TypeError, match=r"Updater\(\[W, b\], lr\)"):
        d2l.train_epoch_ch3(lambda X: tf.matmul(X, W), data(), loss(), tf.keras.optimizers.SGD(0.1))
    with pytest.raises(TypeError, match="got function"):
        d2l.train_epoch_ch3(lambda X: tf.matmul(X, W), data(), loss(), lambda batch_size, grads: None)
