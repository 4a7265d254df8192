"""A training watched in a real terminal, through tmux."""

import os
import re
import shutil
import subprocess
import time

import pytest

from tests.display.programs import PYTHON, environment, slow_fit, slow_training

if shutil.which("tmux") is None:
    pytest.skip("reason: tmux is not installed, so no terminal can be watched", allow_module_level=True)


@pytest.fixture
def terminal(tmp_path):
    """Runs a shell command in a terminal of 100 columns; yields what reads its screen."""
    socket = tmp_path / "tmux"

    def tmux(*arguments):
        return subprocess.run(
            ["tmux", "-S", str(socket), "-f", os.devnull, *arguments],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **environment(tmp_path), "TERM": "xterm-256color"},
        ).stdout

    def start(program, **variables):
        (tmp_path / "program.py").write_text(program)
        settings = " ".join(f"{name}={value}" for name, value in variables.items())
        command = f"{settings} {PYTHON} {tmp_path / 'program.py'}; echo ended with $?; sleep 60"
        tmux("new-session", "-d", "-x", "100", "-y", "30", command)

    def screen(until, timeout=120):
        end = time.monotonic() + timeout
        while not re.search(until, shown := tmux("capture-pane", "-p", "-J")):
            assert time.monotonic() < end, shown
            time.sleep(0.05)
        return [line.rstrip() for line in shown.splitlines() if line.strip()]

    screen.start = start
    screen.press = lambda *keys: tmux("send-keys", *keys)
    yield screen
    subprocess.run(["tmux", "-S", str(socket), "kill-server"], capture_output=True)


def test_one_line_says_all_while_training_and_stays(terminal):
    terminal.start(slow_training(epochs=4, pause=0.02) + "print(history)\n")
    during = terminal(r"epoch 2/4 \|")
    assert len(during) == 1
    assert re.search(
        r"^epoch 2/4 \|█+ +\| 00:0\d<00:0\d, train loss \d\.\d+, train acc 0\.\d+, test acc 0\.\d+, +"
        r"\d+\.\d\d(epoch/s|s/epoch)$",
        during[0],
    ), during
    after = terminal("ended with 0")
    bars = [line for line in after if "|" in line and "epoch" in line]
    assert len(bars) == 1 and bars[0].startswith("epoch 4/4 |█████") and "test acc" in bars[0]
    assert [line for line in after if line.startswith("History of 4 epochs")]
    assert not any("Figure" in line for line in after)


def test_a_trainers_line_moves_within_an_epoch(terminal):
    terminal.start(slow_fit(epochs=3, pause=0.02) + "print(history)\n")
    during = terminal(r"epoch 1\.\d+/3 \|")
    assert len(during) == 1
    values = r"train_loss \d\.\d+, val_loss \d\.\d+, val_acc \d\.\d+"
    assert re.search(r"epoch 1\.\d+/3 \|█+.*\| 00:0\d<00:0\d, " + values, during[0]), during
    after = terminal("ended with 0")
    bars = [line for line in after if "|" in line and "epoch" in line]
    assert len(bars) == 1 and bars[0].startswith("epoch 3/3 |█████")
    assert [line for line in after if line.startswith("History of 3 epochs: train_loss")]


def test_it_can_be_silent(terminal):
    program = slow_training(epochs=2, pause=0) + slow_fit(epochs=2, pause=0) + "print('done')\n"
    terminal.start(program, D2L_MULTI_PROGRESS="0")
    after = terminal("ended with 0")
    assert "done" in after and not any("epoch 2/2 |" in line for line in after)


def test_ctrl_c_keeps_the_history_and_the_program_goes_on(terminal):
    terminal.start(slow_training(epochs=50, pause=0.02) + "print(len(history), 'epochs kept')\n")
    terminal(r"epoch 2/50 \|")
    terminal.press("C-c")
    after = terminal("ended with 0")
    kept = next(int(line.split()[0]) for line in after if "epochs kept" in line)
    assert 2 <= kept < 10
    assert any(f"InterruptedWarning: interrupted in epoch {kept + 1}" in line for line in after)
    assert not any("Traceback" in line for line in after)
