"""Where PaddlePaddle keeps the parameters of a net."""

from d2l_multi.book import contracts
from d2l_multi.book.parameters import contract, layout
from d2l_multi.book.tensors.paddle import numpy
from d2l_multi.compat import framework, private

with framework("paddle"):
    import paddle
    from paddle import nn


def unregistered(model):
    """Tensors that a layer from scratch trains but that are no Parameters: Paddle takes them for buffers."""
    return {name: buffer for name, buffer in model.named_buffers() if not buffer.stop_gradient}


def trained(model):
    return [*model.parameters(), *unregistered(model).values()]


def _cell(kind, cell):
    """Weights are stored (out, in), and there are two biases."""
    one_bias = (cell.bias_ih is None) != (cell.bias_hh is None)
    if getattr(cell, "weight_ho", None) is not None or (kind == "gru" and one_bias):
        raise layout.unsupported(cell)
    weights, biases = [cell.weight_ih, cell.weight_hh], [cell.bias_ih, cell.bias_hh]
    yield layout.recurrent(kind, weights, biases, transposed=True)


# Layer types, the kind of each, and which attribute holds what; all stored as the canonical layout has them,
# but for RNNs, of which cells hold the parameters, one for each layer and direction.
_LAYERS = [
    (nn.Linear, "dense", {"weight": "weight", "bias": "bias"}),
    ((nn.Conv1D, nn.Conv2D, nn.Conv3D), "conv", {"weight": "weight", "bias": "bias"}),
    (
        (nn.BatchNorm, nn.BatchNorm1D, nn.BatchNorm2D, nn.BatchNorm3D),
        "batch_norm",
        {"gamma": "weight", "beta": "bias", **private.PADDLE_RUNNING},
    ),
    (nn.Embedding, "embedding", {"weight": "weight"}),
    (nn.SimpleRNNCell, "rnn", _cell),
    (nn.LSTMCell, "lstm", _cell),
    (nn.GRUCell, "gru", _cell),
    ((nn.SimpleRNN, nn.LSTM, nn.GRU), "", lambda kind, layer: ()),
]


def _layers(net):
    """The kind and the parameters of each layer, in order of registration."""
    if not isinstance(net, nn.Layer):
        return layout.listed(net, paddle.Tensor)
    return layout.of_layers(net.sublayers(include_self=True), _LAYERS, _own, nn)


def _own(layer):
    scratch = [buffer for buffer in layer.buffers(include_sublayers=False) if not buffer.stop_gradient]
    return [*layer.parameters(include_sublayers=False), *scratch]


def _assign(param, array):
    param.set_value(array)


def get_parameters(net):
    return layout.get(_layers(net), numpy)


def set_parameters(net, arrays):
    layout.put(_layers(net), arrays, numpy, _assign)


def save_parameters(net, path):
    layout.save(get_parameters(net), path)


def load_parameters(net, path):
    set_parameters(net, layout.load(path))


__all__ = contracts.offered(contract, globals())
