"""Training and evaluation, models and trainers: what NumPy computes by hand."""

import contextlib
import functools
import io
import math
import re

import numpy as np
from hypothesis import strategies as st

from tests.differential.arrays import INTEGERS, arrays, some
from tests.differential.entries import Near, entry, for_each, refuse
from tests.native import native

EXACT = st.integers(-6, 6).map(lambda n: n / 2)  # sums and products of these are exact in float32
LABELS = ("float32", "int64", "int32", "float64")


def exact(shape, dtype="float32"):
    return arrays(
        (dtype,), shape, elements=EXACT if dtype.startswith("f") else st.integers(-3, 3), layouts=("plain",)
    )


# --- From scratch -------------------------------------------------------------------------------------------

LOSSES = ("squared", "own", "mean", "native")


@st.composite
def problems(draw, min_size=1):
    """Batches (X, y), w and b of a linear model; labels and outputs are (n,) or (n, 1), each by itself."""
    d = draw(st.integers(1, 3))
    flat, flat_labels = draw(st.booleans()), draw(st.booleans())
    dtype = draw(st.sampled_from(LABELS))
    batches = []
    for n in draw(st.lists(st.integers(1, 3), min_size=min_size, max_size=3)):
        y = draw(exact((n,) if flat_labels else (n, 1), dtype))
        if draw(st.integers(0, 9)) == 0:
            y = np.concatenate([y, y[:1]])  # a label too many
        batches.append((draw(exact((n, d))), y))
    return batches, draw(exact((d,) if flat else (d, 1))), draw(exact(() if flat else (1,)))


def loss_of(d2l, kind):
    if kind == "squared":
        return d2l.squared_loss
    if kind == "native":
        return native(d2l.__name__.split(".")[-1]).linear_training(0.1)[1]
    if kind == "own":
        return lambda y_hat, y: (y_hat - d2l.astype(y, "float32")) ** 2 / 2
    return lambda y_hat, y: d2l.reduce_mean(d2l.squared_loss(y_hat, y))


def held_against(batches, w, kind):
    """Whether a batch has labels that its outputs, and this loss, cannot be held against."""
    outputs = [X.shape[:1] if w.ndim == 1 else (len(X), 1) for X, _ in batches]
    laid_out = kind in ("squared", "native")
    return any(
        len(X) != len(y) or (y.shape != output and not laid_out) for (X, y), output in zip(batches, outputs)
    )


def halved(kind):
    return 1.0 if kind == "native" else 0.5


def epoch_by_hand(batches, w, b, lr, factor):
    """One epoch of SGD with the mean gradient of ``factor * (ŷ - y)²``; the summed loss, w and b."""
    total, w, b = 0.0, w.astype("float64"), b.astype("float64")
    for X, y in batches:
        error = (X @ w + b).reshape(-1) - y.reshape(-1)
        total += factor * (error**2).sum()
        w = w - lr * 2 * factor * (X.T @ error).reshape(w.shape) / len(X)
        b = b - lr * 2 * factor * error.mean()
    return total, w, b


def batches_of(d2l, batches):
    return [(d2l.tensor(X), d2l.tensor(y)) for X, y in batches]


@entry(
    "train_epoch_ch3",
    problem=problems(min_size=0),
    kind=st.sampled_from(LOSSES),
    lr=st.sampled_from([0.0, 0.125]),
    weight=0.5,
)
def train_epoch_ch3(d2l, problem, kind, lr):
    batches, *values = problem
    params = [d2l.as_parameter(value) for value in values]
    mean_loss, _ = d2l.train_epoch_ch3(
        lambda X: d2l.linreg(X, *params),
        batches_of(d2l, batches),
        loss_of(d2l, kind),
        d2l.Updater(params, lr),
    )
    return mean_loss, [d2l.numpy(param) for param in params]


@train_epoch_ch3.right
def _(framework, problem, kind, lr):
    batches, w, b = problem
    refuse(value=not batches or held_against(batches, w, kind))
    total, w, b = epoch_by_hand(batches, w, b, lr, halved(kind))
    count = sum(len(X) for X, _ in batches)
    return Near(float(total / count), 1.0), [Near(x.astype("float32"), scale=10) for x in (w, np.asarray(b))]


