"""Where MXNet keeps the parameters of a net."""

from d2l_multi.book import contracts
from d2l_multi.book.parameters import contract, layout
from d2l_multi.book.tensors.mxnet import numpy
from d2l_multi.compat import framework, private

with framework("mxnet"):
    from mxnet import gluon
    from mxnet import np as mxnp
    from mxnet.gluon import nn


def own_arrays(model):
    """Arrays that a block, and those in it, hold as attributes: (block, name, array) of each."""
    for block in layout.walk(model, private.gluon_children):
        for name, value in vars(block).items():
            if isinstance(value, mxnp.ndarray):
                yield block, name, value


def trained_arrays(model):
    """Those that a block from scratch trains: arrays with gradients."""
    return [found for found in own_arrays(model) if found[2].grad is not None]


def unregistered(model):
    return {f"{number}.{name}": array for number, (_, name, array) in enumerate(trained_arrays(model))}


def _cells(kind, layer):
    """Each layer and each direction; weights are stored (out, in), and there are two biases."""
    ends = [""]
    if not isinstance(layer, gluon.rnn.RecurrentCell):
        if hasattr(layer, "l0_h2r_weight"):
            raise layout.unsupported(layer)
        numbers = range(sum(name.startswith("l") for name in vars(layer) if name.endswith("i2h_bias")))
        directions = ["l", "r"][: 1 + hasattr(layer, "r0_i2h_weight")]
        ends = [f"{direction}{number}_" for number in numbers for direction in directions]
    for end in ends:
        weights = [getattr(layer, f"{end}{part}_weight") for part in ("i2h", "h2h")]
        biases = [getattr(layer, f"{end}{part}_bias") for part in ("i2h", "h2h")]
        yield layout.recurrent(kind, weights, biases, transposed=True)


# Layer types, the kind of each, and which attribute holds what; a dense weight is stored (out, in) here.
_LAYERS = [
    (nn.Dense, "dense", {"weight": ("weight", (1, 0)), "bias": "bias"}),
    ((nn.Conv1D, nn.Conv2D, nn.Conv3D), "conv", {"weight": "weight", "bias": "bias"}),
    (
        nn.BatchNorm,
        "batch_norm",
        {"gamma": "gamma", "beta": "beta", "running_mean": "running_mean", "running_var": "running_var"},
    ),
    (nn.Embedding, "embedding", {"weight": "weight"}),
    ((gluon.rnn.RNN, gluon.rnn.RNNCell), "rnn", _cells),
    ((gluon.rnn.LSTM, gluon.rnn.LSTMCell), "lstm", _cells),
    ((gluon.rnn.GRU, gluon.rnn.GRUCell), "gru", _cells),
]


def _layers(net):
    """The kind and the parameters of each layer, in order of registration."""
    if not isinstance(net, gluon.Block):
        return layout.listed(net, mxnp.ndarray)
    blocks = layout.walk(net, private.gluon_children)
    return layout.of_layers(blocks, _LAYERS, _own, nn, gluon.rnn)


def _own(block):
    return [
        *private.gluon_own_parameters(block),
        *(array for owner, _, array in trained_arrays(block) if owner is block),
    ]


def _read(param):
    try:
        return numpy(param if isinstance(param, mxnp.ndarray) else param.data())
    except (gluon.parameter.DeferredInitializationError, RuntimeError):
        raise layout.uninitialised("initialize() the net") from None


def _assign(param, array):
    if isinstance(param, mxnp.ndarray):
        param[()] = mxnp.array(array, dtype=array.dtype)
    else:
        param.set_data(mxnp.array(array, dtype=array.dtype))


def get_parameters(net):
    return layout.get(_layers(net), _read)


def set_parameters(net, arrays):
    layout.put(_layers(net), arrays, _read, _assign)


def save_parameters(net, path):
    layout.save(get_parameters(net), path)


def load_parameters(net, path):
    set_parameters(net, layout.load(path))


__all__ = contracts.offered(contract, globals())
