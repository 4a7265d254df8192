"""The object-oriented edition (book sections: Object-Oriented Design for Implementation; Synthetic Regression
Data; Linear Regression; The Base Classification Model; Softmax Regression).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from d2l_multi.book.types import (
    BACKEND,
    ArrayLike,
    Defined,
    Device,
    DeviceLike,
    Limits,
    Loader,
    NativeModule,
    Parameter,
    Shaped,
    Tensor,
    TensorLike,
    of_subclasses,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from d2l_multi.book.training.history import History

__all__ = [
    "add_to_class",
    "HyperParameters",
    "ProgressBoard",
    "Module",
    "DataModule",
    "Trainer",
    "SyntheticRegressionData",
    "SGD",
    "LinearRegressionScratch",
    "LinearRegression",
    "Classifier",
    "FashionMNIST",
    "SoftmaxRegression",
]


def add_to_class(Class: type[Any]) -> Callable[[Defined], Defined]:
    """A decorator that makes a function, written in a cell of its own, a method of ``Class``.

    Returns the function, so that its name keeps its meaning.

    Raises:
        TypeError: ``Class`` is no class, or what is decorated has no name.
    """


class HyperParameters:
    """A base class that remembers what an object was made with."""

    hparams: dict[str, Any]
    """What the object was made with."""

    if TYPE_CHECKING:  # what save_hyperparameters makes

        def __getattr__(self, name: str) -> Any: ...

    def save_hyperparameters(self, ignore: Iterable[str] = ()) -> None:
        """Make every local variable of the caller, usually ``__init__``, an attribute of the same name.

        All of them are in ``hparams`` (a dict), too. Left out are ``self``, names that begin with an
        underscore, and those in ``ignore``.

        Raises:
            ValueError: a name that would hide a method, such as ``loss`` in a `Module`.
        """


class ProgressBoard(HyperParameters):
    """A chart of labelled curves that grows while training goes on; seen where an `Animator` is.

    ``data`` has the points of each label, ``fig`` and ``axes`` what is drawn. Labels, limits and scales are
    attributes that may change at any time, such as ``board.yscale = "log"``.
    """

    xlabel: str | None
    ylabel: str | None
    xlim: Limits
    ylim: Limits
    xscale: str
    yscale: str
    ls: Sequence[str]
    colors: Sequence[str]
    figsize: tuple[float, float]
    display: bool
    data: dict[str, list[Any]]
    """The points of each label, named tuples ``(x, y)``."""
    fig: Figure
    """The figure, up to date."""
    axes: Axes
    """The axes on which the curves are drawn."""

    def __init__(
        self,
        xlabel: str | None = None,
        ylabel: str | None = None,
        xlim: Limits = None,
        ylim: Limits = None,
        xscale: str = "linear",
        yscale: str = "linear",
        ls: Sequence[str] = ("-", "--", "-.", ":"),
        colors: Sequence[str] = ("C0", "C1", "C2", "C3"),
        fig: Figure | None = None,
        axes: Axes | None = None,
        figsize: tuple[float, float] = (3.5, 2.5),
        display: bool = True,
    ) -> None:
        """Labels, limits and scales as in `plot`; ``ls`` and ``colors`` style the curves in turn.

        ``fig`` or ``axes`` of Matplotlib are drawn on if they are given. ``display=False`` shows nothing, but
        keeps the data and the figure.
        """

    def draw(self, x: ArrayLike, y: ArrayLike, label: str, every_n: int = 1) -> None:
        """Add a point to the curve ``label``: the mean of each ``every_n`` values that come.

        ``x`` and ``y`` are numbers or tensors of one element, read no sooner than they are drawn.
        """


class Module(HyperParameters, NativeModule):
    """The base class of models: the framework's own module class, with a loss, an optimiser, training steps.

    A subclass sets ``self.net`` or defines ``forward``, defines ``loss``, and sets ``self.lr`` or defines
    `configure_optimizers`. While a `Trainer` trains it, ``trainer`` is that and ``board`` shows how it goes.
    In TensorFlow ``call`` may be defined instead of ``forward``, and ``training`` says which mode it is in.
    """

    board: ProgressBoard
    """Shows how training goes."""
    trainer: Trainer
    """The `Trainer` that trains the model."""
    plot_train_per_epoch: float
    plot_valid_per_epoch: float

    if BACKEND == "tensorflow":
        training: bool | None
        """Which mode the model is in."""
    if BACKEND == "mxnet":

        def parameters(self) -> Any:
            """Gluon's parameters, a ParameterDict; from scratch a list of arrays with gradients."""

        def get_scratch_params(self) -> list[Tensor]:
            """The arrays that this model and those in it hold as attributes, with gradients or not yet."""

    def __init__(self, plot_train_per_epoch: float = 2, plot_valid_per_epoch: float = 1) -> None:
        """How many points of each curve to draw in an epoch, for training and for validation."""

    @of_subclasses
    def loss(self, y_hat: TensorLike, y: TensorLike) -> Any:
        """The loss of outputs against labels, averaged over the batch (a 0-d tensor). To be defined."""

    @of_subclasses
    def forward(self, X: TensorLike) -> Any:
        """The outputs for a batch of inputs: ``self.net(X)``, unless defined otherwise."""

    def plot(self, key: str, value: Shaped | float, train: bool) -> None:
        """Note a value of the current batch, such as its loss, in the trainer's history and on the board.

        ``value`` is a number or a tensor of one element; ``train`` says whether the curve is
        ``"train_" + key`` against the steps, or ``"val_" + key`` against the epochs.

        Raises:
            ValueError: no `Trainer` trains the model, or ``value`` has more than one element.
        """

    def training_step(self, batch: Sequence[Any]) -> Any:
        """The loss of a batch ``(X, ..., y)``, plotted.

        Raises:
            ValueError: a loss of one's own would compare each output with each label, as (n, 1) with (n,).
        """

    def validation_step(self, batch: Sequence[Any]) -> Any:
        """Plot the loss of a batch ``(X, ..., y)``."""

    def configure_optimizers(self) -> Any:
        """The framework's SGD over all parameters with the learning rate ``self.lr``.

        Raises:
            ValueError: ``self.lr`` is not a finite number of at least 0.
        """

    def apply_init(self, inputs: Sequence[Any], init: Callable[..., Any] | None = None) -> None:
        """Let layers infer their sizes from ``inputs``, a list of batches of inputs; then initialise.

        ``init`` is called with every layer of ``self.net``; in MXNet it may be an Initializer.
        """

    def set_scratch_params_device(self, device: DeviceLike) -> None:
        """Put what this model and those in it train as plain attributes, tensors with gradients, on a device.

        That is what a framework's own way of moving a model leaves behind (book section: GPUs).
        """


