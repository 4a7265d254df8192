"""Parameters that travel: names, layouts, all or nothing, and what a net predicts with them."""

import functools
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from tests.differential.entries import Near, entry, refuse
from tests.native import native

DENSE = {"dense1.weight": (3, 4), "dense1.bias": (4,), "dense2.weight": (4, 2), "dense2.bias": (2,)}
NETS = {
    "linear": {"dense0.weight": (2, 1), "dense0.bias": (1,)},
    "embedding_net": {"embedding0.weight": (5, 3), "dense1.weight": (3, 2)},
    "own_module": {"parameter0.value": (3,), **DENSE, "dense3.weight": (2, 1), "dense3.bias": (1,)},
    "one_layer_twice": {
        **{"dense0.weight": (3, 3), "dense0.bias": (3,)},
        **{"dense1.weight": (3, 1), "dense1.bias": (1,)},
    },
    "with_a_number": {"parameter0.value": ()},
    "lenet": {
        **{
            "conv0.weight": (6, 1, 5, 5),
            "conv0.bias": (6,),
            "conv1.weight": (4, 6, 3, 3),
            "conv1.bias": (4,),
        },
        **{f"batch_norm2.{role}": (4,) for role in ("gamma", "beta", "running_mean", "running_var")},
        **{"dense3.weight": (144, 10), "dense3.bias": (10,)},
    },
    **{
        f"convolution{ndim}": {
            **{"conv0.weight": (3, 2, *[2] * ndim), "conv0.bias": (3,)},
            **{"dense1.weight": (3 * 3**ndim, 1), "dense1.bias": (1,)},
        }
        for ndim in (1, 2, 3)
    },
    **{
        kind: {
            **{f"{kind}0.weight_ih": (3, 4 * gates), f"{kind}0.weight_hh": (4, 4 * gates)},
            **{f"{kind}0.bias": (numbers,), "dense1.weight": (4, 2), "dense1.bias": (2,)},
        }
        for kind, gates, numbers in (("rnn", 1, 4), ("lstm", 4, 16), ("gru", 3, 16))
    },
}
FAULTS = ("", "", "", "shape", "missing", "extra", "text", "complex", "no mapping")


@functools.cache
def net_of(backend, name):
    if name == "linear":
        return native(backend).linear_training(0.1)[0]
    if name.startswith("convolution"):
        return native(backend).convolution(int(name[-1]))
    if name in ("rnn", "lstm", "gru"):
        return native(backend).recurrent(name, 1, False, "float32")
    return getattr(native(backend), name)()


def drawn(name, number, dtype):
    random = np.random.RandomState(number)
    return {key: random.randint(1, 9, shape).astype(dtype) / dtype(1) for key, shape in NETS[name].items()}


def spoilt(arrays, fault):
    last = list(arrays)[-1]
    if fault == "no mapping":
        return list(arrays.values())
    if fault == "missing":
        return {key: array for key, array in arrays.items() if key != last}
    if fault == "extra":
        return {**arrays, "dense9.weight": np.ones((2, 2))}
    changed = {
        "shape": lambda x: np.ones((*x.shape, 2)),
        "text": lambda x: x.astype(str),
        "complex": lambda x: x + 1j,
    }
    return {**arrays, last: changed[fault](arrays[last])} if fault else arrays


@entry(
    "set_parameters",
    "get_parameters",
    "save_parameters",
    "load_parameters",
    name=st.sampled_from(list(NETS)),
    number=st.integers(0, 99),
    dtype=st.sampled_from([np.float32, np.float64, np.float16]),
    fault=st.sampled_from(FAULTS),
    from_file=st.booleans(),
    weight=0.5,
)
def travel(d2l, name, number, dtype, fault, from_file):
    net = net_of(d2l.__name__.split(".")[-1], name)
    d2l.set_parameters(net, drawn(name, 100, dtype))
    before = d2l.get_parameters(net)
    try:
        d2l.set_parameters(net, spoilt(drawn(name, number, dtype), fault))
    except (ValueError, TypeError):
        after = d2l.get_parameters(net)
        assert all(np.array_equal(after[key], before[key]) for key in before), "some were set"
        raise
    if from_file:
        with tempfile.TemporaryDirectory() as folder:
            d2l.save_parameters(net, Path(folder, "net"))
            d2l.set_parameters(net, before)
            d2l.load_parameters(net, Path(folder, "net"))
    return d2l.get_parameters(net)


@travel.right
def _(framework, name, number, dtype, fault, from_file):
    refuse(value=fault in ("shape", "missing", "extra"), kind=fault in ("text", "complex", "no mapping"))
    return {key: array.astype("float32") for key, array in drawn(name, number, dtype).items()}


PREDICTED = [
    "linear",
    "embedding_net",
    "own_module",
    "one_layer_twice",
    *(f"convolution{n}" for n in (1, 2, 3)),
]


@entry(
    "set_parameters",
    of="a net that predicts",
    name=st.sampled_from(PREDICTED),
    number=st.integers(0, 99),
    weight=0.3,
)
def prediction(d2l, name, number):
    backend = d2l.__name__.split(".")[-1]
    net, X = net_of(backend, name), inputs(name, number)
    d2l.set_parameters(net, drawn(name, number, np.float32))
    if name.startswith("convolution") and backend == "tensorflow":
        X = np.moveaxis(X, 1, -1)
    return d2l.numpy(net(d2l.tensor(X)))


def inputs(name, number):
    random = np.random.RandomState(number + 1000)
    if name == "embedding_net":
        return random.randint(0, 5, 4)
    shape = (2, 2) if name == "linear" else (2, 2, *[4] * int(name[-1])) if name[-1].isdigit() else (2, 3)
    return random.randint(-3, 4, shape).astype("float32")


@prediction.right
def _(framework, name, number):
    X, arrays = inputs(name, number), drawn(name, number, np.float64)
    if name == "embedding_net":
        X = arrays["embedding0.weight"][X]
    elif name == "own_module":
        X = X * arrays["parameter0.value"]
    elif name == "one_layer_twice":
        X = X @ arrays["dense0.weight"] + arrays["dense0.bias"]
    elif name.startswith("convolution"):
        X = convolved(X, arrays["conv0.weight"], arrays["conv0.bias"]).reshape(len(X), -1)
    for key in [key for key in arrays if key.startswith("dense") and key.endswith("weight")]:
        X = X @ arrays[key] + arrays.get(key.replace("weight", "bias"), 0)
    return Near(X.astype("float32"), scale=np.abs(X).max())


def convolved(X, weight, bias):
    ndim = X.ndim - 2
    windows = np.lib.stride_tricks.sliding_window_view(X, weight.shape[2:], axis=tuple(range(2, 2 + ndim)))
    axes = tuple(range(2 + ndim, 2 + 2 * ndim))
    maps = np.tensordot(windows, weight, ((1, *axes), (1, *range(2, 2 + ndim))))
    return np.moveaxis(maps, -1, 1) + bias.reshape(1, -1, *[1] * ndim)
