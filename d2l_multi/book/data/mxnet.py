"""Data in MXNet: arrays and Fashion-MNIST, batch by batch."""

from collections import deque

import numpy as np

from d2l_multi.arrays import one_number
from d2l_multi.book import contracts
from d2l_multi.book.data import checks, contract, dataloader_workers, fashion_mnist, sampling
from d2l_multi.book.distribution import sharing
from d2l_multi.book.tensors.mxnet import (
    as_float,
    as_tensor,
    float32,
    int32,
    int64,
    matmul,
    normal,
    numpy,
    tensor,
)
from d2l_multi.checks import deviation, positive_int
from d2l_multi.compat import framework, private

with framework("mxnet"):
    from mxnet import gluon
    from mxnet import np as mxnp


def synthetic_data(w, b, num_examples, *, noise=0.01, seed=None):
    w = as_float(w)
    num_inputs = checks.weight_length(w.shape)
    b = one_number("b", b)
    num_examples = positive_int("num_examples", num_examples)
    noise = deviation("noise", noise)
    if seed is not None:
        X, y = sampling.regression_data(numpy(w), b, num_examples, noise, seed)
        return tensor(X, device=w.ctx), tensor(y, device=w.ctx)
    X = normal(0, 1, (num_examples, num_inputs), dtype=w.dtype, device=w.ctx)
    y = matmul(X, w.reshape(-1, 1)) + b
    y += normal(0, noise, y.shape, dtype=w.dtype, device=w.ctx)
    return X, y


def data_iter(batch_size, features, labels, *, shuffle=True, seed=None):
    return iter(load_array((features, labels), batch_size, shuffle, seed=seed))


class ArrayLoader(gluon.data.DataLoader):
    """A DataLoader over arrays in memory: it gathers blocks of rows, not one example after another."""

    def __init__(self, dataset, batch_size, shuffle, seed):
        kind = gluon.data.RandomSampler if shuffle else gluon.data.SequentialSampler
        sampler = gluon.data.BatchSampler(kind(len(dataset)), int(batch_size))
        private.gluon_prepare_loader(self, dataset, sampler)
        self.dataset, self.batch_size = dataset, int(batch_size)
        self.orders = sampling.Orders(len(dataset), shuffle, seed, permutation)

    def __iter__(self):
        arrays = self.dataset.arrays
        gather = lambda rows: tuple(_rows(x, rows) for x in arrays)  # noqa: E731
        order, batch_size = sharing.share(self.orders.next(), self.batch_size)
        blocks = sampling.blocks(order, batch_size, arrays)
        # All at once: a copy from the host waits for what is being computed.
        blocks = [mxnp.array(rows, dtype=int64) for rows in blocks]
        batches = sampling.batches(blocks, batch_size, gather)
        prepare = getattr(self.dataset, "prepare", None)
        batches = _throttled(batches if prepare is None else (prepare(*batch) for batch in batches))
        return sharing.handed_out(batches, len(self.dataset), self.batch_size)

    def unshuffled(self):
        """Another loader over the same examples, as they are stored; passes over this one do not count it."""
        return ArrayLoader(self.dataset, self.batch_size, False, None)


class Rows(gluon.data.ArrayDataset):
    """Examples along the first axis of arrays, which stay as they are."""

    def __init__(self, *arrays):
        super().__init__(*arrays)
        self.arrays = arrays


def _throttled(batches, ahead=4):
    """Let MXNet gather a few batches ahead, no more: they stay in the cache, and memory stays flat."""
    recent = deque()
    for batch in batches:
        recent.append(batch[0])
        if len(recent) > ahead:
            recent.popleft().wait_to_read()
        yield batch


def permutation(n):
    """An order of ``range(n)``, of the framework's generator, for the host."""
    order = mxnp.arange(n, dtype=int64)
    mxnp.random.shuffle(order)
    return order.asnumpy()


def _rows(array, rows):
    """The given rows of a tensor, or of a memmap, which is read no further than that."""
    if isinstance(array, np.memmap):
        return tensor(array[rows.asnumpy()])
    return mxnp.take(array, rows.as_in_ctx(array.ctx), axis=0)


def load_array(data_arrays, batch_size, is_train=True, *, seed=None):
    arrays = checks.examples(data_arrays, as_tensor)
    return ArrayLoader(Rows(*arrays), positive_int("batch_size", batch_size), is_train, seed)


def get_dataloader_workers():
    return dataloader_workers.some()


def load_data_fashion_mnist(batch_size, resize=None, *, root=None, seed=None, device=None):
    positive_int("batch_size", batch_size)
    train, test = read_fashion_mnist(resize, root, device)
    return ArrayLoader(train, batch_size, True, seed), ArrayLoader(test, batch_size, False, seed)


def read_fashion_mnist(resize, root, device):
    """The training set and the test set."""

    def images(pixels, labels, matrices):
        matrices = [tensor(matrix, device=device) for matrix in matrices]
        return Images(tensor(pixels, device=device), tensor(labels, int32, device), matrices)

    return fashion_mnist.datasets(images, resize, root)


class Images(Rows):
    """Images kept as bytes, and their labels; pixels are made of the bytes when they are asked for."""

    def __init__(self, images, labels, matrices):
        super().__init__(images, labels)
        self.matrices = matrices

    def __getitem__(self, i):
        X, y = super().__getitem__(i)
        return _pixels(mxnp.expand_dims(X, 0), self.matrices)[0], y

    def prepare(self, X, y):
        return _pixels(X, self.matrices), y


def _pixels(X, matrices):
    """Bytes (b, h, w) as float32 in [0, 1], (b, 1, h, w), resized if there are matrices."""
    X = X.astype(float32)
    if matrices:
        rows, columns = matrices
        X = mxnp.floor(mxnp.matmul(X, columns.T) + 0.5)
        X = mxnp.floor(mxnp.matmul(rows, X) + 0.5)
    return mxnp.expand_dims(X / 255, 1)


__all__ = contracts.offered(contract, globals())
