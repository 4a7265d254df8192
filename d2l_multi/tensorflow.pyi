"""What tools see of ``d2l_multi.tensorflow``; written by ``python -m tools.stubs``."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, TypeAlias, overload

import tensorflow
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from typing_extensions import Self

from d2l_multi.book.training.history import History
from d2l_multi.book.types import (
    BACKEND,
    ArrayLike,
    Batches,
    Defined,
    DTypeName,
    HostArray,
    Limits,
    Loss,
    Net,
    Shaped,
    not_in,
    of_subclasses,
)

class _Device(Protocol):
    """A scope that places on a device what is made in it, such as ``tf.device`` gives."""

    def __enter__(self) -> Any: ...
    def __exit__(self, *args: Any) -> Any: ...

class _Optimizer(Protocol):
    """An optimiser of Keras, or one that has its method."""

    @property
    def apply_gradients(self) -> Any: ...

class _NativeModule(tensorflow.keras.Model[Any, Any]):
    """Keras's model, with what static tools are not told of it."""

    loss: Any

    def __new__(cls, *args: Any, **kwargs: Any) -> Self: ...
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __call__(self, *inputs: Any, **kwargs: Any) -> Any: ...
    def call(self, *inputs: Any, **kwargs: Any) -> Any: ...

nn_Module: TypeAlias = _NativeModule
"The framework's own base class of models and layers."
int32: tensorflow.DType
"The framework's 32-bit integer dtype."
int64: tensorflow.DType
"The framework's 64-bit integer dtype."
float32: tensorflow.DType
"The framework's single-precision dtype, the default."
float64: tensorflow.DType
"The framework's double-precision dtype."

def cpu() -> _Device:
    """The device of the host processor, as the framework describes it."""

def gpu(i: int = 0) -> _Device:
    """The device of the ``i``-th GPU, as the framework describes it.

    Whether the machine has it is only known when something is put there; `try_gpu` asks first.

    Raises:
        ValueError: ``i`` is negative, or this build of the framework knows no GPUs.
    """

def num_gpus() -> int:
    """How many GPUs the framework can use on this machine (int)."""

def try_gpu(i: int = 0) -> _Device:
    """``gpu(i)`` where the machine has that GPU, else ``cpu()``."""

def try_all_gpus() -> list[_Device]:
    """A list of all GPUs, or ``[cpu()]`` where there is none."""

def tensor(
    data: ArrayLike,
    dtype: tensorflow.DType | DTypeName = None,
    device: _Device | str | None = None,
    **native: Any,
) -> tensorflow.Tensor:
    """A new tensor with the values of ``data`` (numbers, nested lists, a NumPy array, a tensor).

    Without ``dtype``: NumPy arrays and tensors keep theirs, Python floats become float32, Python
    integers the framework's integer type for labels (int64; int32 in TensorFlow and MXNet), and beside
    tensors in a list they take that of the tensors. Arrays of a dtype that not every framework has take the
    next wider one: uint16 becomes int32, uint32 and uint64 int64, in MXNet int16 int32.
    ``dtype`` is one of the framework's, its name, such as ``"float64"``, or NumPy's or Python's type.

    Raises:
        ValueError: an integer that does not fit the dtype, as one beyond 32 bits in TensorFlow and MXNet
            without ``dtype="int64"``; nested lists of different lengths; a dtype that does not exist.
        TypeError: what is no number, such as text.
    """

def ones(
    *shape: int | Sequence[int],
    dtype: tensorflow.DType | DTypeName = None,
    device: _Device | str | None = None,
    **native: Any,
) -> tensorflow.Tensor:
    """A tensor of ones; ``ones(2, 3)``, ``ones((2, 3))`` and ``ones(shape=(2, 3))`` are the same.

    float32 by default; ``size=`` means ``shape=``.
    """

def zeros(
    *shape: int | Sequence[int],
    dtype: tensorflow.DType | DTypeName = None,
    device: _Device | str | None = None,
    **native: Any,
) -> tensorflow.Tensor:
    """A tensor of zeros; ``zeros(2, 3)``, ``zeros((2, 3))`` and ``zeros(shape=(2, 3))`` are the same.

    float32 by default; ``size=`` means ``shape=``.
    """

def ones_like(x: ArrayLike) -> tensorflow.Tensor:
    """Ones, with the shape, the dtype and the device of ``x``."""

def zeros_like(x: ArrayLike) -> tensorflow.Tensor:
    """Zeros, with the shape, the dtype and the device of ``x``."""

def arange(
    start: float,
    stop: float | None = None,
    step: float = 1,
    dtype: tensorflow.DType | DTypeName = None,
    device: _Device | str | None = None,
    **native: Any,
) -> tensorflow.Tensor:
    """Evenly spaced values from ``start`` (0 if only one number is given) up to, not including, ``stop``.

    Integers give the framework's integer type for labels, floats float32, unless ``dtype`` says otherwise.

    Raises:
        ValueError: a ``step`` of 0, an integer that does not fit the dtype.
    """

def linspace(
    start: float,
    stop: float,
    num: int = 50,
    dtype: tensorflow.DType | DTypeName = None,
    device: _Device | str | None = None,
    **native: Any,
) -> tensorflow.Tensor:
    """``num`` evenly spaced values from ``start`` to ``stop``, both included; float32 by default."""

def meshgrid(*tensors: ArrayLike, indexing: Literal["xy", "ij"] = "xy") -> Sequence[tensorflow.Tensor]:
    """Coordinate matrices from coordinate vectors, laid out as NumPy does (``"xy"`` or ``"ij"``).

    Raises:
        ValueError: no tensor, one of more than one axis, another ``indexing``.
    """

def eye(
    n: int,
    m: int | None = None,
    dtype: tensorflow.DType | DTypeName = None,
    device: _Device | str | None = None,
    **native: Any,
) -> tensorflow.Tensor:
    """A matrix (n, m), square by default, with ones on the diagonal; float32 by default."""

@overload
def normal(
    mean: float = 0.0,
    std: float = 1.0,
    shape: int | Sequence[int] = (),
    *,
    dtype: tensorflow.DType | DTypeName = None,
    device: _Device | str | None = None,
    **native: Any,
) -> tensorflow.Tensor:
    """Draws from N(mean, std²) of the given shape, by the framework's generator; float32 by default.

    ``size=`` means ``shape=``, and a shape as the first argument is understood as TensorFlow's order.

    Raises:
        ValueError: ``std`` is negative or not finite, ``dtype`` is none of floats.
    """

@overload
def normal(
    shape: Sequence[int],
    mean: float = 0.0,
    std: float = 1.0,
    *,
    dtype: tensorflow.DType | DTypeName = None,
    device: _Device | str | None = None,
    **native: Any,
) -> tensorflow.Tensor:
    """Draws from N(mean, std²) of the given shape, by the framework's generator; float32 by default.

    ``size=`` means ``shape=``, and a shape as the first argument is understood as TensorFlow's order.

    Raises:
        ValueError: ``std`` is negative or not finite, ``dtype`` is none of floats.
    """

def rand(
    *shape: int | Sequence[int],
    dtype: tensorflow.DType | DTypeName = None,
    device: _Device | str | None = None,
    **native: Any,
) -> tensorflow.Tensor:
    """Uniform draws from [0, 1) by the framework's generator; the shape as in `ones`, float32 by default."""

def randn(
    *shape: int | Sequence[int],
    dtype: tensorflow.DType | DTypeName = None,
    device: _Device | str | None = None,
    **native: Any,
) -> tensorflow.Tensor:
    """Draws from N(0, 1) by the framework's generator; the shape as in `ones`, float32 by default."""

def sin(x: ArrayLike) -> tensorflow.Tensor:
    """Sine of each element (radians). Integers are taken as float32, as in all functions of this kind."""

def cos(x: ArrayLike) -> tensorflow.Tensor:
    """Cosine of each element (radians)."""

def sinh(x: ArrayLike) -> tensorflow.Tensor:
    """Hyperbolic sine of each element."""

def cosh(x: ArrayLike) -> tensorflow.Tensor:
    """Hyperbolic cosine of each element."""

def tanh(x: ArrayLike) -> tensorflow.Tensor:
    """Hyperbolic tangent of each element."""

def sigmoid(x: ArrayLike) -> tensorflow.Tensor:
    """The logistic function of each element, ``1 / (1 + exp(-x))``."""

