"""Data in PaddlePaddle: arrays and Fashion-MNIST, batch by batch."""

import numpy as np

from d2l_multi.arrays import one_number
from d2l_multi.book import contracts
from d2l_multi.book.data import checks, contract, fashion_mnist, sampling
from d2l_multi.book.distribution import sharing
from d2l_multi.book.tensors.paddle import (
    as_float,
    as_tensor,
    float32,
    int64,
    matmul,
    normal,
    numpy,
    on,
    tensor,
)
from d2l_multi.checks import deviation, positive_int
from d2l_multi.compat import framework

with framework("paddle"):
    import paddle


def synthetic_data(w, b, num_examples, *, noise=0.01, seed=None):
    w = as_float(w)
    num_inputs = checks.weight_length(w.shape)
    b = one_number("b", b)
    num_examples = positive_int("num_examples", num_examples)
    noise = deviation("noise", noise)
    if seed is not None:
        X, y = sampling.regression_data(numpy(w), b, num_examples, noise, seed)
        return tensor(X, device=w.place), tensor(y, device=w.place)
    X = normal(0, 1, (num_examples, num_inputs), dtype=w.dtype, device=w.place)
    y = matmul(X, w.reshape((-1, 1))) + b
    y += normal(0, noise, y.shape, dtype=w.dtype, device=w.place)
    return X, y


def data_iter(batch_size, features, labels, *, shuffle=True, seed=None):
    return iter(load_array((features, labels), batch_size, shuffle, seed=seed))


class ArrayLoader(paddle.io.DataLoader):
    """A DataLoader over arrays in memory: it gathers blocks of rows, not one example after another."""

    def __init__(self, rows, batch_size, shuffle, seed):
        super().__init__(rows, batch_size=int(batch_size), shuffle=shuffle)
        self.orders = sampling.Orders(len(rows), shuffle, seed, permutation)

    def __iter__(self):
        rows = self.dataset
        order, batch_size = sharing.share(self.orders.next(), self.batch_size)
        blocks = sampling.blocks(tensor(order), batch_size, rows.arrays)
        batches = sampling.batches(blocks, batch_size, rows.gather)
        prepare = getattr(rows, "prepare", None)
        batches = batches if prepare is None else (prepare(*batch) for batch in batches)
        return sharing.handed_out(batches, len(rows), self.batch_size)

    def unshuffled(self):
        """Another loader over the same examples, as they are stored; passes over this one do not count it."""
        return ArrayLoader(self.dataset, self.batch_size, False, None)


def permutation(n):
    """An order of ``range(n)``, of the framework's generator, for the host."""
    return paddle.randperm(n).numpy()


class Rows(paddle.io.Dataset):
    """Examples along the first axis of tensors, or of memmaps, which are read no further than asked."""

    def __init__(self, arrays):
        self.arrays = arrays

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, i):
        return tuple(x[0] for x in self.gather(tensor([i])))

    def gather(self, rows):
        return tuple(_rows(x, rows) for x in self.arrays)


def _rows(array, rows):
    """The given rows of a tensor, or of a memmap, which is read no further than that."""
    if isinstance(array, np.memmap):
        return tensor(array[rows.numpy()])
    return paddle.gather(array, on(array.place, rows))


def load_array(data_arrays, batch_size, is_train=True, *, seed=None):
    arrays = checks.examples(data_arrays, as_tensor)
    return ArrayLoader(Rows(arrays), positive_int("batch_size", batch_size), is_train, seed)


def get_dataloader_workers():
    return 0  # Paddle's workers crash (PaddlePaddle/PaddleClas issue 1149)


def load_data_fashion_mnist(batch_size, resize=None, *, root=None, seed=None, device=None):
    positive_int("batch_size", batch_size)
    train, test = read_fashion_mnist(resize, root, device)
    return ArrayLoader(train, batch_size, True, seed), ArrayLoader(test, batch_size, False, seed)


def read_fashion_mnist(resize, root, device):
    """The training set and the test set."""

    def images(pixels, labels, matrices):
        matrices = [tensor(matrix, device=device) for matrix in matrices]
        return Images(tensor(pixels, device=device), tensor(labels, int64, device), matrices)

    return fashion_mnist.datasets(images, resize, root)


class Images(Rows):
    """Images kept as bytes, and their labels; pixels are made of the bytes when they are asked for."""

    def __init__(self, images, labels, matrices):
        super().__init__((images, labels))
        self.matrices = matrices

    def __getitem__(self, i):
        X, y = super().__getitem__(i)
        return _pixels(X.unsqueeze(0), self.matrices)[0], y

    def prepare(self, X, y):
        return _pixels(X, self.matrices), y


def _pixels(X, matrices):
    """Bytes (b, h, w) as float32 in [0, 1], (b, 1, h, w), resized if there are matrices."""
    X = X.astype(float32)
    if matrices:
        rows, columns = matrices
        X = paddle.floor(X @ columns.T + 0.5)
        X = paddle.floor(rows @ X + 0.5)
    return (X / 255).unsqueeze(1)


__all__ = contracts.offered(contract, globals())
