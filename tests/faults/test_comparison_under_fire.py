"""A comparison whose backends hang, die, lie and overflow, and which is itself interrupted and killed."""

import io
import os
import pty
import random
import re
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from d2l_multi import BACKENDS
from d2l_multi.workers import wire
from tests.faults.places import in_a_read_only_folder, on_a_full_disk
from tests.faults.planting import (
    COMMAND,
    FILES,
    OUT,
    alive,
    command,
    compare,
    d2l_multi,
    eventually,
    family,
    plant,
    report_of,
    rows,
)
from tests.faults.programs import planted
from tests.programs import program

# --- A backend that hangs, grows, or is killed ----------------------------------------------------


def test_a_hang_a_kill_and_what_finishes(tmp_path):
    """One hangs in training, one is killed in it, and the last trains as if nothing had been."""
    faults = {"mxnet": planted.hangs, "torch": planted.is_killed}
    run = compare("mxnet,torch,paddle", "--timeout", "6", cwd=tmp_path, env=plant(tmp_path, faults))
    assert (run.returncode, run.stderr) == (3, "")
    found = rows(tmp_path)
    hung, killed = found["mxnet"]["error"], found["torch"]["error"]
    assert (
        hung.startswith("gave no sign of life for 6 s (--timeout) at step 29 of 100") and "last words" in hung
    )
    assert killed.startswith("the process was killed by SIGKILL")
    assert [row["status"] for row in found.values()] == ["failed", "failed", "ok"]
    for words in ("no sign of life", "SIGKILL"):
        assert words in run.stdout and words in (tmp_path / OUT / "report.html").read_text()


@pytest.mark.parametrize(
    "hang",
    [planted.sleeps, planted.holds_python, planted.is_stopped, planted.leaves_a_child],
    ids=["sleeps", "holds Python", "stopped", "leaves a child"],
)
def test_a_start_that_never_ends(tmp_path, hang):
    run = compare("mxnet", "--timeout", "1", cwd=tmp_path, env=plant(tmp_path, workers={"mxnet": hang}))
    assert run.returncode == 3
    leaves = hang is planted.leaves_a_child
    said = "exit code 5" if leaves else "gave no sign of life for 1 s (--timeout) at step 0"
    assert said in rows(tmp_path)["mxnet"]["error"]


def test_memory_without_end(tmp_path):
    env = plant(tmp_path, {"mxnet": planted.grows})
    run = compare("mxnet", "--memory", "600", cwd=tmp_path, env=env)
    assert run.returncode == 3
    assert "needed more than 600 MiB of memory (--memory) at step " in rows(tmp_path)["mxnet"]["error"]


@pytest.mark.parametrize("option", ["--timeout", "--memory"])
@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "much"])
def test_limits_are_checked(tmp_path, option, given):
    run = d2l_multi("compare", option, given, cwd=tmp_path)
    assert run.returncode == 2 and run.stderr.count("\n") == 1 and run.stdout == ""
    assert option in run.stderr and given in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_doctor_does_not_wait_for_ever(tmp_path):
    env = plant(tmp_path, workers=dict.fromkeys(BACKENDS, planted.sleeps))
    command = program(__file__, "impatient_doctor")
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("does not import: it gave no sign of life for 0.5 s") == 4


# --- What a worker says ---------------------------------------------------------------------------


def test_noise_on_stdout_is_passed_over(tmp_path):
    env = plant(tmp_path, {"mxnet": planted.makes_noise}, {"mxnet": planted.noise})
    run = compare("mxnet", cwd=tmp_path, env=env)
    assert run.returncode == 0, run.stdout
    assert rows(tmp_path)["mxnet"]["status"] == "ok"


def test_noise_on_stdout_does_no_harm_to_parity(tmp_path):
    env = plant(tmp_path, workers=dict.fromkeys(["mxnet", "paddle"], planted.noise))
    command = program(__file__, "parity")
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env)
    assert (run.returncode, run.stdout) == (0, "{'paddle': 0.0}\n"), run.stderr


@pytest.mark.parametrize("number", range(4))
def test_what_is_no_message_becomes_a_row(tmp_path, number):
    chosen = zip(BACKENDS, list(planted.LIES)[number::4], strict=True)
    env = plant(tmp_path, workers={backend: (planted.lies, name) for backend, name in chosen})
    run = compare(",".join(BACKENDS), cwd=tmp_path, env=env)
    assert (run.returncode, run.stderr) == (3, "")
    for row in rows(tmp_path).values():
        assert row["status"] == "failed" and row["error"].startswith(("it ", "something else wrote"))


