"""Devices and tensors in TensorFlow."""

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.tensors import checks, contract, dtypes, shapes
from d2l_multi.checks import one_of, whole
from d2l_multi.compat import forks, framework

with framework("tensorflow"):
    import tensorflow as tf


def cpu():
    return tf.device("/CPU:0")


def gpu(i=0):
    return tf.device(f"/GPU:{checks.device_index(i)}")


def num_gpus():
    return len(tf.config.list_physical_devices("GPU"))


def try_gpu(i=0):
    return gpu(i) if checks.device_index(i) < num_gpus() else cpu()


def try_all_gpus():
    return [gpu(i) for i in range(num_gpus())] or [cpu()]


nn_Module = tf.keras.Model
int32, int64 = tf.int32, tf.int64
float32, float64 = tf.float32, tf.float64

DTYPES = dtypes.of(tf)


def native_dtype(dtype):
    return None if dtype is None else DTYPES[dtypes.name(dtype, DTYPES)]


def on(device):
    """A scope that places what is made in it: on a device, its name, or where TensorFlow likes (None)."""
    return tf.device(device) if device is None or isinstance(device, str) else device


def as_tensor(x):
    return x if tf.is_tensor(x) else tensor(x)


def as_float(x):
    x = as_tensor(x)
    return x if x.dtype.is_floating or x.dtype.is_complex else tf.cast(x, float32)


def is_integral(x):
    return not x.dtype.is_floating and not x.dtype.is_complex


def promoted(tensors):
    """Tensors in the dtype that they have in common."""
    tensors = [as_tensor(x) for x in tensors]
    if len({x.dtype for x in tensors}) < 2:
        return tensors
    dtype = DTYPES[dtypes.common((x.dtype for x in tensors), DTYPES)]
    return [tf.cast(x, dtype) for x in tensors]


def tensor(data, dtype=None, device=None, **native):
    forks.check()
    with on(device):
        if tf.is_tensor(data):
            return tf.cast(tf.identity(data), native_dtype(dtype) or data.dtype)
        return tf.constant(dtypes.host_array(data, dtype, "int32", DTYPES), native_dtype(dtype), **native)


def ones(*shape, dtype=None, device=None, **native):
    with on(device):
        return tf.ones(shapes.sides(shape, native), native_dtype(dtype) or float32, **native)


def zeros(*shape, dtype=None, device=None, **native):
    with on(device):
        return tf.zeros(shapes.sides(shape, native), native_dtype(dtype) or float32, **native)


def ones_like(x):
    return tf.ones_like(as_tensor(x))


def zeros_like(x):
    return tf.zeros_like(as_tensor(x))


def arange(start, stop=None, step=1, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_range(start, stop, step), dtype, "int32", DTYPES)
    return tensor(values, dtype, device, **native)


def linspace(start, stop, num=50, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_linspace(start, stop, num, dtype), dtype, "int32", DTYPES)
    return tensor(values, dtype, device, **native)


def meshgrid(*tensors, indexing="xy"):
    tensors = promoted(tensors)
    shapes.vectors([x.shape for x in tensors])
    return tf.meshgrid(*tensors, indexing=one_of("indexing", indexing, ("xy", "ij")))


def eye(n, m=None, dtype=None, device=None, **native):
    n, m = whole("n", n, 0), whole("m", n if m is None else m, 0)
    with on(device):
        return tf.eye(n, m, dtype=native_dtype(dtype) or float32, **native)


