"""Figures: what is drawn is what was given; classes that grow; and names that have nothing to compute."""

import numpy as np
from hypothesis import strategies as st

from tests.differential.arrays import arrays, some
from tests.differential.entries import Near, entry, for_each, no_case, refuse

NUMBERS = st.integers(-20, 20).map(lambda n: n / 4)
CURVES = arrays(
    ("float32", "float64", "int64"), st.sampled_from([(0,), (3,), (2, 3), (3, 3), (1, 3)]), True, 9
)


def axes():
    from matplotlib.figure import Figure

    return Figure().gca()


def lines(drawn):
    return [np.asarray(line.get_xydata(), "float64").tolist() for line in drawn.get_lines()]


@entry("plot", X=CURVES, Y=st.none() | CURVES, as_tensors=st.booleans(), weight=0.3)
def plot(d2l, X, Y, as_tensors):
    make = d2l.tensor if as_tensors else lambda x: x
    drawn = axes()
    d2l.plot(make(X), None if Y is None else make(Y), axes=drawn)
    return lines(drawn)


@plot.right
def _(framework, X, Y, as_tensors):
    ys = np.atleast_2d(X if Y is None else Y)
    xs = [np.arange(len(y)) for y in ys] if Y is None else np.atleast_2d(X)
    xs = [*xs] * len(ys) if len(xs) == 1 else xs
    refuse(value=len(xs) != len(ys) or any(len(x) != len(y) for x, y in zip(xs, ys)))
    return [[[float(a), float(b)] for a, b in zip(x, y)] for x, y in zip(xs, ys)]


IMAGES = [(2, 3), (1, 2, 3), (2, 3, 1), (2, 2, 3), (2, 2, 2), (2,)]


@entry(
    "show_images",
    images=some(
        arrays(
            ("float32", "uint8"),
            st.sampled_from([(2, 3), (1, 2, 3), (2, 3, 1), (2, 2, 3), (2, 2, 2), (2,)]),
            elements=st.integers(0, 1),  # Matplotlib cuts colours off at these
        ),
        most=3,
    ),
    as_tensors=st.booleans(),
    weight=0.1,
)
def show_images(d2l, images, as_tensors):
    from matplotlib import pyplot as plt

    drawn = d2l.show_images([d2l.tensor(image) if as_tensors else image for image in images], 1, 3)
    plt.close("all")
    return [np.asarray(ax.images[0].get_array(), "float64") if ax.images else None for ax in drawn]


@show_images.right
def _(framework, images, as_tensors):
    shown = [image[0] if image.ndim == 3 and len(image) == 1 else image for image in images]
    shown = [image[..., 0] if image.ndim == 3 and image.shape[2] == 1 else image for image in shown]
    refuse(value=any(image.ndim < 2 or (image.ndim == 3 and image.shape[2] != 3) for image in shown))
    return [image.astype("float64") for image in shown] + [None] * (3 - len(shown))


@entry(
    "Animator",
    "Animator.add",
    "Animator.finish",
    points=some(st.tuples(NUMBERS, st.lists(NUMBERS | st.none(), min_size=2, max_size=2)), most=4),
    as_tensors=st.booleans(),
    weight=0.1,
)
def animator(d2l, points, as_tensors):
    chart = d2l.Animator(legend=["a", "b"])
    for x, ys in points:
        chart.add(x, [d2l.tensor(y) if as_tensors and y is not None else y for y in ys])
    chart.finish()
    return lines(chart.axes[0])


@animator.right
def _(framework, points, as_tensors):
    if not points:
        return []
    return [[[x, ys[i]] for x, ys in points if ys[i] is not None] for i in range(2)]


@entry(
    "ProgressBoard",
    "ProgressBoard.draw",
    points=some(st.tuples(NUMBERS, NUMBERS, st.sampled_from("ab")), most=6),
    every_n=st.integers(0, 3),
    as_tensors=st.booleans(),
    weight=0.2,
)
def board(d2l, points, every_n, as_tensors):
    board = d2l.ProgressBoard(display=False)
    for x, y, label in points:
        board.draw(x, d2l.tensor(y) if as_tensors else y, label, every_n)
    return {label: [list(map(float, point)) for point in found] for label, found in board.data.items()}