def test_no_bytes_can_harm_the_reader():
    """Two thousand streams with a few bytes changed, lost or added: messages, the end, or `Malformed`."""
    stream = io.BytesIO()
    for _ in range(3):
        wire.send(stream, "step", [np.arange(6.0), np.ones((2, 1), "float32")], number=3)
    content, draw, kinds = stream.getvalue(), random.Random(0), set()
    for _ in range(2000):
        changed = bytearray(content)
        for _ in range(draw.randint(1, 4)):
            place = draw.randrange(len(changed))
            changed[place : place + draw.randint(0, 3)] = draw.randbytes(draw.randint(0, 3))
        reader = io.BytesIO(changed)
        try:
            while message := wire.receive(reader):
                assert message[0] == {"kind": "step", "number": 3}  # whole and right, or not at all
            kinds.add("end")
        except wire.Malformed:
            kinds.add("malformed")
    assert kinds == {"end", "malformed"}


def test_floods_do_not_fill_our_memory(tmp_path):
    """200 MiB on stdout without a line's end and as much on stderr, in a process that needs half of one."""
    measured = subprocess.run(
        program(__file__, "measured", *command("compare", "--backends", "mxnet", "--quiet")),
        cwd=tmp_path,
        env=plant(tmp_path, workers={"mxnet": planted.floods}),
        stdout=subprocess.PIPE,
    )
    code, largest = map(int, measured.stdout.split())
    assert code == 3 and "exit code 7" in rows(tmp_path)["mxnet"]["error"]
    assert len(rows(tmp_path)["mxnet"]["error"]) < 5000
    assert largest / 2**10 < 250  # MiB on Linux


# --- Numbers that are none ------------------------------------------------------------------------


def test_a_backend_that_becomes_nan_deviates(tmp_path):
    env = plant(tmp_path, {"mxnet": planted.becomes_nan})
    run = compare("mxnet,paddle", cwd=tmp_path, env=env)
    assert (run.returncode, run.stderr) == (1, "")
    found = rows(tmp_path)
    assert [row["status"] for row in found.values()] == ["deviates", "ok"]
    assert found["mxnet"]["final_loss"] is None and found["mxnet"]["step_error"] is None
    assert {path.name for path in (tmp_path / OUT).iterdir()} == FILES
    page = (tmp_path / OUT / "report.html").read_text()
    # Its curve ends where it is no number any more.
    assert page.count("<svg") == 5
    assert "<title>mxnet, step 28: " in page and "<title>mxnet, step 31: " not in page


@pytest.mark.parametrize("lr", ["1e9", "1e3"])
def test_a_reference_that_diverges(tmp_path, lr):
    run = compare("mxnet,torch", "--lr", lr, "--dtype", "float64", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (1 if rows(tmp_path)["mxnet"]["status"] == "deviates" else 0, "")
    report = report_of(tmp_path)
    assert report["reference"]["final_loss"] is None
    assert report["backends"]["torch"]["status"] == "ok"  # diverges as the reference does, NaN for NaN
    assert "it takes a smaller --lr" in run.stdout
    assert (tmp_path / OUT / "report.html").read_text().count("<svg") == 5


# --- Interrupts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whom", "number"),
    # A terminal sends its Ctrl-C to the whole group of processes.
    [("terminal", signal.SIGINT), ("parent", signal.SIGINT), ("parent", signal.SIGTERM)],
)
def test_an_interrupt_ends_in_good_order(tmp_path, whom, number):
    """Paddle has finished, MXNet is at its thirtieth step, PyTorch has not begun."""
    keyboard, screen = pty.openpty()
    with open(tmp_path / "out", "wb") as out, open(tmp_path / "err", "wb") as err:
        process = subprocess.Popen(
            command("compare", "--backends", "paddle,mxnet,torch", "--epochs", "1"),
            cwd=tmp_path,
            env=plant(tmp_path, {"mxnet": planted.waits}),
            stdin=screen,
            stdout=out,
            stderr=err,
            start_new_session=True,
            # The terminal becomes its own, as that of a shell does.
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),
        )
    os.close(screen)
    try:
        assert eventually((tmp_path / "waiting").exists, 60)
        children = family(process.pid)
        assert len(children) == 2  # the worker, and what it started
        if whom == "terminal":
            os.write(keyboard, b"\x03")
        else:
            os.kill(process.pid, number)
        assert process.wait(30) == 130
        assert eventually(lambda: not any(map(alive, children)), 5), children
    finally:
        process.kill()
        os.close(keyboard)
    found = rows(tmp_path)
    assert [row["status"] for row in found.values()] == ["ok", "interrupted", "interrupted"]
    assert found["mxnet"]["error"] == "the comparison was interrupted at step 29 of 100"
    assert found["torch"]["error"].startswith("not started: ")
    said = (tmp_path / "err").read_text()
    assert said.startswith("d2l-multi: interrupted; ") and said.count("\n") == 1
    assert (
        "interrupted" in (tmp_path / "out").read_text()
        and {p.name for p in (tmp_path / OUT).iterdir()} == FILES
    )