class DataModule(HyperParameters):
    """The base class of data: a subclass defines ``get_dataloader``."""

    root: str
    """The folder of files."""
    num_workers: int
    """How many processes a loader of one's own may start."""

    def __init__(self, root: str | PathLike[str] | None = None, num_workers: int | None = None) -> None:
        """Set ``self.root``, by default the cache folder (str), and ``self.num_workers``.

        Both are for loaders that a subclass makes; ``num_workers`` is `get_dataloader_workers` by default.
        """

    def get_dataloader(self, train: bool) -> Any:
        """The loader of the training set or of the validation set. To be defined."""

    def train_dataloader(self) -> Any:
        """``get_dataloader(train=True)``."""

    def val_dataloader(self) -> Any:
        """``get_dataloader(train=False)``; None where there is nothing to validate on."""

    def get_tensorloader(
        self, tensors: Sequence[ArrayLike], train: bool, indices: slice | ArrayLike = slice(0, None)
    ) -> Loader:
        """A loader as by `load_array` over rows of tensors, ``self.batch_size`` at a time.

        It is shuffled if ``train``, in the order that ``self.seed`` fixes if there is one. ``indices``: which
        rows, a slice, a list of numbers (negative ones count from the end) or a mask.

        Raises:
            ValueError: a row that does not exist, or tensors of different lengths.
        """


