"""Training and evaluation, and measuring both."""

from d2l_multi.book import contracts
from d2l_multi.book.training import contract
from d2l_multi.book.training.history import ConvergenceWarning, DivergenceWarning, InterruptedWarning
from d2l_multi.book.training.metrics import Timer

__all__ = contracts.offered(contract, globals())
