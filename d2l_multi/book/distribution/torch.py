"""Several workers in PyTorch: torch.distributed, with Gloo on CPUs and NCCL on GPUs."""

import os

import numpy as np

from d2l_multi.book.distribution import gradients, workers
from d2l_multi.compat import framework

with framework("torch"):
    import torch
    import torch.distributed as dist
    from torch import nn
    from torch.optim.optimizer import register_optimizer_step_pre_hook


def join(pulse=None):
    """Connect this process with the others, as torchrun's environment says, or through a file."""
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    number, rank = int(os.environ["WORLD_SIZE"]), int(os.environ["RANK"])
    place = os.environ.get("D2L_MULTI_RENDEZVOUS", "env://")
    dist.init_process_group(backend, init_method=place, world_size=number, rank=rank)
    workers.joined(workers.Engine(number, rank, _total), pulse)
    register_optimizer_step_pre_hook(lambda optimiser, *_: gradients.check_averaged(optimiser))


def leave():
    dist.destroy_process_group()


def seed(number):
    torch.manual_seed(number)


def _total(numbers):
    sums = torch.from_numpy(numbers.copy())
    dist.all_reduce(sums)
    return sums.numpy()


def summed(tensors, numbers):
    """The sums of tensors, and of numbers, over all workers, sent as one."""
    if not tensors:
        return [], workers.total(numbers)
    with torch.no_grad(), workers.together():
        numbers = torch.tensor(numbers, dtype=tensors[0].dtype, device=tensors[0].device)
        flat = torch.cat([tensor.reshape(-1) for tensor in (*tensors, numbers)])
        dist.all_reduce(flat)
        *sums, numbers = flat.split([tensor.numel() for tensor in (*tensors, numbers)])
        sums = [sum.reshape(tensor.shape).to(tensor.dtype) for sum, tensor in zip(sums, tensors)]
    return sums, numbers.tolist()


_alike = gradients.Known()


def start_alike(params):
    """Give every worker the parameters of worker 0, the first time that these are trained."""
    params = [] if workers.alone() else [param for param in params if not nn.parameter.is_lazy(param)]
    if params and _alike.new(params):
        firsts = [param.detach() if workers.is_first() else torch.zeros_like(param) for param in params]
        with torch.no_grad():
            for param, first in zip(params, summed(firsts, [0])[0]):
                param.copy_(first)


def average_gradients(params, num_examples):
    """Stored gradients of means over each worker's examples become those of the mean over all workers'."""
    if not workers.alone():
        grads = [param.grad for param in params if param.grad is not None]
        for grad, mean in zip(grads, gradients.averaged(grads, num_examples, summed)):
            grad.copy_(mean)


def add_gradients(params):
    """Stored gradients of sums over each worker's examples become those of the sum over all workers'."""
    if not workers.alone():
        grads = [param.grad for param in params if param.grad is not None]
        for grad, sum in zip(grads, gradients.added(grads, 1, summed)[0]):
            grad.copy_(sum)


def of_batch(params, grads, batch_size):
    """The gradients and the batch size that ``sgd`` takes, of all workers."""
    if not workers.alone():
        start_alike(params)
    return gradients.of_batch(grads, batch_size, summed)


def trained(value):
    """The host arrays of what a value of the user's trains, if it does."""
    if isinstance(value, nn.Module):
        return [host for param in value.parameters() for host in trained(param)]
    if isinstance(value, torch.Tensor) and value.is_leaf and value.requires_grad:
        return [] if nn.parameter.is_lazy(value) else [np.ascontiguousarray(value.detach().cpu().numpy())]
    return []