def exp(x: ArrayLike) -> tensorflow.Tensor:
    """e to the power of each element."""

def log(x: ArrayLike) -> tensorflow.Tensor:
    """Natural logarithm of each element."""

def abs(x: ArrayLike) -> tensorflow.Tensor:
    """Absolute value of each element; integers stay integers."""

def matmul(x: ArrayLike, y: ArrayLike) -> tensorflow.Tensor:
    """Matrix product (n, d) @ (d, m) -> (n, m), or matrix by vector (n, d) @ (d,) -> (n,).

    Further axes in front are stacks of matrices. Of two dtypes the result has the wider one, floats before
    integers; products of integers are int64.

    Raises:
        ValueError: shapes that do not fit; both are named.
    """

def batch_matmul(x: ArrayLike, y: ArrayLike) -> tensorflow.Tensor:
    """Products of as many pairs of matrices, (b, n, d) @ (b, d, m) -> (b, n, m); dtypes as in `matmul`.

    Raises:
        ValueError: shapes that do not fit; both are named.
    """

def concat(tensors: Sequence[ArrayLike], axis: int = 0, **native: Any) -> tensorflow.Tensor:
    """Join tensors along an axis they already have; of several dtypes the result has the widest.

    Raises:
        ValueError: no tensor, no such axis, or shapes that differ along another.
    """

def stack(tensors: Sequence[ArrayLike], axis: int = 0, **native: Any) -> tensorflow.Tensor:
    """Join tensors of equal shape along a new axis; of several dtypes the result has the widest.

    Raises:
        ValueError: no tensor, no such axis, or shapes that differ.
    """

def reshape(x: ArrayLike, *shape: int | Sequence[int]) -> tensorflow.Tensor:
    """``x`` with another shape of the same size; one side may be -1. Shape as numbers or as a tuple.

    Raises:
        ValueError: the sizes differ.
    """

def transpose(x: ArrayLike, axes: Sequence[int] | None = None) -> tensorflow.Tensor:
    """``x`` with its axes reversed, or in the order of ``axes``.

    Raises:
        ValueError: ``axes`` does not name each axis once.
    """

def expand_dims(x: ArrayLike, axis: int) -> tensorflow.Tensor:
    """``x`` with a new axis of length 1 at the position ``axis`` of the result.

    Raises:
        ValueError: the result has no such axis.
    """

def swapaxes(x: ArrayLike, axis1: int, axis2: int) -> tensorflow.Tensor:
    """``x`` with two axes exchanged.

    Raises:
        ValueError: no such axis.
    """

def repeat(x: ArrayLike, repeats: int, axis: int | None = None) -> tensorflow.Tensor:
    """Each element ``repeats`` times, one after the other, along ``axis``; as NumPy has it, ``[1, 1, 2, 2]``.

    Without ``axis`` the flattened ``x`` is repeated. To lay whole tensors end to end, as PyTorch's ``repeat``
    and TensorFlow's ``tile`` do, there is `concat`.

    Raises:
        ValueError: no such axis, or ``repeats`` below 0.
        TypeError: ``repeats`` is no whole number.
    """

def reduce_sum(
    x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False, **native: Any
) -> tensorflow.Tensor:
    """Sum over one axis, several, or all (0-d tensor). Integers and booleans are added up as int64.

    Where a value is infinite, sums and means may be NaN in MXNet.

    Raises:
        ValueError: no such axis, or the same one twice.
    """

def reduce_mean(
    x: ArrayLike, axis: int | Sequence[int] | None = None, keepdims: bool = False, **native: Any
) -> tensorflow.Tensor:
    """Mean over one axis, several, or all (0-d tensor).

    Raises:
        ValueError: no such axis, the same one twice, or no elements to average.
    """

def argmax(x: ArrayLike, axis: int | None = None, **native: Any) -> tensorflow.Tensor:
    """Index of the largest element along ``axis``, or in the flattened tensor (integer tensor).

    Of equal ones it is the first; NaN counts as larger than any number, as in NumPy.

    Raises:
        ValueError: no such axis, or no elements.
    """

def astype(x: ArrayLike, dtype: tensorflow.DType | DTypeName) -> tensorflow.Tensor:
    """``x`` converted to a dtype of the framework, or to one named, such as ``"float64"``."""

def size(x: ArrayLike) -> int:
    """The number of elements (int)."""

def to(x: tensorflow.Tensor | tensorflow.Variable, device: _Device | str | None) -> tensorflow.Tensor:
    """``x`` on the given device."""

def numpy(x: ArrayLike) -> HostArray:
    """A NumPy array on the host with the values of ``x``: a copy, which no later step changes.

    Wherever ``x`` lives, and whether or not it is part of a graph. bfloat16, which NumPy lacks,
    becomes float32. Lists of tensors are stacked.
    """

def as_parameter(array: ArrayLike, device: _Device | str | None = None) -> tensorflow.Variable:
    """A trainable tensor with the values and the dtype of a NumPy array, made for the framework's autograd.

    In PyTorch it requires a gradient, in Paddle it does not stop one, in MXNet it has one attached, and in
    TensorFlow it is a Variable.

    Raises:
        TypeError: integers, which have no gradients.
    """

def num_workers() -> int:
    """How many processes train together (int): those of ``d2l-multi launch``, 1 without it."""

def worker_rank() -> int:
    """Which of the `num_workers` processes this is, counted from 0 (int).

    Worker 0 is the one that draws, writes files, and whose output is shown.
    """

Image: Any
"Pillow's module ``PIL.Image``, which comes with Matplotlib; imported when first used."

def use_svg_display() -> None:
    """Let a notebook show figures as SVG, sharp at any size. Elsewhere there is nothing to do."""

def set_figsize(figsize: tuple[float, float] = (3.5, 2.5)) -> None:
    """Set the size (width, height in inches) of figures made from now on."""

def set_axes(
    axes: Axes,
    xlabel: str | None,
    ylabel: str | None,
    xlim: Limits,
    ylim: Limits,
    xscale: str,
    yscale: str,
    legend: Sequence[str] | None,
) -> None:
    """Set labels, limits (pair or None), scales (``"linear"`` or ``"log"``) and legend of Matplotlib axes."""

def plot(
    X: ArrayLike,
    Y: ArrayLike | None = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    legend: Sequence[str] | None = None,
    xlim: Limits = None,
    ylim: Limits = None,
    xscale: str = "linear",
    yscale: str = "linear",
    fmts: Sequence[str] = ("-", "m--", "g-.", "r:"),
    figsize: tuple[float, float] = (3.5, 2.5),
    axes: Axes | None = None,
) -> None:
    """Draw one curve or several.

    ``plot(Y)`` draws values against their index, ``plot(X, Y)`` against ``X``. Each is a curve (n,), a
    matrix of curves (curves, n), or a list of curves; one ``X`` serves all curves of ``Y``. Tensors
    are taken as they are: on an accelerator, part of a graph, of any float dtype.

    ``axes`` are Matplotlib axes to draw on (cleared first), by default the current ones.

    Raises:
        ValueError: ``X`` and ``Y`` do not fit; their shapes are named.
    """

def show_images(
    imgs: Shaped | Sequence[Any],
    num_rows: int,
    num_cols: int,
    titles: Sequence[str] | None = None,
    scale: float = 1.5,
) -> HostArray:
    """Show images in a grid of ``num_rows`` by ``num_cols``; cells without an image stay empty.

    ``imgs``: a list of images, or an array or tensor (n, h, w) or (n, h, w, channels); an image is
    (h, w), (1, h, w), (h, w, 1), (h, w, 3), or a Pillow image. ``titles``: one string for each.
    ``scale``: inches per cell. Returns the axes (num_rows * num_cols,).

    Raises:
        ValueError: an image of another shape, which is named.
    """

