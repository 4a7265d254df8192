"""``d2l-multi doctor`` that waits for half a second."""

import sys

from d2l_multi import cli
from d2l_multi.compare import runner

runner.PROBE_SECONDS = 0.5
sys.argv[1:] = ["doctor"]
cli.main()
