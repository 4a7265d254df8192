"""Data in PyTorch: arrays and Fashion-MNIST, batch by batch."""

import warnings

from d2l_multi.arrays import one_number
from d2l_multi.book import contracts
from d2l_multi.book.data import checks, contract, dataloader_workers, fashion_mnist, sampling
from d2l_multi.book.distribution import sharing
from d2l_multi.book.tensors.torch import as_float, as_tensor, float32, int64, matmul, normal, numpy, tensor
from d2l_multi.checks import deviation, positive_int
from d2l_multi.compat import framework

with framework("torch"):
    import torch
    from torch.utils import data


def synthetic_data(w, b, num_examples, *, noise=0.01, seed=None):
    w = as_float(w)
    num_inputs = checks.weight_length(w.shape)
    b = one_number("b", b)
    num_examples = positive_int("num_examples", num_examples)
    noise = deviation("noise", noise)
    if seed is not None:
        X, y = sampling.regression_data(numpy(w), b, num_examples, noise, seed)
        return tensor(X, device=w.device), tensor(y, device=w.device)
    X = normal(0, 1, (num_examples, num_inputs), dtype=w.dtype, device=w.device)
    y = matmul(X, w.reshape(-1, 1)) + b
    y += normal(0, noise, y.shape, dtype=w.dtype, device=w.device)
    return X, y


def data_iter(batch_size, features, labels, *, shuffle=True, seed=None):
    return iter(load_array((features, labels), batch_size, shuffle, seed=seed))


class ArrayLoader(data.DataLoader):
    """A DataLoader over arrays in memory: it gathers blocks of rows, not one example after another."""

    def __init__(self, dataset, batch_size, shuffle, seed):
        super().__init__(dataset, int(batch_size), shuffle)
        self.orders = sampling.Orders(len(dataset), shuffle, seed, permutation)

    def __iter__(self):
        arrays = self.dataset.tensors
        order, batch_size = sharing.share(self.orders.next(), self.batch_size)
        order = torch.as_tensor(order, device=arrays[0].device)
        gather = lambda rows: tuple(x.index_select(0, rows.to(x.device)) for x in arrays)  # noqa: E731
        blocks = sampling.blocks(order, batch_size, arrays)
        batches = sampling.batches(blocks, batch_size, gather)
        prepare = getattr(self.dataset, "prepare", None)
        batches = batches if prepare is None else (prepare(*batch) for batch in batches)
        return sharing.handed_out(batches, len(self.dataset), self.batch_size)

    def unshuffled(self):
        """Another loader over the same examples, as they are stored; passes over this one do not count it."""
        return ArrayLoader(self.dataset, self.batch_size, False, None)


def permutation(n):
    """An order of ``range(n)``, of the framework's generator, for the host."""
    return torch.randperm(n).numpy()


def load_array(data_arrays, batch_size, is_train=True, *, seed=None):
    arrays = data.TensorDataset(*checks.examples(data_arrays, as_tensor, _over_memmap))
    return ArrayLoader(arrays, positive_int("batch_size", batch_size), is_train, seed)


def _over_memmap(array):
    """A memmap as a tensor over the same memory: no more of it is read than the rows asked for."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")  # nor do we write
        return torch.from_numpy(array)


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
        return Images(tensor(pixels, device=device), tensor(labels, int64, device), matrices)

    return fashion_mnist.datasets(images, resize, root)


class Images(data.TensorDataset):
    """Images kept as bytes, and their labels; pixels are made of the bytes when they are asked for."""

    def __init__(self, images, labels, matrices):
        super().__init__(images, labels)
        self.matrices = matrices

    def __getitem__(self, i):
        X, y = super().__getitem__(i)
        return _pixels(X[None], self.matrices)[0], y

    def prepare(self, X, y):
        return _pixels(X, self.matrices), y


def _pixels(X, matrices):
    """Bytes (b, h, w) as float32 in [0, 1], (b, 1, h, w), resized if there are matrices."""
    X = X.to(float32)
    if matrices:
        rows, columns = matrices
        X = torch.floor(X @ columns.T + 0.5)
        X = torch.floor(rows @ X + 0.5)
    return X.div_(255).unsqueeze(1)


__all__ = contracts.offered(contract, globals())