class Animator:
    """A chart that grows while training goes on (book section: Softmax Regression from Scratch).

    In a notebook it is one output, updated in place; where Matplotlib is interactive, a window; in a
    terminal a line with the latest values and the time left (not with ``D2L_MULTI_PROGRESS=0``). Everywhere
    ``fig`` is there to be looked at and saved. A point costs the same however many there are, and drawing
    takes 2 % of the time at most. ``D2L_MULTI_DISPLAY`` (notebook, window, terminal or none) overrides the
    guess where this is.
    """

    fig: Figure
    "The figure, up to date."
    axes: list[Axes]
    "All axes of the figure; curves go to the first."
    X: list[list[float]]
    "The x of the points of each curve."
    Y: list[list[float]]
    "The y of the points of each curve."

    def __init__(
        self,
        xlabel: str | None = None,
        ylabel: str | None = None,
        legend: Sequence[str] | None = None,
        xlim: Limits = None,
        ylim: Limits = None,
        xscale: str = "linear",
        yscale: str = "linear",
        fmts: Sequence[str] = ("-", "m--", "g-.", "r:"),
        nrows: int = 1,
        ncols: int = 1,
        figsize: tuple[float, float] = (3.5, 2.5),
    ) -> None:
        """Labels, limits and scales as in `plot`. ``axes`` lists all axes; curves go to the first."""

    def add(self, x: ArrayLike | None, y: ArrayLike | None) -> None:
        """Add a point to each curve: ``y`` holds one value per curve, ``x`` one for all or one for each."""

    def finish(self) -> None:
        """Draw the last state now. The end of a notebook's cell, and of ``xlim`` in a terminal, do it too."""

DATA_HUB: dict[str, tuple[str, str]]
"Names that `download` knows, the book's data sets first: ``DATA_HUB[name] = (address, SHA-1 sum)``."
DATA_URL: str
"The address of the book's own data files."

def synthetic_data(
    w: ArrayLike, b: ArrayLike, num_examples: int, *, noise: float = 0.01, seed: int | None = None
) -> tuple[tensorflow.Tensor, tensorflow.Tensor]:
    """Draw ``X ~ N(0, 1)`` and ``y = Xw + b + N(0, noise²)``.

    Args:
        w: weights, a tensor, array or list of shape (d,) or (d, 1); its float dtype is that of the result.
        b: bias, a number or a tensor of one element.
        num_examples: number of rows n.
        noise: standard deviation of the noise.
        seed: an integer for the same bits in every backend; None for the framework's generator.

    Returns:
        ``X`` (n, d) and ``y`` (n, 1).

    Raises:
        ValueError: ``w`` of another shape, ``b`` of more than one element, ``num_examples`` below 1,
            ``noise`` or ``seed`` out of range.
    """

def data_iter(
    batch_size: int, features: ArrayLike, labels: ArrayLike, *, shuffle: bool = True, seed: int | None = None
) -> Iterator[tuple[tensorflow.Tensor, tensorflow.Tensor]]:
    """Yield ``(X, y)`` batches of two arrays of n examples, once, in random order.

    The last batch is the short rest. The same ``seed`` gives the same order in every backend; None
    follows the framework's generator.

    Raises:
        ValueError: ``features`` and ``labels`` of different lengths, ``batch_size`` below 1.
    """

def load_array(
    data_arrays: Sequence[ArrayLike], batch_size: int, is_train: bool = True, *, seed: int | None = None
) -> tensorflow.data.Dataset[tuple[tensorflow.Tensor, ...]]:
    """A loader over arrays of n examples each: the framework's own loader type, with ``len()``.

    Every pass yields each example once, reshuffled if ``is_train``; the last batch is the short rest.
    Arrays are tensors or NumPy arrays; a ``numpy.memmap`` is read block by block, never whole.
    The same ``seed`` gives the same order, pass by pass, in every backend, and in other processes. Passes in
    several threads at once are passes of their own, each the next of the seed's.

    Raises:
        TypeError: ``data_arrays`` is not a tuple or list of arrays.
        ValueError: arrays of different lengths or empty, ``batch_size`` below 1, a memmap that is not read as
            it lies in its file, for its dtype or its byte order.
    """

def load_data_fashion_mnist(
    batch_size: int,
    resize: int | tuple[int, int] | None = None,
    *,
    root: str | PathLike[str] | None = None,
    seed: int | None = None,
    device: _Device | str | None = None,
) -> tuple[
    tensorflow.data.Dataset[tuple[tensorflow.Tensor, ...]],
    tensorflow.data.Dataset[tuple[tensorflow.Tensor, ...]],
]:
    """Fashion-MNIST as two loaders, ``(train_iter, test_iter)``.

    Images are float32 in [0, 1], (b, 1, h, w), in TensorFlow (b, h, w, 1); labels (b,), int64, in
    TensorFlow and MXNet int32. Training examples are shuffled one by one every epoch, test examples
    keep the order of the file. The pixels stay in memory once, as bytes on ``device``.

    Args:
        resize: the new side in pixels (bilinear, antialiased, rounded to grey levels as Pillow does).
        root: folder of the files; by default ``D2L_MULTI_DATA``, else the user's cache folder. Copies of
            torchvision, Keras, MXNet and Paddle are found; what is nowhere is downloaded and verified,
            from the mirrors in ``D2L_MULTI_MIRROR`` (comma-separated) first.
        seed: as in `load_array`.
        device: where the data live; by default where the framework puts tensors.

    Raises:
        ValueError: ``batch_size`` or ``resize`` below 1, a damaged file (which is named).
        OSError: the files are nowhere and cannot be downloaded; the message says what to do.
    """

def get_fashion_mnist_labels(labels: ArrayLike) -> list[str]:
    """The names of classes 0 to 9, such as ``"ankle boot"`` for 9 (list of str)."""

def get_dataloader_workers() -> int:
    """How many processes suit a loader that reads examples one by one: up to 4, and 0 where none is safe.

    That is on Windows, where a notebook cannot start them; in Paddle, whose workers die of a segmentation
    fault now and then; and in TensorFlow, which has none of its own and does not survive a fork. With 0 the
    loader reads in the process that asks.
    """

def download(
    name_or_url: str,
    folder: str | PathLike[str] | None = None,
    sha1_hash: str | None = None,
    *,
    root: str | PathLike[str] | None = None,
) -> str:
    """Download a file, unless it is there; return its path (str).

    ``name_or_url`` is a name in ``DATA_HUB`` or an http(s) address. The file goes to ``folder`` (or
    ``root``), by default the cache folder, and appears there only when it is whole and has the SHA-1 sum.

    Raises:
        ValueError: neither a known name nor an address.
        OSError: the download failed or its checksum is wrong; nothing is left behind.
    """

def download_all() -> None:
    """Download every file of ``DATA_HUB`` to the cache folder; those that are there stay.

    Raises:
        OSError: as `download`, about all that could not be had, after the others were.
    """

def download_extract(name: str, folder: str | None = None) -> str:
    """Download a zip or tar file and unpack it beside itself; return the folder, or ``folder`` in it (str).

    Raises:
        ValueError: the archive is no archive, or has a member that would lie outside the folder.
        OSError: as `download`.
    """

class Timer:
    """Records durations in seconds. It starts when it is made; ``times`` lists what was recorded."""

    times: list[float]
    "The recorded durations in seconds."

    def start(self) -> None:
        """Start anew."""

    def stop(self) -> float:
        """Record the seconds since the last start, and return them."""

    def avg(self) -> float:
        """The mean of the recorded times in seconds. ValueError if there is none."""

    def sum(self) -> float:
        """The sum of the recorded times in seconds."""

    def cumsum(self) -> list[float]:
        """The running sums of the recorded times (list of float)."""

class Accumulator:
    """Running sums of ``n`` quantities.

    Tensors are kept on their device, detached, and read when a sum is asked for (``metric[i]`` or
    ``metric.data``), so a training loop does not wait for the device at every batch. Sums are float64.
    """

    data: list[float]
    "All sums."

    def __init__(self, n: int) -> None:
        """``n``: how many sums to keep.

        Raises:
            ValueError: ``n`` below 1.
            TypeError: ``n`` is no whole number.
        """

    def add(self, *args: Shaped | float) -> None:
        """Add one value to each sum: plain numbers or tensors of one element.

        Raises:
            ValueError: not ``n`` values, or a tensor of more than one element.
        """

    def reset(self) -> None:
        """Set all sums to zero."""

    def __getitem__(self, idx: int) -> float:
        """The ``idx``-th sum (float)."""

def linreg(
    X: tensorflow.Tensor | tensorflow.Variable,
    w: tensorflow.Tensor | tensorflow.Variable,
    b: tensorflow.Tensor | tensorflow.Variable | float,
) -> tensorflow.Tensor:
    """The linear model ``Xw + b``.

    ``X``: (n, d); ``w``: (d, m) or (d,); ``b``: (m,) or a number. Returns (n, m), or (n,) for a ``w`` (d,).

    Raises:
        ValueError: ``X`` and ``w`` disagree on the number of features, or ``b`` has not one number for each
            output; the shapes are named.
    """

