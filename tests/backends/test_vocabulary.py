"""What the tensor vocabulary promises beyond values: dtypes, devices, forms of arguments, copies."""

import numpy as np
import pytest

UNARY = ["sin", "cos", "sinh", "cosh", "tanh", "exp", "log", "abs"]
MATRIX = np.asarray([[0.5, 1.25, 2.0], [3.0, 0.1, 0.7]])


@pytest.mark.parametrize("name", UNARY)
def test_elementwise_functions_take_integers(d2l, name):
    result = d2l.numpy(getattr(d2l, name)(d2l.tensor([1, 2])))
    np.testing.assert_allclose(result, getattr(np, name)(np.asarray([1, 2])), rtol=2e-6)


def test_default_dtypes(d2l, backend):
    integer = "int64" if backend in ("torch", "paddle") else "int32"
    made = [d2l.tensor([1.5]), d2l.ones(2), d2l.zeros((2, 1)), d2l.eye(2), d2l.linspace(0, 1, 3)]
    made += [d2l.normal(0, 1, (2,)), d2l.rand(2), d2l.randn(2), d2l.arange(0, 1, 0.5), d2l.tensor(2.5)]
    for x in made:
        assert d2l.numpy(x).dtype == "float32"
    for x in (d2l.tensor([1, 2]), d2l.arange(3)):
        assert d2l.numpy(x).dtype == integer
    assert d2l.numpy(d2l.tensor([True])).dtype == bool


@pytest.mark.parametrize("dtype_of", [str, lambda name: None])
def test_dtype_by_name_or_by_the_frameworks_own(d2l, dtype_of):
    for name in ("int32", "int64", "float32", "float64"):
        dtype = dtype_of(name) or getattr(d2l, name)
        for made in (
            d2l.tensor([1, 2], dtype=dtype),
            d2l.ones(2, dtype=dtype),
            d2l.zeros(2, dtype=dtype),
            d2l.eye(2, dtype=dtype),
            d2l.arange(2, dtype=dtype),
            d2l.linspace(0, 1, 2, dtype=dtype),
            d2l.astype(d2l.ones(2), dtype),
        ):
            assert d2l.numpy(made).dtype == name


def test_double_precision_is_not_lost_on_the_way(d2l):
    assert d2l.numpy(d2l.tensor([0.1], dtype="float64"))[0] == 0.1
    np.testing.assert_array_equal(d2l.numpy(d2l.arange(0, 1, 0.1, dtype="float64")), np.arange(0, 1, 0.1))
    np.testing.assert_array_equal(d2l.numpy(d2l.linspace(0, 1, 7, dtype="float64")), np.linspace(0, 1, 7))
    assert d2l.numpy(d2l.tensor(np.asarray([0.1])))[0] == 0.1


def test_a_range_ends_where_numpys_ends(d2l):
    for bounds in ((5,), (2, 7), (2, 9, 3), (-8.0, 8.0, 0.1), (1.0, 0.0, -0.25)):
        np.testing.assert_allclose(d2l.numpy(d2l.arange(*bounds)), np.arange(*bounds), rtol=1e-6, atol=1e-6)


def test_making_a_tensor_copies(d2l):
    array = np.ones(3, "float32")
    tensor = d2l.tensor(array)
    array[:] = 7
    again = d2l.tensor(tensor)
    assert d2l.numpy(tensor).tolist() == d2l.numpy(again).tolist() == [1, 1, 1]


def test_shapes_as_numbers_or_as_a_tuple(d2l):
    for make in (d2l.ones, d2l.zeros, d2l.rand, d2l.randn):
        assert tuple(make(2, 3).shape) == tuple(make((2, 3)).shape) == tuple(make([2, 3]).shape) == (2, 3)
        assert tuple(make(shape=(2, 3)).shape) == tuple(make(size=[2, 3]).shape) == (2, 3)
        assert tuple(make(shape=3).shape) == tuple(make(shape=[3]).shape) == (3,)
        assert tuple(make(4).shape) == (4,)
    x = d2l.tensor(MATRIX)
    assert tuple(d2l.reshape(x, 3, 2).shape) == tuple(d2l.reshape(x, (3, -1)).shape) == (3, 2)
    assert tuple(d2l.reshape(x, -1).shape) == (6,) and isinstance(d2l.size(x), int)
    with pytest.raises(ValueError, match="whole numbers"):
        d2l.ones(-1)


def test_pytorchs_names_for_axes_are_understood(d2l):
    x = d2l.tensor(MATRIX)
    np.testing.assert_allclose(
        d2l.numpy(d2l.reduce_sum(x, dim=1, keepdim=True)), MATRIX.sum(1, keepdims=True)
    )


def test_normal_in_other_orders_of_arguments(d2l):
    for made in (
        d2l.normal(0, 1, (2, 3)),
        d2l.normal(0, 1, size=(2, 3)),
        d2l.normal((2, 3)),
        d2l.normal((2, 3), 0, 1),
    ):
        assert tuple(made.shape) == (2, 3)


def test_numpy_of_everything(d2l, backend):
    parameter = d2l.as_parameter(MATRIX)
    np.testing.assert_array_equal(d2l.numpy(parameter), MATRIX)
    np.testing.assert_array_equal(d2l.numpy([d2l.tensor([1.0]), d2l.tensor([2.0])]), [[1], [2]])
    np.testing.assert_array_equal(d2l.numpy(MATRIX), MATRIX)
    assert d2l.numpy(2.5) == 2.5
    if backend != "mxnet":  # which knows no bfloat16 arrays
        half = d2l.numpy(d2l.astype(d2l.tensor([0.5, 2.0]), "bfloat16"))
        assert half.dtype == "float32" and half.tolist() == [0.5, 2.0]


def test_devices(d2l):
    x = d2l.tensor(MATRIX)
    assert len(d2l.try_all_gpus()) == max(1, d2l.num_gpus())
    for device in (d2l.cpu(), d2l.try_gpu(), d2l.try_gpu(99), *d2l.try_all_gpus()):
        np.testing.assert_array_equal(d2l.numpy(d2l.to(x, device)), MATRIX)
        np.testing.assert_array_equal(d2l.numpy(d2l.tensor(MATRIX, device=device)), MATRIX)
        assert d2l.numpy(d2l.ones(2, device=device)).tolist() == [1, 1]
    for wrong in (d2l.gpu, d2l.try_gpu):
        with pytest.raises(ValueError, match="counted from 0"):
            wrong(-1)


def test_filled_alike_on_the_device(d2l, d2l_device):  # tensors on two devices cannot be added
    x = d2l.zeros(2, 3, device=d2l_device)
    assert float(d2l.reduce_sum(x + d2l.ones_like(x) + d2l.zeros_like(x))) == 6


def test_repeating_is_by_element_as_in_numpy(d2l):
    x = d2l.tensor([[1, 2], [3, 4]])
    assert d2l.numpy(d2l.repeat(x, 2)).tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert d2l.numpy(d2l.repeat(x, 2, axis=1)).tolist() == [[1, 1, 2, 2], [3, 3, 4, 4]]


def test_image_is_pillows(d2l):
    assert d2l.Image.new("L", (3, 2)).size == (3, 2)
