"""The suite on a machine that is not ours: what its user has set, and keeps, is not seen."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fashion import write_folder

ROOT = Path(__file__).resolve().parents[1]
NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "d2l-multi-report", "site")

SETTINGS = {
    "MPLBACKEND": "agg",
    "D2L_MULTI_MIRROR": "http://127.0.0.1:9/",
    "D2L_MULTI_DISPLAY": "hologram",
    "OMP_NUM_THREADS": "7",
    "OMP_WAIT_POLICY": "active",
    "KMP_AFFINITY": "verbose",
    "MKL_NUM_THREADS": "7",
    "TF_CPP_MIN_LOG_LEVEL": "0",
    "TF_USE_LEGACY_KERAS": "1",
    "KERAS_BACKEND": "nonsense",
    "MXNET_ENGINE_TYPE": "NaiveEngine",
    "FLAGS_check_nan_inf": "1",
    "CUDA_VISIBLE_DEVICES": "7",
    "PYTHONOPTIMIZE": "1",
    "PYTHONWARNINGS": "error",
    "PYTHONSTARTUP": "/nowhere",
    "PYTHONIOENCODING": "ascii",
    "LC_ALL": "C",
    "COLUMNS": "30",
    "FORCE_COLOR": "1",
    "http_proxy": "http://127.0.0.1:9",
}
HOME = {
    ".config/matplotlib/matplotlibrc": "backend: nonsense\nfigure.figsize: 1, 1\nlines.linewidth: 90\n",
    ".keras/keras.json": '{"floatx": "float64", "backend": "jax", "image_data_format": "channels_first"}',
    ".ipython/profile_default/startup/first.py": "raise SystemExit('the startup of the user')",
    ".jupyter/jupyter_server_config.py": "raise SystemExit('the configuration of the user')",
}
# Where copies of Fashion-MNIST are looked for, from the home folder.
COPIES = (
    ".cache/d2l-multi",
    ".keras/datasets/fashion-mnist",
    ".mxnet/datasets/fashion-mnist",
    ".cache/paddle/dataset/fashion-mnist",
)
# Of each kind of test a few.
SOME = {
    "tests/notebooks/test_run.py": "test_notebook and torch and 05-",
    "tests/display/test_places.py": "",
    "tests/data/test_fashion_mnist.py": "",
    "tests/objects/test_data.py": "mxnet",
    "tests/compare/test_command.py": "mlp-float64",
    "tests/backends/test_training.py": "paddle",
    "tests/book/test_readme.py": "chart",
}
MORE = {
    "tests/notebooks": "05-",
    "tests/display": "",
    "tests/data": "",
    "tests/compare": "test_parts or doctor or cache",
    "tests/objects": "paddle",
    "tests/backends": "tensorflow",
    "tests/book": "test_readme or test_object_oriented_page",
    "tests/faults/test_odd_environments.py": "torch or command",
    "tests/testing": "",
}


@pytest.fixture
def elsewhere(tmp_path):
    """A copy of what is tested, with what must not be read beside it and in a home; the environment there."""
    clone, home = tmp_path / "clone", tmp_path / "home"
    shutil.copytree(ROOT, clone, ignore=NOT_COPIED)
    for name, text in HOME.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    beside = (tmp_path / "data" / "FashionMNIST" / "raw", tmp_path / "shared" / "data" / "fashion-mnist-600")
    for folder in (*beside, *(home / name for name in COPIES), tmp_path / "mine"):
        folder.mkdir(parents=True)
        write_folder(folder, train=7, test=3)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    folders = {
        "HOME": home,
        "KERAS_HOME": home / ".keras",
        "XDG_CONFIG_HOME": home / ".config",
        "D2L_MULTI_DATA": tmp_path / "mine",
        "PYTHONPATH": clone,
    }
    return clone, {**ours, **SETTINGS, **{name: str(folder) for name, folder in folders.items()}}


def passes(elsewhere, chosen):
    clone, environment = elsewhere
    words = " or ".join(
        f"({Path(path).name} and ({words}))" if words else Path(path).name for path, words in chosen.items()
    )
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider", *chosen, "-k", words]
    run = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_a_part_of_the_suite_passes_under_hostile_settings(elsewhere):
    assert " passed" in passes(elsewhere, SOME)


@pytest.mark.slow
def test_a_larger_part_of_the_suite_passes_under_hostile_settings(elsewhere):
    assert " passed" in passes(elsewhere, MORE)