def squared_loss(
    y_hat: tensorflow.Tensor | tensorflow.Variable, y: tensorflow.Tensor | tensorflow.Variable
) -> tensorflow.Tensor:
    """Half the squared error of each element, ``(ŷ - y)² / 2``, in the shape and the dtype of ``y_hat``.

    Raises:
        ValueError: the two do not have the same number of elements.
    """

def sgd(
    params: Iterable[tensorflow.Tensor | tensorflow.Variable],
    grads: Iterable[tensorflow.Tensor | tensorflow.Variable],
    lr: float,
    batch_size: int,
) -> None:
    """One step of minibatch stochastic gradient descent, in place: ``p -= lr * grad / batch_size``.

    ``sgd(params, lr, batch_size)`` uses the gradients that the framework stored on the parameters and
    clears them; ``sgd(params, grads, lr, batch_size)`` uses those it is given. TensorFlow stores none,
    so there the short form raises a ValueError that names the long one.

    Args:
        params: the tensors to update.
        grads: their gradients, summed over the batch.
        lr: learning rate, a finite number of at least 0.
        batch_size: examples in the batch.

    Raises:
        TypeError: the arguments fit neither form, or a tensor stands where a list of them belongs.
        ValueError: a learning rate or batch size out of range, a parameter without a gradient, or with one of
            another shape.
    """

class Updater:
    """`sgd` with its parameters and learning rate bound (book section: Softmax Regression from Scratch).

    Called as the book calls it: ``updater(batch_size)``, or with gradients ``updater(batch_size, grads)``.
    """

    params: list[Any]
    "The tensors to update."
    lr: float
    "The learning rate."

    def __init__(self, params: Iterable[tensorflow.Tensor | tensorflow.Variable], lr: float) -> None:
        """``params``: the list of tensors to update; ``lr``: the learning rate. Raises what `sgd` does."""

    def __call__(
        self, batch_size: int, grads: Iterable[tensorflow.Tensor | tensorflow.Variable] | None = None
    ) -> None:
        """Update the parameters once."""

class ConvergenceWarning(UserWarning):
    """Training ended short of what the book expects; the message says which bound was missed."""

class InterruptedWarning(UserWarning):
    """Training was stopped by Ctrl-C or a notebook's stop button; the message names the epoch."""

class DivergenceWarning(UserWarning):
    """The loss became infinite or NaN; the message names the epoch."""

def accuracy(y_hat: ArrayLike, y: ArrayLike) -> float:
    """The number of correct predictions (float).

    ``y_hat``: scores (n, classes), or predicted classes (n,); ``y``: classes (n,).

    Raises:
        ValueError: not as many labels as predictions.
    """

def evaluate_loss(net: Net, data_iter: Batches, loss: Loss) -> float:
    """The mean loss per example of ``net`` over the batches of ``data_iter`` (float).

    ``net``: a module of the framework (put in evaluation mode meanwhile) or any callable. ``loss``: a
    loss object of the framework or a function ``(y_hat, y)``, per example or averaged over the batch.
    Labels are held against outputs as in `train_epoch_ch3`.

    Raises:
        TypeError: ``net`` gives no tensor.
        ValueError: ``data_iter`` yields no batch, or as `train_epoch_ch3`.
    """

def train_epoch_ch3(
    net: Net, train_iter: Batches, loss: Loss, updater: _Optimizer | Callable[..., Any]
) -> tuple[float, float]:
    """Train for one pass over ``train_iter``; return ``(mean loss, accuracy)``, both float.

    ``loss``: a loss object of the framework, or a function ``(y_hat, y)``, per example or averaged
    over the batch. ``updater``: an optimiser of the framework, or a callable as in the book
    (``updater(batch_size)``; in TensorFlow an `Updater`).

    Labels (n,) for outputs (n, 1), or the other way round, are laid out like the outputs for `squared_loss`
    and the framework's losses of single outputs, such as its mean squared error. A function of one's own
    would compare each output with each label; that is refused.

    Raises:
        TypeError: ``net`` gives no tensor.
        ValueError: ``train_iter`` yields no batch, outputs that do not fit the labels, or a loss with more
            values than labels.
    """

def evaluate_accuracy(net: Net, data_iter: Batches) -> float:
    """The share of correct predictions over the batches of ``data_iter`` (float), ``net`` in evaluation mode.

    Raises:
        TypeError: ``net`` gives no tensor.
        ValueError: ``data_iter`` yields no batch, or the net's output does not fit the labels.
    """

def train_ch3(
    net: Net,
    train_iter: Batches,
    test_iter: Batches,
    loss: Loss,
    num_epochs: int,
    updater: _Optimizer | Callable[..., Any],
) -> History:
    """Train with `train_epoch_ch3` for ``num_epochs`` epochs and draw the metrics as they come.

    Returns the history: a list with ``(train_loss, train_acc, test_acc)`` for each epoch, whose fields
    have these names; ``history.column("train_loss")`` is one of them over all epochs, ``history.fig`` the
    chart. Ctrl-C, or a notebook's stop button, ends training after the step that runs: the history of the
    epochs before is returned and the net is as that step left it. A second one does not wait. An error,
    such as one of a loader's, comes through as it is, with the history so far in its attribute ``history``.

    Warns:
        DivergenceWarning: the loss became infinite or NaN, at the end of the epoch in which it did. If the
            training data hold such a value, it names the first example; a loader that is not of `load_array`
            or its kind is looked at only where its next pass stays the same, a list of batches for one.
        InterruptedWarning: training was interrupted.
        ConvergenceWarning: the last epoch misses what the book expects: loss below 0.5, accuracies above 0.7.

    Raises:
        ValueError: ``num_epochs`` below 1, and all that `train_epoch_ch3` raises.
    """

def predict_ch3(net: Net, test_iter: Batches, n: int = 6) -> None:
    """Show the first ``n`` images of ``test_iter`` with their true class and, below it, the predicted one."""

def get_parameters(
    net: Net | Sequence[tensorflow.Tensor | tensorflow.Variable],
) -> OrderedDict[str, HostArray]:
    """The parameters of ``net`` as an ordered dict of NumPy arrays, alike in every backend.

    Names number the layers that have parameters in their order, such as ``"dense0.weight"``. The layout:
    dense ``weight`` (in, out), ``bias`` (out,); convolution ``weight`` (out, in, h, w), ``bias``; batch norm
    ``gamma``, ``beta``, ``running_mean``, ``running_var``; embedding ``weight`` (entries, dim); RNN, LSTM and
    GRU ``weight_ih`` (in, gates * h), ``weight_hh`` (h, gates * h), ``bias``, each layer and direction by
    itself (``"lstm1.bias"``), with gates i, f, g, o and r, z, n; tensors that a module of one's own holds, as
    they are (``"parameter2.value"``). Two biases that are only added up travel as their sum, and come back as
    it and 0. A dense layer after ``Flatten`` takes images in the order (c, h, w), in TensorFlow too, where
    memory has (h, w, c). A layer that a net uses more than once counts once.

    ``net``: a module of the framework, or the list of tensors of a net that is a function.

    Raises:
        TypeError: a layer whose parameters have no common layout (which is named).
        ValueError: parameters that do not exist yet, as in a net that must see a batch first.
    """

def set_parameters(
    net: Net | Sequence[tensorflow.Tensor | tensorflow.Variable], arrays: Mapping[str, Any]
) -> None:
    """Give ``net`` the parameters that `get_parameters` returned, in this backend or another.

    ``arrays`` maps names to arrays or tensors. Their dtype becomes that of the net. All are set or none.

    Raises:
        ValueError: names or shapes that do not fit, each named with both shapes; two values for one tensor.
        TypeError: ``arrays`` is no mapping, or holds what is no number, and as `get_parameters`.
    """

def save_parameters(
    net: Net | Sequence[tensorflow.Tensor | tensorflow.Variable], path: str | PathLike[str]
) -> None:
    """Save what `get_parameters` returns as a safetensors file, which any backend loads.

    The file appears under its name only when it is whole; a file of that name is replaced.
    """

def load_parameters(
    net: Net | Sequence[tensorflow.Tensor | tensorflow.Variable], path: str | PathLike[str]
) -> None:
    """Give ``net`` the parameters saved in a file by `save_parameters`, in this backend or another.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no safetensors file; names or shapes that do not fit, as `set_parameters`.
    """

