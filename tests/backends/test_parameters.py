"""Parameters that travel: one layout, names and files for all frameworks, and nothing half-set."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from d2l_multi.compare.reference.convolution import (
    BatchNorm,
    Convolution,
    Dense,
    GlobalAveragePooling,
    Relu,
    Residual,
    Sequential,
)
from tests.native import native

LENET = {
    "conv0.weight": (6, 1, 5, 5),
    "conv0.bias": (6,),
    "conv1.weight": (4, 6, 3, 3),
    "conv1.bias": (4,),
    "batch_norm2.gamma": (4,),
    "batch_norm2.beta": (4,),
    "batch_norm2.running_mean": (4,),
    "batch_norm2.running_var": (4,),
    "dense3.weight": (4 * 6 * 6, 10),
    "dense3.bias": (10,),
}


def arrays_of(shapes):
    random = np.random.RandomState(0)
    # Between 0.1 and 1.1, since a variance must not be negative.
    return {name: (0.1 + random.random_sample(shape)).astype("float32") for name, shape in shapes.items()}


def lenet_by_hand(arrays, images):
    """What the network makes of images (b, 1, 12, 12), in float64 NumPy."""
    X = images.astype("float64")
    X = np.maximum(convolved(X, arrays["conv0.weight"], arrays["conv0.bias"]), 0)
    X = np.maximum(convolved(X, arrays["conv1.weight"], arrays["conv1.bias"]), 0)
    gamma, beta, mean, var = (
        arrays[f"batch_norm2.{role}"].reshape(1, -1, 1, 1)
        for role in ("gamma", "beta", "running_mean", "running_var")
    )
    X = gamma * (X - mean) / np.sqrt(var + 1e-5) + beta
    return X.reshape(len(X), -1) @ arrays["dense3.weight"] + arrays["dense3.bias"]


def convolved(X, weight, bias):
    windows = np.lib.stride_tricks.sliding_window_view(X, weight.shape[2:], axis=(2, 3))
    return np.einsum("bchwij,ocij->bohw", windows, weight) + bias.reshape(1, -1, 1, 1)


def predict(d2l, backend, net, images):
    images = images.transpose(0, 2, 3, 1) if backend == "tensorflow" else images
    X = d2l.tensor(np.ascontiguousarray(images))
    if backend in ("torch", "paddle"):
        net.eval()
    return d2l.numpy(net(X, training=False) if backend == "tensorflow" else net(X))


def test_a_convolutional_net_predicts_what_its_parameters_say(d2l, backend):
    net, arrays = native(backend).lenet(), arrays_of(LENET)
    found = d2l.get_parameters(net)
    assert {name: array.shape for name, array in found.items()} == LENET
    assert list(found) == list(LENET)
    d2l.set_parameters(net, arrays)
    images = np.random.RandomState(1).random_sample((3, 1, 12, 12)).astype("float32")
    expected = lenet_by_hand(arrays, images)
    np.testing.assert_allclose(predict(d2l, backend, net, images), expected, rtol=1e-5)
    for name, array in d2l.get_parameters(net).items():
        np.testing.assert_array_equal(array, arrays[name])


def resnet_by_hand(arrays, images):
    """A net of the oracle's layers, which are compared with all frameworks elsewhere."""

    def block(halved):
        conv = Convolution(padding=1, stride=1 + halved)
        way = [conv, BatchNorm(False), Relu(), Convolution(padding=1), BatchNorm(False)]
        shortcut = [Convolution(stride=2)] if halved else []
        return [Residual(Sequential(*way), Sequential(*shortcut)), Relu()]

    blocks = [block(number > 0 and which == 0) for number in range(4) for which in range(2)]
    stem, end = [Convolution(padding=1), BatchNorm(False), Relu()], [GlobalAveragePooling(), Dense()]
    net = Sequential(*stem, *(layer for layers in blocks for layer in layers), *end)
    return net(images.astype("float64"), list(arrays.values()), training=False)[0]


