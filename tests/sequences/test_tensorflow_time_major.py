"""What Keras 2 took and Keras 3 does not, repaired: as it was where it is used, and nothing else changed."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.keras import layers

from d2l_multi import tensorflow as d2l
from d2l_multi.compat import keras_time_major

FULL = {"return_sequences": True, "return_state": True}
MADE = {
    "RNN": lambda **kwargs: layers.RNN(layers.SimpleRNNCell(3), **kwargs),
    "SimpleRNN": lambda **kwargs: layers.SimpleRNN(3, **kwargs),
    "GRU": lambda **kwargs: layers.GRU(3, **kwargs),
    "LSTM": lambda **kwargs: layers.LSTM(3, **kwargs),
    "stacked": lambda **kwargs: layers.RNN([layers.GRUCell(3), layers.LSTMCell(2)], **kwargs),
    "both": lambda **kwargs: layers.Bidirectional(layers.LSTM(3, **kwargs)),
    "apart": lambda **kwargs: layers.Bidirectional(layers.GRU(3, **kwargs), merge_mode=None),
}
X = d2l.tensor(np.random.RandomState(0).standard_normal((4, 2, 5)).astype("float32"))  # (steps, n, inputs)


def outputs(layer, inputs, **kwargs):
    return [array.numpy() for array in tf.nest.flatten(layer(inputs, **kwargs))]


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("full", [FULL, {}], ids=["all", "last"])
def test_steps_first_is_the_same_turned(kind, full):
    usual, turned = MADE[kind](**full), MADE[kind](**full, time_major=True)
    right = outputs(usual, tf.transpose(X, (1, 0, 2)))
    turned(X)
    turned.set_weights(usual.get_weights())
    for one, other in zip(outputs(turned, X), right, strict=True):
        if full and one.ndim == 3:
            one = np.swapaxes(one, 0, 1)
        assert np.allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("kind", ["GRU", "both"])
def test_a_copy_remembers_it_and_a_graph_has_it(kind):
    layer = MADE[kind](**FULL, time_major=True)
    copy = type(layer).from_config(layer.get_config())
    assert keras_time_major.is_time_major(copy) and copy(X)[0].shape[:2] == (4, 2)
    assert tf.function(layer)(X)[0].shape[:2] == (4, 2)
    inputs = tf.keras.Input((2, 5))
    assert layer(inputs)[0].shape[1] == 2


def test_who_does_not_ask_gets_what_keras_gives():
    for make in MADE.values():
        layer = make(**FULL)
        assert not keras_time_major.is_time_major(layer) and "time_major" not in layer.get_config()
        assert layer(tf.transpose(X, (1, 0, 2)))[0].shape[0] in (2, 4)
    assert isinstance(layers.GRUCell(3).get_initial_state(batch_size=2), list)
    with pytest.raises(ValueError, match="Unrecognized keyword arguments"):
        layers.GRU(3, time_minor=True)


def test_a_first_state_in_a_dtype_is_a_tensor_as_it_was():
    state = layers.GRUCell(3).get_initial_state(batch_size=2, dtype=tf.float64)
    assert state.shape == (2, 3) and state.dtype == tf.float64
    H, C = layers.LSTMCell(3).get_initial_state(batch_size=2, dtype=tf.float32)
    assert H.shape == C.shape == (2, 3)
    cells = layers.StackedRNNCells([layers.GRUCell(3), layers.LSTMCell(2)])
    assert len(tf.nest.flatten(cells.get_initial_state(batch_size=2, dtype=tf.float32))) == 3


def test_it_is_installed_once():
    before = layers.RNN.__init__
    keras_time_major.install()
    assert layers.RNN.__init__ is before