def add_to_class(Class: type[Any]) -> Callable[[Defined], Defined]:
    """A decorator that makes a function, written in a cell of its own, a method of ``Class``.

    Returns the function, so that its name keeps its meaning.

    Raises:
        TypeError: ``Class`` is no class, or what is decorated has no name.
    """

class HyperParameters:
    """A base class that remembers what an object was made with."""

    hparams: dict[str, Any]
    "What the object was made with."

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
    "The points of each label, named tuples ``(x, y)``."
    fig: Figure
    "The figure, up to date."
    axes: Axes
    "The axes on which the curves are drawn."

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

class Module(HyperParameters, _NativeModule):
    """The base class of models: the framework's own module class, with a loss, an optimiser, training steps.

    A subclass sets ``self.net`` or defines ``forward``, defines ``loss``, and sets ``self.lr`` or defines
    `configure_optimizers`. While a `Trainer` trains it, ``trainer`` is that and ``board`` shows how it goes.
    In TensorFlow ``call`` may be defined instead of ``forward``, and ``training`` says which mode it is in.
    """

    board: ProgressBoard
    "Shows how training goes."
    trainer: Trainer
    "The `Trainer` that trains the model."
    plot_train_per_epoch: float
    plot_valid_per_epoch: float
    training: bool | None
    "Which mode the model is in."

    def __init__(self, plot_train_per_epoch: float = 2, plot_valid_per_epoch: float = 1) -> None:
        """How many points of each curve to draw in an epoch, for training and for validation."""

    def loss(
        self,
        y_hat: tensorflow.Tensor | tensorflow.Variable,
        y: tensorflow.Tensor | tensorflow.Variable,
        /,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """The loss of outputs against labels, averaged over the batch (a 0-d tensor). To be defined."""

    def forward(self, X: tensorflow.Tensor | tensorflow.Variable, /, *args: Any, **kwargs: Any) -> Any:
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

    def set_scratch_params_device(self, device: _Device | str | None) -> None:
        """Put what this model and those in it train as plain attributes, tensors with gradients, on a device.

        That is what a framework's own way of moving a model leaves behind (book section: GPUs).
        """

class DataModule(HyperParameters):
    """The base class of data: a subclass defines ``get_dataloader``."""

    root: str
    "The folder of files."
    num_workers: int
    "How many processes a loader of one's own may start."

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
    ) -> tensorflow.data.Dataset[tuple[tensorflow.Tensor, ...]]:
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
    gpus: list[_Device]
    "The GPUs that are used."
    history: History
    "What each epoch came to."
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

    X: tensorflow.Tensor
    y: tensorflow.Tensor
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

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Any]]) -> None:
        """Update each parameter once, by the gradient beside it."""

    def __init__(self, params: Any, lr: float | None = None) -> None:
        """``params``: the tensors to update. In TensorFlow, which is told them later, ``SGD(lr)`` will do.

        Raises:
            ValueError: ``lr`` is not a finite number of at least 0.
        """

class LinearRegressionScratch(Module):
    """Linear regression from scratch: ``w`` (d, 1) and ``b`` (1,), half the squared error, `SGD`."""

    w: tensorflow.Variable
    b: tensorflow.Variable
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

    def get_w_b(self) -> tuple[tensorflow.Tensor, tensorflow.Tensor]:
        """Weight and bias as the framework's layer has them: w (1, d), in TensorFlow and Paddle (d, 1)."""

class Classifier(Module):
    """The base class of classifiers: cross-entropy as the loss, and the accuracy of validation is plotted."""

    def accuracy(
        self,
        Y_hat: tensorflow.Tensor | tensorflow.Variable,
        Y: tensorflow.Tensor | tensorflow.Variable,
        averaged: bool = True,
    ) -> tensorflow.Tensor:
        """The share of correct predictions (0-d float32 tensor), or 1 or 0 for each if not ``averaged``.

        ``Y_hat``: scores (..., classes); ``Y``: as many classes, of any dtype.

        Raises:
            ValueError: not one label for each row of scores.
        """

    def loss(
        self,
        Y_hat: tensorflow.Tensor | tensorflow.Variable,
        Y: tensorflow.Tensor | tensorflow.Variable,
        averaged: bool = True,
    ) -> tensorflow.Tensor:
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
    "The training set."
    val: Any
    "The validation set."
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
        device: _Device | str | None = None,
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

def corr2d(X: ArrayLike, K: ArrayLike) -> tensorflow.Tensor:
    """The two-dimensional cross-correlation of an image ``X`` (h, w) with a kernel ``K`` (a, b).

    Returns (h - a + 1, w - b + 1): at each place the sum of the kernel times what lies under it. Gradients
    pass through it. Of two dtypes the result has the wider one; integers are added up as int64.

    Raises:
        ValueError: one of the two is no matrix, or the kernel is larger than the image.
    """

def init_cnn(module: Any) -> None:
    """Draw the weights of a dense layer or a two-dimensional convolution anew, as Xavier has it.

    Other layers are left as they are.

    The distribution is uniform within ``sqrt(6 / (inputs + outputs))`` of zero. Made to be applied to every
    layer of a net: ``model.apply_init([X], d2l.init_cnn)``. Layers that have not seen a batch yet are left.
    """

class LeNet(Classifier):
    """LeNet-5 with sigmoids and average pooling, for images of 28 by 28 or more.

    The layers infer their sizes.
    """

    net: Any
    lr: float
    num_classes: int

    def __init__(self, lr: float = 0.1, num_classes: int = 10) -> None:
        """``lr``: learning rate, a finite number of at least 0, else a ValueError."""

class Residual(_NativeModule):
    """A residual block: two convolutions 3×3 with batch normalisation, added to the input.

    Both editions' forms: ``Residual(num_channels, use_1x1conv=False, strides=1)`` infers the channels of
    its input; ``Residual(input_channels, num_channels, use_1x1conv=False, strides=1)`` is told them. The
    second argument tells the two apart, an int that is no bool. Layers are ``conv1``, ``bn1``, ``conv2``,
    ``bn2``, and ``conv3``, which is None without ``use_1x1conv``.
    """

    conv1: Any
    conv2: Any
    conv3: Any
    bn1: Any
    bn2: Any

    @overload
    def __init__(self, num_channels: int, use_1x1conv: bool = False, strides: int = 1) -> None:
        """``use_1x1conv``: whether a convolution 1×1 fits the input to the output; ``strides`` of both paths.

        Raises:
            TypeError: the arguments fit neither form.
            ValueError: a number below 1. When it is called: an input that cannot be added to the output.
        """

    @overload
    def __init__(
        self, input_channels: int, num_channels: int, use_1x1conv: bool = False, strides: int = 1
    ) -> None:
        """``use_1x1conv``: whether a convolution 1×1 fits the input to the output; ``strides`` of both paths.

        Raises:
            TypeError: the arguments fit neither form.
            ValueError: a number below 1. When it is called: an input that cannot be added to the output.
        """

class ResNeXtBlock(_NativeModule):
    """A ResNeXt block: convolutions 1×1, 3×3 in groups and 1×1 with batch normalisation, added to the input.

    Between the outer convolutions are ``num_channels * bot_mul`` channels. ``groups`` is, as in the book's
    code, how many of them are in each group. Where the book passes the channels of the input first,
    ``ResNeXtBlock(num_channels, num_channels, groups, bot_mul)``, they are taken as that: a fourth argument
    that is no bool tells it. Layers are ``conv1`` to ``conv3`` with ``bn1`` to ``bn3``, and ``conv4`` with
    ``bn4``, which are None without ``use_1x1conv``.
    """

    conv1: Any
    conv2: Any
    conv3: Any
    conv4: Any
    bn1: Any
    bn2: Any
    bn3: Any
    bn4: Any

    @overload
    def __init__(
        self, num_channels: int, groups: int, bot_mul: float, use_1x1conv: bool = False, strides: int = 1
    ) -> None:
        """``use_1x1conv`` and ``strides`` as in `Residual`.

        Raises:
            TypeError: the arguments fit neither form.
            ValueError: a number below 1, or channels that ``groups`` does not divide. When it is called: as
                `Residual`.
        """

    @overload
    def __init__(
        self,
        input_channels: int,
        num_channels: int,
        groups: int,
        bot_mul: float,
        use_1x1conv: bool = False,
        strides: int = 1,
    ) -> None:
        """``use_1x1conv`` and ``strides`` as in `Residual`.

        Raises:
            TypeError: the arguments fit neither form.
            ValueError: a number below 1, or channels that ``groups`` does not divide. When it is called: as
                `Residual`.
        """