def test_a_resnet_18_predicts_what_its_parameters_say(d2l, backend, dtype, tmp_path):
    """And what it saves, any framework that says the same of these arrays predicts with."""
    net, random = native(backend).resnet18(8, dtype), np.random.RandomState(0)
    arrays = {}
    for name, array in d2l.get_parameters(net).items():  # each has outputs of about the size of its inputs
        scale = np.sqrt(2 / array[0].size) if name.endswith("weight") else 0.1
        centre = float(name.endswith(("gamma", "var")))
        arrays[name] = (centre + scale * random.uniform(-1, 1, array.shape)).astype(dtype)
    d2l.set_parameters(net, arrays)
    d2l.save_parameters(net, tmp_path / "resnet18")
    for name, array in load_file(tmp_path / "resnet18").items():
        np.testing.assert_array_equal(array, arrays[name])
    images = random.random_sample((2, 1, 16, 16)).astype(dtype)
    expected = resnet_by_hand(arrays, images)
    tolerance = {"float32": 1e-5, "float64": 1e-12}[dtype] * np.abs(expected).max()
    np.testing.assert_allclose(predict(d2l, backend, net, images), expected, rtol=0, atol=tolerance)


CELLS = {"rnn": (1, 4), "lstm": (4, 16), "gru": (3, 16)}  # gates, and numbers of a bias with 4 units


