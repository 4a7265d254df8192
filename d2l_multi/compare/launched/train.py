"""The script of each of several workers: BACKEND JOB CHANNEL. Worker 0 alone has something to say."""

import os
import sys
from pathlib import Path

from d2l_multi.book.distribution.workers import is_first
from d2l_multi.compare.worker import run

backend, job, channel = sys.argv[1:]
with open(channel if is_first() else os.devnull, "wb") as messages:
    run(messages, backend, Path(job))