def normal(mean=0.0, std=1.0, shape=(), *, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    std = native.pop("stddev", std)  # as readers of TensorFlow write it
    mean, std, shape = shapes.normal_arguments(mean, std, shape, native)
    with on(device):
        return tf.random.normal(shape, mean, std, native_dtype(dtype) or float32, **native)


def rand(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    with on(device):
        return tf.random.uniform(shapes.sides(shape, native), dtype=native_dtype(dtype) or float32, **native)


def randn(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    with on(device):
        return tf.random.normal(shapes.sides(shape, native), dtype=native_dtype(dtype) or float32, **native)


def sin(x):
    return tf.sin(as_float(x))


def cos(x):
    return tf.cos(as_float(x))


def sinh(x):
    return tf.sinh(as_float(x))


def cosh(x):
    return tf.cosh(as_float(x))


def tanh(x):
    return tf.tanh(as_float(x))


def sigmoid(x):
    return tf.sigmoid(as_float(x))


def exp(x):
    return tf.exp(as_float(x))


def log(x):
    return tf.math.log(as_float(x))


def abs(x):
    x = as_tensor(x)
    return x if x.dtype in (tf.bool, tf.uint8) else tf.abs(x)


def matmul(x, y):
    x, y = as_tensor(x), as_tensor(y)
    shapes.product(x.shape, y.shape)
    return product(x, y)


def product(x, y):
    """The product in the dtype that both have in common; of integers as int64, which does not wrap around."""
    if x.dtype != y.dtype or not x.dtype.is_floating:
        x, y = promoted((x, y))
        x, y = (tf.cast(x, int64), tf.cast(y, int64)) if is_integral(x) else (x, y)
    if len(y.shape) == 1:  # vectors
        return tf.tensordot(x, y, 1) if len(x.shape) == 1 else tf.linalg.matvec(x, y)
    return tf.linalg.matvec(y, x, transpose_a=True) if len(x.shape) == 1 else tf.matmul(x, y)


def batch_matmul(x, y):
    x, y = as_tensor(x), as_tensor(y)
    shapes.batches(x.shape, y.shape)
    return product(x, y)


def concat(tensors, axis=0, **native):
    tensors = promoted(tensors)
    return tf.concat(tensors, shapes.joined("concat", [x.shape for x in tensors], axis), **native)


def stack(tensors, axis=0, **native):
    tensors = promoted(tensors)
    return tf.stack(tensors, shapes.joined("stack", [x.shape for x in tensors], axis), **native)


def reshape(x, *shape):
    x = as_tensor(x)
    return tf.reshape(x, shapes.reshaped(x.shape, shape))


def transpose(x, axes=None):
    x = as_tensor(x)
    return tf.transpose(x, shapes.permutation(x.shape, axes))


def expand_dims(x, axis):
    x = as_tensor(x)
    return tf.expand_dims(x, shapes.new_axis(x.shape, axis))


def swapaxes(x, axis1, axis2):
    x = as_tensor(x)
    return tf.experimental.numpy.swapaxes(x, *shapes.swapped(x.shape, axis1, axis2))


def repeat(x, repeats, axis=None):
    x = as_tensor(x)
    repeats, axis = shapes.repeated(x.shape, repeats, axis)
    return tf.repeat(x, repeats, axis)


def reduce_sum(x, axis=None, keepdims=False, **native):
    x = as_tensor(x)
    x = tf.cast(x, int64) if is_integral(x) else x
    return tf.reduce_sum(x, **shapes.reduced(x.shape, axis, keepdims, native))


def reduce_mean(x, axis=None, keepdims=False, **native):
    x = as_float(x)
    return tf.reduce_mean(x, **shapes.averaged(x.shape, axis, keepdims, native))


def argmax(x, axis=None, **native):
    x = as_tensor(x)
    axis = shapes.indexed(x.shape, axis)
    x, axis = (tf.reshape(x, [-1]), 0) if axis is None else (x, axis)
    found = tf.argmax(x, axis, **native)
    if x.dtype.is_floating:  # NaN is the largest, as in NumPy; TensorFlow passes over it
        nan = tf.math.is_nan(x)
        with_nan = tf.argmax(tf.cast(nan, int32), axis, **native)
        found = tf.where(tf.reduce_any(nan, axis), with_nan, found)
    return found


def astype(x, dtype):
    return tf.cast(as_tensor(x), native_dtype(dtype))


def size(x):
    return int(as_tensor(x).shape.num_elements())


def to(x, device):
    with on(device):
        return tf.identity(x)


def numpy(x):
    return np.array(to_host(x))  # a copy: the next step of training changes a Variable in place


@to_host.register(tf.Tensor)
@to_host.register(tf.Variable)
def _host(x):
    return (tf.cast(x, float32) if x.dtype == tf.bfloat16 else x).numpy()


def as_parameter(array, device=None):
    value = tensor(array, device=device)
    dtypes.trainable(value.dtype)
    with on(device):
        return tf.Variable(value)


__all__ = contracts.offered(contract, globals())
