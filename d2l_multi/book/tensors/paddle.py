"""Devices and tensors in PaddlePaddle."""

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.tensors import checks, contract, dtypes, shapes
from d2l_multi.checks import one_of, whole
from d2l_multi.compat import framework

with framework("paddle"):
    import paddle
    from paddle import nn


def cpu():
    return paddle.CPUPlace()


def gpu(i=0):
    checks.device_index(i)
    if not paddle.is_compiled_with_cuda():
        raise ValueError(
            f"gpu({i}): this build of PaddlePaddle knows no GPUs; install paddlepaddle-gpu, or use try_gpu()"
        )
    return paddle.CUDAPlace(i)


def num_gpus():
    return paddle.device.cuda.device_count()


def try_gpu(i=0):
    return gpu(i) if checks.device_index(i) < num_gpus() else cpu()


def try_all_gpus():
    return [gpu(i) for i in range(num_gpus())] or [cpu()]


nn_Module = nn.Layer
int32, int64 = paddle.int32, paddle.int64
float32, float64 = paddle.float32, paddle.float64

DTYPES = dtypes.of(paddle)


def native_dtype(dtype):
    return None if dtype is None else DTYPES[dtypes.name(dtype, DTYPES)]


def on(device, x):
    return x if device is None else x.to(device)


def as_tensor(x):
    return x if isinstance(x, paddle.Tensor) else tensor(x)


def as_float(x):
    x = as_tensor(x)
    return x if x.is_floating_point() or x.is_complex() else x.astype(float32)


def is_integral(x):
    return not x.is_floating_point() and not x.is_complex()


_SMALL = frozenset((paddle.bool, paddle.uint8, paddle.int8, paddle.int16))


def widened(x):
    """Small integers as int64: Paddle lacks many functions of them, and they do not count every class."""
    return x.astype(int64) if x.dtype in _SMALL else x


def promoted(tensors):
    """Tensors in the dtype that they have in common."""
    tensors = [as_tensor(x) for x in tensors]
    if len({x.dtype for x in tensors}) < 2:
        return tensors
    dtype = DTYPES[dtypes.common((x.dtype for x in tensors), DTYPES)]
    return [x.astype(dtype) for x in tensors]


def tensor(data, dtype=None, device=None, **native):
    device = native.pop("place", device)  # as readers of Paddle write it
    if isinstance(data, paddle.Tensor):
        copy = on(device, data.detach().clone()).astype(native_dtype(dtype) or data.dtype)
        copy.stop_gradient = native.get("stop_gradient", True)
        return copy
    values = dtypes.host_array(data, dtype, "int64", DTYPES)
    return paddle.to_tensor(values, native_dtype(dtype), device, **native)


def ones(*shape, dtype=None, device=None, **native):
    return on(device, paddle.ones(shapes.sides(shape, native), native_dtype(dtype), **native))


def zeros(*shape, dtype=None, device=None, **native):
    return on(device, paddle.zeros(shapes.sides(shape, native), native_dtype(dtype), **native))


def ones_like(x):
    return paddle.ones_like(as_tensor(x))


def zeros_like(x):
    return paddle.zeros_like(as_tensor(x))


def arange(start, stop=None, step=1, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_range(start, stop, step), dtype, "int64", DTYPES)
    return tensor(values, dtype, device, **native)


def linspace(start, stop, num=50, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_linspace(start, stop, num, dtype), dtype, "int64", DTYPES)
    return tensor(values, dtype, device, **native)


def meshgrid(*tensors, indexing="xy"):
    one_of("indexing", indexing, ("xy", "ij"))
    tensors = promoted(tensors)
    shapes.vectors([x.shape for x in tensors])
    grids = paddle.meshgrid(*map(widened, tensors))  # Paddle knows "ij" only, and no small integers
    grids = [grid.astype(x.dtype) for grid, x in zip(grids, tensors)]
    return [grid.swapaxes(0, 1) for grid in grids] if indexing == "xy" and len(grids) > 1 else grids


def eye(n, m=None, dtype=None, device=None, **native):
    n, m = whole("n", n, 0), whole("m", n if m is None else m, 0)
    eye = on(device, paddle.eye(n, m, float32, **native))
    return eye if dtype is None else eye.astype(native_dtype(dtype))  # Paddle makes none of small integers


