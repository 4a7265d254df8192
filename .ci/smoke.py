"""Does an installed d2l-multi work here? One framework trains, the command line compares, the plugin tests.

``python .ci/smoke.py [BACKEND]``, on Linux, macOS and Windows; it needs no network, no images and, beside the
framework, nothing but pytest. What it writes is in a folder whose name no ASCII knows.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib import import_module
from pathlib import Path

TEST = """
import pytest


def test_the_mean_of_ones_is_one(d2l, d2l_backend):
    assert float(d2l.reduce_mean(d2l.ones(3, 4))) == 1


@pytest.mark.d2l_parity
def test_the_same_data_in_a_process_of_its_own(d2l):
    yield from d2l.load_array(d2l.synthetic_data([2, -3.4], 4.2, 100, seed=0), 10, seed=0)
"""


def main() -> None:
    backend = sys.argv[1] if len(sys.argv) > 1 else "torch"
    folder = Path(tempfile.mkdtemp(prefix="d2l-multi 学习 "))
    try:
        training(backend, folder)
        command_line(backend, folder)
        plugin(backend, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"d2l-multi works here: {backend}, Python {sys.version.split()[0]}, {sys.platform}")


def training(backend: str, folder: Path) -> None:
    """Linear regression of the framework's own layer finds the weights, draws its chart, and travels."""
    os.environ["MPLBACKEND"] = "Agg"
    d2l = import_module(f"d2l_multi.{backend}")
    data = d2l.SyntheticRegressionData(d2l.tensor([2.0, -3.4]), 4.2, seed=0)
    model = d2l.LinearRegression(lr=0.03)
    history = d2l.Trainer(max_epochs=3).fit(model, data)
    assert len(history) == 3 and history[-1].val_loss < 1e-3, history
    history.fig.savefig(folder / "curves.png")
    d2l.save_parameters(model, folder / "weights.safetensors")
    d2l.load_parameters(model, folder / "weights.safetensors")
    w, b = model.get_w_b()
    assert (
        abs(d2l.numpy(w).reshape(-1)[1] + 3.4) < 0.05 and abs(float(d2l.numpy(b).reshape(-1)[0]) - 4.2) < 0.05
    )


def command_line(backend: str, folder: Path) -> None:
    """``d2l-multi`` finds the framework, and its worker agrees with NumPy."""
    command = shutil.which("d2l-multi", path=sysconfig.get_path("scripts"))
    assert command, "there is no d2l-multi beside this Python"
    run(command, "doctor", cwd=folder)
    run(command, "compare", "--backends", backend, "--out", folder / "report", cwd=folder)
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["backends"][backend]["status"] == "ok", report
    assert (folder / "report" / "report.html").is_file()


def plugin(backend: str, folder: Path) -> None:
    """pytest knows the fixture and the marker as soon as d2l-multi is installed beside it."""
    (folder / "test_it.py").write_text(TEST, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    run(sys.executable, "-m", "pytest", "--strict-markers", "--d2l-backends", backend, "-q", cwd=folder)


def run(*command: object, cwd: Path) -> None:
    subprocess.run([str(part) for part in command], cwd=cwd, check=True)


if __name__ == "__main__":
    main()
