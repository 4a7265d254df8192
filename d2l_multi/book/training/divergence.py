"""Why a loss became infinite or NaN: data that hold such values, else most likely the learning rate."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.book.distribution import sharing
from d2l_multi.book.training import interrupts


def reason(what: str, epoch: int, data: dict[str, Any]) -> str:
    """What to tell the user. ``what`` happened in an epoch; ``data`` are the loaders by kind, or None."""
    unseen = []
    for kind, loader in data.items():
        try:
            with sharing.whole():
                counted, batches = _in_stored_order(loader)
                found = _first_bad(batches, by_batch=counted == "batch")
        except Exception:  # what cannot be looked at is no reason to lose a run
            unseen.append(kind)
            continue
        if found is not None:
            number, held = found
            return (
                f"{what} in epoch {epoch}: {counted} {number} of the {kind} data (counted from 0) holds "
                f"{held}; clean the data first"
            )
    hint = f", and look whether the {' and the '.join(unseen)} data hold NaN" if unseen else ""
    return (
        f"{what} in epoch {epoch}; the learning rate is the first suspect: try a smaller one, or features "
        f"of smaller scale{hint}"
    )


def _in_stored_order(loader: Any) -> tuple[str, Iterable]:
    """What the batches of a loader are made of, and how to count it: by example or by batch.

    A pass over a loader that is not ours could change what its next one yields: it draws random numbers,
    counts its passes, or has only one.
    """
    if hasattr(loader, "unshuffled"):  # ours
        return "example", loader.unshuffled()
    if loader is None or isinstance(loader, (list, tuple)):
        return "batch", loader or []
    return "example", [loader.dataset.tensors]  # as PyTorch's and Paddle's TensorDataset have them


def _first_bad(batches: Iterable, by_batch: bool) -> tuple[int, str] | None:
    """The number of the first example, or batch, that is not finite, and what it holds."""
    seen = 0
    for batch in batches:
        interrupts.check()
        parts = [to_host(part) for part in batch]
        for name, part in zip(["X"] * (len(parts) - 1) + ["y"], parts):
            if part.dtype.kind not in "fc" or np.isfinite(part).all():
                continue
            row = int(np.argmin(np.isfinite(part).reshape(len(part), -1).all(1)))
            value = "NaN" if np.isnan(part[row]).any() else "an infinite value"
            return seen + (0 if by_batch else row), f"{value} in {name}"
        seen += 1 if by_batch else len(parts[0])
    return None