def test_a_second_interrupt_does_not_wait(tmp_path):
    """The report is being written, which on a disk that hangs could take for ever."""
    env = plant(tmp_path, {"mxnet": planted.waits})
    process = subprocess.Popen(
        program(__file__, "slow_report", "compare", "--backends", "mxnet", "--epochs", "1"),
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for sign in ("waiting", "writing"):
        assert eventually((tmp_path / sign).exists, 60)
        process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said.lstrip()) == (130, "d2l-multi: interrupted\n")


@pytest.mark.parametrize("what", ["comparison", "parity"])
def test_no_worker_outlives_a_parent_that_was_killed(tmp_path, what):
    starts = {
        "comparison": command("compare", "--backends", "mxnet"),
        "parity": program(__file__, "parity"),
    }
    waiting = Path(__file__).with_name("programs").joinpath("waiting_framework.py").read_text()
    env = plant(tmp_path, frameworks=dict.fromkeys(["mxnet", "paddle"], waiting))
    process = subprocess.Popen(starts[what], cwd=tmp_path, env=env)
    count = 1 if what == "comparison" else 2
    assert eventually(lambda: len(list(tmp_path.glob("waiting-*"))) == count)
    children = family(process.pid)
    assert len(children) == 2 * count
    process.kill()
    process.wait()
    gone = eventually(lambda: not any(map(alive, children)), 10)
    for child in filter(alive, children):  # a test that fails leaves nothing behind either
        child.kill()
    assert gone, children


# --- The output folder ----------------------------------------------------------------------------


def runs_of(folder):
    """Which run each of the three files is of."""
    return {
        report_of(folder, ".")["run"],
        re.search(r'<meta name="run" content="(\w+)">', (folder / "report.html").read_text())[1],
        Image.open(folder / "curves.png").info["Run"],
    }


def test_two_comparisons_at_once_do_not_mix(tmp_path):
    both = [
        subprocess.Popen(command("compare", "--backends", "mxnet", "--quiet", "--seed", seed), cwd=tmp_path)
        for seed in (1, 2)
    ]
    assert [process.wait(120) for process in both] == [0, 0]
    assert {path.name for path in (tmp_path / OUT).iterdir()} == FILES
    assert len(runs_of(tmp_path / OUT)) == 1 and report_of(tmp_path)["seed"] in (1, 2)


def test_files_that_belong_together_stay_together(tmp_path):
    (tmp_path / "shared").mkdir()
    writers = [
        subprocess.Popen(
            program(__file__, "replacing_together", name), cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        for name in ("one", "two", "three")
    ]
    for writer in writers:
        assert writer.communicate(timeout=60)[1] == "" and writer.returncode == 0
    assert {path.name for path in (tmp_path / "shared").iterdir()} == {"a", "b", "c"}


def test_a_symbolic_link_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name, target in (("link", "elsewhere"), ("link/", "elsewhere"), ("dangling", "nowhere")):
        run = compare("mxnet", "--out", name, cwd=tmp_path)
        assert run.returncode == 2 and run.stderr.count("\n") == 1 and run.stdout == ""
        assert f"a symbolic link to {tmp_path / target}; give that folder itself" in run.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == [] and not (tmp_path / "nowhere").exists()


def test_links_in_the_folder_are_replaced_and_links_above_it_followed(tmp_path):
    (tmp_path / "elsewhere" / "out").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in FILES:
        (tmp_path / name).write_text("do not touch")
        (tmp_path / "elsewhere" / "out" / name).symlink_to(tmp_path / name)
    assert compare("mxnet", "--out", "link/out", cwd=tmp_path).returncode == 0
    for name in FILES:
        assert (tmp_path / name).read_text() == "do not touch"
        assert not (tmp_path / "elsewhere" / "out" / name).is_symlink()
    assert len(runs_of(tmp_path / "elsewhere" / "out")) == 1


def test_a_folder_in_the_place_of_a_file(tmp_path):
    (tmp_path / OUT / "report.html").mkdir(parents=True)
    run = compare("mxnet", cwd=tmp_path)
    assert run.returncode == 2 and run.stderr.count("\n") == 1
    assert "report.html is a folder where the report needs a file" in run.stderr


ON_DISK = [COMMAND, "compare", "--backends", "mxnet", "--epochs", "1", "--out", "place"]


def test_a_disk_that_fills_up(tmp_path):
    old = {"report.json": "old", "report.html": "old"}
    run, left = on_a_full_disk(tmp_path, ON_DISK, old)
    assert run.returncode == 3
    assert run.stderr.startswith(
        "d2l-multi: the report could not be written to place (No space left on device)"
    )
    assert run.stderr.count("\n") == 1 and "--out" in run.stderr
    assert "│ mxnet" in run.stdout and "Report:" not in run.stdout
    assert left == {name: text.encode() for name, text in old.items()}


def test_a_disk_that_is_read_only(tmp_path):
    run, left = in_a_read_only_folder(tmp_path, ON_DISK)
    assert run.returncode == 2 and run.stdout == "" and left == {}
    assert run.stderr.count("\n") == 1 and "cannot write to place (Read-only file system)" in run.stderr
