"""Numbers that know how far rounding may have led a computation astray.

`Rounded` computes in float64 and carries, beside every number, a bound of how far arithmetic in another
precision may be from it: a running error analysis, to first order (Higham, *Accuracy and Stability of
Numerical Algorithms*, section 3.3). The formulas of the reference work on arrays and on these alike, so that
what a backend's step may differ by is derived from the very formulas that it is held against.

Where an input of relu is within its own bound of zero, the slope there is undecided: its bound is 1, and what
that unit contributes to the gradients widens their bounds, and nothing else does. So it is with the inputs of
a maximum of which more than one may be the largest.

In a deep net a sum of errors as if all had the same sign bounds nothing any more. `Probable` adds them up as
what they are, of either sign and independent: the root of the sum of their squares (Higham and Mary, *A new
approach to probabilistic rounding error analysis*, 2019). What an operation adds is still its bound, some ten
standard deviations, and four times that, since examples that are alike are rounded alike.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

# In epsilons. Rounding a result errs by half of one. The rest is for functions such as exp, for the few
# operations that a framework spends where a formula has one, and for the reference, which rounds to float64.
PER_OPERATION = 2.0
# Of the sum of the absolute values of its terms. In the worst order a sum of n terms errs by n / 2, but those
# that frameworks choose (several running sums, in blocks) stay below this, as every comparison shows anew.
PER_SUM = 4.0


Axes = int | tuple[int, ...] | None


class Rounded(NDArrayOperatorsMixin):
    """An array (float64) and a bound of each of its errors in a precision of a given epsilon."""

    caution = 1.0

    def __init__(self, value: Any, bound: Any, epsilon: float) -> None:
        self.value, self.bound, self.epsilon = value, bound, epsilon

    @property
    def unit(self) -> float:
        """What rounding does to a number, relative to it."""
        return self.caution * self.epsilon

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, index: Any) -> "Rounded":
        return self.rearranged(lambda array: array[index])

    @property
    def T(self) -> "Rounded":
        return self.rearranged(np.transpose)

    def rearranged(self, function: Callable[[np.ndarray], np.ndarray]) -> "Rounded":
        """The numbers at other places, some of them not at all or more than once."""
        bound = self.bound if _is_exact(self.bound) else function(np.broadcast_to(self.bound, self.shape))
        return self.like(function(self.value), bound)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def sum(self, axis: Axes = None, keepdims: bool = False) -> "Rounded":
        where = {"axis": axis, "keepdims": keepdims}
        value = self.value.sum(**where)
        added = self.per_sum(self.value.size / max(1, value.size)) * np.abs(self.value).sum(**where)
        if _is_exact(self.bound):
            return self.like(value, added)
        return self.like(value, self.together([self.over(self.bound, **where), added]))

    def max(self, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
        """The largest values, as exact numbers: softmax, which subtracts them, does not depend on them."""
        return self.value.max(axis=axis, keepdims=keepdims)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc not in (*BOUNDS, np.matmul):
            return NotImplemented
        values = [each.value if isinstance(each, Rounded) else np.asarray(each) for each in inputs]
        bounds = [each.bound if isinstance(each, Rounded) else 0.0 for each in inputs]
        value = ufunc(*values)
        if ufunc is np.matmul:
            return self.like(value, self.of_product(*values, *bounds))
        bounds = [self.shared(bound, value) for bound in bounds]
        return self.like(value, self.together(BOUNDS[ufunc](self.unit, value, *values, *bounds)))

    def like(self, value: Any, bound: Any) -> "Rounded":
        """Other numbers of the same kind."""
        return type(self)(value, bound, self.epsilon)

    def of_product(self, a: np.ndarray, b: np.ndarray, da: Any, db: Any) -> np.ndarray:
        """The bound of the matrix product of a and b."""
        a, b, each = np.abs(a), np.abs(b), PER_SUM * self.unit
        if _is_exact(da):
            return a @ (db + each * b)
        bound = (da + each * a) @ b
        return bound if _is_exact(db) else bound + a @ db

    def per_sum(self, num_terms: float) -> float:
        """What a sum adds, relative to that of the magnitudes of its terms."""
        return PER_SUM * self.unit

    @staticmethod
    def together(bounds: Sequence[Any]) -> Any:
        """What several errors of a number make together."""
        return sum(bounds)

    @staticmethod
    def over(bound: np.ndarray, **where: Any) -> Any:
        """What the errors of several numbers make in their sum."""
        return bound.sum(**where)

    @staticmethod
    def shared(bound: Any, value: np.ndarray) -> Any:
        """The bound of an operand that several numbers of ``value`` may have in common."""
        return bound


class Probable(Rounded):
    """Errors of either sign, which mostly cancel."""

    caution = 4.0

    def of_product(self, a, b, da, db):
        bounds = [PER_SUM * self.unit * (np.abs(a) @ np.abs(b))]
        if not _is_exact(da):
            bounds.append(np.sqrt(da**2 @ b**2))
        if not _is_exact(db):
            bounds.append(np.sqrt(a**2 @ db**2))
        return self.together(bounds)

    def per_sum(self, num_terms):
        """Of the means of many images some frameworks make one running sum."""
        return max(PER_SUM * self.unit, math.sqrt(num_terms) / 2 * self.epsilon)

    @staticmethod
    def together(bounds):
        return np.sqrt(sum(bound**2 for bound in bounds))

    @staticmethod
    def over(bound, **where):
        return np.sqrt((bound**2).sum(**where))

    @staticmethod
    def shared(bound, value):
        """An error that n numbers share counts √n times in each, so that in their sum it counts n times."""
        if _is_exact(bound) or np.size(bound) == value.size:
            return bound
        return bound * np.sqrt(value.size / np.size(bound))


def rearranged(array: Any, function: Callable[[np.ndarray], np.ndarray]) -> Any:
    """An array, or `Rounded`, with its numbers at other places."""
    return array.rearranged(function) if isinstance(array, Rounded) else function(array)


def joined(arrays: Sequence[Any]) -> Any:
    """Several arrays, or `Rounded`, one after the other along the last axis."""
    if not isinstance(arrays[0], Rounded):
        return np.concatenate(arrays, axis=-1)
    bounds = [np.broadcast_to(array.bound, array.shape) for array in arrays]
    return arrays[0].like(
        np.concatenate([value(array) for array in arrays], axis=-1), np.concatenate(bounds, axis=-1)
    )


def run_up(mean: Any, magnitude: np.ndarray, num_terms: int) -> Any:
    """A mean, with the bound of one running sum of all its terms, whose mean magnitude is given.

    Terms that are equal, as the background of images is, are all rounded in the same direction.
    """
    if not isinstance(mean, Rounded):
        return mean
    return mean.like(mean.value, mean.bound + num_terms / 2 * mean.epsilon * magnitude)


def value(array: Any) -> np.ndarray:
    """The numbers themselves."""
    return array.value if isinstance(array, Rounded) else array


def largest(candidates: Any) -> tuple[Any, Any]:
    """The largest along the last axis, and the slopes there: 1 at the first that is it, and 0 elsewhere.

    Where rounding leaves open which it is, the slopes of all that may be it are undecided.
    """
    numbers = value(candidates)
    slopes = np.arange(numbers.shape[-1]) == numbers.argmax(axis=-1)[..., None]
    if not isinstance(candidates, Rounded):
        return numbers.max(axis=-1), slopes.astype(float)
    bound = np.broadcast_to(candidates.bound, numbers.shape)
    possible = numbers + bound >= (numbers - bound).max(axis=-1, keepdims=True)
    undecided = possible & (possible.sum(axis=-1, keepdims=True) > 1)
    return (
        candidates.like(numbers.max(axis=-1), (bound * possible).max(axis=-1)),
        candidates.like(slopes.astype(float), undecided.astype(float)),
    )


# What becomes of the bounds da and db of a and b, one by one, and what the operation adds that gives v.


def _sum(epsilon, v, a, b, da, db):
    return da, db, PER_OPERATION * epsilon * np.abs(v)


def _product(epsilon, v, a, b, da, db):
    bounds = [PER_OPERATION * epsilon * np.abs(v)]
    if not _is_exact(da):
        bounds.append(np.abs(b) * da)
    if not _is_exact(db):
        bounds.append((np.abs(a) + da) * db)
    return bounds


def _quotient(epsilon, v, a, b, da, db):
    return da / np.abs(b), np.abs(v) * db / np.abs(b), PER_OPERATION * epsilon * np.abs(v)


def _power(epsilon, v, a, exponent, da, _):
    return np.abs(exponent * a ** (exponent - 1)) * da + da**2, PER_OPERATION * epsilon * np.abs(v)


def _exp(epsilon, v, a, da):
    return v * np.expm1(da), PER_OPERATION * epsilon * v


def _sqrt(epsilon, v, a, da):
    return da / (2 * v), PER_OPERATION * epsilon * v


def _tanh(epsilon, v, a, da):
    return da * (1 - v**2) + da**2, PER_OPERATION * epsilon * np.abs(v)


def _log(epsilon, v, a, da):
    return da / np.abs(a), PER_OPERATION * epsilon * np.abs(v)


def _negative(epsilon, v, a, da):
    return (da,)


def _maximum(epsilon, v, a, b, da, db):
    return (np.maximum(da, db),)


def _greater(epsilon, v, a, b, da, db):
    return ((np.abs(a - b) <= da + db).astype(float),)


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
    np.sqrt: _sqrt,
    np.tanh: _tanh,
    np.maximum: _maximum,
    np.negative: _negative,
    np.greater: _greater,
}
