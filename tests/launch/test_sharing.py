"""Shares of batches and sums of gradients, with an engine that only pretends: every worker in turn."""

import numpy as np
import pytest

from d2l_multi.book.distribution import gradients, sharing, workers
from d2l_multi.book.training import metrics


@pytest.fixture
def as_worker(monkeypatch):
    """Let this process be one of several, whose sums are of itself alone unless a test says otherwise."""

    def become(rank, number, total=lambda numbers: numbers):
        monkeypatch.setattr(workers, "_engine", workers.Engine(number, rank, total))

    return become


def passes(as_worker, number, num_examples, batch_size):
    """What each worker is handed of a pass: for each batch the rows, and its share."""
    for rank in range(number):
        as_worker(rank, number)
        order, size = sharing.share(np.arange(num_examples), batch_size)
        batches = (order[start : start + size] for start in range(0, len(order), size))
        yield [(rows, sharing.latest) for rows in sharing.handed_out(batches, num_examples, batch_size)]


@pytest.mark.parametrize("number", [2, 3, 5])
@pytest.mark.parametrize(
    ("num_examples", "batch_size"), [(49, 16), (48, 16), (7, 3), (10, 1), (1, 4), (17, 4)]
)
def test_every_example_counts_once_in_its_batch(as_worker, number, num_examples, batch_size):
    runs = list(passes(as_worker, number, num_examples, batch_size))
    whole = [
        np.arange(num_examples)[start : start + batch_size] for start in range(0, num_examples, batch_size)
    ]
    assert all(len(run) == len(whole) for run in runs)
    for batch, *shares in zip(whole, *runs):
        own = [rows for rows, share in shares if share.count]
        assert np.concatenate(own).tolist() == batch.tolist()
        for rows, share in shares:
            assert len(rows) == share.rows >= 1 and share.total == len(batch)
            assert share.count in (0, share.rows) and set(rows) <= set(batch)
    assert sharing.latest is None


def test_alone_a_loader_is_left_as_it_is():
    order, batches = np.arange(10), iter([])
    assert sharing.share(order, 3) == (order, 3)
    assert sharing.handed_out(batches, 10, 3) is batches


def test_a_pass_inside_another_gives_the_outer_ones_batch_back(as_worker):
    as_worker(0, 2)
    for _ in sharing.handed_out(iter("ab"), 8, 4):
        outer = sharing.latest
        for _ in sharing.handed_out(iter("c"), 2, 2):
            assert sharing.latest is not outer
        assert sharing.latest is outer
    with sharing.whole():
        assert sharing.share(np.arange(4), 4)[1] == 4


def of_others(*others):
    """An engine's sums, with the gradients and numbers of other workers."""

    def summed(tensors, numbers):
        for their_tensors, their_numbers in others:
            tensors = [own + their for own, their in zip(tensors, their_tensors)]
            numbers = [own + their for own, their in zip(numbers, their_numbers)]
        return tensors, numbers

    return summed


@pytest.mark.parametrize(("given", "divisor"), [(6, 11), (16, 16), (11, 11)])
def test_sgd_divides_by_the_examples_of_all_or_the_batch_size_it_is_told(as_worker, given, divisor):
    """The last batch of 11 of a loader whose batches are of 16: this worker has 6."""
    as_worker(0, 2)
    for _ in sharing.handed_out(iter("a"), 11, 16):
        grads, size = gradients.of_batch([2.0], given, of_others(([3.0], [5])))
    assert (grads, size) == ([5.0], divisor)


def test_sgd_refuses_a_number_that_is_no_batch_size(as_worker):
    as_worker(0, 2)
    for _ in sharing.handed_out(iter("a"), 16, 16):
        with pytest.raises(gradients.NotDistributed, match="batch_size 3 for a batch of 16 examples"):
            gradients.of_batch([2.0], 3, of_others())


def test_means_weigh_by_examples_and_an_idle_worker_adds_nothing(as_worker):
    as_worker(1, 2)
    for _ in sharing.handed_out(iter("a"), 1, 4):
        assert sharing.idle()
        assert gradients.averaged([7.0], 1, of_others(([3.0], [1]))) == [3.0]
    for _ in sharing.handed_out(iter("a"), 3, 4):
        assert gradients.averaged([6.0], 1, of_others(([2 * 3.0], [2]))) == [4.0]


def test_gradients_of_all_are_not_summed_again(as_worker):
    as_worker(0, 2)
    for _ in sharing.handed_out(iter("ab"), 8, 4):
        with pytest.raises(gradients.NotDistributed, match="object would train each of the 2 workers"):
            gradients.check_averaged(object())
        gradients.averaged([1.0], 2, of_others())
        gradients.check_averaged(object())
        assert gradients.of_batch([1.0], 1, None) == ([1.0], 1)


def test_numbers_of_a_share_become_those_of_all(as_worker):
    as_worker(0, 2, total=lambda numbers: numbers + np.array([4.0, 1.0]))
    assert metrics.read([2.0, metrics.OfShare(3.0, 1)]) == [2.0, (3 + 4) / (1 + 1)]


def test_parameters_that_differ_are_found(as_worker):
    as_worker(0, 2, total=lambda numbers: numbers + np.roll(numbers, 2) + [0, 0, 0, 1])
    assert workers.alike([np.ones(3), np.zeros(2)]) == [True, False]


def test_lists_of_parameters_are_known_by_what_is_in_them():
    known, a, b = gradients.Known(), np.ones(1), np.ones(1)
    assert known.new([a]) and not known.new([a])
    assert known.new([b]) and known.new([a, b]) and not known.new([a, b])
