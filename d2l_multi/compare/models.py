"""The experiments' models: written in the vocabulary all backends share, or of a framework's own parts."""

from collections.abc import Callable, Sequence
from importlib import import_module
from statistics import median
from types import ModuleType
from typing import Any

import numpy as np

from d2l_multi.book.data import sampling
from d2l_multi.book.data.fashion_mnist import NUM_CLASSES

TIMED_EPOCHS = 3


class Functional:
    """Trained by ``train_epoch_ch3``. ``net`` predicts, ``training_net`` is what trains."""

    d2l: ModuleType
    net: Callable
    training_net: Callable
    loss: Callable
    updater: Any

    def values(self) -> list[np.ndarray]:
        """The parameters as they are now."""
        raise NotImplementedError

    def epoch(self, data: Any) -> float:
        """Train on some batches; return the mean loss over their examples."""
        loss, _ = self.d2l.train_epoch_ch3(self.training_net, data, self.loss, self.updater)
        return loss

    def seconds_per_epoch(self, data: Any) -> float:
        timer = self.d2l.Timer()
        for _ in range(TIMED_EPOCHS):
            timer.start()
            self.epoch(data)
            timer.stop()
        return median(timer.times)


class Scratch(Functional):
    """Tensors and functions."""

    def __init__(
        self, d2l: ModuleType, params: Sequence[np.ndarray], lr: float, device: Any, seed: int
    ) -> None:
        self.d2l, self.device, self.seed = d2l, device, seed
        self.params = [d2l.as_parameter(param, device) for param in params]
        self.updater = d2l.Updater(self.params, lr)
        self.training_net = self.net

    def net(self, X: Any) -> Any:
        raise NotImplementedError

    def loss(self, y_hat: Any, y: Any) -> Any:
        raise NotImplementedError

    def values(self):
        return [self.d2l.numpy(param) for param in self.params]


class LinearRegression(Scratch):
    def net(self, X):
        w, b = self.params
        return self.d2l.linreg(X, w, b)

    def loss(self, y_hat, y):
        return self.d2l.squared_loss(y_hat, y)


class WeightDecay(LinearRegression):
    decay = 3.0

    def loss(self, y_hat, y):
        w, _ = self.params
        return super().loss(y_hat, y) + self.decay * self.d2l.reduce_sum(w**2) / 2


class ScratchClassifier(Scratch):
    def of_class(self, values, y):
        """Of each row (n, classes) the value of one class (n,)."""
        d2l = self.d2l
        classes = d2l.arange(NUM_CLASSES, dtype=y.dtype, device=self.device)
        chosen = d2l.astype(d2l.reshape(y, (-1, 1)) == classes, values.dtype)
        return d2l.reduce_sum(values * chosen, 1)


class SoftmaxRegression(ScratchClassifier):
    """As the book first writes it: its outputs are probabilities."""

    def net(self, X):
        W, b = self.params
        exponentials = self.d2l.exp(self.d2l.matmul(X, W) + b)
        return exponentials / self.d2l.reduce_sum(exponentials, 1, keepdims=True)

    def loss(self, y_hat, y):
        return -self.d2l.log(self.of_class(y_hat, y))


class MLP(ScratchClassifier):
    """Its outputs are scores: after some epochs they are too large for the exponentials of float32."""

    def net(self, X):
        W1, b1, W2, b2 = self.params
        H = self.relu(self.d2l.matmul(X, W1) + b1)
        return self.d2l.matmul(H, W2) + b2

    def relu(self, Z):
        return (Z + self.d2l.abs(Z)) / 2  # exactly, in the shared vocabulary

    def loss(self, scores, y):
        """The cross-entropy of the softmax of scores, of which the largest becomes 0."""
        d2l = self.d2l
        scores = scores - d2l.reshape(self.of_class(scores, d2l.argmax(scores, 1)), (-1, 1))
        return d2l.log(d2l.reduce_sum(d2l.exp(scores), 1)) - self.of_class(scores, y)