class Trainer(HyperParameters):
    """Trains a `Module` on a `DataModule`.

    After `fit`, ``history`` has a named tuple for each epoch: the mean over the examples of whatever was
    plotted, such as ``train_loss``, ``val_loss`` and ``val_acc``. While it runs, ``model``, ``optim``,
    ``epoch``, ``train_batch_idx``, ``val_batch_idx``, ``num_train_batches``, ``num_val_batches``,
    ``train_dataloader`` and ``val_dataloader`` are what they say.
    """

    max_epochs: int
    num_gpus: int
    gradient_clip_val: float
    gpus: list[Device]
    """The GPUs that are used."""
    history: History
    """What each epoch came to."""
    model: Module
    optim: Any
    epoch: int
    train_batch_idx: int
    val_batch_idx: int
    num_train_batches: int
    num_val_batches: int
    train_dataloader: Any
    val_dataloader: Any

    def __init__(self, max_epochs: int, num_gpus: int = 0, gradient_clip_val: float = 0) -> None:
        """
        Args:
            max_epochs: how many passes over the training set.
            num_gpus: how many GPUs to train on, the first ones. With 0 nothing is moved. On a machine with
                fewer GPUs than asked for it trains on what there is, GPUs or else the CPU, and says so once.
                Of several each computes a part of every batch, and the outputs come together on the first;
                the batch stays as large as it is. Layers that look at a whole batch, such as batch
                normalisation, see their part alone. Paddle trains on one GPU in a process.
            gradient_clip_val: the largest norm of all gradients together; 0 for no limit.

        Warns:
            UserWarning: the machine has fewer GPUs than asked for; once in a process.

        Raises:
            ValueError: a value out of range.
        """

    def prepare_data(self, data: DataModule) -> None:
        """Make the loaders and count their batches."""

    def prepare_model(self, model: Module) -> None:
        """Introduce model and trainer to each other, and move the model to the GPUs if any are used."""

    def fit(
        self,
        model: Module,
        data: DataModule,
        *,
        resume: bool | str | PathLike[str] | None = False,
        checkpoint: str | PathLike[str] | None = None,
    ) -> History:
        """Train; return the history, which is ``history``, too, with the chart in ``history.fig``.

        Ctrl-C, or a notebook's stop button, ends training after the step that runs; the history of the epochs
        before is returned. An error, such as one of a loader's, comes through as it is. After either
        ``history`` has the epochs before, the model is as the last step left it, and ``resume=True`` goes on.
        An error before the first step leaves this trainer, and its history, as they were.

        Args:
            resume: True continues after the last complete epoch of this trainer's last `fit` of this model; a
                path (str or PathLike) continues a run saved by `save_checkpoint`, with its weights,
                optimiser, history and, for loaders with a seed, the order of the batches; False or None
                begins anew.
            checkpoint: a path to save to after every epoch.

        Warns:
            DivergenceWarning: something plotted became infinite or NaN, at the end of the epoch. If the data
                hold such a value, it names the first example, as in `train_ch3`.
            InterruptedWarning: training was interrupted.

        Raises:
            ValueError: a model without a loss or an optimiser, data without a training loader, a checkpoint
                that is not one of this model.
            TypeError: no `Module`, no `DataModule`, or ``resume`` is none of the above.
        """

    def prepare_batch(self, batch: Sequence[Any]) -> Sequence[Any]:
        """The batch on the device of the model, or the first of its devices."""

    def fit_epoch(self) -> None:
        """One pass over the training set and one over the validation set."""

    def save_checkpoint(self, path: str | PathLike[str]) -> None:
        """Save the run as a safetensors file: weights, the optimiser's state, history and curves; no code.

        The file appears under its name only when it is whole.
        """


class SyntheticRegressionData(DataModule):
    """Data for linear regression, as `synthetic_data` draws them: ``X`` (n, d) and ``y`` (n, 1)."""

    X: Tensor
    y: Tensor
    w: ArrayLike
    b: ArrayLike
    noise: float
    num_train: int
    num_val: int
    batch_size: int
    seed: int | None

    def __init__(
        self,
        w: ArrayLike,
        b: ArrayLike,
        noise: float = 0.01,
        num_train: int = 1000,
        num_val: int = 1000,
        batch_size: int = 32,
        *,
        seed: int | None = None,
    ) -> None:
        """``num_train`` examples to train on and ``num_val`` to validate on; the rest as in `synthetic_data`.

        ``seed`` fixes the data and the order of the batches, the same in every backend.
        """


class SGD(HyperParameters):
    """Minibatch stochastic gradient descent from scratch, for losses averaged over the batch.

    It has the methods of the framework's own optimisers: ``step()``, in MXNet ``step(batch_size)``, which it
    ignores; ``zero_grad()``, in Paddle ``clear_grad()``; in TensorFlow ``apply_gradients(grads_and_vars)``.
    """

    params: Any
    lr: float

    if BACKEND in ("torch", "paddle"):

        def step(self) -> None:
            """Update the parameters once, by the gradients that the framework stored on them."""

    if BACKEND == "torch":

        def zero_grad(self) -> None:
            """Set the gradients to zero."""

    if BACKEND == "paddle":

        def clear_grad(self) -> None:
            """Forget the gradients."""

    if BACKEND == "mxnet":

        def step(self, batch_size: int) -> None:
            """Update the parameters once, by the gradients that the framework stored on them."""

    if BACKEND == "tensorflow":

        def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> None:
            """Update each parameter once, by the gradient beside it."""

    def __init__(self, params: Any, lr: float | None = None) -> None:
        """``params``: the tensors to update. In TensorFlow, which is told them later, ``SGD(lr)`` will do.

        Raises:
            ValueError: ``lr`` is not a finite number of at least 0.
        """


