"""``d2l-multi compare FILE.py`` and ``d2l-multi new``: what a user wrote, right and wrong in many ways."""

import numpy as np
import pytest

from d2l_multi import BACKENDS
from d2l_multi.compare.own.judge import OwnJudge, Parted, Step, shown
from d2l_multi.compare.own.program import ProgramError, is_program, look
from d2l_multi.compare.runner import Limits
from tests.faults.planting import FILES, OUT, d2l_multi, report_of, rows

LIMITS = Limits(timeout=60, memory_mib=1000)
HOSTILE = "<script>alert(1)</script>\x1b[31m\x1b]0;title\x07"


def write(folder, source, name="own.py"):
    (folder / name).write_text(source, encoding="utf-8")
    return folder / name


# --- The example ----------------------------------------------------------------------------------


def test_the_example_is_written_and_all_four_agree_with_numpy(tmp_path):
    run = d2l_multi("new", "lesson.py", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    run = d2l_multi(
        *("compare", "lesson.py", "--dtype", "float64", "--lr", "0.3", "--batch-size", "64", "--epochs", "2"),
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    report = report_of(tmp_path)
    assert report["arguments"] == {"lr": 0.3, "batch_size": 64, "epochs": 2, "dtype": "float64"}
    assert report["reference"]["name"] == "numpy" and list(report["backends"]) == list(BACKENDS)
    for row in report["backends"].values():
        assert row["status"] == "ok" and row["drift"] < 1e-14 and row["step_error"] < 0.1
        assert row["seconds"] > 0 and row["peak_memory_mib"] > 50
        assert row["final_loss"] == pytest.approx(report["reference"]["final_loss"], abs=1e-12)
    # Nothing but what was asked for lies in the user's folder.
    assert {path.name for path in tmp_path.iterdir()} == {"lesson.py", OUT}
    assert {path.name for path in (tmp_path / OUT).iterdir()} == FILES
    page = (tmp_path / OUT / "report.html").read_text()
    assert page.count("<svg") == 4 and "Held against reference(), in NumPy" in page


def test_a_file_that_is_there_stays(tmp_path):
    write(tmp_path, "mine")
    (tmp_path / "link.py").symlink_to(tmp_path / "nowhere.py")
    for name in ("own.py", "link.py", "notes.txt", "no/folder.py"):
        run = d2l_multi("new", name, cwd=tmp_path)
        assert run.returncode == 2 and run.stderr.startswith("d2l-multi: ") and run.stderr.count("\n") == 1
    assert (tmp_path / "own.py").read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"own.py", "link.py"}


# --- What a file does -----------------------------------------------------------------------------

FOUR = f"""
import helper  # from the folder of this file

def steps(d2l, off=0.0, number=4):
    for step in range(number):
        print("between the messages")
        parameters = [d2l.ones(2, 3) * (step + off), step, {HOSTILE!r}]
        yield {{"loss": d2l.tensor([step + 1.0]), "parameters": parameters}}

def train(d2l, seed=None):
    assert seed == 3
    yield from steps(d2l)

def train_tensorflow(d2l, seed):
    return steps(d2l, off=0.001)

def train_mxnet(d2l, **options):
    return list(steps(d2l, number=3))

def train_paddle(d2l, seed=0):
    yield from steps(d2l, number=2)
    raise ValueError({HOSTILE!r})
"""


def test_backends_are_held_against_the_first_one(tmp_path):
    """It yields and the others, in functions of their own, deviate, end early and raise."""
    write(tmp_path, "", "helper.py")
    write(tmp_path, FOUR)
    run = d2l_multi("compare", "own.py", "--seed", "3", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (3, ""), run.stdout + run.stderr
    report, found = report_of(tmp_path), rows(tmp_path)
    assert report["reference"] == {"final_loss": 4.0, "name": "torch"}
    assert [row["status"] for row in found.values()] == ["reference", "deviates", "deviates", "failed"]
    assert found["tensorflow"]["step_error_at"] == "step 1, parameters[0]"
    assert found["tensorflow"]["deviation"].startswith("at step 1, parameters[0][0, 0]: 0.001")
    assert found["mxnet"]["deviation"] == "it ended after 3 steps, torch after 4"
    line = FOUR.splitlines().index(f"    raise ValueError({HOSTILE!r})") + 1
    assert found["paddle"]["error"] == f"own.py, line {line}: ValueError: <script>alert(1)</script>"
    page = (tmp_path / OUT / "report.html").read_text()
    assert "Held against torch" in page and "<script>alert" not in page
    assert "\x1b" not in run.stdout and "paddle failed: own.py, line" in run.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"own.py", "helper.py", OUT}


# What a step of one backend, beside a reference that yields a loss of 1 and parameters [1.0, 2.0], leads to.
STEPS = {
    'yield {"loss": 1.0, "parameters": [1.0, 2.0]}': ("ok", None),
    'yield {"loss": 1.0, "parameters": [1.0, 2.0001]}': (
        "deviates",
        "at step 1, parameters[1]: 2.0001, and 2 in numpy",
    ),
    'yield {"loss": 1.0, "parameters": [1.0]}': (
        "deviates",
        "at step 1: numpy has parameters[1] and it has not",
    ),
    'yield {"loss": 1.0, "parameters": [1.0, np.ones(2)]}': ("deviates", "numpy has shape (), it (2,)"),
    'yield {"loss": np.ones(2), "parameters": [1.0, 2.0]}': ("failed", "it is to be one number"),
    'yield {"loss": 1.0}': ("failed", 'train() yielded a dict without "parameters"'),
    "yield 1.0": ("failed", "train() yielded float; it is to yield a dict"),
    "return 1.0": ("failed", "train() returned float"),
    "yield from ()": ("deviates", "it ended after 0 steps, numpy after 1"),
    'yield {"loss": 1.0, "parameters": [1.0, 2.0]}; 1 / 0': ("failed", "line 5: ZeroDivisionError"),
    'yield {"loss": 1.0, "parameters": [object(), 2.0]}': ("failed", "is of type object"),
    'raise SystemExit("bye")': ("failed", "own.py, line 5: SystemExit: bye"),
    "import os; yield os._exit(7)": ("failed", "the process ended with exit code 7"),
}


@pytest.mark.parametrize("number", range(3))
def test_what_a_step_leads_to(tmp_path, number):
    from d2l_multi.compare.own.comparison import OwnComparison, OwnOptions

    for body, (status, said) in list(STEPS.items())[number::3]:
        source = (
            "import numpy as np\n\n"
            'def reference():\n    yield {"loss": 1.0, "parameters": [1.0, 2.0]}\n'
            f"def train(d2l): {body}\n"
        )
        program = look(write(tmp_path, source), LIMITS)
        comparison = OwnComparison(OwnOptions("own.py", "cpu", {}, 1), LIMITS, program)
        comparison.run_reference()
        assert comparison.reference.error is None
        outcome = comparison.run("mxnet", lambda step, loss: None)
        assert outcome.status == status, (body, outcome)
        assert said is None or said in outcome.remark(), (body, outcome.remark())


def test_a_reference_that_fails_is_told_and_nothing_else_runs(tmp_path):
    source = "def reference():\n    return [][0]\n\ndef train(d2l):\n    open('trained', 'w')\n"
    write(tmp_path, source)
    run = d2l_multi("compare", "own.py", "--backends", "mxnet", cwd=tmp_path)
    assert run.returncode == 3 and "numpy failed: own.py, line 2: IndexError" in run.stdout
    assert rows(tmp_path)["mxnet"]["error"] == "not started: reference() failed"
    assert report_of(tmp_path)["reference"]["error"].startswith("own.py, line 2: IndexError")
    assert not (tmp_path / "trained").exists()


def test_a_hang_is_ended(tmp_path):
    source = (
        'import time\ndef reference():\n    yield {"loss": 1, "parameters": []}\n'
        "def train(d2l):\n    yield from reference()\n    time.sleep(1000)\n"
    )
    write(tmp_path, source)
    run = d2l_multi("compare", "own.py", "--backends", "mxnet", "--timeout", "5", cwd=tmp_path)
    assert run.returncode == 3
    assert rows(tmp_path)["mxnet"]["error"].startswith("gave no sign of life for 5 s (--timeout) at step 1")


# --- Wrong files, wrong options -------------------------------------------------------------------

WRONG = {
    "no such file": (None, "there is no file"),
    "syntax": ("\n\ndef train(d2l:\n", "does not import: line 3: SyntaxError"),
    "an import": ("\nimport no_such_module\n", "does not import: line 2: ModuleNotFoundError"),
    "an exit": ("raise SystemExit(3)", "does not import: line 1: SystemExit: 3"),
    "a crash": ("import os; os._exit(4)", "does not import: the process ended with exit code 4"),
    "nothing": ("def reference(): pass", "no function train(d2l); d2l-multi new FILE.py"),
    "no d2l": ("def train(*, lr): pass", "train() takes no d2l"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_told(tmp_path, case):
    source, said = WRONG[case]
    if source is not None:
        write(tmp_path, source)
    with pytest.raises(ProgramError, match=r"own\.py") as caught:
        look(tmp_path / "own.py", LIMITS)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_without_end_is_ended(tmp_path):
    with pytest.raises(ProgramError, match="no sign of life for 1 s"):
        look(write(tmp_path, "while True: pass"), Limits(timeout=1, memory_mib=1000))


CHECKS = [
    ("def train(d2l, seed=0): pass", ["torch"], {}, "no reference(), so a comparison is between two"),
    (
        "def train(d2l, seed=0): pass",
        ["torch", "mxnet"],
        {"lr": 1},
        "train() in own.py takes no lr; it takes seed",
    ),
    (
        "def train(d2l): pass",
        ["torch", "mxnet"],
        {"batch_size": 1},
        "takes no batch_size; it takes nothing beside",
    ),
    ("def train(d2l, width): pass", ["torch", "mxnet"], {}, "needs a value for width: give it a default"),
    ("def train_torch(d2l): pass", ["torch", "mxnet"], {}, "has no train(d2l), and no train_mxnet(d2l)"),
    (
        "def train(d2l, lr): pass\ndef reference(): pass",
        ["torch"],
        {"lr": 1},
        "reference() in own.py takes no lr",
    ),
    ("def train(d2l, **any): pass\ndef reference(lr): pass", ["torch"], {"lr": 1}, None),
    ("def train(d2l, device): pass", ["torch", "mxnet"], {}, None),
]


@pytest.mark.parametrize(("source", "backends", "arguments", "said"), CHECKS)
def test_functions_are_given_what_they_take(tmp_path, source, backends, arguments, said):
    program = look(write(tmp_path, source), LIMITS)
    if said is None:
        program.check(backends, arguments, "cpu")
        return
    with pytest.raises(ProgramError) as caught:
        program.check(backends, arguments, "cpu")
    assert said in str(caught.value)


def test_wrong_usage_is_one_line(tmp_path):
    write(tmp_path, "def train(d2l, lr=1.0): pass")
    for arguments, said in ((["--epochs", "3"], "takes no epochs"), (["--lr", "-1"], "above 0")):
        run = d2l_multi("compare", "own.py", *arguments, cwd=tmp_path)
        assert run.returncode == 2 and run.stdout == "" and run.stderr.count("\n") == 1
        assert arguments[0] in run.stderr and said in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["own.py"]


def test_what_is_a_file():
    assert is_program("own.py") and is_program("folder/own") and not is_program("linear-regression")


# --- The judge ------------------------------------------------------------------------------------


def step(unknown=(), plain=(), **numbers):
    named = {f"[{name!r}]": np.asarray(value) for name, value in {"loss": 1.0, **numbers}.items()}
    return Step(named, frozenset(f"[{name!r}]" for name in unknown), dict(plain))


def test_the_tolerance_is_that_of_the_coarser_precision():
    single, double = np.float32(1 + 1e-6), np.float64(1 + 1e-6)
    judge = OwnJudge("torch")
    assert judge.step(1, step(w=np.float32(1)), step(w=single))[0] == pytest.approx(0.095, rel=0.01)
    assert judge.step(1, step(w=np.float64(1)), step(w=single))[0] < 1
    error, where = judge.step(1, step(w=np.float64(1)), step(w=double))
    assert error == pytest.approx(1e6, rel=1e-3) and where == "w"
    # Python's numbers do not say how they were computed, but those of the reference in NumPy do.
    assert judge.step(1, step(w=1.0, unknown=["w"]), step(w=double))[0] < 1
    assert OwnJudge("numpy").step(1, step(w=1.0, unknown=["w"]), step(w=double))[0] > 1e5
    # Whole numbers are equal or not.
    assert judge.step(1, step(n=3), step(n=3))[0] == 0 and judge.step(1, step(n=3), step(n=4))[0] == np.inf


def test_errors_are_relative_to_the_largest_magnitude_so_far():
    judge = OwnJudge("torch")
    judge.step(1, step(w=np.asarray([1000.0, 0])), step(w=np.asarray([1000.0, 0])))
    error, _ = judge.step(2, step(w=np.asarray([1.0, 0])), step(w=np.asarray([1.0, 1e-10])))
    assert error == pytest.approx(0.1) and judge.largest == pytest.approx(1e-13)
    nan = np.asarray([np.nan, 1])
    assert judge.step(3, step(w=nan), step(w=nan))[0] == 0
    assert judge.step(3, step(w=nan), step(w=np.ones(2)))[0] == np.inf


def test_what_is_no_number_must_be_equal():
    judge = OwnJudge("torch")
    judge.step(1, step(plain={"['mode']": "'a'"}), step(plain={"['mode']": "'a'"}))
    with pytest.raises(Parted, match=r"at step 2, mode: torch has 'a', it 'b'"):
        judge.step(2, step(plain={"['mode']": "'a'"}), step(plain={"['mode']": "'b'"}))
    assert shown("['parameters']['w'][0]") == "parameters['w'][0]" and shown("['loss']") == "the loss"
