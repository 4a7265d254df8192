"""Devices and tensors in PyTorch."""

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.tensors import checks, contract, dtypes, shapes
from d2l_multi.checks import one_of, whole
from d2l_multi.compat import framework

with framework("torch"):
    import torch
    from torch import nn


def cpu():
    return torch.device("cpu")


def gpu(i=0):
    return torch.device(f"cuda:{checks.device_index(i)}")


def num_gpus():
    return torch.cuda.device_count()


def try_gpu(i=0):
    return gpu(i) if checks.device_index(i) < num_gpus() else cpu()


def try_all_gpus():
    return [gpu(i) for i in range(num_gpus())] or [cpu()]


nn_Module = nn.Module
int32, int64 = torch.int32, torch.int64
float32, float64 = torch.float32, torch.float64

DTYPES = dtypes.of(torch)


def native_dtype(dtype):
    return None if dtype is None else DTYPES[dtypes.name(dtype, DTYPES)]


def as_tensor(x):
    return x if isinstance(x, torch.Tensor) else tensor(x)


def as_float(x):
    x = as_tensor(x)
    return x if x.is_floating_point() or x.is_complex() else x.to(float32)


def is_integral(x):
    return not x.is_floating_point() and not x.is_complex()


def promoted(tensors):
    """Tensors in the dtype that they have in common."""
    tensors = [as_tensor(x) for x in tensors]
    if len({x.dtype for x in tensors}) < 2:
        return tensors
    dtype = DTYPES[dtypes.common((x.dtype for x in tensors), DTYPES)]
    return [x.to(dtype) for x in tensors]


def tensor(data, dtype=None, device=None, **native):
    if isinstance(data, torch.Tensor):
        copy = data.detach().clone().to(device=device, dtype=native_dtype(dtype))
        return copy.requires_grad_(native.get("requires_grad", False))
    values = dtypes.host_array(data, dtype, "int64", DTYPES)
    return torch.tensor(values, dtype=native_dtype(dtype), device=device, **native)


def ones(*shape, dtype=None, device=None, **native):
    return torch.ones(shapes.sides(shape, native), dtype=native_dtype(dtype), device=device, **native)


def zeros(*shape, dtype=None, device=None, **native):
    return torch.zeros(shapes.sides(shape, native), dtype=native_dtype(dtype), device=device, **native)


def ones_like(x):
    return torch.ones_like(as_tensor(x))


def zeros_like(x):
    return torch.zeros_like(as_tensor(x))


def arange(start, stop=None, step=1, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_range(start, stop, step), dtype, "int64", DTYPES)
    return tensor(values, dtype, device, **native)


def linspace(start, stop, num=50, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_linspace(start, stop, num, dtype), dtype, "int64", DTYPES)
    return tensor(values, dtype, device, **native)


def meshgrid(*tensors, indexing="xy"):
    tensors = promoted(tensors)
    shapes.vectors([x.shape for x in tensors])
    return torch.meshgrid(*tensors, indexing=one_of("indexing", indexing, ("xy", "ij")))


def eye(n, m=None, dtype=None, device=None, **native):
    n, m = whole("n", n, 0), whole("m", n if m is None else m, 0)
    return torch.eye(n, m, dtype=native_dtype(dtype), device=device, **native)


def normal(mean=0.0, std=1.0, shape=(), *, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    mean, std, shape = shapes.normal_arguments(mean, std, shape, native)
    return torch.normal(mean, std, shape, dtype=native_dtype(dtype), device=device, **native)


def rand(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    return torch.rand(shapes.sides(shape, native), dtype=native_dtype(dtype), device=device, **native)


def randn(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    return torch.randn(shapes.sides(shape, native), dtype=native_dtype(dtype), device=device, **native)


def sin(x):
    return torch.sin(as_float(x))


def cos(x):
    return torch.cos(as_float(x))


def sinh(x):
    return torch.sinh(as_float(x))


def cosh(x):
    return torch.cosh(as_float(x))


def tanh(x):
    return torch.tanh(as_float(x))


def sigmoid(x):
    return torch.sigmoid(as_float(x))


def exp(x):
    return torch.exp(as_float(x))


def log(x):
    return torch.log(as_float(x))


def abs(x):
    x = as_tensor(x)
    return x if x.dtype == torch.bool else torch.abs(x)


def matmul(x, y):
    x, y = as_tensor(x), as_tensor(y)
    shapes.product(x.shape, y.shape)
    return product(x, y)


def product(x, y):
    """The product in the dtype that both have in common; of integers as int64, which does not wrap around."""
    if x.dtype != y.dtype or not x.is_floating_point():
        x, y = promoted((x, y))
        x, y = (x.to(int64), y.to(int64)) if is_integral(x) else (x, y)
    return torch.matmul(x, y)


def batch_matmul(x, y):
    x, y = as_tensor(x), as_tensor(y)
    shapes.batches(x.shape, y.shape)
    return product(x, y)


def concat(tensors, axis=0, **native):
    tensors = promoted(tensors)
    axis = shapes.joined("concat", [x.shape for x in tensors], native.pop("dim", axis))
    return torch.cat(tensors, axis, **native)


def stack(tensors, axis=0, **native):
    tensors = promoted(tensors)
    axis = shapes.joined("stack", [x.shape for x in tensors], native.pop("dim", axis))
    return torch.stack(tensors, axis, **native)


def reshape(x, *shape):
    x = as_tensor(x)
    return x.reshape(shapes.reshaped(x.shape, shape))


def transpose(x, axes=None):
    x = as_tensor(x)
    return x.permute(shapes.permutation(x.shape, axes))


def expand_dims(x, axis):
    x = as_tensor(x)
    return x.unsqueeze(shapes.new_axis(x.shape, axis))


def swapaxes(x, axis1, axis2):
    x = as_tensor(x)
    return x.swapaxes(*shapes.swapped(x.shape, axis1, axis2))


def repeat(x, repeats, axis=None):
    x = as_tensor(x)
    repeats, axis = shapes.repeated(x.shape, repeats, axis)
    return torch.repeat_interleave(x, repeats, axis)


def reduce_sum(x, axis=None, keepdims=False, **native):
    x = as_tensor(x)
    return torch.sum(x, **shapes.reduced(x.shape, axis, keepdims, native))


def reduce_mean(x, axis=None, keepdims=False, **native):
    x = as_float(x)
    return torch.mean(x, **shapes.averaged(x.shape, axis, keepdims, native))


def argmax(x, axis=None, **native):
    x = as_tensor(x)
    x = x.to(torch.uint8) if x.dtype == torch.bool else x
    return torch.argmax(x, shapes.indexed(x.shape, native.pop("dim", axis)), **native)


def astype(x, dtype):
    return as_tensor(x).to(native_dtype(dtype))


def size(x):
    return as_tensor(x).numel()


def to(x, device):
    return x.to(device)


def numpy(x):
    return np.array(to_host(x))  # a copy: the next step of training changes the tensor in place


@to_host.register
def _host(x: torch.Tensor):
    x = x.detach().cpu()
    return x.float().numpy() if x.dtype == torch.bfloat16 else x.resolve_conj().resolve_neg().numpy()


def as_parameter(array, device=None):
    param = tensor(array, device=device)
    dtypes.trainable(param.dtype)
    return param.requires_grad_()


__all__ = contracts.offered(contract, globals())
