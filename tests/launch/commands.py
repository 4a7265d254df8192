"""`d2l-multi launch` as a user types it, in a process of its own."""

import subprocess
import sys

PATIENCE = 120  # seconds for a job that is to end by itself; what hangs is ended by the launcher before


def command(*arguments):
    return [sys.executable, "-m", "d2l_multi.cli", "launch", "--timeout", "60", *map(str, arguments)]


def launch(*arguments, **options):
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=PATIENCE, **options)


def launched(*arguments, **options):
    """What a job printed that ended well."""
    done = launch(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout
