"""Download a file, or say why not; the arguments are those of `download`."""

import sys

from d2l_multi.book.data import downloads

try:
    print(downloads.download(*sys.argv[1:]))
except OSError as error:
    print(type(error).__name__, error)
