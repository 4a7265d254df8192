"""Faults planted into the processes of a real run, through a sitecustomize.py that each of them loads."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.faults.programs import planted

COMMAND = Path(sys.executable).with_name("d2l-multi")
OUT = "d2l-multi-report"
FILES = {"report.json", "report.html", "curves.png"}


def environment(folder):
    """With a folder that Python finds modules in; what was to be found stays so."""
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")])),
    }


def plant(folder, backends=(), workers=(), frameworks=(), everywhere=None):
    """The environment of a run with faults of ``programs.planted`` in its processes, and our own frameworks.

    A fault is a function there, or one with arguments, in a tuple; of backends and workers one for each name.
    """
    folder = folder / "planted"
    folder.mkdir()
    shutil.copy(planted.__file__, folder / "sitecustomize.py")
    faults = {
        "backends": {name: named(fault) for name, fault in dict(backends).items()},
        "workers": {name: named(fault) for name, fault in dict(workers).items()},
        "everywhere": everywhere and named(everywhere),
    }
    (folder / "planted.txt").write_text(repr(faults), encoding="utf-8")
    for name, source in dict(frameworks).items():
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(source)
    return environment(folder)


def named(fault):
    """A fault as planted.txt has it: the name of its function, and the arguments."""
    function, *arguments = fault if isinstance(fault, tuple) else (fault,)
    return [function.__name__, *arguments]


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
