"""Recurrent layers of Keras 3 refuse what the book's cells give them.

Defect: Keras 3 dropped the argument ``time_major`` of ``RNN``, ``SimpleRNN``, ``GRU`` and ``LSTM``, and
    ``dtype`` of their cells' ``get_initial_state`` (keras-team/keras issue 20750: removed on purpose). Cells
    of the book, and models saved by Keras 2, pass them and end in "Unrecognized keyword arguments".
Repair: who passes them gets what Keras 2 gave: with ``time_major=True`` a layer, and a ``Bidirectional``
    around one, takes and gives sequences (steps, n, ...); with ``dtype`` a cell's only state is a tensor, not
    a list. Without these arguments every layer and cell does what Keras does.
Can go: when the book's sections for TensorFlow no longer pass them, or Keras takes them again.
"""

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

_turned: ContextVar[bool] = ContextVar("turned", default=False)  # by a Bidirectional, for the layers in it


def is_time_major(layer: Any) -> bool:
    """Whether a recurrent layer, or a ``Bidirectional`` around one, takes steps first."""
    return getattr(getattr(layer, "forward_layer", layer), "time_major", False)


def install() -> None:
    """Let the recurrent layers of ``tf.keras`` take these arguments, if it is Keras 3."""
    import tensorflow as tf

    layers = tf.keras.layers
    if tf.keras.__version__.startswith("2.") or hasattr(layers.RNN, "takes_time_major"):
        return
    layers.RNN.takes_time_major = True
    layers.RNN.__init__ = _accepting_time_major(layers.RNN.__init__)
    layers.RNN.get_config = _telling_time_major(layers.RNN.get_config)
    for layer in (layers.RNN, layers.Bidirectional):
        layer.__call__ = _steps_first(layer.__call__)
    for cell in (layers.SimpleRNNCell, layers.GRUCell, layers.LSTMCell, layers.StackedRNNCells):
        cell.get_initial_state = _accepting_dtype(cell.get_initial_state)


def _accepting_time_major(init: Callable) -> Callable:
    @functools.wraps(init)
    def __init__(self, *args, time_major=False, **kwargs):
        init(self, *args, **kwargs)
        if time_major:
            self.time_major = True

    signed: Any = __init__
    signed.__signature__ = inspect.signature(init)  # which Keras reads
    return signed


def _telling_time_major(get_config: Callable) -> Callable:
    @functools.wraps(get_config)
    def told(self):
        return {**get_config(self), **({"time_major": True} if is_time_major(self) else {})}

    return told


def _steps_first(call: Callable) -> Callable:
    @functools.wraps(call)
    def __call__(self, sequences, *args, **kwargs):
        if not is_time_major(self) or _turned.get():
            return call(self, sequences, *args, **kwargs)
        if kwargs.get("mask") is not None:
            kwargs["mask"] = _turn(kwargs["mask"])
        token = _turned.set(True)
        try:
            outputs = call(self, _turn(sequences), *args, **kwargs)
        finally:
            _turned.reset(token)
        if not self.return_sequences:
            return outputs
        if not isinstance(outputs, (list, tuple)):
            return _turn(outputs)
        both = getattr(self, "merge_mode", "") is None  # directions, which are not merged
        return (*map(_turn, outputs[: 1 + both]), *outputs[1 + both :])

    return __call__


def _turn(sequences: Any) -> Any:
    import tensorflow as tf

    return tf.keras.ops.swapaxes(sequences, 0, 1)


def _accepting_dtype(get_initial_state: Callable) -> Callable:
    @functools.wraps(get_initial_state)
    def in_dtype(self, *args, dtype=None, **kwargs):
        import tensorflow as tf

        states = get_initial_state(self, *args, **kwargs)
        if dtype is None:
            return states
        states = tf.nest.map_structure(lambda state: tf.cast(state, dtype), states)
        return states[0] if isinstance(self.state_size, int) else states

    return in_dtype
