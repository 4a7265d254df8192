"""Run a command; its exit code, and the largest memory of it or of what it started.

In a process of its own: of the tests' the child would inherit how large it was when it was forked.
"""

import resource
import subprocess
import sys

code = subprocess.run(sys.argv[1:]).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