@entry("train_ch3", problem=problems(), num_epochs=st.sampled_from([1, 2, 0]), weight=0.1)
def train_ch3(d2l, problem, num_epochs):
    batches, *values = problem
    params = [d2l.as_parameter(value) for value in values]
    history = d2l.train_ch3(
        lambda X: d2l.linreg(X, *params),
        batches_of(d2l, batches),
        batches_of(d2l, batches),
        d2l.squared_loss,
        num_epochs,
        d2l.Updater(params, 0.125),
    )
    return history.column("train_loss")


@train_ch3.right
def _(framework, problem, num_epochs):
    batches, w, b = problem
    refuse(value=num_epochs < 1 or held_against(batches, w, "squared"))
    losses, count = [], sum(len(X) for X, _ in batches)
    for _ in range(num_epochs):
        total, w, b = epoch_by_hand(batches, w, b, 0.125, 0.5)
        losses.append(Near(float(total / count), 1.0))
    return losses


@entry("evaluate_loss", problem=problems(min_size=0), kind=st.sampled_from(LOSSES), weight=0.5)
def evaluate_loss(d2l, problem, kind):
    batches, *values = problem
    w, b = map(d2l.tensor, values)
    return d2l.evaluate_loss(lambda X: d2l.linreg(X, w, b), batches_of(d2l, batches), loss_of(d2l, kind))


@evaluate_loss.right
def _(framework, problem, kind):
    batches, w, b = problem
    refuse(value=not batches or held_against(batches, w, kind))
    total, _, _ = epoch_by_hand(batches, w, b, 0.0, halved(kind))
    return Near(float(total / sum(len(X) for X, _ in batches)), 1.0)


# --- Classes ------------------------------------------------------------------------------------------------

CLASS_DTYPES = (*INTEGERS, "float32", "float64")


@st.composite
def scored(draw, wrong=(), min_size=0):
    """Scores (n, classes), and a label for each row, now and then one more or one of ``wrong``."""
    n, num_classes = draw(st.integers(min_size, 4)), draw(st.integers(2, 4))
    scores = draw(exact((n, num_classes)))
    labels = draw(arrays(CLASS_DTYPES, (n,), elements=st.integers(0, num_classes - 1)))
    if n and draw(st.integers(0, 5)) == 0 and wrong:
        number = draw(st.sampled_from(wrong))
        labels = np.asarray([number, *labels[1:]])
    if draw(st.integers(0, 7)) == 0:
        labels = np.append(labels, labels.dtype.type(0))
    return scores, labels


@entry("accuracy", given=scored(wrong=(-1, 7, 300, 0.5)), predicted=st.booleans())
def accuracy(d2l, given, predicted):
    scores, labels = given
    return d2l.accuracy(d2l.tensor(scores.argmax(1) if predicted else scores), d2l.tensor(labels))


@accuracy.right
def _(framework, given, predicted):
    scores, labels = given
    refuse(value=len(scores) != len(labels))
    return float((scores.argmax(1) == labels.astype("float64")).sum())


@entry(
    "evaluate_accuracy",
    batches=some(scored(min_size=1), most=2),
    gives=st.sampled_from(["scores"] * 5 + ["tuple", "None", "list"]),
)
def evaluate_accuracy(d2l, batches, gives):
    given = {"tuple": (1, 2), "None": None, "list": [3.0]}
    return d2l.evaluate_accuracy(
        (lambda X: X) if gives == "scores" else lambda X: given[gives], batches_of(d2l, batches)
    )


@evaluate_accuracy.right
def _(framework, batches, gives):
    unlike = any(len(scores) != len(labels) for scores, labels in batches)
    refuse(value=not batches or (unlike and gives == "scores"), kind=gives != "scores" and bool(batches))
    right = sum((scores.argmax(1) == labels.astype("float64")).sum() for scores, labels in batches)
    return float(right / sum(len(scores) for scores, _ in batches))


@entry(
    "predict_ch3", labels=st.lists(st.integers(0, 9), min_size=1, max_size=3), n=st.integers(1, 3), weight=0.1
)
def predict_ch3(d2l, labels, n):
    from matplotlib import pyplot as plt

    tensorflow = d2l.__name__.endswith("tensorflow")
    X = d2l.ones(len(labels), *((2, 2, 1) if tensorflow else (1, 2, 2)))
    scores = d2l.tensor(np.eye(10, dtype="float32")[(np.asarray(labels) + 1) % 10])
    d2l.predict_ch3(lambda X: scores, [(X, d2l.tensor(labels))], n)
    titles = [ax.get_title() for ax in plt.gcf().axes]
    plt.close("all")
    return titles