def resnet18(num_classes: int, in_channels: int = 1) -> Any:
    """ResNet-18 for small images: a convolution 3×3, four stages of two `Residual` blocks, one dense layer.

    ``in_channels``: those of the images. In MXNet the net is not initialised yet.
    """

def evaluate_accuracy_gpu(net: Net, data_iter: Batches, device: _Device | str | None = None) -> float:
    """The share of correct predictions over the batches of ``data_iter`` (float), computed on a device.

    ``device``: where to, by default where the net's parameters are. Batches are ``(X, y)``; ``X`` may be a
    list of tensors. A module is put in evaluation mode meanwhile.

    Raises:
        TypeError: ``net`` gives no tensor. ValueError: ``data_iter`` yields no batch, the net's output does
            not fit the labels, or this machine does
            not have the device.
    """

def train_ch6(
    net: Any,
    train_iter: Batches,
    test_iter: Batches,
    num_epochs: int,
    lr: float,
    device: _Device | str | None,
) -> Any:
    """Train a classifier on a device, from Xavier's weights and with plain SGD, and draw the metrics.

    ``net``: a module of the framework; dense layers and convolutions are initialised anew. In TensorFlow also
    a function that makes the net, which is called here. Five points are drawn in an epoch, and in the end
    loss, accuracies and examples per second are printed.

    Returns the history as `train_ch3` does; in TensorFlow the net, whose ``history`` it is, since the book's
    cells go on with the net. Interrupts and errors are as there.

    Warns:
        DivergenceWarning, InterruptedWarning: as `train_ch3`.

    Raises:
        ValueError: ``num_epochs`` below 1, a learning rate out of range, a device that this machine does not
            have,
            images that the net does not take, such as some smaller than a kernel, outputs that do not fit the
            labels, a loader without batches.
        TypeError: ``net`` is no module.
    """

class TrainCallback:
    """Draws the progress of a training, epoch by epoch, and prints what it came to (book section: LeNet).

    In TensorFlow it is a callback for Keras: ``net.fit(…, callbacks=[TrainCallback(…)])``. The other
    frameworks have no such ``fit``; there a loop of one's own calls the two methods.
    """

    net: Any
    train_iter: Any
    test_iter: Any
    num_epochs: int
    device_name: Any
    timer: Any
    animator: Any

    def __init__(
        self, net: Any, train_iter: Batches, test_iter: Batches, num_epochs: int, device_name: Any
    ) -> None:
        """``device_name`` is printed in the end."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """An epoch, counted from 0, begins: the clock runs."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """An epoch is over: draw ``logs["loss"]``, ``logs["accuracy"]`` and the accuracy on ``test_iter``."""

class Benchmark:
    """Measures and prints how long a block takes: ``with Benchmark("ten products"): …``.

    What a framework computes on behind the block's back is not waited for: that is what the book shows with
    it.
    """

    description: str
    timer: Any

    def __init__(self, description: str = "Done") -> None:
        """``description`` is printed before the seconds."""

    def __enter__(self) -> Benchmark:
        """Start the clock."""

    def __exit__(self, *args: Any) -> None:
        """Stop it, and print the description and the seconds."""

def split_batch(
    X: tensorflow.Tensor | tensorflow.Variable | list[Any],
    y: tensorflow.Tensor | tensorflow.Variable,
    devices: Sequence[_Device],
) -> tuple[Sequence[Any], Sequence[Any]]:
    """Divide a batch among devices: ``(X_shards, y_shards)``, a shard on each, in the order of the examples.

    Shards are as equal as can be, the longer ones first. ``X`` may be a list of tensors, and its shards are
    then lists.

    Raises:
        ValueError: no device, fewer examples than devices, or not as many labels as inputs.
    """

def evaluate_accuracy_gpus(net: Net, data_iter: Batches, split_f: Callable[..., Any] | None = None) -> float:
    """The share of correct predictions (float), computed on all devices that hold the net's parameters.

    In MXNet these may be several; a net of the other frameworks is on one. ``split_f``: how to divide a
    batch, `split_batch` by default. Raises what `evaluate_accuracy_gpu` does.
    """

def train_batch_ch13(
    net: Net,
    X: tensorflow.Tensor | tensorflow.Variable | list[Any],
    y: tensorflow.Tensor | tensorflow.Variable,
    loss: Loss,
    trainer: _Optimizer,
    devices: Sequence[_Device],
    split_f: Callable[..., Any] | None = None,
) -> tuple[tensorflow.Tensor, tensorflow.Tensor]:
    """Train once on a batch, a part of it on each device.

    Returns the sum of the losses and how many predictions are right.

    Both are 0-d tensors, which nobody has waited for. The loss is summed over the batch, as the book has it,
    so that one per example asks for a small learning rate; in MXNet ``trainer.step`` averages it. A loss that
    is a mean stays one over the whole batch. ``net``, ``loss`` and ``trainer`` are of the framework, the net
    on the first device (in MXNet on all of them); ``split_f`` as in `evaluate_accuracy_gpus`. In Paddle,
    which trains on one device in a process, the first is used.

    Raises:
        ValueError: no device, one that this machine does not have, or outputs that do not fit the labels.
    """

def train_ch13(
    net: Any,
    train_iter: Batches,
    test_iter: Batches,
    loss: Loss,
    trainer: _Optimizer,
    num_epochs: int,
    devices: Sequence[_Device] | None = None,
    split_f: Callable[..., Any] | None = None,
) -> Any:
    """Train with `train_batch_ch13` on several devices, and draw the metrics as they come.

    ``devices``: by default `try_all_gpus`. The net is moved to the first of them (in MXNet it must have been
    initialised on all). The batch is as large as the loader makes it, however many devices there are; one
    with fewer examples than devices leaves some without work. Returns the history as `train_ch3` does, and
    prints as `train_ch6`; interrupts, errors and warnings are as there.

    Warns:
        UserWarning: in Paddle, where there is more than one device; once in a process.

    Raises:
        ValueError: ``num_epochs`` below 1, a loader without batches, and what `train_batch_ch13` raises.
    """

def read_time_machine() -> list[str]:
    """The lines of *The Time Machine*, lower-case letters and single spaces (list of str).

    Raises:
        OSError: as `download`, whose ``"time_machine"`` it is.
    """

def tokenize(lines: Iterable[str], token: str = "word") -> list[list[str]]:
    """The tokens of each line: its words, or with ``token="char"`` its characters.

    Raises:
        ValueError: ``token`` is neither.
        TypeError: ``lines`` is no list of str.
    """

def count_corpus(tokens: Sequence[Any] | None) -> Counter[Any]:
    """How often each token comes; ``tokens`` is a list of tokens or of such lists.

    Raises:
        TypeError: anything else, such as a list that holds both.
    """

class Vocab:
    """The tokens of a text, numbered: ``"<unk>"`` is 0, then reserved tokens, then the most frequent first.

    ``vocab[token]`` is the number of a token, that of ``"<unk>"`` for one that is not there;
    ``vocab[tokens]`` the numbers of a list of any depth. ``len(vocab)``, ``token in vocab`` and a loop over
    the tokens work. Both editions' sections take it; only the numbers of tokens differ from the English one.
    """

    token_freqs: list[tuple[Any, int]]
    "Each token of the text, and how often it comes, the most frequent first."
    idx_to_token: list[Any]
    "The tokens in order; may be changed."
    token_to_idx: dict[Any, int]
    "The number of each token; may be changed."

    def __init__(
        self,
        tokens: Sequence[Any] | None = None,
        min_freq: int = 0,
        reserved_tokens: Sequence[Hashable] | None = None,
    ) -> None:
        """``tokens``: as in `count_corpus`; those that come less than ``min_freq`` times are left out.

        ``reserved_tokens``: such as ``["<pad>", "<bos>"]``, right after ``"<unk>"``.
        """

    def __len__(self) -> int:
        """How many tokens there are."""

    def __iter__(self) -> Iterator[Any]:
        """The tokens in order."""

    def __contains__(self, token: Hashable) -> bool:
        """Whether a token has a number of its own."""

    def __getitem__(self, tokens: Any) -> Any:
        """The number of a token, or of each in a list or tuple."""

    def to_tokens(self, indices: ArrayLike) -> Any:
        """The token of a number, or those of a list, an array or a tensor, as lists of the same shape.

        Raises:
            ValueError: a number that no token has.
            TypeError: no whole numbers.
        """

    @property
    def unk(self) -> int:
        """The number of ``"<unk>"``."""

def load_corpus_time_machine(max_tokens: int = -1) -> tuple[list[int], Vocab]:
    """*The Time Machine* as numbers of characters (list of int), and the vocabulary of all of it.

    ``max_tokens``: how many characters to take; -1 or 0 for all.
    """

def seq_data_iter_random(
    corpus: ArrayLike, batch_size: int, num_steps: int, *, seed: int | None = None, epoch: int = 0
) -> Iterator[tuple[tensorflow.Tensor, tensorflow.Tensor]]:
    """Yield batches ``(X, Y)`` of subsequences in random order, both (batch_size, num_steps).

    The subsequences lie one after the other from a random offset below ``num_steps`` on, and what is left
    over is left out. Y is X one token later. Numbers are int64, in TensorFlow and MXNet int32.

    Args:
        corpus: the numbers of a text's tokens, a list or one-dimensional array.
        seed: an integer for the same subsequences in every backend; None for the framework's generator.
        epoch: which pass of that seed.

    Raises:
        ValueError: ``corpus`` has not enough tokens for a batch wherever it begins, or a number is below 1.
        TypeError: ``corpus`` is no list of whole numbers.
    """

def seq_data_iter_sequential(
    corpus: ArrayLike, batch_size: int, num_steps: int, *, seed: int | None = None, epoch: int = 0
) -> Iterator[tuple[tensorflow.Tensor, tensorflow.Tensor]]:
    """As `seq_data_iter_random`, but each row of a batch goes on where that of the batch before ended."""

class SeqDataLoader:
    """Batches of subsequences of *The Time Machine*: each pass over it begins at another offset.

    The passes of a ``seed`` are the same in every backend.
    """

    data_iter_fn: Callable[..., Any]
    corpus: Any
    vocab: Vocab
    batch_size: int
    num_steps: int
    seed: int | None

    def __init__(
        self,
        batch_size: int,
        num_steps: int,
        use_random_iter: bool,
        max_tokens: int,
        *,
        seed: int | None = None,
    ) -> None:
        """Over `seq_data_iter_random` or `seq_data_iter_sequential`; the rest as there."""

    def __iter__(self) -> Iterator[tuple[tensorflow.Tensor, tensorflow.Tensor]]:
        """The next pass."""

def load_data_time_machine(
    batch_size: int,
    num_steps: int,
    use_random_iter: bool = False,
    max_tokens: int = 10000,
    *,
    seed: int | None = None,
) -> tuple[SeqDataLoader, Vocab]:
    """A `SeqDataLoader` over the first characters of *The Time Machine*, and the vocabulary."""

class RNNModelScratch:
    """A recurrent language model of three functions that a reader has written.

    ``net(X, state)``, with tokens ``X`` (n, steps), gives ``(Y, state)``, scores ``Y`` (steps · n, tokens) of
    the next tokens, step by step. Its parameters are ``params``, in TensorFlow ``trainable_variables``, too.
    """

    vocab_size: int
    num_hiddens: int
    params: list[Any]
    "What ``get_params`` made."
    init_state: Callable[..., Any]
    forward_fn: Callable[..., Any]
    trainable_variables: list[Any]
    "The same."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """``RNNModelScratch(vocab_size, num_hiddens, device, get_params, init_state, forward_fn)``.

        Without a device, readers of Paddle write ``(vocab_size, num_hiddens, get_params, init_state,
        forward_fn)``, those of TensorFlow ``(vocab_size, num_hiddens, init_state, forward_fn, get_params)``.

        Args:
            get_params: ``get_params(vocab_size, num_hiddens, device)`` makes the list of parameters.
            init_state: ``init_state(batch_size, num_hiddens, device)`` makes the first state.
            forward_fn: ``forward_fn(inputs, state, params)``, with one-hot ``inputs`` (steps, n, tokens),
                gives the scores and the next state. Functions are given no device where the model has none.

        Raises:
            TypeError: the arguments fit none of these forms.
        """

    def __call__(
        self, X: tensorflow.Tensor | tensorflow.Variable, state: Any
    ) -> tuple[tensorflow.Tensor, Any]:
        """The scores, and the state after the last step.

        Raises:
            ValueError: ``X`` is no batch of tokens that exist, or the state is one for another batch size.
        """

    def begin_state(self, *args: Any, **kwargs: Any) -> Any:
        """``begin_state(batch_size, device)``: the first state; by default on the model's device.

        ``ctx=`` for ``device=`` and ``dtype=`` are taken, too, as readers of MXNet and TensorFlow write them.
        """

class RNNModel(_NativeModule):
    """A recurrent language model of a layer of the framework's and a dense one.

    ``net(X, state)`` is as in `RNNModelScratch`. The layer may be deep and go in both directions, and take
    batches or steps first, as it was made. In MXNet, whose readers do not, the net initialises itself in
    `train_ch8` as far as it is not initialised.
    """

    rnn: Any
    vocab_size: int

    def __init__(self, rnn_layer: Any, vocab_size: int, **kwargs: Any) -> None:
        """``rnn_layer``: the framework's RNN, GRU or LSTM. ``kwargs`` are for the framework's base class.

        In TensorFlow the layer gives sequences and states (``return_sequences``, ``return_state``).
        """

    def begin_state(self, *args: Any, **kwargs: Any) -> Any:
        """``begin_state(batch_size, device)`` in either order: zeros, as the layer's state is."""

