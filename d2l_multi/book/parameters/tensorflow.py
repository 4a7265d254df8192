"""Where TensorFlow keeps the parameters of a net."""

from functools import partial

from d2l_multi.book import contracts
from d2l_multi.book.parameters import contract, layout
from d2l_multi.book.parameters.layout import Slot
from d2l_multi.book.tensors.tensorflow import numpy
from d2l_multi.compat import framework, private

with framework("tensorflow"):
    import tensorflow as tf
    from tensorflow.keras import layers


def _cell(kind, cell):
    """Weights are stored (in, out), with one bias; a GRU has two as rows, and its gates as z, r, h."""
    if kind == "gru" and not cell.reset_after:
        raise TypeError(
            f"the parameters of {cell.name!r} belong to a formula that no other framework has: a GRU travels "
            "with reset_after=True, which is the default"
        )
    weights = [layout.built(cell, name) for name in ("kernel", "recurrent_kernel")]
    order = (1, 0, 2) if kind == "gru" else None
    yield layout.recurrent(kind, weights, [layout.built(cell, "bias")], order=order)


# Layer types, the kind of each, and which attribute holds what; a convolution is stored (h, w, in, out) here.
_LAYERS = [
    (layers.Dense, "dense", {"weight": "kernel", "bias": "bias"}),
    ((layers.Conv1D, layers.Conv2D, layers.Conv3D), "conv", {"weight": "kernel", "bias": "bias"}),
    (
        layers.BatchNormalization,
        "batch_norm",
        {"gamma": "gamma", "beta": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"},
    ),
    (layers.Embedding, "embedding", {"weight": "embeddings"}),
    (layers.SimpleRNNCell, "rnn", _cell),
    (layers.LSTMCell, "lstm", _cell),
    (layers.GRUCell, "gru", _cell),
]

# What comes of these has channels last, where the canonical layout has them first.
_WITH_CHANNELS = (
    *(layers.Conv1D, layers.Conv2D, layers.Conv3D),
    *(layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D),
    *(layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D),
)


def _layers(net):
    """The kind and the parameters of each layer, in order of registration."""
    if not isinstance(net, layers.Layer):
        return layout.listed(net, tf.Variable)
    found = list(layout.walk(net, partial(private.keras_flatten_layers, recursive=False)))
    images = _flattened(found)

    def slot(layer, role, param, _):
        return _slot(layer, role, param, images.get(id(layer)))

    return layout.of_layers(found, _LAYERS, private.keras_own_variables, layers, slot=slot)


def _flattened(found):
    """By layer, (h, w, c) or of other axes, what its inputs were before they were flattened."""
    images, image, with_channels = {}, None, False
    for layer in found:
        if isinstance(layer, layers.Flatten) and layer.data_format == "channels_last":
            shape = private.keras_input_shape(layer)
            # Images without a convolution have channels, too; a sequence, as of an embedding, has none.
            image = shape if len(shape) > 2 or (len(shape) == 2 and with_channels) else None
        elif isinstance(layer, (layers.Dense, layers.BatchNormalization)):
            images[id(layer)] = image
        with_channels = with_channels or isinstance(layer, _WITH_CHANNELS)
        if isinstance(layer, (layers.Dense, layers.Embedding)):
            image, with_channels = None, False
    return images


def _slot(layer, role, param, image):
    """A convolution is stored (h, w, in, out); what follows Flatten has rows in the order of (h, w, c)."""
    if isinstance(layer, (layers.Dense, layers.BatchNormalization)):
        return Slot(role, param, image=image if role != "bias" else None)
    if isinstance(layer, layers.Embedding) or role == "bias":
        return Slot(role, param)
    sides = len(param.shape) - 2
    return Slot(role, param, axes=(sides + 1, sides, *range(sides)))


def _assign(param, array):
    param.assign(array)


def get_parameters(net):
    return layout.get(_layers(net), numpy)


def set_parameters(net, arrays):
    layout.put(_layers(net), arrays, numpy, _assign)


def save_parameters(net, path):
    layout.save(get_parameters(net), path)


def load_parameters(net, path):
    set_parameters(net, layout.load(path))


__all__ = contracts.offered(contract, globals())
