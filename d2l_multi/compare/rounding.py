"""Numbers that know how far rounding may have led a computation astray.

`Rounded` computes in float64 and carries, beside every number, a bound of how far arithmetic in another
precision may be from it: a running error analysis, to first order (Higham, *Accuracy and Stability of
Numerical Algorithms*, section 3.3). The formulas of the reference work on arrays and on these alike, so that
what a backend's step may differ by is derived from the very formulas that it is held against.

Where an input of relu is within its own bound of zero, the slope there is undecided: its bound is 1, and what
that unit contributes to the gradients widens their bounds, and nothing else does.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

# In epsilons. Rounding a result errs by half of one. The rest is for functions such as exp, for the few
# operations that a framework spends where a formula has one, and for the reference, which rounds to float64.
PER_OPERATION = 2.0
# Of the sum of the absolute values of its terms. In the worst order a sum of n terms errs by n / 2, but those
# that frameworks choose (several running sums, in blocks) stay below this, as every comparison shows anew.
PER_SUM = 4.0


class Rounded(NDArrayOperatorsMixin):
    """An array (float64) and a bound of each of its errors in a precision of a given epsilon."""

    def __init__(self, value: Any, bound: Any, epsilon: float) -> None:
        self.value, self.bound, self.epsilon = value, bound, epsilon

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, index: Any) -> "Rounded":
        return Rounded(self.value[index], self.bound[index], self.epsilon)

    @property
    def T(self) -> "Rounded":
        return Rounded(self.value.T, np.transpose(self.bound), self.epsilon)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def sum(self, axis: int | None = None, keepdims: bool = False) -> "Rounded":
        terms = self.bound + PER_SUM * self.epsilon * np.abs(self.value)
        value = self.value.sum(axis=axis, keepdims=keepdims)
        return Rounded(value, terms.sum(axis=axis, keepdims=keepdims), self.epsilon)

    def max(self, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
        """The largest values, as exact numbers: softmax, which subtracts them, does not depend on them."""
        return self.value.max(axis=axis, keepdims=keepdims)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc not in BOUNDS:
            return NotImplemented
        values = [each.value if isinstance(each, Rounded) else np.asarray(each) for each in inputs]
        bounds = [each.bound if isinstance(each, Rounded) else 0.0 for each in inputs]
        value = ufunc(*values)
        bound = BOUNDS[ufunc](self.epsilon, value, *values, *bounds)
        return Rounded(value, bound, self.epsilon)


# What becomes of the bounds da and db of a and b, and what the operation adds that gives v.


def _sum(epsilon, v, a, b, da, db):
    return da + db + PER_OPERATION * epsilon * np.abs(v)


def _product(epsilon, v, a, b, da, db):
    bound = PER_OPERATION * epsilon * np.abs(v)
    if not _is_exact(da):
        bound = bound + np.abs(b) * da
    if not _is_exact(db):
        bound = bound + (np.abs(a) + da) * db
    return bound


def _quotient(epsilon, v, a, b, da, db):
    return (da + np.abs(v) * db) / np.abs(b) + PER_OPERATION * epsilon * np.abs(v)


def _power(epsilon, v, a, exponent, da, _):
    return np.abs(exponent * a ** (exponent - 1)) * da + da**2 + PER_OPERATION * epsilon * np.abs(v)


def _exp(epsilon, v, a, da):
    return v * (np.expm1(da) + PER_OPERATION * epsilon)


def _log(epsilon, v, a, da):
    return da / np.abs(a) + PER_OPERATION * epsilon * np.abs(v)


def _negative(epsilon, v, a, da):
    return da


def _greater(epsilon, v, a, b, da, db):
    return (np.abs(a - b) <= da + db).astype(float)


def _matmul(epsilon, v, a, b, da, db):
    a, b = np.abs(a), np.abs(b)
    if _is_exact(da):
        return a @ (db + PER_SUM * epsilon * b)
    bound = (da + PER_SUM * epsilon * a) @ b
    return bound if _is_exact(db) else bound + a @ db


def _is_exact(bound: Any) -> bool:
    """Whether it bounds the errors of what was given, which saves half of the work."""
    return np.ndim(bound) == 0 and bound == 0


BOUNDS: dict[np.ufunc, Callable] = {
    np.add: _sum,
    np.subtract: _sum,
    np.multiply: _product,
    np.divide: _quotient,
    np.power: _power,
    np.exp: _exp,
    np.log: _log,
    np.negative: _negative,
    np.greater: _greater,
    np.matmul: _matmul,
}
