"""A number for each step of a training, kept in so much memory however long the training is."""

import math
from collections.abc import Iterator

MAX_POINTS = 2048  # more cannot be seen in a chart


class Curve:
    """Of a training of many steps the largest number of each stretch of them; of a short one every number."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self.stretch = 1  # steps that a value stands for
        self.num_steps = 0
        self.last = math.nan  # number that was added

    def add(self, value: float) -> None:
        self.last = value
        if self.num_steps % self.stretch:
            self.values[-1] = larger(self.values[-1], value)
        else:
            if len(self.values) == MAX_POINTS:
                self.values = [larger(*pair) for pair in zip(self.values[::2], self.values[1::2])]
                self.stretch *= 2
            self.values.append(value)
        self.num_steps += 1

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[float]:
        return iter(self.values)

    @property
    def steps(self) -> list[int]:
        """The first step, counted from 1, that each value stands for."""
        return list(range(1, self.num_steps + 1, self.stretch))

    def name(self, index: int) -> str:
        """The steps that a value stands for, in words."""
        first = 1 + index * self.stretch
        last = min(first + self.stretch - 1, self.num_steps)
        return f"step {first}" if first == last else f"steps {first} to {last}"


def larger(a: float, b: float) -> float:
    """The larger of two numbers, NaN if one is: what went wrong stays visible."""
    return math.nan if math.isnan(a) or math.isnan(b) else max(a, b)
