"""Devices and tensors in MXNet."""

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.tensors import checks, contract, dtypes, shapes
from d2l_multi.checks import one_of, whole
from d2l_multi.compat import framework

with framework("mxnet"):
    from mxnet import gluon, ndarray, npx
    from mxnet import np as mxnp


def cpu():
    return npx.cpu()


def gpu(i=0):
    return npx.gpu(checks.device_index(i))


def num_gpus():
    return npx.num_gpus()


def try_gpu(i=0):
    return gpu(i) if checks.device_index(i) < num_gpus() else cpu()


def try_all_gpus():
    return [gpu(i) for i in range(num_gpus())] or [cpu()]


nn_Module = gluon.Block
int32, int64 = mxnp.int32, mxnp.int64
float32, float64 = mxnp.float32, mxnp.float64

DTYPES = {
    name: getattr(mxnp, name)
    for name in ("bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64")
}


def native_dtype(dtype):
    return None if dtype is None else DTYPES[dtypes.name(dtype, DTYPES)]


def placed(device, native):
    """A device under the name that readers of this framework give it, too."""
    return native.pop("ctx", device)


def as_tensor(x):
    return x if isinstance(x, mxnp.ndarray) else tensor(x)


def as_float(x):
    x = as_tensor(x)
    return x if x.dtype.kind == "f" else x.astype(float32)


def is_integral(x):
    return x.dtype.kind != "f"


def promoted(tensors):
    """Tensors in the dtype that they have in common."""
    tensors = [as_tensor(x) for x in tensors]
    if len({x.dtype for x in tensors}) < 2:
        return tensors
    dtype = DTYPES[dtypes.common((x.dtype for x in tensors), DTYPES)]
    return [x.astype(dtype) for x in tensors]


def tensor(data, dtype=None, device=None, **native):
    device = placed(device, native)
    if isinstance(data, mxnp.ndarray):
        return data.detach().as_in_ctx(device or data.ctx).astype(native_dtype(dtype) or data.dtype)
    values = dtypes.host_array(data, dtype, "int32", DTYPES)
    return mxnp.array(values, dtype=values.dtype, ctx=device, **native)


def ones(*shape, dtype=None, device=None, **native):
    device, sides = placed(device, native), shapes.sides(shape, native)
    return mxnp.ones(sides, dtype=native_dtype(dtype) or float32, ctx=device, **native)


def zeros(*shape, dtype=None, device=None, **native):
    device, sides = placed(device, native), shapes.sides(shape, native)
    return mxnp.zeros(sides, dtype=native_dtype(dtype) or float32, ctx=device, **native)


def ones_like(x):
    return mxnp.ones_like(as_tensor(x))


def zeros_like(x):
    return mxnp.zeros_like(as_tensor(x))


def arange(start, stop=None, step=1, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_range(start, stop, step), dtype, "int32", DTYPES)
    return tensor(values, dtype, device, **native)


def linspace(start, stop, num=50, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_linspace(start, stop, num, dtype), dtype, "int32", DTYPES)
    return tensor(values, dtype, device, **native)


def meshgrid(*tensors, indexing="xy"):
    tensors = promoted(tensors)
    shapes.vectors([x.shape for x in tensors])
    return mxnp.meshgrid(*tensors, indexing=one_of("indexing", indexing, ("xy", "ij")))


def eye(n, m=None, dtype=None, device=None, **native):
    n, m = whole("n", n, 0), whole("m", n if m is None else m, 0)
    eye = mxnp.eye(n, m, dtype=float32, ctx=placed(device, native), **native)
    return eye if dtype is None else eye.astype(native_dtype(dtype))  # MXNet makes none of booleans


