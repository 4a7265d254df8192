"""A training run in one file: safetensors, so that whoever opens it runs no code.

Tensors are stored under ``model.NAME`` and ``optim.NUMBER``; everything else is JSON in the header.
"""

import json
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.book.parameters import layout
from d2l_multi.files import replace

VERSION = 1
PLAIN = (type(None), bool, int, float, str)


def save(path: str | PathLike, model: Mapping[str, Any], optim: Any, run: dict) -> None:
    """Write the tensors of a model by name, the state of its optimiser, and JSON's kinds of values."""
    from safetensors.numpy import save as to_bytes

    arrays = {f"model.{name}": _stored(value) for name, value in model.items()}
    header = {"version": VERSION, "optim": _packed(optim, arrays), "run": run}
    replace(Path(path), to_bytes(arrays, {"d2l_multi": json.dumps(header)}))


def _stored(value: Any) -> np.ndarray:
    """A contiguous array of the same shape; NumPy's own ``ascontiguousarray`` gives 0-d ones an axis."""
    return np.asarray(to_host(value), order="C")


def load(
    path: str | PathLike, tensor: Callable[[np.ndarray], Any]
) -> tuple[dict[str, np.ndarray], Any, dict]:
    """What `save` was given, the model's tensors as host arrays and the optimiser's made by ``tensor``."""
    from safetensors import safe_open

    arrays = layout.load(path)
    with safe_open(path, "np") as file:
        header = json.loads((file.metadata() or {}).get("d2l_multi", "{}"))
    if header.get("version") != VERSION:
        raise ValueError(f"{path} is no checkpoint of a Trainer that this version of d2l-multi can read")
    model = {
        name.removeprefix("model."): array for name, array in arrays.items() if name.startswith("model.")
    }
    return model, _unpacked(header["optim"], arrays, tensor), header["run"]


def _packed(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """A tree of dicts, lists and tensors as JSON that refers to arrays by name."""
    if isinstance(value, PLAIN):
        return {"value": value}
    if isinstance(value, dict):
        return {"dict": [[key, _packed(item, arrays)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {"list": [_packed(item, arrays) for item in value]}
    if not hasattr(value, "shape"):
        raise TypeError(f"the state of the optimiser holds a {type(value).__name__}, which cannot be saved")
    name = f"optim.{len(arrays)}"
    arrays[name] = _stored(value)
    return {"tensor": name}


def _unpacked(value: Any, arrays: dict[str, np.ndarray], tensor: Callable) -> Any:
    ((kind, content),) = value.items()
    if kind == "value":
        return content
    if kind == "tensor":
        return tensor(arrays[content])
    if kind == "list":
        return [_unpacked(item, arrays, tensor) for item in content]
    return {key: _unpacked(item, arrays, tensor) for key, item in content}


def fitting(present: Mapping[str, Any], given: Mapping[str, np.ndarray], path: str | PathLike) -> None:
    """Whether a model's tensors have the names and shapes of those in a checkpoint."""
    problems = layout.misfits(
        {name: tuple(value.shape) for name, value in present.items()},
        {name: array.shape for name, array in given.items()},
        "the checkpoint",
    )
    if problems:
        raise ValueError(f"the model is not the one saved in {path}: {problems}")
