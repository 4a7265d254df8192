"""Convolutions, pooling and batch normalisation, and the nets made of them.

A layer takes its inputs (n, channels, h, w) and its parameters. It gives its outputs and a function that
takes the gradient of these back: to the inputs, and to the parameters.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from d2l_multi.compare.reference.model import Softmax
from d2l_multi.compare.rounding import Probable, largest, rearranged, run_up, value

# What running statistics keep of themselves, and what is added to a variance: in float32 the same numbers, to
# which MXNet and Paddle would round others.
MOMENTUM, EPSILON = 0.875, 2.0**-16


class Becomes:
    """What a running statistic is after the step, where other parameters have a gradient."""

    def __init__(self, value: Any) -> None:
        self.value = value


# From the gradient of outputs to that of inputs, if it is wanted, and those of the parameters.
Back = Callable[[Any, bool], tuple[Any, list]]


class Layer:
    num_params = 0

    def __call__(self, X: Any, params: Sequence[Any], training: bool) -> tuple[Any, Back]:
        raise NotImplementedError


class Sequential(Layer):
    def __init__(self, *layers: Layer) -> None:
        self.layers = layers
        self.num_params = sum(layer.num_params for layer in layers)

    def __call__(self, X, params, training):
        backs, params = [], list(params)
        for layer in self.layers:
            own, params = params[: layer.num_params], params[layer.num_params :]
            X, of_layer = layer(X, own, training)
            backs.append(of_layer)

        def back(delta, of_inputs=True):
            updates: list = []
            for number, of_layer in reversed(list(enumerate(backs))):
                delta, own = of_layer(delta, of_inputs or number > 0)
                updates = own + updates
            return delta, updates

        return X, back


class Convolution(Layer):
    """A cross-correlation with a kernel (out, in, k, k), and a bias (out,) where it has one."""

    def __init__(self, padding: int = 0, stride: int = 1, bias: bool = True) -> None:
        self.padding, self.stride, self.num_params = padding, stride, 1 + bias

    def __call__(self, X, params, training):
        kernel, *biases = params
        out_channels, _, side, _ = kernel.shape
        columns, shape = windows(X, side, self.padding, self.stride)
        outputs = as_images(sum(biases, columns @ as_rows(kernel).T), shape, out_channels)

        def back(delta, of_inputs):
            rows = as_columns(delta)
            of_kernel = rearranged(rows.T @ columns, lambda array: array.reshape(kernel.shape))
            of_X = self._of_inputs(delta, kernel, X.shape) if of_inputs else None
            return of_X, [of_kernel, *(rows.sum(axis=0) for _ in biases)]

        return outputs, back

    def _of_inputs(self, delta: Any, kernel: Any, shape: tuple[int, ...]) -> Any:
        """The correlation of delta, spread by the stride, with the flipped kernel."""
        side, outer = kernel.shape[2], kernel.shape[2] - 1
        sides = [length + 2 * self.padding + outer for length in shape[2:]]

        def spread(array):
            spread = np.zeros((*array.shape[:2], *sides))
            rows, columns = (slice(outer, outer + self.stride * n, self.stride) for n in array.shape[2:])
            spread[:, :, rows, columns] = array
            return spread

        flipped = rearranged(kernel, lambda array: array[:, :, ::-1, ::-1].transpose(1, 0, 2, 3))
        columns, padded = windows(rearranged(delta, spread), side, 0, 1)
        gradient = as_images(columns @ as_rows(flipped).T, padded, shape[1])
        first, (height, width) = self.padding, shape[2:]
        return gradient[:, :, first : first + height, first : first + width]


class Dense(Layer):
    """A weight (in, out), and a bias (out,) where it has one."""

    def __init__(self, bias: bool = True) -> None:
        self.num_params = 1 + bias

    def __call__(self, X, params, training):
        weight, *biases = params

        def back(delta, of_inputs):
            of_X = delta @ weight.T if of_inputs else None
            return of_X, [X.T @ delta, *(delta.sum(axis=0) for _ in biases)]

        return sum(biases, X @ weight), back


class Flatten(Layer):
    def __call__(self, X, params, training):
        def back(delta, of_inputs):
            return rearranged(delta, lambda array: array.reshape(X.shape)), []

        return rearranged(X, lambda array: array.reshape(len(array), -1)), back


class Sigmoid(Layer):
    def __call__(self, X, params, training):
        S = 1 / (1 + np.exp(-X))
        return S, lambda delta, of_inputs: (delta * (S * (1 - S)), [])


class Relu(Layer):
    def __call__(self, X, params, training):
        slopes = (X > 0) * 1.0
        return X * slopes, lambda delta, of_inputs: (delta * slopes, [])


class AveragePooling(Layer):
    """The means of squares that do not overlap."""

    def __init__(self, side: int) -> None:
        self.side = side

    def __call__(self, X, params, training):
        shares = np.full(self.side**2, 1 / self.side**2)

        def back(delta, of_inputs):
            return unsquared(delta[..., None] * shares, self.side), []

        return squares(X, self.side).sum(axis=-1) / self.side**2, back


class MaxPooling(Layer):
    """The largest of squares that do not overlap."""

    def __init__(self, side: int) -> None:
        self.side = side

    def __call__(self, X, params, training):
        outputs, slopes = largest(squares(X, self.side))

        def back(delta, of_inputs):
            return unsquared(delta[..., None] * slopes, self.side), []

        return outputs, back


class GlobalAveragePooling(Layer):
    """The means of all images (n, channels, h, w), as (n, channels)."""

    def __call__(self, X, params, training):
        shares = np.full(X.shape[2:], 1 / np.prod(X.shape[2:]))

        def back(delta, of_inputs):
            return delta[:, :, None, None] * shares, []

        return X.sum(axis=(2, 3)) / shares.size, back


class BatchNorm(Layer):
    """gamma, beta, the running mean and variance of channels (n, channels, h, w) or features (n, features).

    ``unbiased``: whether the running variance is divided by one less than the number of values.
    """

    num_params = 4

    def __init__(self, unbiased: bool) -> None:
        self.unbiased = unbiased

    def __call__(self, X, params, training):
        axes = tuple(axis for axis in range(len(X.shape)) if axis != 1)
        sides = (-1, *[1] * (len(X.shape) - 2))
        gamma, beta, mean, var = params

        def wide(param):
            return rearranged(param, lambda array: array.reshape(sides))

        if not training:
            return wide(gamma) * (X - wide(mean)) / np.sqrt(wide(var) + EPSILON) + wide(beta), None
        n = int(np.prod([X.shape[axis] for axis in axes]))
        of_batch = X.sum(axis=axes) / n
        centred = X - wide(of_batch)
        variance = (centred**2).sum(axis=axes) / n
        inverse = 1 / np.sqrt(variance + EPSILON)
        N = centred * wide(inverse)
        estimate = variance * (n / (n - 1)) if self.unbiased else variance
        new_mean = run_up(of_batch, np.abs(value(X)).mean(axis=axes), n)
        new_var = run_up(estimate, value(variance), n)

        def back(delta, of_inputs):
            D = delta * wide(gamma)
            of_N = wide((D * N).sum(axis=axes) / n)
            of_X = wide(inverse) * (D - wide(D.sum(axis=axes) / n) - N * of_N)
            statistics = [
                Becomes(old * MOMENTUM + new * (1 - MOMENTUM))
                for old, new in ((mean, new_mean), (var, new_var))
            ]
            return of_X, [(delta * N).sum(axis=axes), delta.sum(axis=axes), *statistics]

        return wide(gamma) * N + wide(beta), back


class Residual(Layer):
    """What two ways give, added up."""

    def __init__(self, way: Layer, shortcut: Layer) -> None:
        self.way, self.shortcut = way, shortcut
        self.num_params = way.num_params + shortcut.num_params

    def __call__(self, X, params, training):
        number = self.way.num_params
        Y, back_by_way = self.way(X, params[:number], training)
        Z, back_by_shortcut = self.shortcut(X, params[number:], training)

        def back(delta, of_inputs):
            of_X, updates = back_by_way(delta, True)
            of_Z, others = back_by_shortcut(delta, True)
            return of_X + of_Z, updates + others

        return Y + Z, back


# Images and squares of them as rows of a matrix


def windows(X: Any, side: int, padding: int, stride: int) -> tuple[Any, tuple[int, int, int]]:
    """What a kernel sees at each place, as rows (n·h·w, channels·side·side), and (n, h, w)."""
    n, _, *sides = X.shape
    height, width = ((length + 2 * padding - side) // stride + 1 for length in sides)
    around = ((0, 0), (0, 0), (padding, padding), (padding, padding))

    def cut(array):
        seen = sliding_window_view(np.pad(array, around), (side, side), axis=(2, 3))  # type: ignore[call-overload]
        return seen[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5).reshape(n * height * width, -1)

    return rearranged(X, cut), (n, height, width)


def as_images(rows: Any, shape: tuple[int, int, int], channels: int) -> Any:
    return rearranged(rows, lambda array: array.reshape(*shape, channels).transpose(0, 3, 1, 2))


def as_columns(images: Any) -> Any:
    return rearranged(images, lambda array: array.transpose(0, 2, 3, 1).reshape(-1, array.shape[1]))


def as_rows(kernel: Any) -> Any:
    return rearranged(kernel, lambda array: array.reshape(len(array), -1))


def squares(X: Any, side: int) -> Any:
    """(n, channels, h / side, w / side, side²)."""
    n, channels, height, width = X.shape

    def cut(array):
        tiles = array.reshape(n, channels, height // side, side, width // side, side)
        return tiles.transpose(0, 1, 2, 4, 3, 5).reshape(*tiles.shape[:3], width // side, -1)

    return rearranged(X, cut)


def unsquared(tiles: Any, side: int) -> Any:
    n, channels, height, width, _ = tiles.shape

    def joined(array):
        rows = array.reshape(n, channels, height, width, side, side).transpose(0, 1, 2, 4, 3, 5)
        return rows.reshape(n, channels, height * side, width * side)

    return rearranged(tiles, joined)


class Convolutional(Softmax):
    """A net of layers with scores for each class."""

    rounded = Probable
    unbiased_in: Sequence[str] = ()

    def layers(self, unbiased: bool) -> Sequential:
        """``unbiased``: what becomes of running variances."""
        raise NotImplementedError

    def net(self) -> Sequential:
        return self.layers(self.backend in self.unbiased_in)

    @classmethod
    def has_rules_of(cls, backend):
        return backend in cls.unbiased_in

    def outputs(self, X):
        return self.link(self.net()(X, self.params, training=False)[0])

    def training_outputs(self, X):
        return self.link(self.net()(X, self.params, training=True)[0])

    def step(self, X, y, lr):
        scores, back = self.net()(X, self.params, training=True)
        outputs = self.link(scores)
        _, updates = back(self.score_gradient(outputs, y) * self.rescaling, False)
        self.params = [
            update.value if isinstance(update, Becomes) else param - lr * update / len(X)
            for param, update in zip(self.params, updates, strict=True)
        ]
        self.num_steps += 1
        return self.loss(outputs, y)


class LeNet(Convolutional):
    def layers(self, unbiased):
        return Sequential(
            *(Convolution(padding=2), Sigmoid(), AveragePooling(2)),
            *(Convolution(), Sigmoid(), AveragePooling(2)),
            *(Flatten(), Dense(), Sigmoid(), Dense(), Sigmoid(), Dense()),
        )


class BatchNormLeNet(Convolutional):
    """A layer before a batch norm has no bias, which it would take away again."""

    unbiased_in = ("torch",)

    def layers(self, unbiased):
        return Sequential(
            *(Convolution(padding=2, bias=False), BatchNorm(unbiased), Sigmoid(), AveragePooling(2)),
            *(Convolution(bias=False), BatchNorm(unbiased), Sigmoid(), AveragePooling(2)),
            *(Flatten(), Dense(bias=False), BatchNorm(unbiased), Sigmoid(), Dense()),
        )


class ResNet(Convolutional):
    """What starts a ResNet, and a block of it that halves the sides of images by a 1×1 branch beside it."""

    unbiased_in = ("torch",)

    def layers(self, unbiased):
        return Sequential(
            *(Convolution(padding=1, stride=2, bias=False), BatchNorm(unbiased), Relu(), MaxPooling(2)),
            Residual(
                Sequential(
                    *(Convolution(padding=1, stride=2, bias=False), BatchNorm(unbiased), Relu()),
                    *(Convolution(padding=1, bias=False), BatchNorm(unbiased)),
                ),
                Sequential(Convolution(stride=2)),
            ),
            *(Relu(), GlobalAveragePooling(), Dense()),
        )
