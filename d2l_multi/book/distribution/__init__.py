"""Several processes that train one net: which of them this is, its share of each batch, sums over all."""

from d2l_multi.book import contracts
from d2l_multi.book.distribution import contract
from d2l_multi.book.distribution.workers import num_workers, worker_rank

__all__ = contracts.offered(contract, globals())
