"""Faults planted into the processes of a real run, through a sitecustomize.py that each of them loads."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

COMMAND = Path(sys.executable).with_name("d2l-multi")
OUT = "d2l-multi-report"
FILES = {"report.json", "report.html", "curves.png"}

# Runs code right after a backend's module has been loaded; `module` is it.
PLANTER = """
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder

FAULTS = {faults!r}

class Planter(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        fault = FAULTS.get(name.removeprefix("d2l_multi."))
        if not name.startswith("d2l_multi.") or fault is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        load = spec.loader.exec_module
        def exec_module(module):
            load(module)
            exec(fault, dict(module=module))
        spec.loader.exec_module = exec_module
        return spec

sys.meta_path.insert(0, Planter())
"""

# In the worker of a comparison or of assert_parity, before anything of ours has begun; `backend` is its own.
IN_WORKER = """
import sys
if ".worker import main" in " ".join(sys.orig_argv):
    at = next(i for i, word in enumerate(sys.orig_argv) if ".worker import main" in word)
    exec({code!r}, dict(backend=sys.orig_argv[at + 1]))
"""

# A fault in the loss at the thirtieth step; what it does there is appended.
AT_STEP_30 = """
import os, signal, subprocess, sys, time
import numpy as np
loss, steps = module.squared_loss, []
def squared_loss(y_hat, y):
    steps.append(1)
    return at_30(loss(y_hat, y)) if len(steps) >= 30 else loss(y_hat, y)
module.squared_loss = squared_loss
"""


def at_step_30(code):
    return AT_STEP_30 + code


def environment(folder):
    """With a folder that Python finds modules in; what was to be found stays so."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")])),
    }


def plant(folder, faults=(), in_worker="", frameworks=()):
    """The environment of a run with faults in backends, code in every worker, and frameworks of our own."""
    folder = folder / "planted"
    folder.mkdir()
    code = PLANTER.format(faults=dict(faults)) + IN_WORKER.format(code=in_worker)
    (folder / "sitecustomize.py").write_text(code)
    for name, source in dict(frameworks).items():
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(source)
    return environment(folder)


def command(*arguments):
    return [str(COMMAND), *map(str, arguments)]


def d2l_multi(*arguments, cwd, env=None):
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, errors="replace", cwd=cwd, env=env, timeout=300
    )


def compare(backends, *arguments, cwd, env=None):
    return d2l_multi("compare", "--backends", backends, "--epochs", "1", *arguments, cwd=cwd, env=env)


def report_of(folder, out=OUT):
    """The report, read as strictly as JSON is meant."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads((folder / out / "report.json").read_text(), parse_constant=refuse)


def rows(folder, out=OUT):
    return report_of(folder, out)["backends"]


def eventually(condition, seconds=30):
    """Whether something comes true in time; what it was."""
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def family(pid):
    return psutil.Process(pid).children(recursive=True)
