"""What OpenMP reads when it is loaded, as the import of a framework sees it and as it is afterwards.

Arguments: the backend, and names of variables of the environment.
"""

import json
import os
import sys
from importlib import import_module

seen = []


def watch(event, arguments):
    if event == "import" and arguments[0] == sys.argv[1]:
        seen.append(now())


def now():
    return {name: os.environ[name] for name in sys.argv[2:] if name in os.environ}


sys.addaudithook(watch)
import_module(f"d2l_multi.{sys.argv[1]}")
print(json.dumps([seen[0], now()]))
