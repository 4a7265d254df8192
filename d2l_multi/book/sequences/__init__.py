"""Text and recurrent networks: from lines to tokens to numbers, and language models that write."""

from d2l_multi.book import contracts
from d2l_multi.book.sequences import contract
from d2l_multi.book.sequences.checks import check_len, check_shape
from d2l_multi.book.sequences.text import (
    Vocab,
    count_corpus,
    load_corpus_time_machine,
    read_time_machine,
    tokenize,
)

__all__ = contracts.offered(contract, globals())