NAMES = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")


@predict_ch3.right
def _(framework, labels, n):
    titles = [f"{NAMES[label]}\n{NAMES[(label + 1) % 10]}" for label in labels[:n]]
    return titles + [""] * (n - len(titles))


# --- Models and trainers ------------------------------------------------------------------------------------


@functools.cache
def softmax_model(d2l):
    return d2l.SoftmaxRegression(3, lr=0.1)


@entry("Classifier.loss", "Classifier", given=scored(wrong=(-1, 4, -100, 0.5, 2**40)), averaged=st.booleans())
def cross_entropy(d2l, given, averaged):
    scores, labels = given
    return d2l.numpy(softmax_model(d2l).loss(d2l.tensor(scores), d2l.tensor(labels), averaged))


@cross_entropy.right
def _(framework, given, averaged):
    scores, labels = given
    exist = all(0 <= label < scores.shape[1] and label == int(label) for label in labels.tolist())
    refuse(value=len(scores) != len(labels) or not exist or not len(labels))
    losses = np.log(np.exp(scores).sum(1)) - scores[np.arange(len(labels)), labels.astype(int)]
    return Near(np.asarray(losses.mean() if averaged else losses, "float32"), scale=1)


@entry("Classifier.accuracy", given=scored(wrong=(-1, 4, 300, 0.5), min_size=1), averaged=st.booleans())
def classifier_accuracy(d2l, given, averaged):
    scores, labels = given
    return d2l.numpy(softmax_model(d2l).accuracy(d2l.tensor(scores), d2l.tensor(labels), averaged))


@classifier_accuracy.right
def _(framework, given, averaged):
    scores, labels = given
    refuse(value=len(scores) != len(labels))
    right = (scores.argmax(1) == labels.astype("float64")).astype("float32")
    return np.asarray(right.mean() if averaged else right, "float32")


@functools.cache
def linear_model(d2l, name):
    return (
        d2l.LinearRegression(lr=0.1) if name == "LinearRegression" else d2l.LinearRegressionScratch(1, lr=0.1)
    )


@for_each(
    ["LinearRegression", "LinearRegressionScratch"],
    y_hat=st.integers(1, 3).flatmap(lambda n: exact((n, 1))),
    y=st.sampled_from([(1,), (2,), (3,), (2, 1), (3, 1), (1, 3)]).flatmap(
        lambda shape: st.sampled_from(LABELS).flatmap(lambda dtype: exact(shape, dtype))
    ),
)
def regression_loss(d2l, name, y_hat, y):
    return d2l.numpy(linear_model(d2l, name).loss(d2l.tensor(y_hat), d2l.tensor(y)))


@regression_loss.right
def _(framework, name, y_hat, y):
    refuse(value=y_hat.size != y.size)
    mean = ((y_hat.reshape(-1) - y.reshape(-1).astype("float64")) ** 2).mean()
    return Near(np.float32(mean if name == "LinearRegression" else mean / 2), scale=1)


@entry("Classifier.layer_summary", shape=st.lists(st.integers(1, 3), min_size=2, max_size=3), weight=0.2)
def layer_summary(d2l, shape):
    model = d2l.Classifier()
    model.net = native(d2l.__name__.split(".")[-1]).flat_net()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        model.layer_summary(tuple(shape))
    return [
        list(map(int, re.findall(r"\d+", line.split("shape:")[1])))
        for line in printed.getvalue().splitlines()
    ]


@layer_summary.right
def _(framework, shape):
    return [[shape[0], math.prod(shape[1:])], [shape[0], 3]]


@entry("Module.set_scratch_params_device", w=exact((2, 1)), weight=0.1)
def set_scratch_params_device(d2l, w):
    model = d2l.LinearRegressionScratch(2, lr=0.1)
    d2l.set_parameters(model, dict(zip(d2l.get_parameters(model), [w, np.float32([0])])))
    model.set_scratch_params_device(d2l.cpu())
    return d2l.numpy(model.w), d2l.numpy(model(d2l.ones(1, 2)))


@set_scratch_params_device.right
def _(framework, w):
    return w, w.sum(0, keepdims=True)


MODELS = ("LinearRegressionScratch", "LinearRegression", "SoftmaxRegression")