def predict_ch8(
    prefix: Any, num_preds: int, net: Any, vocab: Vocab, device: _Device | str | None = None
) -> str:
    """The prefix, and ``num_preds`` tokens that a language model writes after it (str).

    ``net`` is one such as `RNNModel` or `RNNModelScratch`: called as ``net(X, state)``, with ``begin_state``.
    It reads the prefix token by token, and then each time what it has found to be likeliest.

    Raises:
        ValueError: an empty prefix, or a token in it that ``vocab`` does not know.
        TypeError: ``net`` is no such thing.
    """

def grad_clipping(net: Any, theta: float) -> Any:
    """Scale the gradients of a net in place, so that the norm of all of them is at most ``theta``.

    ``net``: a module of the framework, or anything with a list ``params``. In TensorFlow, which stores no
    gradients, it is the list of them, and the list of those scaled is returned.

    Raises:
        ValueError: ``theta`` is no finite number above 0.
    """

def train_epoch_ch8(
    net: Any,
    train_iter: Batches,
    loss: Loss,
    updater: _Optimizer | Callable[..., Any],
    device: _Device | str | None = None,
    use_random_iter: bool = False,
) -> tuple[float, float]:
    """Train a language model for one pass; return ``(perplexity, tokens per second)``, both float.

    The state goes on from batch to batch, detached, unless ``use_random_iter``: then each batch begins anew.
    Gradients are clipped to a norm of 1. ``loss`` and ``updater`` are as in `train_epoch_ch3`, the loss
    averaged over the tokens of a batch; a callable is called as ``updater(batch_size=1)``. Readers of
    TensorFlow leave out the device.

    Raises:
        ValueError: ``train_iter`` yields no batch.
        TypeError: ``net`` is no language model.
    """

def train_ch8(
    net: Any,
    train_iter: Batches,
    vocab: Vocab,
    lr: float,
    num_epochs: int,
    device: _Device | str | None = None,
    use_random_iter: bool = False,
) -> History:
    """Train a language model by SGD with `train_epoch_ch8`, draw its perplexity, and let it write on the way.

    Every 10 epochs, and at the end, what it writes after "time traveller" is printed. Returns the history:
    for each epoch ``(perplexity, tokens_per_second)``. For interrupts, errors, and what else a history has,
    see `train_ch3`. ``device`` may be a strategy of TensorFlow's.

    Warns:
        DivergenceWarning: the perplexity became infinite or NaN, at the end of the epoch in which it did.
        InterruptedWarning: training was interrupted.

    Raises:
        ValueError: ``num_epochs`` below 1, a learning rate that is none, or as `train_epoch_ch8`.
    """

