"""What the object-oriented edition's models and data share in every framework.

A backend's class is the one here plus the framework's own base class, and the methods that must be native.
"""

from collections.abc import Callable
from typing import Any

from d2l_multi.book.charts import show_images
from d2l_multi.book.data import checks as data_checks
from d2l_multi.book.data import get_fashion_mnist_labels
from d2l_multi.book.data.data_files import cache_folder
from d2l_multi.book.distribution import workers
from d2l_multi.book.object_oriented import checks
from d2l_multi.book.object_oriented.board import ProgressBoard
from d2l_multi.book.object_oriented.hyperparameters import HyperParameters
from d2l_multi.book.object_oriented.native import Native
from d2l_multi.book.training import checks as training_checks
from d2l_multi.book.training.metrics import Late, OfShare
from d2l_multi.checks import positive_int


class Module(HyperParameters):
    _native: Native

    def __init__(self, plot_train_per_epoch=2, plot_valid_per_epoch=1):
        checks.per_epoch("plot_train_per_epoch", plot_train_per_epoch)
        checks.per_epoch("plot_valid_per_epoch", plot_valid_per_epoch)
        super().__init__()  # the framework's
        self.save_hyperparameters()
        self.board = ProgressBoard()

    def loss(self, y_hat, y):
        raise NotImplementedError(f"{type(self).__name__} has no loss: define loss(self, y_hat, y)")

    def forward(self, X):
        if not hasattr(self, "net"):
            raise NotImplementedError(
                f"{type(self).__name__} has no network: set self.net in __init__, or define forward(self, X)"
            )
        return self.net(X)

    def __call__(self, *inputs, **kwargs):
        call: Callable = super().__call__  # type: ignore[misc] # the framework's
        devices = getattr(getattr(self, "trainer", None), "spread_over", ())
        return self._spread(devices, call, inputs, kwargs) if devices else call(*inputs, **kwargs)

    def _spread(self, devices, call, inputs, kwargs):
        """The outputs for a batch of which each device computes a part, together on the first."""
        raise NotImplementedError

    def __getstate__(self):
        """For copies and pickles: the model without its trainer, who holds the data."""
        return {name: value for name, value in self.__dict__.items() if name != "trainer"}

    def plot(self, key, value, train):
        trainer = getattr(self, "trainer", None)
        if trainer is None:
            raise ValueError(
                f"{type(self).__name__} has no trainer yet, so there is nothing to plot against: "
                "call Trainer(max_epochs).fit(model, data)"
            )
        label = f"{'train' if train else 'val'}_{key}"
        value = self._native.kept(value)
        value = Late(value) if workers.alone() else OfShare(value, trainer._num_examples)
        trainer.record(label, value, trainer._num_examples)
        if train:
            x = trainer.train_batch_idx / trainer.num_train_batches
            every_n = trainer.num_train_batches / self.plot_train_per_epoch
        else:
            x = trainer.epoch + 1
            every_n = trainer.num_val_batches / self.plot_valid_per_epoch
        self.board.xlabel = "epoch"
        self.board.draw(x, value, label, every_n=max(1, int(every_n)))

    def _outputs(self, batch):
        """The outputs for a batch, unless a loss of the user's own would compare each with every label."""
        y_hat, y = self(*batch[:-1]), batch[-1]
        if not checks.ours(type(self).loss) and hasattr(y_hat, "shape") and hasattr(y, "shape"):
            training_checks.not_broadcast(y_hat.shape, y.shape)
        return y_hat

    def training_step(self, batch):
        l = self.loss(self._outputs(batch), batch[-1])
        self.plot("loss", l, train=True)
        return l

    def validation_step(self, batch):
        l = self.loss(self._outputs(batch), batch[-1])
        self.plot("loss", l, train=False)


class Classifier(Module):
    """Before a backend's ``Module`` in the MRO."""

    net: Any

    def layer_summary(self, X_shape):
        layers = checks.in_sequence(self, self._native.layers)
        with self._native.evaluation(self):
            X = self._native.randn(X_shape)
            for layer in layers:
                with training_checks.takes(type(layer).__name__, X.shape, self._native.errors_of_shape):
                    X = layer(X)
                    training_checks.not_empty(X.shape)
                print(type(layer).__name__, "output shape:\t", X.shape)

    def validation_step(self, batch):
        Y_hat = self._outputs(batch)
        self.plot("loss", self.loss(Y_hat, batch[-1]), train=False)
        self.plot("acc", self.accuracy(Y_hat, batch[-1]), train=False)


class SGD(HyperParameters):
    def __init__(self, params, lr=None):
        if lr is None:
            raise TypeError("SGD takes the parameters and the learning rate: SGD(params, lr)")
        params = list(params)
        training_checks.learning_rate(lr)
        self.save_hyperparameters()


class DataModule(HyperParameters):
    _native: Native

    def __init__(self, root=None, num_workers=None):
        self.save_hyperparameters()
        self.root = str(cache_folder() if root is None else root)
        self.num_workers = self._native.get_dataloader_workers() if num_workers is None else num_workers

    def get_dataloader(self, train):
        raise NotImplementedError(f"{type(self).__name__} has no loaders: define get_dataloader(self, train)")

    def train_dataloader(self):
        return self.get_dataloader(train=True)

    def val_dataloader(self):
        return self.get_dataloader(train=False)

    def get_tensorloader(self, tensors, train, indices=slice(0, None)):
        rows = data_checks.rows(indices, data_checks.same_length(tensors))
        chosen = tuple(self._native.rows(tensor, rows) for tensor in tensors)
        return self._native.load_array(chosen, self.batch_size, train, seed=getattr(self, "seed", None))


class SyntheticRegressionData(DataModule):
    """Before a backend's ``DataModule`` in the MRO."""

    def __init__(self, w, b, noise=0.01, num_train=1000, num_val=1000, batch_size=32, *, seed=None):
        super().__init__()
        self.save_hyperparameters()
        for name in ("num_train", "num_val", "batch_size"):
            positive_int(name, getattr(self, name))
        self.X, self.y = self._native.synthetic_data(w, b, num_train + num_val, noise=noise, seed=seed)

    def get_dataloader(self, train):
        rows = slice(0, self.num_train) if train else slice(self.num_train, None)
        return self.get_tensorloader((self.X, self.y), train, rows)


class FashionMNIST(DataModule):
    """Before a backend's ``DataModule`` in the MRO."""

    def __init__(self, batch_size=64, resize=(28, 28), *, root=None, seed=None, device=None):
        positive_int("batch_size", batch_size)
        super().__init__(root)
        self.save_hyperparameters(ignore=["root"])
        self.train, self.val = self._native.read_fashion_mnist(resize, root, device)

    def get_dataloader(self, train):
        dataset = self.train if train else self.val
        return self._native.load_images(dataset, self.batch_size, train, self.seed)

    def text_labels(self, indices):
        return get_fashion_mnist_labels(indices)

    def visualize(self, batch, nrows=1, ncols=8, labels=()):
        X, y = batch
        number = nrows * ncols
        show_images(X[:number], nrows, ncols, titles=list(labels) or self.text_labels(y[:number]))
