"""The ways to a trained net: tensors and functions, the framework's own layers, modules on a `Trainer`."""

from collections.abc import Callable, Sequence
from importlib import import_module
from statistics import median
from types import ModuleType
from typing import Any

import numpy as np

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


class Concise(Functional):
    """The framework's own layers, loss and optimiser, started from the same weights in every backend."""

    loss_name: str
    decay = 0.0
    limit: float | None = None  # of the norm of all gradients together

    def __init__(
        self, d2l: ModuleType, params: Sequence[np.ndarray], lr: float, device: Any, seed: int
    ) -> None:
        self.d2l = d2l
        native = parts(d2l)
        self.net = self.training_net = self.make(params, device)
        d2l.set_parameters(self.net, dict(zip(d2l.get_parameters(self.net), params)))
        self.loss = getattr(native, self.loss_name)()
        self.updater = native.sgd(self.net, lr, self.decay, self.limit)

    def make(self, params: Sequence[np.ndarray], device: Any) -> Any:
        """The net, for parameters of these shapes: here dense layers with relu between them."""
        weights, widths = weights_and_widths(params)
        return parts(self.d2l).net(widths, len(params) > len(weights), params[0].dtype.name, device)

    def values(self):
        return list(self.d2l.get_parameters(self.net).values())


class ByTrainer:
    """A module of the object-oriented edition, trained by a ``Trainer``. Subclasses make the module."""

    def __init__(
        self, d2l: ModuleType, params: Sequence[np.ndarray], lr: float, device: Any, seed: int
    ) -> None:
        self.d2l = d2l
        _, widths = weights_and_widths(params)
        example = d2l.zeros((1, widths[0]), dtype=params[0].dtype.name, device=d2l.cpu())
        self.net = parts(d2l).module(lambda: self.module(d2l, widths, lr), example)
        d2l.Trainer(max_epochs=1).move(self.net, [device])
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


def parts(d2l: ModuleType) -> ModuleType:
    """What concise models are made of in a backend's framework."""
    return import_module(f"d2l_multi.compare.concise.{d2l.__name__.rpartition('.')[2]}")


def weights_and_widths(params: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[int]]:
    """The weights among the parameters, and the sizes of what they connect."""
    weights = [param for param in params if param.ndim == 2]
    return weights, [weights[0].shape[0], *(weight.shape[1] for weight in weights)]
