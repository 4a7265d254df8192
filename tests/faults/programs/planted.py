"""Faults for the processes of a real run, which load this file as their sitecustomize: see ``plant``.

What planted.txt beside it names is called: a backend's fault with the backend's module, right after that
has been loaded; a worker's before anything of ours has begun in it; what is for everywhere, in every process.
"""

import ast
import ctypes
import os
import signal
import subprocess
import sys
import time
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from pathlib import Path

# --- Of a backend -----------------------------------------------------------------------------------


def hang():
    while True:
        time.sleep(1)


def at_step_30(fault):
    """A fault in the loss at the thirtieth step and the later ones."""

    def plant(module, *arguments):
        loss, steps = module.squared_loss, []

        def squared_loss(y_hat, y):
            steps.append(1)
            l = loss(y_hat, y)
            return fault(l, *arguments) if len(steps) >= 30 else l

        module.squared_loss = squared_loss

    plant.__name__ = fault.__name__
    return plant


@at_step_30
def hangs(l):
    print("last words", file=sys.stderr, flush=True)
    hang()


@at_step_30
def waits(l):
    """With a process of its own beside it; a file says so."""
    subprocess.Popen(["sleep", "1000"])
    Path("waiting").touch()
    hang()


@at_step_30
def is_killed(l):
    os.kill(os.getpid(), signal.SIGKILL)


kept = []


@at_step_30
def grows(l):
    import numpy as np

    kept.append(np.ones(2**22))
    time.sleep(0.02)
    return l


@at_step_30
def becomes_nan(l):
    return l * float("nan")


@at_step_30
def makes_noise(l):
    """Where `noise` has found the stream of the messages."""
    os.write(int(os.environ["COPY"]), b"noise in between")
    return l


@at_step_30
def raises(l, said):
    raise RuntimeError(said)


def has_version_and_raises(module, version, said):
    sys.modules[module.__name__.rpartition(".")[2]].__version__ = version
    raises(module, said)


def multiplies_its_loss(module, factor):
    loss = module.squared_loss
    module.squared_loss = lambda y_hat, y: loss(y_hat, y) * factor


def says_and_exits(module, said):
    os.write(2, said.encode(errors="surrogatepass"))
    os._exit(3)


# --- Of a worker ------------------------------------------------------------------------------------


def sleeps():
    time.sleep(1000)


def holds_python():
    """In native code that lets no other thread run."""
    ctypes.PyDLL(None).sleep(1000)


def is_stopped():
    os.kill(os.getpid(), signal.SIGSTOP)


def leaves_a_child():
    """Itself it is gone, but not the process it started, which holds the other end of our pipe."""
    subprocess.Popen(["sleep", "1000"])
    os._exit(5)


def noise():
    """On the stream of the messages: before the first one, and between others through a copy made in time."""
    os.write(1, b"Welcome!\n\x00\xff binary\r" + b"=" * 300_000)
    os.write(1, b'\n{"kind": "finished", "arrays": []}\n\x1ed2l')
    os.environ["COPY"] = str(os.dup(1))
    os.write(1, b"no end of line")


def floods():
    """200 MiB on stdout without a line's end, and as much on stderr."""
    for stream in (1, 2):
        for _ in range(200):
            os.write(stream, b"x" * 2**20)
    os._exit(7)


def lies(name):
    """Says in place of a worker what is no message, or none that can come then; and then it is over."""
    LIES[name](Liar())
    os._exit(0)


class Liar:
    def __init__(self):
        from d2l_multi.workers import wire

        self.wire, self.out = wire, os.fdopen(os.dup(1), "wb")

    def say(self, kind, *arrays, **fields):
        self.wire.send(self.out, kind, arrays, **fields)

    def step(self, loss=0.0):
        import numpy as np

        self.say("step", np.asarray(loss, "float32"), np.zeros((2, 1)), np.zeros(1))

    def frame(self, content):
        self.wire.write_frame(self.out, content)
        self.out.flush()

    def raw(self, content):
        self.out.write(content)
        self.out.flush()


def array_of(kind, shape, content=b""):
    """A message with one array."""
    return b'{"kind": "step", "arrays": [["%b", [%d]]]}%b' % (kind, shape, content)


def more_steps_than_there_are(liar):
    for _ in range(150):
        liar.step()


def a_loss_that_is_no_number(liar):
    import numpy as np

    liar.step(np.zeros(3))


def a_result_that_is_no_number(liar):
    for _ in range(100):
        liar.step()
    liar.say("finished", final_loss="<b>")


def too_few_arrays(liar):
    import numpy as np

    liar.say("step", np.float32(0))


LIES = {
    "no JSON": lambda liar: liar.frame(b"hello"),
    "no object": lambda liar: liar.frame(b"[1, 2]"),
    "no end of brackets": lambda liar: liar.frame(b"[" * 200_000),
    "no bytes for an array": lambda liar: liar.frame(array_of(b"<f8", 1000)),
    "an array of objects": lambda liar: liar.frame(array_of(b"|O", 1, b"\n12345678")),
    "an array without end": lambda liar: liar.frame(array_of(b"<f8", 99999999999, b"\n")),
    "a message without end": lambda liar: liar.raw(liar.wire.MARK + b"99999999999999 00000000\n"),
    "a message that was written into": lambda liar: liar.raw(liar.wire.MARK + b"5 00000000\nhello"),
    "a number of a million digits": lambda liar: liar.raw(liar.wire.MARK + b"9" * 1_000_000),
    "no version": lambda liar: liar.say("started"),
    "no arrays": lambda liar: liar.say("step"),
    "too few arrays": too_few_arrays,
    "a loss that is no number": a_loss_that_is_no_number,
    "too many steps": more_steps_than_there_are,
    "finished before the end": lambda liar: liar.say("finished", final_loss=0.1),
    "a result that is no number": a_result_that_is_no_number,
}


# --- Everywhere -------------------------------------------------------------------------------------


def audits(log):
    """What is unpickled, and which files are opened."""
    log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def audit(event, arguments):
        if event == "pickle.find_class":
            os.write(log, f"{event} {arguments[1]}\n".encode())
        elif event == "open" and isinstance(arguments[0], str):
            os.write(log, f"{event} {os.path.abspath(arguments[0])}\n".encode())

    sys.addaudithook(audit)


# --- Planting ---------------------------------------------------------------------------------------


class Planter(MetaPathFinder):
    """Calls a backend's fault right after the backend has been loaded."""

    def __init__(self, faults):
        self.faults = faults

    def find_spec(self, name, path=None, target=None):
        fault = self.faults.get(name.removeprefix("d2l_multi."))
        if not name.startswith("d2l_multi.") or fault is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            call(fault, module)

        spec.loader.exec_module = exec_module
        return spec


def call(fault, *before):
    name, *arguments = fault
    globals()[name](*before, *arguments)


def worker():
    """The backend of the worker, of a comparison or of assert_parity, that this process is; or None."""
    at = next((i for i, word in enumerate(sys.orig_argv) if ".worker import main" in word), None)
    return None if at is None else sys.orig_argv[at + 1]


if __name__ == "sitecustomize":
    # As a literal: `json` must not be here before a test has seen from where others import it.
    planted = ast.literal_eval(Path(__file__).with_name("planted.txt").read_text(encoding="utf-8"))
    if planted["everywhere"]:
        call(planted["everywhere"])
    sys.meta_path.insert(0, Planter(planted["backends"]))
    if worker() in planted["workers"]:
        call(planted["workers"][worker()])