class TimeMachine(DataModule):
    """*The Time Machine* as a `DataModule`: ``X`` and ``Y`` (n, num_steps), one row from each character on.

    ``Y`` is ``X`` one character later. The first ``num_train`` rows are for training, the next ``num_val`` to
    validate.
    """

    X: tensorflow.Tensor
    Y: tensorflow.Tensor
    vocab: Vocab
    batch_size: int
    num_steps: int
    num_train: int
    num_val: int
    seed: int | None

    def __init__(
        self,
        batch_size: int,
        num_steps: int,
        num_train: int = 10000,
        num_val: int = 5000,
        *,
        root: str | PathLike[str] | None = None,
        seed: int | None = None,
    ) -> None:
        """``root``: the folder of the file. ``seed`` fixes the order of the batches in every backend.

        Raises:
            ValueError: a number below 1, or more subsequences than the text has.
        """

    def _download(self, /, *args: Any, **kwargs: Any) -> str:
        """The text as it is (str)."""

    def _preprocess(self, text: str, /, *args: Any, **kwargs: Any) -> str:
        """Lower-case letters and single spaces."""

    def _tokenize(self, text: str, /, *args: Any, **kwargs: Any) -> Any:
        """The tokens of a text, its characters (list of str)."""

    def build(self, raw_text: str, vocab: Vocab | None = None, /, *args: Any, **kwargs: Any) -> Any:
        """The numbers of a text's tokens (list of int), and the vocabulary, made of it if none is given."""

    def get_dataloader(self, train: bool) -> tensorflow.data.Dataset[tuple[tensorflow.Tensor, ...]]:
        """The loader of the training set, shuffled, or of the validation set."""

def check_len(a: Any, n: int) -> None:
    """Raise an AssertionError unless ``len(a)`` is ``n``."""

def check_shape(a: Shaped, shape: Sequence[int]) -> None:
    """Raise an AssertionError unless ``a`` has this shape."""

class RNNScratch(Module):
    """A recurrent layer from scratch: ``H = tanh(X W_xh + H W_hh + b_h)`` at each step."""

    W_xh: tensorflow.Variable
    W_hh: tensorflow.Variable
    b_h: tensorflow.Variable
    num_inputs: int
    num_hiddens: int
    sigma: float

    def __init__(self, num_inputs: int, num_hiddens: int, sigma: float = 0.01) -> None:
        """Weights are drawn from N(0, sigma²), ``b_h`` is zero."""

    def forward(
        self,
        inputs: tensorflow.Tensor | tensorflow.Variable | Sequence[Any],
        state: Any = None,
        /,
        *args: Any,
        **kwargs: Any,
    ) -> tuple[list[tensorflow.Tensor], tensorflow.Tensor]:
        """The states after each step (list of tensors (n, num_hiddens)), and the last one.

        ``inputs``: (steps, n, num_inputs), or the steps one by one; ``state``: (n, num_hiddens), by itself or
        alone in a tuple, by default zeros.

        Raises:
            ValueError: a state for another batch size.
        """

class RNNLMScratch(Classifier):
    """A language model of a recurrent layer such as `RNNScratch` and a dense one; perplexity is plotted."""

    rnn: Any
    vocab_size: int
    lr: float

    def __init__(self, rnn: Any, vocab_size: int, lr: float = 0.01) -> None:
        """``rnn``: called as ``rnn(inputs, state)``, with ``num_hiddens`` and ``sigma``."""

    def init_params(self, /, *args: Any, **kwargs: Any) -> None:
        """Make the parameters of the dense layer, ``W_hq`` and ``b_q``, as those of ``rnn`` are."""

    def one_hot(self, X: tensorflow.Tensor | tensorflow.Variable) -> tensorflow.Tensor:
        """Tokens (n, steps) as vectors (steps, n, vocab_size).

        Raises:
            ValueError: ``X`` is no batch of tokens that exist.
        """

    def output_layer(self, rnn_outputs: Any, /, *args: Any, **kwargs: Any) -> tensorflow.Tensor:
        """Scores (n, steps, vocab_size) of the states at each step, a list or a tensor."""

    def forward(
        self, X: tensorflow.Tensor | tensorflow.Variable, state: Any = None, /, *args: Any, **kwargs: Any
    ) -> tensorflow.Tensor:
        """Scores (n, steps, vocab_size) of the token after each one of ``X`` (n, steps)."""

    def predict(self, prefix: Any, num_preds: int, vocab: Vocab, device: _Device | str | None = None) -> str:
        """The prefix, and ``num_preds`` tokens that the model writes after it (str); see `predict_ch8`."""

class RNN(Module):
    """A recurrent layer of the framework's, steps first; to be subclassed with another one as ``rnn``."""

    rnn: Any
    num_hiddens: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """``RNN(num_inputs, num_hiddens)``; readers of TensorFlow and MXNet write ``RNN(num_hiddens)``."""

    def forward(
        self, inputs: tensorflow.Tensor | tensorflow.Variable, H: Any = None, /, *args: Any, **kwargs: Any
    ) -> Any:
        """The states after each step (steps, n, num_hiddens), and the last one, as the layer has it."""

class RNNLM(RNNLMScratch):
    """The language model of the framework's own parts; its dense layer is ``linear``."""

    linear: Any

class GRU(RNN):
    """Gated recurrent units, ``num_layers`` deep, with dropout between layers while it trains."""

    num_layers: int
    dropout: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """``GRU(num_inputs, num_hiddens, num_layers, dropout=0)``.

        Readers of TensorFlow and MXNet write ``GRU(num_hiddens, num_layers, dropout=0)``.
        """

__all__ = [
    "Accumulator",
    "Animator",
    "Benchmark",
    "Classifier",
    "ConvergenceWarning",
    "DATA_HUB",
    "DATA_URL",
    "DataModule",
    "DivergenceWarning",
    "FashionMNIST",
    "GRU",
    "HyperParameters",
    "Image",
    "InterruptedWarning",
    "LeNet",
    "LinearRegression",
    "LinearRegressionScratch",
    "Module",
    "ProgressBoard",
    "RNN",
    "RNNLM",
    "RNNLMScratch",
    "RNNModel",
    "RNNModelScratch",
    "RNNScratch",
    "ResNeXtBlock",
    "Residual",
    "SGD",
    "SeqDataLoader",
    "SoftmaxRegression",
    "SyntheticRegressionData",
    "TimeMachine",
    "Timer",
    "TrainCallback",
    "Trainer",
    "Updater",
    "Vocab",
    "abs",
    "accuracy",
    "add_to_class",
    "arange",
    "argmax",
    "as_parameter",
    "astype",
    "batch_matmul",
    "check_len",
    "check_shape",
    "concat",
    "corr2d",
    "cos",
    "cosh",
    "count_corpus",
    "cpu",
    "data_iter",
    "download",
    "download_all",
    "download_extract",
    "evaluate_accuracy",
    "evaluate_accuracy_gpu",
    "evaluate_accuracy_gpus",
    "evaluate_loss",
    "exp",
    "expand_dims",
    "eye",
    "float32",
    "float64",
    "get_dataloader_workers",
    "get_fashion_mnist_labels",
    "get_parameters",
    "gpu",
    "grad_clipping",
    "init_cnn",
    "int32",
    "int64",
    "linreg",
    "linspace",
    "load_array",
    "load_corpus_time_machine",
    "load_data_fashion_mnist",
    "load_data_time_machine",
    "load_parameters",
    "log",
    "matmul",
    "meshgrid",
    "nn_Module",
    "normal",
    "num_gpus",
    "num_workers",
    "numpy",
    "ones",
    "ones_like",
    "plot",
    "plt",
    "predict_ch3",
    "predict_ch8",
    "rand",
    "randn",
    "read_time_machine",
    "reduce_mean",
    "reduce_sum",
    "repeat",
    "reshape",
    "resnet18",
    "save_parameters",
    "seq_data_iter_random",
    "seq_data_iter_sequential",
    "set_axes",
    "set_figsize",
    "set_parameters",
    "sgd",
    "show_images",
    "sigmoid",
    "sin",
    "sinh",
    "size",
    "split_batch",
    "squared_loss",
    "stack",
    "swapaxes",
    "synthetic_data",
    "tanh",
    "tensor",
    "to",
    "tokenize",
    "train_batch_ch13",
    "train_ch13",
    "train_ch3",
    "train_ch6",
    "train_ch8",
    "train_epoch_ch3",
    "train_epoch_ch8",
    "transpose",
    "try_all_gpus",
    "try_gpu",
    "use_svg_display",
    "worker_rank",
    "zeros",
    "zeros_like",
]