def recurrent_by_hand(kind, arrays, X):
    """The states of one layer (b, t, h) in one direction, in float64."""
    weight_ih, weight_hh, bias = (
        arrays[role].astype("float64") for role in ("weight_ih", "weight_hh", "bias")
    )
    num_hiddens = len(weight_hh)
    H, C, states = np.zeros((len(X), num_hiddens)), np.zeros((len(X), num_hiddens)), []
    bias, of_state = bias[: weight_hh.shape[1]], bias[weight_hh.shape[1] :]
    for step in range(X.shape[1]):
        inputs = np.split(X[:, step] @ weight_ih + bias, CELLS[kind][0], axis=1)
        state = np.split(H @ weight_hh, CELLS[kind][0], axis=1)
        if kind == "rnn":
            H = np.tanh(inputs[0] + state[0])
        elif kind == "lstm":
            i, f, g, o = (a + b for a, b in zip(inputs, state))
            C = sigmoid(f) * C + sigmoid(i) * np.tanh(g)
            H = sigmoid(o) * np.tanh(C)
        else:
            r, z = (sigmoid(a + b) for a, b in zip(inputs[:2], state[:2]))
            H = z * H + (1 - z) * np.tanh(inputs[2] + r * (state[2] + of_state))
        states.append(H)
    return np.stack(states, axis=1)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both ways"])
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("kind", CELLS)
def test_a_recurrent_net_predicts_what_its_parameters_say(
    d2l, backend, kind, num_layers, bidirectional, dtype, tmp_path
):
    """Gates in the right order, two biases told apart; all frameworks from the same file."""
    gates, bias = CELLS[kind]
    directions, shapes = 1 + bidirectional, {}
    for number in range(num_layers * directions):
        num_inputs = 3 if number < directions else 4 * directions
        shapes[f"{kind}{number}.weight_ih"] = (num_inputs, 4 * gates)
        shapes[f"{kind}{number}.weight_hh"] = (4, 4 * gates)
        shapes[f"{kind}{number}.bias"] = (bias,)
    number = num_layers * directions
    shapes |= {f"dense{number}.weight": (4 * directions, 2), f"dense{number}.bias": (2,)}
    random = np.random.RandomState(0)
    arrays = {name: random.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
    net = native(backend).recurrent(kind, num_layers, bidirectional, dtype)
    assert {name: array.shape for name, array in d2l.get_parameters(net).items()} == shapes
    d2l.set_parameters(net, arrays)
    d2l.save_parameters(net, tmp_path / "net")
    for name, array in load_file(tmp_path / "net").items():
        np.testing.assert_array_equal(array, arrays[name])
    X = random.standard_normal((2, 5, 3)).astype(dtype)
    states = X.astype("float64")
    for layer in range(num_layers):
        found = []
        for direction in range(directions):
            cell = f"{kind}{layer * directions + direction}"
            own = {role: arrays[f"{cell}.{role}"] for role in ("weight_ih", "weight_hh", "bias")}
            way = slice(None, None, -1 if direction else 1)
            found.append(recurrent_by_hand(kind, own, states[:, way])[:, way])
        states = np.concatenate(found, axis=2)
    expected = states @ arrays[f"dense{number}.weight"].astype("float64") + arrays[f"dense{number}.bias"]
    tolerance = {"float32": 1e-5, "float64": 1e-12}[dtype] * np.abs(expected).max()
    np.testing.assert_allclose(d2l.numpy(net(d2l.tensor(X))), expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("kind", CELLS)
def test_two_biases_travel_as_what_they_add_up_to(d2l, backend, kind):
    """What a framework starts with, or has trained, says the same after the journey."""
    net = native(backend).recurrent(kind, 1, False, "float64")
    native(backend).shake(net)
    X = d2l.tensor(np.random.RandomState(0).standard_normal((2, 5, 3)))
    before, arrays = d2l.numpy(net(X)), d2l.get_parameters(net)
    d2l.set_parameters(net, arrays)
    np.testing.assert_allclose(d2l.numpy(net(X)), before, rtol=1e-12)
    for name, array in d2l.get_parameters(net).items():
        np.testing.assert_array_equal(array, arrays[name])


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_by_itself(d2l, backend, kind):
    gates, bias = CELLS[kind]
    shapes = {"weight_ih": (3, 4 * gates), "weight_hh": (4, 4 * gates), "bias": (bias,)}
    arrays = arrays_of({f"{kind}0.{role}": shape for role, shape in shapes.items()})
    cell = native(backend).recurrent_cell(kind)
    d2l.set_parameters(cell, arrays)
    for name, array in d2l.get_parameters(cell).items():
        np.testing.assert_array_equal(array, arrays[name])


def test_an_embedding_and_dense_layers_without_bias(d2l, backend):
    net = native(backend).embedding_net()
    arrays = {"embedding0.weight": np.arange(15.0).reshape(5, 3), "dense1.weight": np.eye(3)[:, :2] * 10}
    d2l.set_parameters(net, arrays)
    rows = d2l.numpy(net(d2l.tensor([4, 0])))
    np.testing.assert_array_equal(rows, [[120, 130], [0, 10]])
    assert list(d2l.get_parameters(net)) == list(arrays)


def test_a_module_of_ones_own_and_layers_inside_layers(d2l, backend):
    net = native(backend).own_module()
    expected = {"parameter0.value": (3,), "dense1.weight": (3, 4), "dense1.bias": (4,)}
    expected |= {"dense2.weight": (4, 2), "dense2.bias": (2,), "dense3.weight": (2, 1), "dense3.bias": (1,)}
    assert {name: array.shape for name, array in d2l.get_parameters(net).items()} == expected
    arrays = arrays_of(expected)
    d2l.set_parameters(net, arrays)
    X = np.ones((2, 3), "float32")
    result = X * arrays["parameter0.value"]
    for layer in ("dense1", "dense2", "dense3"):
        result = result @ arrays[f"{layer}.weight"] + arrays[f"{layer}.bias"]
    np.testing.assert_allclose(d2l.numpy(net(d2l.tensor(X))), result, rtol=1e-6)


def test_the_tensors_of_a_net_that_is_a_function(d2l):
    W, b = d2l.as_parameter(np.ones((2, 3))), d2l.as_parameter(np.zeros(3))
    d2l.set_parameters([W, b], {"parameter0.value": np.full((2, 3), 7.0), "parameter1.value": np.arange(3.0)})
    assert d2l.numpy(W).tolist() == [[7.0] * 3] * 2 and d2l.numpy(b).tolist() == [0, 1, 2]
    assert d2l.get_parameters((W, b))["parameter1.value"].dtype == np.float64


def test_what_is_returned_does_not_change_when_training_goes_on(d2l, backend):
    net, loss, optimiser = native(backend).linear_training(lr=0.1)
    before = d2l.get_parameters(net)
    d2l.train_epoch_ch3(net, [(d2l.ones(4, 2), d2l.ones(4, 1))], loss, optimiser)
    assert before["dense0.weight"].tolist() == [[0], [0]]
    assert d2l.get_parameters(net)["dense0.weight"].min() > 0


def test_through_a_file(d2l, backend, tmp_path):
    net, arrays, path = native(backend).lenet(), arrays_of(LENET), tmp_path / "lenet.safetensors"
    d2l.set_parameters(net, arrays)
    d2l.save_parameters(net, path)
    assert [file.name for file in tmp_path.iterdir()] == ["lenet.safetensors"]
    saved = load_file(path)
    for name, array in arrays.items():
        np.testing.assert_array_equal(saved[name], array)
    other = native(backend).lenet()
    d2l.load_parameters(other, str(path))
    for name, array in d2l.get_parameters(other).items():
        np.testing.assert_array_equal(array, arrays[name])


def test_the_nets_dtype_stays(d2l):
    W = d2l.as_parameter(np.zeros(2, "float32"))
    d2l.set_parameters([W], {"parameter0.value": [0.1, 0.2]})
    assert d2l.numpy(W).dtype == np.float32


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dense3.weight": np.zeros((7, 10))}, [r"dense3.weight is \(144, 10\)", r"\(7, 10\) among those"]),
        ({"dense3.bias": None}, ["dense3.bias", "missing among those given"]),
        ({"dense9.bias": np.zeros(3)}, ["dense9.bias is missing in the net", r"\(3,\)"]),
    ],
    ids=["shape", "missing", "too many"],
)
def test_what_does_not_fit_is_named_and_changes_nothing(d2l, backend, change, said):
    net = native(backend).lenet()
    before = d2l.get_parameters(net)
    arrays = {name: array for name, array in {**arrays_of(LENET), **change}.items() if array is not None}
    with pytest.raises(ValueError, match=".*".join(said)):
        d2l.set_parameters(net, arrays)
    for name, array in d2l.get_parameters(net).items():
        np.testing.assert_array_equal(array, before[name])