def normal(mean=0.0, std=1.0, shape=(), *, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    mean, std, shape = shapes.normal_arguments(mean, std, shape, native)
    return mean + std * randn(shape, dtype=dtype, device=device, **native)


def rand(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    return on(device, paddle.rand(shapes.sides(shape, native), native_dtype(dtype), **native))


def randn(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    return on(device, paddle.randn(shapes.sides(shape, native), native_dtype(dtype), **native))


def sin(x):
    return paddle.sin(as_float(x))


def cos(x):
    return paddle.cos(as_float(x))


def sinh(x):
    return paddle.sinh(as_float(x))


def cosh(x):
    return paddle.cosh(as_float(x))


def tanh(x):
    return paddle.tanh(as_float(x))


def sigmoid(x):
    return paddle.nn.functional.sigmoid(as_float(x))


def exp(x):
    return paddle.exp(as_float(x))


def log(x):
    return paddle.log(as_float(x))


def abs(x):
    x = as_tensor(x)
    wide = widened(x)
    return paddle.abs(x) if wide is x else paddle.abs(wide).astype(x.dtype)


def matmul(x, y):
    x, y = as_tensor(x), as_tensor(y)
    shapes.product(x.shape, y.shape)
    return product(x, y)


def product(x, y):
    """The product in the dtype that both have in common; of integers as int64, which does not wrap around."""
    if not x.dtype is y.dtype is float32:
        x, y = promoted((x, y))
        x, y = (x.astype(int64), y.astype(int64)) if is_integral(x) else (x, y)
    return paddle.matmul(x, y)


def batch_matmul(x, y):
    x, y = as_tensor(x), as_tensor(y)
    shapes.batches(x.shape, y.shape)
    return product(x, y)


def concat(tensors, axis=0, **native):
    tensors = promoted(tensors)
    return paddle.concat(tensors, shapes.joined("concat", [x.shape for x in tensors], axis), **native)


def stack(tensors, axis=0, **native):
    tensors = promoted(tensors)
    return paddle.stack(tensors, shapes.joined("stack", [x.shape for x in tensors], axis), **native)


def reshape(x, *shape):
    x = as_tensor(x)
    if not x.size:  # in Paddle's own words a side of 0 is a side that stays
        return paddle.zeros(shapes.reshaped(x.shape, shape), x.dtype)
    return x.reshape(shapes.reshaped(x.shape, shape))


def transpose(x, axes=None):
    x = as_tensor(x)
    return x.transpose(shapes.permutation(x.shape, axes))


def expand_dims(x, axis):
    x = as_tensor(x)
    return x.unsqueeze(shapes.new_axis(x.shape, axis))


def swapaxes(x, axis1, axis2):
    x = as_tensor(x)
    return x.swapaxes(*shapes.swapped(x.shape, axis1, axis2))


def repeat(x, repeats, axis=None):
    x = as_tensor(x)
    repeats, axis = shapes.repeated(x.shape, repeats, axis)
    if not repeats:  # Paddle repeats once at least
        return zeros(np.repeat(np.zeros(x.shape), 0, axis).shape, dtype=x.dtype, device=x.place)
    return paddle.repeat_interleave(widened(x), repeats, axis).astype(x.dtype)


def reduce_sum(x, axis=None, keepdims=False, **native):
    x = as_tensor(x)
    axes = shapes.reduced(x.shape, axis, keepdims, native)
    return paddle.sum(x.astype(int64) if is_integral(x) else x, keepdim=axes.pop("keepdims"), **axes)


def reduce_mean(x, axis=None, keepdims=False, **native):
    x = as_float(x)
    axes = shapes.averaged(x.shape, axis, keepdims, native)
    return paddle.mean(x, keepdim=axes.pop("keepdims"), **axes)


def argmax(x, axis=None, **native):
    x = widened(as_tensor(x))
    axis = shapes.indexed(x.shape, axis)
    found = paddle.argmax(x, axis, **native)
    if x.is_floating_point():  # NaN is the largest, as in NumPy; Paddle passes over it
        nan = paddle.isnan(x).astype(int32)
        with_nan = paddle.any(nan.astype("bool"), axis, keepdim=native.get("keepdim", False))
        found = paddle.where(with_nan, paddle.argmax(nan, axis, **native), found)
    return found


def astype(x, dtype):
    return as_tensor(x).astype(native_dtype(dtype))


def size(x):
    return int(as_tensor(x).size)


def to(x, device):
    return x.to(device)


def numpy(x):
    return np.array(to_host(x))  # a copy: the next step of training changes the tensor in place


@to_host.register
def _host(x: paddle.Tensor):
    return (x.astype(float32) if x.dtype == paddle.bfloat16 else x).numpy()


def as_parameter(array, device=None):
    param = tensor(array, device=device)
    dtypes.trainable(param.dtype)
    param.stop_gradient = False
    return param


__all__ = contracts.offered(contract, globals())
