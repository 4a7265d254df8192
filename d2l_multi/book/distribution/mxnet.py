"""Several workers in MXNet: the kvstore dist_sync, whose server adds up what workers push."""

import os

from d2l_multi.book.distribution import gradients, workers
from d2l_multi.compat import framework

with framework("mxnet"):
    import mxnet
    from mxnet import gluon
    from mxnet import np as mxnp

_store = None


def join(pulse=None):
    """Connect this process with the others, as the environment of ps-lite says (DMLC_ROLE and so on).

    The number of a worker is the launcher's: ps-lite gives its own to whoever comes, on any machine.
    """
    global _store
    _store = mxnet.kvstore.create("dist_sync")
    rank = int(os.environ["D2L_MULTI_RANK"])
    workers.joined(workers.Engine(_store.num_workers, rank, _total), pulse)
    gradients.guard(gluon.Trainer, "step")
    gradients.guard(gluon.Trainer, "update")


def leave():
    mxnet.nd.waitall()


def seed(number):
    mxnet.random.seed(number % 2**31)


def _total(numbers):
    return _all_reduced(mxnp.array(numbers, dtype="float64")).asnumpy()


_keys = set()


def _all_reduced(flat):
    """The sum over all workers of a flat array: each pushes its own, and pulls what the server has."""
    if flat.dtype == "float64":
        return _exactly(flat)
    key = f"{flat.dtype} {flat.size}"
    if key not in _keys:
        _keys.add(key)
        _store.init(key, flat)
        mxnet.nd.waitall()
    sums = mxnp.zeros_like(flat)
    _store.push(key, flat)
    _store.pull(key, sums)
    sums.wait_to_read()
    return sums


def _exactly(flat):
    """The same in float64, which the server of MXNet 1.9 may keep in float32: as three numbers of these.

    Each worker has a place of its own, where the server adds nothing but zeros.
    """
    parts, rest = [], flat
    for _ in range(3):
        parts.append(rest.astype("float32"))
        rest = rest - parts[-1].astype("float64")
    places = mxnp.zeros((workers.num_workers(), 3, flat.size), dtype="float32", ctx=flat.ctx)
    places[workers.worker_rank()] = mxnp.stack(parts)
    places = _all_reduced(places.reshape(-1)).reshape(places.shape).astype("float64")
    return ((places[:, 0] + places[:, 1]) + places[:, 2]).sum(0)


def summed(tensors, numbers):
    """The sums of tensors, and of numbers, over all workers, sent as one."""
    if not tensors:
        return [], workers.total(numbers)
    with workers.together():
        dtype = max((tensor.dtype for tensor in tensors), key=lambda dtype: dtype.itemsize)
        numbers = mxnp.array(numbers, dtype=dtype, ctx=tensors[0].ctx)
        flat = [tensor.reshape(-1).astype(dtype, copy=False) for tensor in (*tensors, numbers)]
        flat = _all_reduced(mxnp.concatenate(flat))
        sums, start = [], 0
        for tensor in tensors:
            sum, start = flat[start : start + tensor.size], start + tensor.size
            sums.append(sum.reshape(tensor.shape).astype(tensor.dtype, copy=False))
    return sums, flat[start:].tolist()


_alike = gradients.Known()


def start_alike(params):
    """Give every worker the parameters of worker 0, the first time that these are trained."""
    if not workers.alone() and _alike.new(params):
        firsts = [param.detach() if workers.is_first() else mxnp.zeros_like(param) for param in params]
        for param, first in zip(params, summed(firsts, [0])[0]):
            param[()] = first


def average_gradients(params, num_examples):
    """Stored gradients of means over each worker's examples become those of the mean over all workers'."""
    if not workers.alone():
        grads = [param.grad for param in params]
        for grad, mean in zip(grads, gradients.averaged(grads, num_examples, summed)):
            grad[()] = mean


def add_gradients(params, num_examples):
    """Stored gradients of sums over each worker's examples become those of the sum over all workers'.

    Returns the number of examples of all workers.
    """
    if workers.alone():
        return num_examples
    grads = [param.grad for param in params]
    sums, total = gradients.added(grads, num_examples, summed)
    for grad, sum in zip(grads, sums):
        grad[()] = sum
    return total


def of_batch(params, grads, batch_size):
    """The gradients and the batch size that ``sgd`` takes, of all workers."""
    if not workers.alone():
        start_alike(params)
    return gradients.of_batch(grads, batch_size, summed)


def trained(value):
    """The host arrays of what a value of the user's trains, if it does."""
    if isinstance(value, gluon.Block):
        params = value.collect_params().values()
        return [param.data().asnumpy() for param in params if param.grad_req != "null"]
    if isinstance(value, mxnp.ndarray) and value.grad is not None:
        return [value.asnumpy()]
    return []
