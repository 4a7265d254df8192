"""Two thousand epochs in one process: memory, figures, files and threads stay where they are."""

import json
import os
import subprocess

import pytest

from tests.programs import module

SECONDS = 600


@pytest.mark.slow
@pytest.mark.parametrize("way", ["scratch", "train_ch3", "fit"])
def test_two_thousand_epochs(d2l_backend, way):
    """After a warm-up of 600 of them; charts are windows, whose figures pyplot keeps open."""
    command = module("faults.programs.soak", d2l_backend, way)
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1"}  # so little work is no work for several
    done = subprocess.run(command, env=one_thread, stdout=subprocess.PIPE, text=True, timeout=SECONDS)
    assert done.returncode == 0
    found = json.loads(done.stdout)
    before, after = found["before"], found["after"]
    growth = after["memory"] / before["memory"] - 1
    print(f"{d2l_backend} {way}: {before} {after} {growth:+.2%} {found['seconds']:.0f} s")
    assert growth < 0.05
    assert after["figures"] == before["figures"] == (1 if way in ("train_ch3", "fit") else 0)
    assert after["files"] <= before["files"] and after["threads"] <= before["threads"]
