"""``d2l-multi`` on a disk that takes for ever to write the report; a file says when it begins."""

import time
from pathlib import Path

from d2l_multi import cli
from d2l_multi.compare import report


def wait(*_):
    Path("writing").touch()
    time.sleep(1000)


report.replace_together = wait
cli.main()
