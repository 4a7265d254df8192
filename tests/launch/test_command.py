"""What the command accepts, and what its workers are told."""

import pytest
from click.testing import CliRunner

from d2l_multi.cli import cli
from d2l_multi.launch import engines, records


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("-n 0 torch SCRIPT", "-n: 0 given"),
        ("jax SCRIPT", "'jax' is not one of torch, tensorflow, mxnet, paddle"),
        ("torch nothing.py", "there is no file nothing.py"),
        ("--timeout 0 torch SCRIPT", "--timeout: 0.0 given"),
        ("--timeout nan torch SCRIPT", "--timeout: nan given"),
        ("--seed -1 torch SCRIPT", "--seed: -1 given"),
        ("--device tpu torch SCRIPT", "'tpu' is not one of cpu, gpu"),
        ("--machines 2 torch SCRIPT", "several machines need it, or --hosts"),
        ("--machines 3 --hosts 127.0.0.1,203.0.113.1 torch SCRIPT", "it names 2 of 3 machines"),
        ("--hosts 203.0.113.1,203.0.113.2 torch SCRIPT", "no host is this machine"),
        ("--hosts 127.0.0.1,127.0.0.1 torch SCRIPT", "several hosts are"),
        (
            "--hosts 127.0.0.1,203.0.113.2 --node-rank 1 torch SCRIPT",
            "203.0.113.2 is no address of this machine",
        ),
        ("--hosts 127.0.0.1,203.0.113.2 --node-rank 2 torch SCRIPT", "--node-rank: 2 given; from 0 to 1"),
        ("--machines 2 --rendezvous nowhere torch SCRIPT", "'nowhere' is not HOST:PORT"),
        ("--machines 2 --rendezvous a:99999 torch SCRIPT", "'a:99999' is not HOST:PORT"),
        ("--machines 2 --rendezvous 127.0.0.1:1 tensorflow SCRIPT", "must be told the addresses"),
    ],
)
def test_wrong_usage(arguments, said, tmp_path):
    script = tmp_path / "train.py"
    script.touch()
    words = [str(script) if word == "SCRIPT" else word for word in arguments.split()]
    result = CliRunner().invoke(cli, ["launch", *words])
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_what_was_said_to_another_job_is_not_ours(monkeypatch):
    other = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "TF_CONFIG", "DMLC_ROLE", "PADDLE_TRAINER_ID")
    for name in (*other, "RANKING", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    passed_on = engines.surroundings()
    assert not {*other} & {*passed_on} and {"RANKING", "OMP_NUM_THREADS"} <= {*passed_on}


def test_cores_are_divided_unless_somebody_did(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(engines, "num_cores", lambda: 8)
    assert set(engines.threads(3).values()) == {"2"} and set(engines.threads(16).values()) == {"1"}
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert engines.threads(3) == {}


def test_signs_of_life(tmp_path):
    assert records.read_pulse(tmp_path) == (0, False)
    pulse = records.Pulse(tmp_path / "pulse")
    pulse.beat()
    pulse.wait(True)
    assert records.read_pulse(tmp_path) == (1, True)
    records.write(tmp_path, "state", rank=1)
    assert records.read(tmp_path, "state") == {"rank": 1} and records.read(tmp_path, "end") == {}
