"""``d2l-multi`` as its user runs it: real processes, real files, real exit codes."""

import json
import os
import subprocess
import sys

import pytest

from d2l_multi import BACKENDS
from tests.faults.planting import d2l_multi, plant
from tests.faults.programs import planted

REPORT_KEYS = {
    "status",
    "version",
    "device",
    "step_error",
    "step_error_at",
    "drift",
    "final_loss",
    "seconds_per_epoch",
    "peak_memory_mib",
}


def arguments_of(experiment, images_folder):
    return [experiment, *([] if experiment == "linear-regression" else ["--data", images_folder])]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("experiment", ["linear-regression", "softmax-regression", "mlp"])
def test_all_four_agree(tmp_path, images_folder, experiment, dtype):
    run = d2l_multi("compare", *arguments_of(experiment, images_folder), "--dtype", dtype, cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    report = json.loads((tmp_path / "d2l-multi-report" / "report.json").read_text())
    assert (report["experiment"], report["dtype"], report["tolerance"]) == (experiment, dtype, 1)
    assert 0 <= report["reference"]["drift"] < (1e-12 if dtype == "float64" else 0.1)
    assert list(report["backends"]) == list(BACKENDS)
    for name, entry in report["backends"].items():
        assert set(entry) >= REPORT_KEYS
        assert entry["status"] == "ok" and entry["device"] == "cpu"
        assert 0 < entry["step_error"] <= 1
        assert 0 <= entry["drift"] < (1e-12 if dtype == "float64" else 0.1)
        assert entry["seconds_per_epoch"] > 0 and entry["peak_memory_mib"] > 50
        assert name in run.stdout and entry["version"] in run.stdout
    if experiment == "linear-regression":
        assert 4e-5 < report["backends"]["torch"]["final_loss"] < 6e-5
    else:
        # Ten classes, ten epochs of two steps each: softmax regression is well on its way, the MLP has begun.
        assert report["reference"]["accuracy"] > (0.5 if experiment == "softmax-regression" else 0.15)
        for entry in report["backends"].values():
            assert entry["accuracy"] == report["reference"]["accuracy"]
    page = (tmp_path / "d2l-multi-report" / "report.html").read_text()
    assert page.count("<svg") == 5 and "http-equiv" not in page and "src=" not in page and len(page) < 2**20
    assert "<title>torch, step 1: " in page and "<title>paddle: " in page
    assert (tmp_path / "d2l-multi-report" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_options_reach_the_training(tmp_path):
    out = tmp_path / "a" / "b"
    options = [
        "--backends",
        "mxnet,torch",
        "--epochs",
        "2",
        "--batch-size",
        "300",
        "--lr",
        "0.1",
        "--seed",
        "9",
        "--tolerance",
        "0.9",
    ]
    run = d2l_multi("compare", *options, "--quiet", "--out", out, cwd=tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    report = json.loads((out / "report.json").read_text())
    assert [report[key] for key in ("epochs", "batch_size", "lr", "seed", "tolerance")] == [
        2,
        300,
        0.1,
        9,
        0.9,
    ]
    assert list(report["backends"]) == ["mxnet", "torch"]
    again = d2l_multi("compare", *options[:-4], "--seed", "8", "--quiet", "--out", out, cwd=tmp_path)
    other = json.loads((out / "report.json").read_text())
    assert again.returncode == 0
    assert other["reference"]["final_loss"] != report["reference"]["final_loss"]


def test_a_deviation_is_found(tmp_path):
    """Rounding is not nothing: the very same run fails a judge who gives it a hundredth of its due."""
    run = d2l_multi("compare", "--backends", "torch", "--tolerance", "0.01", cwd=tmp_path)
    assert run.returncode == 1
    report = json.loads((tmp_path / "d2l-multi-report" / "report.json").read_text())
    assert report["backends"]["torch"]["status"] == "deviates"
    assert "torch deviates: at step " in run.stdout and "NumPy's step" in " ".join(run.stdout.split())


def test_a_known_limit_is_told_and_strictly_a_deviation(tmp_path):
    """MXNet's optimiser rounds 0.03 to float32, which float64 shows; a power of 2 it keeps."""
    options = ["--backends", "mxnet,torch", "--dtype", "float64", "--epochs", "1"]
    for more, code in (([], 0), (["--strict"], 1)):
        run = d2l_multi("compare", "linear-regression-concise", *options, *more, cwd=tmp_path)
        assert run.returncode == code, run.stdout + run.stderr
        backends = json.loads((tmp_path / "d2l-multi-report" / "report.json").read_text())["backends"]
        assert (backends["mxnet"]["status"], backends["torch"]["status"]) == ("known limit", "ok")
        assert backends["mxnet"]["step_error"] > 1 and "learning rate" in backends["mxnet"]["known_limit"]
        assert "mxnet known limit: MXNet's optimisers round the learning rate" in run.stdout
        page = (tmp_path / "d2l-multi-report" / "report.html").read_text()
        assert "mxnet: known limit" in page and "round the learning rate" in page


@pytest.mark.parametrize(("dtype", "factor"), [("float64", 1 + 1e-9), ("float32", 1.001)])
def test_a_planted_fault_is_found(tmp_path, dtype, factor):
    options = ["--backends", "torch,paddle", "--dtype", dtype, "--epochs", "1"]
    environment = plant(tmp_path, {"torch": (planted.multiplies_its_loss, factor)})
    run = d2l_multi("compare", *options, cwd=tmp_path, env=environment)
    assert run.returncode == 1, run.stdout + run.stderr
    backends = json.loads((tmp_path / "d2l-multi-report" / "report.json").read_text())["backends"]
    assert backends["torch"]["status"] == "deviates" and backends["torch"]["step_error"] > 100
    assert backends["paddle"]["status"] == "ok"


def test_a_segmentation_fault_becomes_a_row(tmp_path):
    code = "import ctypes, sys; print('about to crash', file=sys.stderr, flush=True); ctypes.string_at(0)"
    run = d2l_multi(
        "compare", "--backends", "mxnet,paddle", cwd=tmp_path, env=plant(tmp_path, frameworks={"mxnet": code})
    )
    assert run.returncode == 3
    backends = json.loads((tmp_path / "d2l-multi-report" / "report.json").read_text())["backends"]
    assert backends["mxnet"]["status"] == "failed" and backends["paddle"]["status"] == "ok"
    assert "SIGSEGV" in backends["mxnet"]["error"] and "SIGSEGV" in run.stdout
    page = (tmp_path / "d2l-multi-report" / "report.html").read_text()
    assert "SIGSEGV" in page


def test_an_import_that_fails_becomes_a_row(tmp_path):
    code = "raise ImportError('<b>libfoo</b> is missing')"
    run = d2l_multi(
        "compare", "--backends", "paddle", cwd=tmp_path, env=plant(tmp_path, frameworks={"paddle": code})
    )
    assert run.returncode == 3
    entry = json.loads((tmp_path / "d2l-multi-report" / "report.json").read_text())["backends"]["paddle"]
    assert entry["status"] == "failed" and "<b>libfoo</b> is missing" in entry["error"]
    assert "&lt;b&gt;libfoo" in (tmp_path / "d2l-multi-report" / "report.html").read_text()


def test_a_gpu_that_is_not_there(tmp_path):
    from d2l_multi import torch as d2l

    if d2l.num_gpus():
        pytest.skip("reason: this machine has a GPU, so asking for it succeeds")
    run = d2l_multi("compare", "--backends", "torch", "--device", "gpu", cwd=tmp_path)
    assert run.returncode == 3 and "can use no GPU" in " ".join(run.stdout.split())


def test_files_named_like_frameworks_in_the_users_folder_do_no_harm(tmp_path):
    (tmp_path / "torch.py").write_text("raise SystemExit('this is not PyTorch')")
    run = d2l_multi("compare", "--backends", "torch", "--epochs", "1", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr


WRONG = {
    "experiment": (["nonsense"], ["nonsense", "linear-regression", "softmax-regression", "mlp"]),
    "backend": (["--backends", "torch,jax"], ["'jax'", "paddle"]),
    "device": (["--device", "tpu"], ["'tpu'", "cpu, gpu"]),
    "dtype": (["--dtype", "float16"], ["'float16'", "float64"]),
    "epochs": (["--epochs", "0"], ["0", "at least 1"]),
    "batch size": (["--batch-size", "-3"], ["-3", "at least 1"]),
    "batch size, no number": (["--batch-size", "ten"], ["'ten'", "integer"]),
    "lr NaN": (["--lr", "nan"], ["nan", "finite"]),
    "lr zero": (["--lr", "0"], ["above 0"]),
    "seed": (["--seed", "-1"], ["-1", "2**32"]),
    "tolerance": (["--tolerance", "inf"], ["inf", "finite"]),
    "output folder": (["--out", "occupied"], ["occupied", "--out"]),
    "data folder": (["softmax-regression", "--data", "."], ["train-images-idx3-ubyte.gz", "t10k-labels"]),
    "option": (["--no-such-option"], ["--no-such-option"]),
    "a batch of more rows than a text has": (
        ["rnn", "--batch-size", "9999"],
        ["--batch-size", "9999 given; the text has 624 rows"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage_is_one_line(tmp_path, case):
    (tmp_path / "occupied").write_text("a file, not a folder")
    given, said = WRONG[case]
    run = d2l_multi("compare", *given, cwd=tmp_path)
    assert run.returncode == 2 and run.stdout == ""
    assert run.stderr.count("\n") == 1 and run.stderr.startswith("d2l-multi: ")
    for words in said:
        assert words in run.stderr
    assert (tmp_path / "occupied").read_text() == "a file, not a folder"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["occupied"]


def test_a_cache_that_cannot_be_written_to_is_one_line(tmp_path):
    (tmp_path / "cache").write_text("a file, not a folder")
    places = {"HOME": str(tmp_path), "D2L_MULTI_DATA": str(tmp_path / "cache")}
    run = d2l_multi("compare", "softmax-regression", cwd=tmp_path, env={**os.environ, **places})
    assert run.returncode == 2 and run.stderr.count("\n") == 1
    assert f"{tmp_path / 'cache'} cannot be written to" in run.stderr and "D2L_MULTI_DATA" in run.stderr


def test_doctor(tmp_path):
    run = d2l_multi("doctor", cwd=tmp_path, env={**os.environ, "D2L_MULTI_DATA": str(tmp_path / "cache")})
    assert run.returncode == 0 and run.stderr == ""
    for name in ("Python", "NumPy", *BACKENDS, "cpu", "GPU", str(tmp_path / "cache")):
        assert name in run.stdout


def test_doctor_says_why_a_framework_does_not_import(tmp_path):
    code = "raise ImportError('libbar is missing')"
    run = d2l_multi("doctor", cwd=tmp_path, env=plant(tmp_path, frameworks={"mxnet": code}))
    assert run.returncode == 0 and "libbar is missing" in run.stdout


@pytest.mark.parametrize("command", [[], ["compare"], ["doctor"]])
def test_help_needs_no_framework(tmp_path, command):
    heavy = ("numpy", "matplotlib", *BACKENDS)
    code = (
        "import sys; from d2l_multi.cli import main\n"
        "try: main()\n"
        f"finally: print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code, *command, "--help"], capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout.startswith("Usage: ")
    assert run.stderr == "[]\n"
