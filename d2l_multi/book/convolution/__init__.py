"""Convolutional networks, and the devices they run on."""

from d2l_multi.book import contracts
from d2l_multi.book.convolution import contract
from d2l_multi.book.convolution.benchmark import Benchmark

__all__ = contracts.offered(contract, globals())
