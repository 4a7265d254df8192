"""A user's file: what it defines, looked at in a process of its own, and what it is called with."""

import inspect
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from d2l_multi import BACKENDS
from d2l_multi.compare.runner import Limits, attend
from d2l_multi.compare.verdict import Outcome
from d2l_multi.workers import wire
from d2l_multi.workers.processes import Watchdog
from d2l_multi.workers.texts import one_line, plain

WORKER = "d2l_multi.compare.own.worker"
REFERENCE = "reference"
NAMES = ("train", *(f"train_{backend}" for backend in BACKENDS), REFERENCE)


class ProgramError(ValueError):
    """The file is not what can be compared: the reason in one line. ``option``: the one that is to blame."""

    def __init__(self, message: str, option: str = "FILE.py") -> None:
        super().__init__(message)
        self.option = option


@dataclass(frozen=True)
class Parameters:
    """What a function takes, beside d2l, which comes first."""

    names: list[str]
    needed: list[str]  # those of the names that have no default
    any_name: bool  # **kwargs


@dataclass(frozen=True)
class Program:
    path: Path
    functions: Mapping[str, Parameters]

    @property
    def name(self) -> str:
        return one_line(self.path.name)

    @property
    def has_reference(self) -> bool:
        return REFERENCE in self.functions

    def function_for(self, backend: str) -> str | None:
        """The name of the function that trains in a backend."""
        return next((name for name in (f"train_{backend}", "train") if name in self.functions), None)

    def check(self, backends: Sequence[str], arguments: Mapping[str, Any], device: str) -> None:
        """`ProgramError` unless each function that will be called takes what it will be given."""
        for backend in backends:
            if self.function_for(backend) is None:
                raise ProgramError(
                    f"{self.name} has no train(d2l), and no train_{backend}(d2l)", "--backends"
                )
        used = dict.fromkeys(str(self.function_for(backend)) for backend in backends)
        if not self.has_reference and len(backends) < 2:
            raise ProgramError(
                f"{self.name} has no reference(), so a comparison is between two backends or more, "
                f"got {', '.join(backends)}",
                "--backends",
            )
        for function in [*used, *([REFERENCE] if self.has_reference else [])]:
            takes = self.functions[function]
            for name in arguments:
                if not (takes.any_name or name in takes.names):
                    listed = (
                        f"it takes {one_line(', '.join(takes.names))}" if takes.names else "it takes nothing"
                    )
                    more = "" if function == REFERENCE else " beside d2l"
                    raise ProgramError(
                        f"{function}() in {self.name} takes no {name}; {listed}{more}", option_of(name)
                    )
            lacking = [
                name for name in takes.needed if name not in arguments and not (name == "device" and device)
            ]
            if lacking:
                raise ProgramError(
                    f"{function}() in {self.name} needs a value for {one_line(lacking[0])}: give it a default"
                )


def option_of(argument: str) -> str:
    return f"--{argument.replace('_', '-')}"


def is_program(experiment: str) -> bool:
    """Whether the name of an experiment is that of a file."""
    return experiment.endswith(".py") or Path(experiment).name != experiment


def look(path: Path, limits: Limits, stop: Callable[[], bool] = lambda: False) -> Program:
    """What a file defines. It is run in a process of its own, within the limits, and nowhere else."""
    shown = one_line(path, 200)
    if not path.exists():
        raise ProgramError(f"there is no file {shown}")
    if not path.is_file():
        raise ProgramError(f"{shown} is no file")
    outcome = Outcome("failed")
    found: dict[str, Any] = {}

    def follow(channel: Any, watchdog: Watchdog) -> None:
        while message := wire.receive(channel):
            watchdog.feed()
            header, _ = message
            if header.get("kind") == "functions":
                found.update(functions(header.get("functions")))
                outcome.status = "ok"
            else:
                outcome.error = plain(header.get("error"))

    attend((WORKER, "look", str(path)), limits, outcome, follow, stop)
    if outcome.status == "interrupted":
        raise KeyboardInterrupt
    if outcome.status != "ok":
        raise ProgramError(f"{shown} does not import: {one_line(outcome.error, 400)}")
    if not set(found) - {REFERENCE}:
        raise ProgramError(f"{shown} has no function train(d2l); d2l-multi new FILE.py writes an example")
    return Program(path, found)


def functions(message: Any) -> dict[str, Parameters]:
    try:
        return {name: Parameters(**message[name]) for name in NAMES if name in message}
    except TypeError as error:
        raise wire.Malformed(f"it sent a message that makes no sense ({error})") from error


# --- In the worker --------------------------------------------------------------------------------


def load(path: Path) -> ModuleType:
    """The file as a module. Beside it its own modules are found, and no file takes a framework's name."""
    sys.path.append(str(path.parent.resolve()))
    sys.dont_write_bytecode = True  # the folder is the user's
    spec = spec_from_file_location("own_experiment", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def defined(module: ModuleType) -> dict[str, dict[str, Any]]:
    """The functions that count, with what `Parameters` says of them."""
    found = {}
    for name in NAMES:
        function = getattr(module, name, None)
        if not callable(function):
            continue
        parameters = list(inspect.signature(function).parameters.values())
        if name != REFERENCE:
            if not parameters or parameters[0].kind not in (
                inspect.Parameter.POSITIONAL_ONLY,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                inspect.Parameter.VAR_POSITIONAL,
            ):
                raise TypeError(f"{name}() takes no d2l, which is to be its first parameter")
            parameters = parameters[1:]
        variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        named = [each for each in parameters if each.kind not in variable]
        found[name] = {
            "names": [each.name for each in named],
            "needed": [each.name for each in named if each.default is inspect.Parameter.empty],
            "any_name": any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters),
        }
    return found


def told(error: BaseException, path: Path) -> str:
    """An error in one line, with the line of the user's file that it came from or through."""
    what = "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"line {error.lineno}: {what}"
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    return f"line {lines[-1]}: {what}" if lines else what
