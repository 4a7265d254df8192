"""MXNet gets its own view of NumPy; everybody else's NumPy stays what it was."""

import subprocess

from tests.programs import program


def test_numpy_is_left_as_it_was():
    result = subprocess.run(program(__file__, "numpy_untouched"), capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "[1.]\n", "")
