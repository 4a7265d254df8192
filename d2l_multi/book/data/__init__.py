"""Data: seeded, downloaded, or the reader's own."""

from d2l_multi.book import contracts
from d2l_multi.book.data import contract
from d2l_multi.book.data.downloads import DATA_HUB, DATA_URL, download, download_all, download_extract
from d2l_multi.book.data.images import get_fashion_mnist_labels

__all__ = contracts.offered(contract, globals())