@st.composite
def fits(draw):
    """A model's name, examples, start values, and how to train."""
    name, d, n = draw(st.sampled_from(MODELS)), draw(st.integers(1, 3)), draw(st.integers(2, 5))
    outputs = 3 if name == "SoftmaxRegression" else 1
    if outputs == 3:
        y = draw(arrays(("int64", "int32", "uint8"), (n,), elements=st.integers(0, 2)))
    else:
        y = draw(exact(draw(st.sampled_from([(n,), (n, 1)]))))
    return {
        "name": name,
        "X": draw(exact((n, d))),
        "y": y,
        "w": draw(exact((d, outputs))),
        "b": draw(exact((outputs,))),
        "num_train": draw(st.integers(1, n - 1)),
        "batch_size": draw(st.integers(1, 3)),
        "max_epochs": draw(st.integers(1, 2)),
        "clip": draw(st.sampled_from([0, 0, 0.5, 100])),
    }


LR = 0.125


@entry(
    "Trainer",
    "Trainer.fit",
    "Trainer.fit_epoch",
    "Trainer.prepare_data",
    "Trainer.prepare_model",
    "Trainer.prepare_batch",
    "Module",
    "Module.training_step",
    "Module.validation_step",
    "Module.forward",
    "Module.loss",
    "Module.plot",
    "Module.configure_optimizers",
    "Module.apply_init",
    "SoftmaxRegression",
    "LinearRegression.get_w_b",
    fit=fits(),
    weight=0.15,
)
def fit(d2l, fit):
    class Data(d2l.DataModule):
        batch_size, seed = fit["batch_size"], 3

        def get_dataloader(self, train):
            rows = slice(0, fit["num_train"]) if train else slice(fit["num_train"], None)
            return self.get_tensorloader((d2l.tensor(fit["X"]), d2l.tensor(fit["y"])), train, rows)

    first = {"LinearRegressionScratch": fit["X"].shape[1], "SoftmaxRegression": 3}.get(fit["name"])
    model = getattr(d2l, fit["name"])(*([] if first is None else [first]), LR)
    model.apply_init([d2l.tensor(fit["X"])])
    names = list(d2l.get_parameters(model))
    d2l.set_parameters(model, dict(zip(names, (fit["w"], fit["b"]))))
    trainer = d2l.Trainer(fit["max_epochs"], gradient_clip_val=fit["clip"])
    history = trainer.fit(model, Data())
    if fit["name"] == "LinearRegression":
        w, b = map(d2l.numpy, model.get_w_b())
        params = [w.reshape(-1, 1), b]
    else:
        params = list(d2l.get_parameters(model).values())
    return [list(map(float, epoch)) for epoch in history], params


@fit.right
def _(framework, fit):
    w, b, n = fit["w"].astype("float64"), fit["b"].astype("float64"), fit["num_train"]
    X, y = fit["X"].astype("float64"), fit["y"]
    epochs = []
    for number in range(fit["max_epochs"]):
        order, total = np.random.RandomState([3, 1, number]).permutation(n), 0.0
        for start in range(0, n, fit["batch_size"]):
            rows = order[start : start + fit["batch_size"]]
            losses, slope, _ = loss_by_hand(fit["name"], X[rows] @ w + b, y[rows])
            grads = [X[rows].T @ slope / len(rows), slope.mean(0)]
            norm = np.sqrt(sum((grad**2).sum() for grad in grads))
            factor = min(1, fit["clip"] / norm) if fit["clip"] and norm else 1
            w, b, total = w - LR * factor * grads[0], b - LR * factor * grads[1], total + losses.sum()
        losses, _, right = loss_by_hand(fit["name"], X[n:] @ w + b, y[n:])
        means = [total / n, losses.mean(), *([] if right is None else [right.mean()])]
        epochs.append([Near(float(mean), 1.0, 1e-4) for mean in means])
    return epochs, [Near(x.astype("float32"), scale=10) for x in (w, b)]


def loss_by_hand(name, outputs, y):
    """The loss of each example, its slope in the outputs, and which predictions are right."""
    if name != "SoftmaxRegression":
        factor = 1 if name == "LinearRegression" else 0.5
        error = outputs - y.reshape(-1, 1)
        return factor * error[:, 0] ** 2, 2 * factor * error, None
    powers = np.exp(outputs)
    shares, one_hot = powers / powers.sum(1, keepdims=True), np.eye(3)[y]
    return -np.log((shares * one_hot).sum(1)), shares - one_hot, outputs.argmax(1) == y
