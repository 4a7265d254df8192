"""Places that are no good: folders nobody can write to, full disks, accounts without a home."""

import shutil
import subprocess

import pytest

SPACE = ["unshare", "--user", "--map-root-user", "--mount"]  # where who is not root may mount, too


def in_a_read_only_folder(tmp_path, command):
    """Run a command with ``place`` in tmp_path mounted read-only; what it printed, and what is there then."""
    return _mounted(tmp_path, command, "size=1m", 'mount -o remount,ro "$0"')


def in_a_full_disk(tmp_path, command, size="64k"):
    """The same with ``place`` on a disk of 64 KiB."""
    return _mounted(tmp_path, command, f"size={size}", "true")


def _mounted(tmp_path, command, options, prepare):
    needed([*SPACE, "sh", "-c", 'mount -t tmpfs none "$0"', "/mnt"], "mount a disk of its own")
    place = tmp_path / "place"
    place.mkdir()
    script = f'mount -t tmpfs -o {options} none "$0" && {prepare} && "$@"; code=$?; ls -A "$0" > "$0".left'
    script += "; exit $code"
    run = subprocess.run([*SPACE, "sh", "-c", script, place, *command], capture_output=True, text=True)
    return run, (tmp_path / "place.left").read_text().split()


NOBODY = 54321  # a user that no machine knows
WITHOUT_HOME = ["unshare", "--user", f"--map-user={NOBODY}", "env", "-u", "HOME"]


def without_home():
    """What a command begins with to run for an account that has no name and no home folder."""
    needed([*WITHOUT_HOME, "true"], "be an account without a home")
    return WITHOUT_HOME


def needed(command, what):
    """Skip the test where this machine does not let a process do that, which a container may forbid."""
    if shutil.which(command[0]) is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip(f"reason: no process may {what} on this machine")
