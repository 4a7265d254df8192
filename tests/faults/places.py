"""Places that are no good: folders nobody can write to, full disks, accounts without a home."""

import shutil
import subprocess

import pytest

SPACE = ["unshare", "--user", "--map-root-user", "--mount"]  # where who is not root may mount, too


def in_a_read_only_folder(tmp_path, command):
    """Run a command with ``place`` in tmp_path mounted read-only; the run, and the files there afterwards."""
    return _mounted(tmp_path, command, "ro", {})


def on_a_full_disk(tmp_path, command, files=()):
    """The same with ``place`` on a disk of 64 KiB that holds ``files``, texts by name."""
    return _mounted(tmp_path, command, "size=64k", dict(files))


def _mounted(tmp_path, command, options, files):
    needed([*SPACE, "sh", "-c", 'mount -t tmpfs none "$0"', "/mnt"], "mount a disk of its own")
    place, before, after = (tmp_path / name for name in ("place", "before", "after"))
    for folder in (place, before):
        folder.mkdir()
    for name, text in files.items():
        (before / name).write_text(text)
    script = (
        f'place=$0; before=$1; after=$2; shift 2; mount -t tmpfs -o {options} none "$place" || exit 99; '
        '[ -z "$(ls "$before")" ] || cp "$before"/* "$place"; "$@"; '
        'code=$?; cp -r "$place" "$after"; exit $code'
    )
    run = subprocess.run(
        [*SPACE, "sh", "-c", script, place, before, after, *command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return run, {path.name: path.read_bytes() for path in after.iterdir()}


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