class LinearRegressionScratch(Module):
    """Linear regression from scratch: ``w`` (d, 1) and ``b`` (1,), half the squared error, `SGD`."""

    w: Parameter
    b: Parameter
    num_inputs: int
    lr: float
    sigma: float

    def __init__(self, num_inputs: int, lr: float, sigma: float = 0.01) -> None:
        """``w`` is drawn from N(0, sigma²), ``b`` is zero; ``lr`` as in `LinearRegression`."""


class LinearRegression(Module):
    """Linear regression of the framework's own parts. The loss is the mean of (ŷ - y)², in every backend.

    The layer infers the number of features; w starts from N(0, 0.01²), b at zero. Labels are (n, 1) or (n,).
    """

    net: Any
    lr: float

    def __init__(self, lr: float) -> None:
        """``lr``: learning rate, a finite number of at least 0, else a ValueError."""

    def get_w_b(self) -> tuple[Tensor, Tensor]:
        """Weight and bias as the framework's layer has them: w (1, d), in TensorFlow and Paddle (d, 1)."""


class Classifier(Module):
    """The base class of classifiers: cross-entropy as the loss, and the accuracy of validation is plotted."""

    def accuracy(self, Y_hat: TensorLike, Y: TensorLike, averaged: bool = True) -> Tensor:
        """The share of correct predictions (0-d float32 tensor), or 1 or 0 for each if not ``averaged``.

        ``Y_hat``: scores (..., classes); ``Y``: as many classes, of any dtype.

        Raises:
            ValueError: not one label for each row of scores.
        """

    def loss(self, Y_hat: TensorLike, Y: TensorLike, averaged: bool = True) -> Tensor:
        """The cross-entropy of the softmax of scores: its mean, or one value for each if not ``averaged``.

        Raises:
            ValueError: not one label for each row of scores; on a CPU also a label that is no class, such as
                -1. On an accelerator, which would have to be waited for, the framework's own answer stands.
        """

    def layer_summary(self, X_shape: Sequence[int]) -> None:
        """Print the shape that each layer of ``self.net``, a Sequential, makes of a random batch.

        ``X_shape``: the shape of the batch, such as ``(1, 1, 28, 28)``, in TensorFlow ``(1, 28, 28, 1)``.
        Layers predict, and learn nothing; those that infer their size have it afterwards.

        Raises:
            ValueError: a layer does not take what the one before makes, such as an image smaller than its
                kernel.
            TypeError: ``self.net`` is no Sequential.
        """


class FashionMNIST(DataModule):
    """Fashion-MNIST as a `DataModule`; ``train`` and ``val`` are the framework's own kind of data set.

    They are indexed as ``data.train[i]``, (image, label); in TensorFlow they are pairs (images, labels) of
    bytes, and ``resize`` is applied by the loader.
    """

    train: Any
    """The training set."""
    val: Any
    """The validation set."""
    batch_size: int
    resize: tuple[int, int]
    seed: int | None

    def __init__(
        self,
        batch_size: int = 64,
        resize: tuple[int, int] = (28, 28),
        *,
        root: str | PathLike[str] | None = None,
        seed: int | None = None,
        device: DeviceLike = None,
    ) -> None:
        """``resize``: (height, width) in pixels; the rest as in `load_data_fashion_mnist`."""

    def text_labels(self, indices: ArrayLike) -> list[str]:
        """The names of classes 0 to 9 (list of str)."""

    def visualize(
        self, batch: Sequence[Any], nrows: int = 1, ncols: int = 8, labels: Sequence[str] = ()
    ) -> None:
        """Show the first images of a batch ``(X, y)`` with the names of their classes, or with ``labels``."""


class SoftmaxRegression(Classifier):
    """Softmax regression of the framework's own parts; images are flattened, the layer infers their size."""

    net: Any
    num_outputs: int
    lr: float

    def __init__(self, num_outputs: int, lr: float) -> None:
        """``num_outputs``: the number of classes; ``lr`` as in `LinearRegression`."""