@board.right
def _(framework, points, every_n, as_tensors):
    refuse(value=every_n < 1 and bool(points))
    waiting, right = {}, {}
    for x, y, label in points:
        waiting.setdefault(label, []).append((x, y))
        if len(waiting[label]) == every_n:
            right.setdefault(label, []).append([Near(float(v), 1.0) for v in np.mean(waiting.pop(label), 0)])
    return right


@entry(
    "set_axes",
    limits=st.tuples(NUMBERS, NUMBERS).filter(lambda pair: pair[0] < pair[1]),
    scale=st.sampled_from(["linear", "log"]),
    weight=0.2,
)
def set_axes(d2l, limits, scale):
    drawn = axes()
    d2l.set_axes(drawn, "x", "y", limits, None, "linear", scale, ["a"][:0])
    return drawn.get_xlabel(), drawn.get_ylabel(), list(map(float, drawn.get_xlim())), drawn.get_yscale()


@set_axes.right
def _(framework, limits, scale):
    return "x", "y", list(limits), scale


@entry("set_figsize", size=st.tuples(st.integers(1, 9), st.integers(1, 9)))
def set_figsize(d2l, size):
    before = d2l.plt.rcParams["figure.figsize"]
    try:
        d2l.set_figsize(size)
        return list(map(float, d2l.plt.rcParams["figure.figsize"]))
    finally:
        d2l.plt.rcParams["figure.figsize"] = before


@set_figsize.right
def _(framework, size):
    return list(map(float, size))


# --- Classes that grow --------------------------------------------------------------------------------------

NAMES = st.lists(st.sampled_from(["lr", "width", "_hidden", "name", "loss_of"]), unique=True)


@entry(
    "HyperParameters", "HyperParameters.save_hyperparameters", ignored=NAMES, lr=NUMBERS, width=st.integers()
)
def hyperparameters(d2l, ignored, lr, width):
    class Model(d2l.HyperParameters):
        left_out = ignored

        def __init__(self, lr, width):
            name, _hidden, loss_of = "net", 3, None  # noqa: F841 - locals are what is saved
            self.save_hyperparameters(self.left_out)

    model = Model(lr, width)
    kept = {name: getattr(model, name) for name in ("lr", "width", "name", "loss_of") if hasattr(model, name)}
    return dict(sorted(kept.items())), dict(sorted(model.hparams.items()))


@hyperparameters.right
def _(framework, ignored, lr, width):
    given = {"loss_of": None, "lr": lr, "name": "net", "width": width}
    kept = {name: value for name, value in given.items() if name not in ignored}
    return kept, kept


@entry("add_to_class", value=st.integers(), wrong=st.sampled_from(["", "", "class", "function"]))
def add_to_class(d2l, value, wrong):
    class Grown:
        pass

    def get(self):
        return value

    returned = d2l.add_to_class("Grown" if wrong == "class" else Grown)(value if wrong == "function" else get)
    return returned is get, Grown().get()


@add_to_class.right
def _(framework, value, wrong):
    refuse(kind=wrong != "")
    return True, value


@for_each(["int32", "int64", "float32", "float64"], side=st.integers(0, 3))
def dtype_value(d2l, name, side):
    return d2l.numpy(d2l.zeros(side, dtype=getattr(d2l, name)))


@dtype_value.right
def _(framework, name, side):
    return np.zeros(side, name)


no_case("what a test sees are values of Matplotlib, Pillow and the framework", "plt", "Image", "nn_Module")
no_case(
    "tests/data/test_downloads.py: files from servers",
    "DATA_HUB",
    "DATA_URL",
    "download",
    "download_all",
    "download_extract",
)
no_case(
    "tests/backends/test_fashion_mnist.py: images from files, against Pillow",
    *("load_data_fashion_mnist", "FashionMNIST", "FashionMNIST.visualize"),
)
no_case(
    "tests/faults: a warning says something and computes nothing",
    "ConvergenceWarning",
    "DivergenceWarning",
    "InterruptedWarning",
)
no_case("tests/display: only a notebook shows it", "use_svg_display")
no_case("a number of processes, which depends on the machine", "get_dataloader_workers")
no_case("tests/objects/test_checkpoints.py: files of whole runs", "Trainer.save_checkpoint")
no_case("tests/launch: several processes", "num_workers", "worker_rank")
