"""Seeds give the same bits in every backend; the framework's own generator repeats, and draws as stated."""

import hashlib
import math
from itertools import permutations

import numpy as np
import pytest

from d2l_multi.book.data import sampling
from d2l_multi.book.data.fashion_mnist import read_folder
from tests.fashion import write_folder
from tests.native import native

WEIGHTS, BIAS = [2, -3.4], 4.2
# SHA-256 of the features, then the labels, of synthetic_data(w, b, 1000, seed=5): on every machine, for ever.
DATA_SUMS = {
    "float32": "422406a12f17f4bdabb8d55769f1a1af0cc93082283785bdd021ca0749f4ab64",
    "float64": "9ba9b5589d1589ed5baa21fc6f54a27b10aa76289f65a4348bd2acac79ec7ca9",
}
SIGMAS = 6  # a sound generator is outside of six standard deviations once in 5e8 draws


def in_order(d2l, batches):
    return np.concatenate([d2l.numpy(X).reshape(-1) for X, _ in batches]).astype(int)


def numbered(d2l, device, n):
    return d2l.arange(n, dtype="float32", device=device), d2l.arange(n, device=device)


# --- Seeds ----------------------------------------------------------------------------------------


def test_seeded_data_are_the_same_bits_everywhere(d2l, d2l_device, dtype):
    w = d2l.tensor(WEIGHTS, dtype=dtype, device=d2l_device)
    X, y = (d2l.numpy(part) for part in d2l.synthetic_data(w, BIAS, 1000, seed=5))
    assert X.dtype.name == y.dtype.name == dtype
    assert hashlib.sha256(X.tobytes() + y.tobytes()).hexdigest() == DATA_SUMS[dtype]
    other, _ = d2l.synthetic_data(w, BIAS, 1000, seed=6)
    assert (d2l.numpy(other) != X).any()


@pytest.mark.parametrize("n", [1, 2, 10, 1000])
def test_seeded_orders_are_the_same_everywhere(d2l, d2l_device, n):
    arrays = numbered(d2l, d2l_device, n)
    loader = d2l.load_array(arrays, 7, seed=3)
    for epoch in range(3):
        expected = sampling.order(n, 3, epoch)
        np.testing.assert_array_equal(in_order(d2l, loader), expected)
    np.testing.assert_array_equal(in_order(d2l, d2l.data_iter(7, *arrays, seed=3)), sampling.order(n, 3))
    assert n < 10 or (sampling.order(n, 3) != sampling.order(n, 4)).any()


def test_seeded_images_come_in_the_same_order_everywhere(d2l, d2l_device, tmp_path):
    write_folder(tmp_path, train=30, test=20)
    train_iter, test_iter = d2l.load_data_fashion_mnist(8, root=tmp_path, seed=3, device=d2l_device)
    arrays = read_folder(tmp_path)

    def assert_delivers(loader, part, order):
        batches = [(d2l.numpy(X), d2l.numpy(y)) for X, y in loader]
        images, labels = (np.concatenate(parts) for parts in zip(*batches))
        bytes_again = np.rint(images * 255).astype("uint8").reshape(-1, 28, 28)
        np.testing.assert_array_equal(bytes_again, arrays[f"{part}_images"][order])
        np.testing.assert_array_equal(labels, arrays[f"{part}_labels"][order])

    for epoch in range(2):
        assert_delivers(train_iter, "train", sampling.order(30, 3, epoch))
        assert_delivers(test_iter, "test", np.arange(20))


@pytest.mark.d2l_parity(rtol=0)
def test_seeded_training_data_in_processes_of_their_own(d2l):
    X, y = d2l.synthetic_data(WEIGHTS, BIAS, 100, seed=1)
    yield {"X": X, "y": y}
    for _ in range(2):
        yield from d2l.load_array((X, y), 30, seed=1)


# --- The framework's own generator ----------------------------------------------------------------


def test_the_frameworks_seed_makes_an_unseeded_run_repeat(d2l, d2l_backend, d2l_device):
    def run():
        drawn = [
            d2l.numpy(part).reshape(-1)
            for dtype in ("float32", "float64")
            for part in d2l.synthetic_data(d2l.tensor(WEIGHTS, dtype=dtype, device=d2l_device), BIAS, 25)
        ]
        loader = d2l.load_array(numbered(d2l, d2l_device, 50), 8)
        orders = [in_order(d2l, loader) for _ in range(2)]
        orders.append(in_order(d2l, d2l.data_iter(8, *numbered(d2l, d2l_device, 50))))
        return np.concatenate([*drawn, *orders])

    native(d2l_backend).set_seed(7)
    first, second = run(), run()
    native(d2l_backend).set_seed(7)
    np.testing.assert_array_equal(run(), first)
    assert (first[150:200] != second[150:200]).any() and (first[:150] != second[:150]).any()
    assert (first[150:200] != first[200:250]).any()  # another order in the next epoch


def assert_distributed(x, mean, variance, kurtosis):
    """Mean and variance of independent draws, whose fourth central moment is ``kurtosis * variance²``."""
    x = np.asarray(x, "float64").reshape(-1)
    assert abs(x.mean() - mean) < SIGMAS * math.sqrt(variance / x.size)
    spread = variance * math.sqrt((kurtosis - 1) / x.size)
    assert abs(((x - mean) ** 2).mean() - variance) < SIGMAS * spread


NORMAL, UNIFORM = 3, 1.8  # kurtosis


def test_unseeded_draws_are_distributed_as_stated(d2l, d2l_backend, d2l_device, dtype):
    native(d2l_backend).set_seed(1)
    options = {"dtype": dtype, "device": d2l_device}
    assert_distributed(d2l.numpy(d2l.normal(2.0, 3.0, (200, 500), **options)), 2, 9, NORMAL)
    assert_distributed(d2l.numpy(d2l.randn(200, 500, **options)), 0, 1, NORMAL)
    uniform = d2l.numpy(d2l.rand(200, 500, **options))
    assert uniform.min() >= 0 and uniform.max() < 1
    assert_distributed(uniform, 0.5, 1 / 12, UNIFORM)


@pytest.mark.parametrize("seed", [None, 4])
def test_synthetic_data_are_distributed_as_stated(d2l, d2l_backend, d2l_device, seed):
    native(d2l_backend).set_seed(2)
    w = d2l.tensor(WEIGHTS, dtype="float64", device=d2l_device)
    X, y = (d2l.numpy(part) for part in d2l.synthetic_data(w, BIAS, 100_000, noise=0.5, seed=seed))
    noise = y[:, 0] - X @ WEIGHTS - BIAS
    for column in X.T:
        assert_distributed(column, 0, 1, NORMAL)
        assert_distributed(column * noise, 0, 0.25, NORMAL**2)  # the noise knows nothing of the features
    assert_distributed(X[:, 0] * X[:, 1], 0, 1, NORMAL**2)
    assert_distributed(noise, 0, 0.25, NORMAL)


@pytest.mark.parametrize("seeded", [False, True])
def test_every_order_is_as_likely_as_any_other(d2l, d2l_backend, d2l_device, seeded):
    """Chi-squared over the six orders of three examples: above 50 once in 7e8 runs of a fair shuffle."""
    native(d2l_backend).set_seed(3)
    loader = d2l.load_array(numbered(d2l, d2l_device, 3), 3, seed=11 if seeded else None)
    counts = dict.fromkeys(permutations(range(3)), 0)
    for _ in range(300):
        counts[tuple(in_order(d2l, loader))] += 1
    assert sum((count - 50) ** 2 / 50 for count in counts.values()) < 50
