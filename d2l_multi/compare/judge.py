"""Whether each step of a backend is the reference's, but for what rounding explains."""

import copy
from collections.abc import Sequence

import numpy as np

from d2l_multi.compare.limits import KnownLimit
from d2l_multi.compare.reference.batches import Batches
from d2l_multi.compare.reference.model import Model
from d2l_multi.compare.rounding import Rounded
from d2l_multi.compare.verdict import difference


class Judge:
    """Follows one backend from step to step.

    Every step is judged from where the backend itself stood before it: the reference takes the same step from
    the same parameters, in float64, together with a bound of what rounding in the backend's dtype may do to
    the result. So nothing adds up over the steps, and the bound is no tolerance but derived (see `rounding`).

    A step's error is the largest difference of the loss, or of any entry of a parameter, as a share of its
    bound. Up to 1 rounding explains it.
    """

    def __init__(
        self, model: Model, batches: Batches, lr: float, dtype: str, limit: KnownLimit | None = None
    ) -> None:
        """``model`` is the reference where training starts."""
        self.dtype, self.lr = dtype, lr
        self.model, self._batches = model, iter(batches)
        self._before = model.params
        self.limit = limit
        self._limited = copy.copy(model)
        self._limited_lr = limit.widen(self._limited, lr, self._epsilon) if limit else lr

    @property
    def _epsilon(self) -> float:
        return float(np.finfo(self.dtype).eps)

    def _exact(self, array: np.ndarray) -> Rounded:
        return self.model.rounded(array, 0.0, self._epsilon)

    def start(self, params: Sequence[np.ndarray]) -> bool:
        """Whether the backend starts from the parameters it was given."""
        return all(difference(*pair) == 0 for pair in zip(params, self._before, strict=True))

    def step(
        self, loss: np.ndarray, params: Sequence[np.ndarray], sufficient: float = 1.0
    ) -> tuple[float, float, str]:
        """The errors of a step, without and with the known limit, and where the first of them is.

        ``loss`` is the one before the step, ``params`` are those after it. Up to the ``sufficient`` error
        nobody asks for the limit.
        """
        X, y = next(self._batches)
        actual = [loss, *params]
        error, where = self._error(actual, self.model, self.lr, X, y)
        limited = error
        if self.limit and error > sufficient:
            limited, _ = self._error(actual, self._limited, self._limited_lr, X, y)
        self.model.num_steps += 1
        self._limited.num_steps += 1
        self._before = [param.astype(np.float64) for param in params]
        return error, limited, where

    def _error(
        self, actual: Sequence[np.ndarray], model: Model, lr: float | Rounded, X: np.ndarray, y: np.ndarray
    ) -> tuple[float, str]:
        taken = copy.copy(model)
        taken.params = [self._exact(param) for param in self._before]
        with np.errstate(all="ignore"):
            expected = [taken.step(self._exact(X), y, lr), *taken.params]
            errors = [share_of_bound(a, e, self.dtype) for a, e in zip(actual, expected, strict=True)]
        if np.isnan(errors).all():
            return float("nan"), "nothing to judge"
        largest = int(np.nanargmax(errors))
        name = "the loss" if largest == 0 else f"parameter {largest} {actual[largest].shape}"
        return errors[largest], name


def share_of_bound(actual: np.ndarray, expected: Rounded, dtype: str) -> float:
    """The largest difference of any entry as a share of its bound.

    What is beyond the dtype's range, or has become NaN in the reference too, is no longer judged; NaN if that
    is all.
    """
    if actual.shape != expected.shape:
        return float("inf")
    info = np.finfo(dtype)
    allowed = expected.bound + float(info.tiny)
    distance = np.abs(actual.astype(np.float64) - expected.value)
    share = np.where(np.isnan(distance), np.inf, distance / allowed)
    judged = np.abs(expected.value) + allowed <= float(info.max)
    return float(np.max(share, initial=0.0, where=judged)) if judged.any() else float("nan")