def test_a_layer_without_a_common_layout_is_named(d2l, backend):
    with pytest.raises(TypeError, match=r"LayerNorm.*dense, convolution"):
        d2l.get_parameters(native(backend).without_layout())


def test_a_formula_that_no_other_framework_has(d2l, backend):
    net = native(backend).reset_before()
    if net is None:
        pytest.skip("reason: only Keras has two GRUs")
    with pytest.raises(TypeError, match="a GRU travels with reset_after=True"):
        d2l.get_parameters(net)


def test_parameters_that_do_not_exist_yet(d2l, backend):
    net = native(backend).unbuilt()
    if net is None:
        pytest.skip("reason: every layer of Paddle has its parameters from the start")
    with pytest.raises(ValueError, match="call it once on a batch"):
        d2l.get_parameters(net)


def test_foreign_things(d2l, tmp_path):
    W = d2l.as_parameter(np.zeros(2))
    with pytest.raises(TypeError, match="a net of the framework or a list of its tensors, got 'net'"):
        d2l.get_parameters("net")
    with pytest.raises(TypeError, match="as get_parameters returns, got list"):
        d2l.set_parameters([W], [np.zeros(2)])
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8 this is no safetensors file")
    with pytest.raises(ValueError, match=r"photo.jpg is no safetensors file"):
        d2l.load_parameters([W], tmp_path / "photo.jpg")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        d2l.load_parameters([W], tmp_path / "nowhere")


def test_a_failed_save_leaves_the_old_file(d2l, tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    with pytest.raises(OSError):
        d2l.save_parameters([d2l.as_parameter(np.zeros(2))], path)
    assert list(tmp_path.iterdir()) == [path] and not list(path.iterdir())
