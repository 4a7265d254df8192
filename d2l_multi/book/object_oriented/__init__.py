"""The object-oriented edition: models, data and trainers that remember what they were made with."""

from d2l_multi.book import contracts
from d2l_multi.book.object_oriented import contract
from d2l_multi.book.object_oriented.board import ProgressBoard
from d2l_multi.book.object_oriented.hyperparameters import HyperParameters, add_to_class

__all__ = contracts.offered(contract, globals())
