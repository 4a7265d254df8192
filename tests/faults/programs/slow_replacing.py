"""Stop, or take time, when everything is written and nothing is in its place yet.

Arguments: ``replace`` or ``replace_together``, the folder, what is written, and seconds.
"""

import os
import sys
import time
from pathlib import Path

from d2l_multi import files

way, folder, content, pause = sys.argv[1:]
replace = os.replace


def late(*arguments):
    print("written", flush=True)
    time.sleep(float(pause))
    replace(*arguments)


os.replace = late
if way == "replace":
    files.replace(Path(folder, "run"), content.encode())
else:
    files.replace_together(Path(folder), dict.fromkeys(["run", "more"], content.encode()))