def normal(mean=0.0, std=1.0, shape=(), *, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    device = placed(device, native)
    mean, std, shape = shapes.normal_arguments(mean, std, shape, native)
    return mxnp.random.normal(mean, std, shape, dtype=native_dtype(dtype) or float32, ctx=device, **native)


def rand(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    device = placed(device, native)
    sides, dtype = shapes.sides(shape, native), native_dtype(dtype) or float32
    return mxnp.random.uniform(0, 1, sides, dtype=dtype, ctx=device, **native)


def randn(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    device = placed(device, native)
    sides, dtype = shapes.sides(shape, native), native_dtype(dtype) or float32
    return mxnp.random.normal(0, 1, sides, dtype=dtype, ctx=device, **native)


def sin(x):
    return mxnp.sin(as_float(x))


def cos(x):
    return mxnp.cos(as_float(x))


def sinh(x):
    return mxnp.sinh(as_float(x))


def cosh(x):
    return mxnp.cosh(as_float(x))


def tanh(x):
    return mxnp.tanh(as_float(x))


def sigmoid(x):
    return npx.sigmoid(as_float(x))


def exp(x):
    return mxnp.exp(as_float(x))


def log(x):
    return mxnp.log(as_float(x))


def abs(x):
    x = as_tensor(x)
    if is_integral(x):  # which MXNet would take for floats, and booleans not at all
        return x if x.dtype in (bool, mxnp.uint8) else mxnp.where(x < 0, -x, x)
    return mxnp.abs(x)


def matmul(x, y):
    x, y = as_tensor(x), as_tensor(y)
    shapes.product(x.shape, y.shape)
    return product(x, y)


def product(x, y):
    """The product in the dtype that both have in common; of integers as int64, which does not wrap around."""
    if x.dtype != y.dtype:
        x, y = promoted((x, y))
    if x.dtype in (float32, float64):
        return mxnp.matmul(x, y)
    if is_integral(x):  # of which MXNet has no products, nor of half precision on a CPU
        return mxnp.matmul(x.astype(float64), y.astype(float64)).astype(int64)
    return mxnp.matmul(x.astype(float32), y.astype(float32)).astype(mxnp.float16)


def batch_matmul(x, y):
    x, y = as_tensor(x), as_tensor(y)
    shapes.batches(x.shape, y.shape)
    return product(x, y)


def concat(tensors, axis=0, **native):
    tensors = promoted(tensors)
    return mxnp.concatenate(tensors, shapes.joined("concat", [x.shape for x in tensors], axis), **native)


def stack(tensors, axis=0, **native):
    tensors = promoted(tensors)
    return mxnp.stack(tensors, shapes.joined("stack", [x.shape for x in tensors], axis), **native)


def reshape(x, *shape):
    x = as_tensor(x)
    return x.reshape(shapes.reshaped(x.shape, shape))


def transpose(x, axes=None):
    x = as_tensor(x)
    axes = shapes.permutation(x.shape, axes)
    if not axes:
        return x
    if x.dtype == bool:  # which MXNet cannot turn
        return mxnp.transpose(x.astype(mxnp.uint8), axes).astype(bool)
    return mxnp.transpose(x, axes)


def expand_dims(x, axis):
    x = as_tensor(x)
    return mxnp.expand_dims(x, shapes.new_axis(x.shape, axis))


def swapaxes(x, axis1, axis2):
    x = as_tensor(x)
    axes = list(range(x.ndim))
    axis1, axis2 = shapes.swapped(x.shape, axis1, axis2)
    axes[axis1], axes[axis2] = axis2, axis1
    return transpose(x, axes)  # MXNet's own knows no booleans


def repeat(x, repeats, axis=None):
    x = as_tensor(x)
    repeats, axis = shapes.repeated(x.shape, repeats, axis)
    if not x.size or not repeats:
        return zeros(np.repeat(np.zeros(x.shape), repeats, axis).shape, dtype=x.dtype, device=x.ctx)
    return mxnp.repeat(x, repeats, axis)


def reduce_sum(x, axis=None, keepdims=False, **native):
    x = as_tensor(x)
    x = x.astype(int64) if is_integral(x) else x
    axes = shapes.reduced(x.shape, axis, keepdims, native)
    return mxnp.sum(x, **axes) if x.size else _of_nothing(x, axes)


def reduce_mean(x, axis=None, keepdims=False, **native):
    x = as_float(x)
    axes = shapes.averaged(x.shape, axis, keepdims, native)
    return mxnp.mean(x, **axes) if x.size else _of_nothing(x, axes)


def _of_nothing(x, axes):
    """Sums of no elements are zero; MXNet's own fail, and later at that."""
    return zeros(np.zeros(x.shape).sum(**axes).shape, dtype=x.dtype, device=x.ctx)


def argmax(x, axis=None, **native):
    x = as_tensor(x)
    x = x.astype(int32) if x.dtype == bool else x
    return mxnp.argmax(x, shapes.indexed(x.shape, axis), **native)


def astype(x, dtype):
    return as_tensor(x).astype(native_dtype(dtype))


def size(x):
    return as_tensor(x).size


def to(x, device):
    return x.as_in_ctx(device)


def numpy(x):
    return np.array(to_host(x))  # a copy: the next step of training changes the tensor in place


to_host.register(mxnp.ndarray, lambda x: x.asnumpy())

to_host.register(ndarray.NDArray, lambda x: x.asnumpy())  # MXNet's older kind


def as_parameter(array, device=None):
    param = tensor(array, device=device)
    dtypes.trainable(param.dtype)
    param.attach_grad()
    return param


__all__ = contracts.offered(contract, globals())
