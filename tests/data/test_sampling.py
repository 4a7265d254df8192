"""Seeded streams: fixed for good, and what they are said to be."""

import numpy as np

from d2l_multi.book.data import sampling


def test_streams_are_the_same_on_every_machine():
    """The numbers themselves: whoever changes them changes the results of every seeded notebook."""
    X, y = sampling.regression_data(np.asarray([2.0, -3.4]), 4.2, 2, 0.01, seed=0)
    assert X.tolist() == EXPECTED_X and y.tolist() == EXPECTED_Y
    assert sampling.order(8, 0).tolist() == EXPECTED_ORDERS[0]
    assert sampling.order(8, 0, epoch=1).tolist() == EXPECTED_ORDERS[1]


EXPECTED_X = [[-0.5897631018781304, 0.9339673605431736], [0.056693822347286336, 0.6510152946841085]]
EXPECTED_Y = [[-0.1543913536686894], [2.096878014945249]]
EXPECTED_ORDERS = [[0, 7, 3, 4, 5, 6, 1, 2], [2, 1, 4, 6, 0, 7, 5, 3]]


def test_data_and_order_do_not_share_numbers():
    draws = {purpose: sampling.stream(3, purpose).random_sample() for purpose in range(3)}
    assert len(set(draws.values())) == 3


def test_single_precision_data_is_double_precision_data_rounded():
    double, _ = sampling.regression_data(np.asarray([1.0, 2.0]), 0, 50, 0.1, 4)
    single, _ = sampling.regression_data(np.asarray([1.0, 2.0], "float32"), 0, 50, 0.1, 4)
    np.testing.assert_array_equal(single, double.astype("float32"))
