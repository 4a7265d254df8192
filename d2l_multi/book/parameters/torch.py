"""Where PyTorch keeps the parameters of a net."""

from d2l_multi.book import contracts
from d2l_multi.book.parameters import contract, layout
from d2l_multi.book.tensors.torch import numpy
from d2l_multi.compat import framework

with framework("torch"):
    import torch
    from torch import nn


def unregistered(model):
    """Tensors that a module from scratch trains, and PyTorch does not know: plain attributes."""
    return {
        f"{path}.{name}".lstrip("."): value
        for path, module in model.named_modules()
        for name, value in own_tensors(module).items()
    }


def own_tensors(module):
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, torch.Tensor) and value.requires_grad
    }


def _cells(kind, layer):
    """Each layer and each direction; weights are stored (out, in), and there are two biases."""
    ends = [""]
    if isinstance(layer, nn.RNNBase):
        if layer.proj_size:
            raise layout.unsupported(layer)
        directions = ["", "_reverse"][: 1 + layer.bidirectional]
        ends = [f"_l{number}{direction}" for number in range(layer.num_layers) for direction in directions]
    for end in ends:
        weights = [getattr(layer, f"weight_{part}{end}") for part in ("ih", "hh")]
        biases = [getattr(layer, f"bias_{part}{end}", None) for part in ("ih", "hh")]
        yield layout.recurrent(kind, weights, biases, transposed=True)


# Layer types, the kind of each, and which attribute holds what; a dense weight is stored (out, in) here.
_LAYERS = [
    (nn.Linear, "dense", {"weight": ("weight", (1, 0)), "bias": "bias"}),
    ((nn.Conv1d, nn.Conv2d, nn.Conv3d), "conv", {"weight": "weight", "bias": "bias"}),
    (
        (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d),
        "batch_norm",
        {"gamma": "weight", "beta": "bias", "running_mean": "running_mean", "running_var": "running_var"},
    ),
    (nn.Embedding, "embedding", {"weight": "weight"}),
    ((nn.RNN, nn.RNNCell), "rnn", _cells),
    ((nn.LSTM, nn.LSTMCell), "lstm", _cells),
    ((nn.GRU, nn.GRUCell), "gru", _cells),
]


def _layers(net):
    """The kind and the parameters of each layer, in order of registration."""
    if not isinstance(net, nn.Module):
        return layout.listed(net, torch.Tensor)
    return layout.of_layers(net.modules(), _LAYERS, _own, nn)


def _own(module):
    return [*module.parameters(recurse=False), *own_tensors(module).values()]


def _read(param):
    if nn.parameter.is_lazy(param):
        raise layout.uninitialised("it has lazy layers")
    return numpy(param)


def _assign(param, array):
    with torch.no_grad():
        param.copy_(torch.from_numpy(array))


def get_parameters(net):
    return layout.get(_layers(net), _read)


def set_parameters(net, arrays):
    layout.put(_layers(net), arrays, _read, _assign)


def save_parameters(net, path):
    layout.save(get_parameters(net), path)


def load_parameters(net, path):
    set_parameters(net, layout.load(path))


__all__ = contracts.offered(contract, globals())
