"""Several workers in PaddlePaddle: paddle.distributed, with Gloo on CPUs and NCCL on GPUs."""

import numpy as np

from d2l_multi.book.distribution import gradients, workers
from d2l_multi.compat import framework

with framework("paddle"):
    import paddle
    from paddle import distributed as dist
    from paddle import nn


def join(pulse=None):
    """Connect this process with the others, as the environment of paddle.distributed.launch says."""
    dist.init_parallel_env()
    workers.joined(workers.Engine(dist.get_world_size(), dist.get_rank(), _total), pulse)
    for optimiser in filter(gradients.steps, vars(paddle.optimizer).values()):
        gradients.guard(optimiser, "step")


def leave():
    dist.destroy_process_group()


def seed(number):
    paddle.seed(number)


def _total(numbers):
    sums = paddle.to_tensor(numbers)
    dist.all_reduce(sums)
    return sums.numpy()


def summed(tensors, numbers):
    """The sums of tensors, and of numbers, over all workers, sent as one."""
    if not tensors:
        return [], workers.total(numbers)
    with paddle.no_grad(), workers.together():
        dtype = max((tensor.dtype for tensor in tensors), key=lambda dtype: dtype == paddle.float64)
        numbers = paddle.to_tensor(numbers, dtype, tensors[0].place)
        flat = paddle.concat([tensor.reshape([-1]).astype(dtype) for tensor in (*tensors, numbers)])
        dist.all_reduce(flat)
        *sums, numbers = flat.split([tensor.size for tensor in (*tensors, numbers)])
        sums = [sum.reshape(tensor.shape).astype(tensor.dtype) for sum, tensor in zip(sums, tensors)]
    return sums, numbers.tolist()


_alike = gradients.Known()


def start_alike(params):
    """Give every worker the parameters of worker 0, the first time that these are trained."""
    params = [] if workers.alone() else [param for param in params if param is not None]
    if params and _alike.new(params):
        firsts = [param.detach() if workers.is_first() else paddle.zeros_like(param) for param in params]
        with paddle.no_grad():
            for param, first in zip(params, summed(firsts, [0])[0]):
                param.set_value(first)


def average_gradients(params, num_examples):
    """Stored gradients of means over each worker's examples become those of the mean over all workers'."""
    if not workers.alone():
        grads = [param.grad for param in params if param.grad is not None]
        for grad, mean in zip(grads, gradients.averaged(grads, num_examples, summed)):
            grad.set_value(mean)


def add_gradients(params):
    """Stored gradients of sums over each worker's examples become those of the sum over all workers'."""
    if not workers.alone():
        grads = [param.grad for param in params if param.grad is not None]
        for grad, sum in zip(grads, gradients.added(grads, 1, summed)[0]):
            grad.set_value(sum)


def of_batch(params, grads, batch_size):
    """The gradients and the batch size that ``sgd`` takes, of all workers."""
    if not workers.alone():
        start_alike(params)
    return gradients.of_batch(grads, batch_size, summed)


def trained(value):
    """The host arrays of what a value of the user's trains, if it does."""
    if isinstance(value, nn.Layer):
        return [host for param in value.parameters() for host in trained(param)]
    if isinstance(value, paddle.Tensor) and value.is_leaf and not value.stop_gradient:
        return [np.ascontiguousarray(value.numpy())]
    return []
