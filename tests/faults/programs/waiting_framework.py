"""In the place of a framework: its import never ends, with a process of its own beside it; a file says so."""

import subprocess
import time
from pathlib import Path

subprocess.Popen(["sleep", "1000"])
Path(f"waiting-{__name__}").touch()
time.sleep(1000)