class DropoutMLP(MLP):
    """Two hidden layers, a share of whose units is dropped while training, the same in every backend."""

    dropout = (0.2, 0.5)

    def __init__(self, *args):
        super().__init__(*args)
        self.num_steps = 0
        self.training_net = self._training_net

    def net(self, X):
        return self._through(X, [1.0, 1.0])

    def _training_net(self, X):
        widths = [W.shape[1] for W in self.params[:-2:2]]
        masks = sampling.dropout_masks(X.shape[0], widths, self.dropout, self.seed, self.num_steps)
        self.num_steps += 1
        kept = [self.d2l.tensor(mask, dtype=X.dtype, device=self.device) for mask in masks]
        return self._through(X, [mask / (1 - rate) for mask, rate in zip(kept, self.dropout)])

    def _through(self, X, kept):
        W1, b1, W2, b2, W3, b3 = self.params
        H1 = self.relu(self.d2l.matmul(X, W1) + b1) * kept[0]
        H2 = self.relu(self.d2l.matmul(H1, W2) + b2) * kept[1]
        return self.d2l.matmul(H2, W3) + b3


class Concise(Functional):
    """The framework's own layers, loss and optimiser, started from the same weights in every backend."""

    loss_name: str
    decay = 0.0

    def __init__(
        self, d2l: ModuleType, params: Sequence[np.ndarray], lr: float, device: Any, seed: int
    ) -> None:
        self.d2l = d2l
        native = parts(d2l)
        weights, widths = weights_and_widths(params)
        self.net = self.training_net = native.net(
            widths, len(params) > len(weights), params[0].dtype.name, device
        )
        d2l.set_parameters(self.net, dict(zip(d2l.get_parameters(self.net), params)))
        self.loss = getattr(native, self.loss_name)()
        self.updater = native.sgd(self.net, lr, self.decay)

    def values(self):
        return list(self.d2l.get_parameters(self.net).values())


class ConciseRegression(Concise):
    loss_name = "squared_error"


class ConciseWeightDecay(ConciseRegression):
    decay = 3.0


class ConciseClassifier(Concise):
    loss_name = "cross_entropy"


class ByTrainer:
    """A module of the object-oriented edition, trained by a ``Trainer``. Subclasses make the module."""

    def __init__(
        self, d2l: ModuleType, params: Sequence[np.ndarray], lr: float, device: Any, seed: int
    ) -> None:
        self.d2l = d2l
        _, widths = weights_and_widths(params)
        example = d2l.zeros((1, widths[0]), dtype=params[0].dtype.name, device=d2l.cpu())
        self.net = parts(d2l).module(lambda: self.module(d2l, widths, lr), example)
        d2l.Trainer(max_epochs=1).move(self.net, device)
        d2l.set_parameters(self.net, dict(zip(d2l.get_parameters(self.net), params)))
        self.net.board.display = False
        self.loss = self.net.loss

    def module(self, d2l: ModuleType, widths: Sequence[int], lr: float) -> Any:
        raise NotImplementedError

    def epoch(self, data: Any) -> float:
        """Train on some batches; return the mean loss over their examples."""
        (epoch,) = self.d2l.Trainer(max_epochs=1).fit(self.net, Loaders(data))
        return epoch.train_loss

    def seconds_per_epoch(self, data: Any) -> float:
        timer = self.d2l.Timer()

        class Timed(self.d2l.Trainer):  # type: ignore[name-defined]
            def fit_epoch(self):
                timer.start()
                super().fit_epoch()
                timer.stop()

        Timed(max_epochs=1 + TIMED_EPOCHS).fit(self.net, Loaders(data))
        return median(timer.times[1:])

    def values(self):
        return list(self.d2l.get_parameters(self.net).values())


class Loaders:
    """All that a ``Trainer`` asks of data."""

    def __init__(self, train: Any) -> None:
        self.train = train

    def train_dataloader(self) -> Any:
        return self.train

    def val_dataloader(self) -> None:
        return None


class TrainerLinearRegression(ByTrainer):
    def module(self, d2l, widths, lr):
        return d2l.LinearRegressionScratch(widths[0], lr)


class TrainerConciseRegression(ByTrainer):
    def module(self, d2l, widths, lr):
        return d2l.LinearRegression(lr)


class TrainerSoftmaxRegression(ByTrainer):
    def module(self, d2l, widths, lr):
        return d2l.SoftmaxRegression(widths[-1], lr)


class TrainerMLP(ByTrainer):
    def module(self, d2l, widths, lr):
        return parts(d2l).mlp(d2l, widths, lr)


def parts(d2l: ModuleType) -> ModuleType:
    """What concise models are made of in a backend's framework."""
    return import_module(f"d2l_multi.compare.concise.{d2l.__name__.rpartition('.')[2]}")


def weights_and_widths(params: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[int]]:
    """The weights among the parameters, and the sizes of what they connect."""
    weights = [param for param in params if param.ndim == 2]
    return weights, [weights[0].shape[0], *(weight.shape[1] for weight in weights)]
