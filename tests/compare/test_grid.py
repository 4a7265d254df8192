"""``d2l-multi compare --grid``: real processes, interrupted, killed and gone on with; a Ray of two nodes."""

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from d2l_multi.compare.grid import on_ray, report, results
from d2l_multi.compare.grid.results import Row
from d2l_multi.compare.grid.settings import MOST, GridError, settings, written
from d2l_multi.compare.own.comparison import OwnOptions
from d2l_multi.compare.own.program import Parameters, Program
from tests.faults.planting import OUT, alive, command, d2l_multi, eventually, family, report_of

# Leaves a mark for each time that a backend has trained; seed 1 fails, unless somebody has mended it.
PROGRAM = """
import os, time, uuid
from pathlib import Path

FOLDER = Path({folder!r})  # on Ray this file lies elsewhere

def reference(lr=0.5, seed=0):
    w = float(seed)
    for _ in range(3):
        w -= lr * w
        yield {{"loss": w * w, "parameters": [w]}}

def train(d2l, lr=0.5, seed=0):
    (FOLDER / f"trained-{{seed}}-{{uuid.uuid4().hex}}").touch()
    if seed == 1 and not (FOLDER / "mended").exists():
        raise RuntimeError("<b>seed 1</b>")
    if seed == 5 and not (FOLDER / "mended").exists():
        (FOLDER / "waiting").touch()
        time.sleep(1000)
    for step in reference(lr, seed):
        yield step
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own.py").write_text(PROGRAM.format(folder=str(tmp_path)))
    return tmp_path


def rewrite(folder, old, new):
    source = (folder / "own.py").read_text()
    assert old in source
    (folder / "own.py").write_text(source.replace(old, new))


def grid(text, *more, experiment="own.py"):
    return ["compare", experiment, "--backends", "mxnet", "--grid", text, *more]


def trained(folder, seed):
    return len(list(folder.glob(f"trained-{seed}-*")))


def statuses(folder):
    return {(*row["setting"].values(),): row["statuses"]["mxnet"] for row in report_of(folder)["rows"]}


# --- What varies ----------------------------------------------------------------------------------


def test_settings_are_all_combinations():
    assert settings("") == [{}]
    found = settings("lr=0.01,1e-1 seed=0..2,7 batch-size=64")
    assert len(found) == 8 and found[0] == {"lr": 0.01, "seed": 0, "batch_size": 64}
    assert [setting["seed"] for setting in found[:4]] == [0, 1, 2, 7] and found[-1]["lr"] == 0.1
    assert settings("dtype=float32,float64 epochs=1,1") == [
        {"dtype": "float32", "epochs": 1},
        {"dtype": "float64", "epochs": 1},
    ]
    assert written({"lr": 0.01, "batch_size": 64}) == "lr=0.01 batch_size=64"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lr", "'lr' is not one of lr, seed"),
        ("width=3", "'width=3' is not one of"),
        ("lr=", "a number is needed"),
        ("lr=0..1", ".. is between whole numbers"),
        ("seed=1.5", "a whole number"),
        ("seed=4..1", "the smaller number comes first"),
        ("seed=1 seed=2", "seed is given twice"),
        ("dtype=float16", "not one of float32, float64"),
        (f"seed=0..{MOST}", "more than 10,000"),
        ("seed=0..999 epochs=1..999", "more than 10,000"),
    ],
)
def test_what_is_no_grid_is_told(text, said):
    with pytest.raises(GridError, match=re.escape(said)):
        settings(text)


WRONG = {
    "a value": (grid("lr=0.1 seed=-1"), "a whole number from 0"),
    "an experiment": (["compare", "mlp,nonsense"], "'nonsense' is no FILE.py and not one of"),
    "jobs": (grid("seed=0", "--jobs", "0"), "at least 1"),
    "a place": (grid("seed=0", "--on", "moon"), "'moon' is not one of here, ray"),
    "no grid": (["compare", "--jobs", "2"], "it is about a grid"),
    "an option": (grid("epochs=1,2"), "train() in own.py takes no epochs"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_usage_is_one_line(folder, case):
    arguments, said = WRONG[case]
    run = d2l_multi(*arguments, cwd=folder)
    assert run.returncode == 2 and run.stdout == ""
    assert run.stderr.count("\n") == 1 and run.stderr.startswith("d2l-multi: ") and said in run.stderr
    assert [path.name for path in folder.iterdir()] == ["own.py"]


# --- Cells ----------------------------------------------------------------------------------------


def test_one_report_of_all_and_what_is_finished_is_not_run_again(folder):
    """A setting that fails is one red cell, and the only one that the next run computes."""
    arguments = grid("lr=0.25 seed=0..2", "--jobs", "2", experiment="linear-regression,own.py")
    arguments += ["--epochs", "1"]  # which own.py does not take
    run = d2l_multi(*arguments, cwd=folder)
    assert run.returncode == 2 and "takes no epochs" in run.stderr
    rewrite(folder, "seed=0):", "seed=0, epochs=1):")

    run = d2l_multi(*arguments, cwd=folder)
    assert (run.returncode, run.stderr) == (3, ""), run.stdout + run.stderr
    found = report_of(folder)["rows"]
    assert [(row["experiment"], row["setting"]["seed"], row["verdict"]) for row in found] == [
        *(("linear-regression", seed, "ok") for seed in range(3)),
        *(("own.py", seed, "failed" if seed == 1 else "ok") for seed in range(3)),
    ]
    for row in found:
        assert (folder / OUT / row["report"]).is_file()
        assert row["setting"]["lr"] == 0.25
    assert "own.py lr=0.25 seed=1 mxnet failed: own.py, line 16: RuntimeError: <b>seed 1</b>" in run.stdout
    page = (folder / OUT / "report.html").read_text()
    assert page.count("<svg") == 4 and "<b>seed" not in page and "&lt;b&gt;seed 1" in page
    assert page.count('<td class="failed">') == 1 and page.count('<td class="ok">') == 5
    assert 'id="loss-1"' in page and 'id="error-6-mxnet"' in page and '<select name="seed">' in page
    assert [trained(folder, seed) for seed in range(3)] == [1, 1, 1]

    (folder / "mended").touch()
    run = d2l_multi(*arguments, cwd=folder)
    assert run.returncode == 0 and "6 settings, 5 of them from an earlier run" in " ".join(run.stdout.split())
    assert [row["verdict"] for row in report_of(folder)["rows"]] == ["ok"] * 6
    assert [trained(folder, seed) for seed in range(3)] == [1, 2, 1]
    assert not [
        path for path in (folder / OUT).rglob("*") if path.name.startswith(".") or ".part" in path.name
    ]


def test_an_interrupt_ends_in_good_order_and_the_next_run_goes_on(folder):
    arguments = grid("seed=0,5,2", "--jobs", "1")
    process = subprocess.Popen(
        command(*arguments), cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert eventually((folder / "waiting").exists, 60)
    children = family(process.pid)
    assert len(children) == 2  # the cell, and its backend
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert said.startswith("d2l-multi: interrupted; ") and said.count("\n") == 1
    assert eventually(lambda: not any(map(alive, children)), 5), children
    assert statuses(folder) == {(0,): "ok", (5,): "not run", (2,): "not run"}
    assert len(list((folder / OUT / "cells").iterdir())) == 1

    (folder / "mended").touch()
    run = d2l_multi(*arguments, cwd=folder)
    assert run.returncode == 0, run.stdout + run.stderr
    assert set(statuses(folder).values()) == {"ok"} and trained(folder, 0) == 1


def test_nothing_outlives_a_grid_that_was_killed(folder):
    process = subprocess.Popen(command(*grid("seed=5")), cwd=folder)
    assert eventually((folder / "waiting").exists, 60)
    children = family(process.pid)
    process.kill()
    process.wait()
    gone = eventually(lambda: not any(map(alive, children)), 10)
    for child in filter(alive, children):
        child.kill()
    assert gone and len(children) == 2, children


# --- Fingerprints ---------------------------------------------------------------------------------


def one_cell(folder, lr=0.5, backends=("mxnet",), data=None, limits=None):
    program = Program(folder / "own.py", {"train": Parameters(["lr", "seed"], [], False)})
    options = OwnOptions("own.py", "cpu", {"lr": lr}, 1)
    return results.cell(1, {"lr": lr}, options, program, list(backends), limits or {"timeout": 1}, data, 1)


def test_a_fingerprint_is_of_all_that_a_result_depends_on(folder, monkeypatch):
    fingerprints = [one_cell(folder).fingerprint]
    assert one_cell(folder, limits={"timeout": 9}).fingerprint == fingerprints[0]
    fingerprints += [one_cell(folder, lr=0.25).fingerprint, one_cell(folder, backends=["torch"]).fingerprint]
    rewrite(folder, "import os", "import os ")
    fingerprints.append(one_cell(folder).fingerprint)
    (folder / "data").mkdir()
    fingerprints.append(one_cell(folder, data=folder / "data").fingerprint)
    (folder / "data" / "images").write_bytes(b"new")
    fingerprints.append(one_cell(folder, data=folder / "data").fingerprint)
    monkeypatch.setattr(results, "versions", lambda: {"mxnet": "2.0"})
    fingerprints.append(one_cell(folder).fingerprint)
    assert len(set(fingerprints)) == len(fingerprints)


RESULT = {
    "summary": {"backends": {"mxnet": {"status": "ok", "step_error": 0.5}}, "reference": {"final_loss": 1.0}},
    "remarks": {"mxnet": None},
    "losses": [[1, 2.0]],
}
DAMAGED = {
    "nothing": "",
    "no object": "[1]",
    "another's": json.dumps({**RESULT, "fingerprint": "0" * 64}),
    "no verdict": {"summary": {"backends": {}, "reference": {}}},
    "no reference": {"summary": {"backends": {"mxnet": {"status": "ok"}}}},
    "no losses": {"losses": [[1]]},
    "failed": {"summary": {"backends": {"mxnet": {"status": "failed"}}, "reference": {}}},
    "a verdict of its own": {"summary": {"backends": {"mxnet": {"status": "fine"}}, "reference": {}}},
}


@pytest.mark.parametrize("case", [None, *DAMAGED])
def test_only_a_whole_result_of_this_very_cell_is_finished(folder, case):
    cell = one_cell(folder)
    place = folder / results.CELLS / cell.name
    place.mkdir(parents=True)
    content = DAMAGED.get(case, {})
    if isinstance(content, dict):
        content = json.dumps({"fingerprint": cell.fingerprint, **RESULT, **content})
    (place / "result.json").write_text(content)
    row = results.read(folder, cell)
    assert (row is not None) == (case is None)
    assert row is None or (row.verdict, row.earlier, row.remarks) == ("ok", True, {})


def test_the_exit_code_is_that_of_the_worst(folder):
    cell = one_cell(folder)
    rows = [Row(cell), Row(cell, error="it broke")]
    assert [row.verdict for row in rows] == ["not run", "failed"] and rows[1].remarks == {"": "it broke"}
    assert results.exit_code_of(rows[:1], strict=False) == 0
    assert results.exit_code_of(rows, strict=False) == 3


def test_a_report_of_what_is_not_there_yet(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report.write(folder / OUT, "lr=0.5", [Row(one_cell(folder))], ["mxnet"], tolerance=1)
    assert report_of(folder)["rows"][0]["verdict"] == "not run"


# --- Ray ------------------------------------------------------------------------------------------


@contextmanager
def cluster(folder, number):
    """A Ray cluster of nodes with a core each, on this machine; its address, and what to know of it."""
    environment = {
        **os.environ,
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    with socket.create_server(("", 0)) as free:
        port = free.getsockname()[1]
    nodes, logs = [], [folder / f"node-{place}" for place in range(number)]

    def start(log, *arguments):
        """Ray gives itself half a minute, which a busy machine may exceed."""
        command = [
            sys.executable,
            "-m",
            "ray.scripts.scripts",
            "start",
            "--block",
            "--num-cpus=1",
            *arguments,
        ]
        for _ in range(4):
            with open(log, "w") as file:
                output = {"stdout": file, "stderr": file}
                node = subprocess.Popen(command, env=environment, start_new_session=True, **output)
            nodes.append(node)
            eventually(lambda: "started" in log.read_text() or node.poll() is not None, 120)  # noqa: B023
            if "Ray runtime started" in log.read_text():
                return
        raise AssertionError(log.read_text())

    try:
        start(
            logs[0], "--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={folder / 'ray'}"
        )
        address = f"{re.search(r'Local node IP: (.+)', logs[0].read_text())[1]}:{port}"
        for log in logs[1:]:
            start(log, f"--address={address}")
        yield address, environment
    finally:
        for node in nodes:
            if node.poll() is None:
                for process in [*family(node.pid), node]:
                    process.kill()
                node.wait()


@pytest.mark.slow
@pytest.mark.xdist_group("ray")
def test_on_a_ray_cluster_of_two_nodes(folder):
    """A cell that fails is a row there too, and who has another token does not get in."""
    # Ray's sockets are in there, and the name of a socket has 107 bytes at most.
    with (
        tempfile.TemporaryDirectory(prefix="r", ignore_cleanup_errors=True) as place,
        cluster(Path(place), 2) as (address, environment),
    ):
        arguments = grid("seed=0..3", "--on", "ray", "--ray-address", address)
        run = d2l_multi(*arguments, cwd=folder, env=environment)
        assert run.returncode == 3, run.stdout + run.stderr
        assert statuses(folder) == {(0,): "ok", (1,): "failed", (2,): "ok", (3,): "ok"}
        rewrite(folder, "RuntimeError", "SystemExit")
        run = d2l_multi(
            *grid("seed=0..3", "--on", "ray"), cwd=folder, env={**environment, "RAY_ADDRESS": address}
        )
        assert run.returncode == 3 and "from an earlier run" not in run.stdout
        stranger = {**environment, "RAY_AUTH_TOKEN": "another"}
        run = d2l_multi(*arguments, cwd=folder, env=stranger)
        assert run.returncode == 3 and run.stderr.count("\n") == 1, run.stderr
        assert f"Ray at {address} does not answer" in run.stderr and "RAY_AUTH_TOKEN" in run.stderr


def test_a_ray_that_is_not_there_is_told_at_once():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    for given, said in ((address, "Connection refused"), ("127.0.0.1:99999999999", "does not answer")):
        with pytest.raises(on_ray.RayError, match=said), on_ray.connected(given):
            pass


def addresses(process):
    """Where a process listens."""
    try:
        connections = process.net_connections("inet")
    except psutil.NoSuchProcess:  # a short task of Ray's own
        return []
    return [each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN]


@pytest.mark.slow
@pytest.mark.xdist_group("ray")
def test_a_ray_of_our_own_is_private_and_ends_with_an_interrupt(folder):
    sessions = partial(Path(tempfile.gettempdir()).glob, "d2l-ray-*/session*/sockets/raylet")
    before, children = set(sessions()), []
    process = subprocess.Popen(
        command(*grid("seed=5,0", "--on", "ray")),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert eventually((folder / "waiting").exists, 180)
        children = family(process.pid)
        listening = {ip.removeprefix("::ffff:") for child in children for ip in addresses(child)}
        raylet = next(child for child in children if child.name() == "raylet")
        assert listening == {"127.0.0.1"} and raylet.environ()["RAY_AUTH_TOKEN"]
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 130 and said.count("\n") == 1, said
        assert eventually(lambda: not any(map(alive, children)), 30), list(filter(alive, children))
        assert statuses(folder)[5,] == "not run"
        assert not set(sessions()) - before
    finally:
        process.kill()
        for child in filter(alive, children):
            child.kill()
