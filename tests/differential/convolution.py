"""Convolutional networks: kernels, blocks, and training a part of a batch on each device."""

import contextlib
import io

import numpy as np
from hypothesis import strategies as st

from tests.differential.arrays import alike, arrays
from tests.differential.entries import Near, entry, no_case, refuse
from tests.differential.training import batches_of, exact, scored
from tests.native import native

# --- Kernels and layers -------------------------------------------------------------------------------------

MATRICES = st.tuples(st.integers(0, 4), st.integers(0, 4)) | st.sampled_from([(3,), (2, 2, 2), ()])


@entry(
    "corr2d",
    X=arrays(("float32", "float64", "int64", "int32", "uint8", "bool"), MATRICES, True, 9),
    K=arrays(("float32", "float64", "int64", "int8"), MATRICES, True, 9),
)
def corr2d(d2l, X, K):
    return d2l.numpy(d2l.corr2d(d2l.tensor(X), d2l.tensor(K)))


@corr2d.right
def _(framework, X, K):
    X, K = alike(framework, [X, K])
    refuse(value=X.ndim != 2 or K.ndim != 2)
    refuse(value=not K.size or K.shape[0] > X.shape[0] or K.shape[1] > X.shape[1])
    dtype = "int64" if X.dtype.kind in "biu" else X.dtype
    X, K = (x.astype("int64" if x.dtype.kind in "biu" else "float64") for x in (X, K))
    windows = np.lib.stride_tricks.sliding_window_view(X, K.shape)
    return Near((windows * K).sum((2, 3)).astype(dtype), scale=1000)


@entry("init_cnn", sides=st.tuples(st.integers(1, 4), st.integers(1, 4)), dense=st.booleans(), weight=0.2)
def init_cnn(d2l, sides, dense):
    """Weights of a layer after it: whether they changed, the bias did not, and all lie within the bound."""
    inputs, outputs = sides
    layer = native(d2l.__name__.split(".")[-1]).layer_of(dense, inputs, outputs)
    weight, bias = (f"{'dense' if dense else 'conv'}0.{name}" for name in ("weight", "bias"))
    d2l.set_parameters(
        layer, {name: np.full(x.shape, 9.0, "float32") for name, x in d2l.get_parameters(layer).items()}
    )
    d2l.init_cnn(layer)
    after, fan = d2l.get_parameters(layer), (inputs + outputs) * (1 if dense else 4)
    within = np.abs(after[weight]) <= np.sqrt(6 / fan) + 1e-6
    return bool(within.all()), bool((after[bias] == 9).all())


@init_cnn.right
def _(framework, sides, dense):
    return True, True


# --- Blocks -------------------------------------------------------------------------------------------------


def channels_first(framework_name, x):
    return x.transpose(0, 3, 1, 2) if framework_name == "tensorflow" else x


def block_output(d2l, name, args, X):
    """What a block with all weights of convolutions at zero makes of a batch (n, c, h, w)."""
    backend = d2l.__name__.split(".")[-1]
    block = getattr(d2l, name)(*args)
    if backend == "mxnet":
        block.initialize()
    X = d2l.tensor(X.transpose(0, 2, 3, 1) if backend == "tensorflow" else X)
    block(X)
    zeros = {
        key: np.zeros_like(x) if key.startswith("conv") else x for key, x in d2l.get_parameters(block).items()
    }
    d2l.set_parameters(block, zeros)
    return channels_first(backend, d2l.numpy(block(X)))


@st.composite
def blocks(draw, arguments):
    """Arguments in either form and a batch for them, of which some do not fit."""
    channels, outputs = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    flag, strides = draw(st.booleans()), draw(st.integers(1, 2))
    rest = [flag, strides][: draw(st.integers(0, 2))]
    told = draw(st.booleans())
    args = [*([channels] if told else []), outputs, *arguments, *rest]
    X = draw(exact((2, channels, 4, 4)))
    return args, X, rest, outputs


def block_right(X, rest, outputs):
    """Without convolutions and norms the block is its ReLU: of the input, or of nothing."""
    flag, strides = [*rest, *[False, 1][len(rest) :]]
    refuse(value=not flag and (X.shape[1] != outputs or strides != 1))
    side = -(-4 // strides)
    return np.zeros((2, outputs, side, side), "float32") if flag else np.maximum(X, 0)


@entry("Residual", given=blocks(()), weight=0.2)
def residual(d2l, given):
    args, X, _, _ = given
    return block_output(d2l, "Residual", args, X)


@residual.right
def _(framework, given):
    _, X, rest, outputs = given
    return block_right(X, rest, outputs)


@entry("ResNeXtBlock", given=blocks((1, 2)), weight=0.2)
def resnext(d2l, given):
    args, X, _, _ = given
    return block_output(d2l, "ResNeXtBlock", args, X)


@resnext.right
def _(framework, given):
    _, X, rest, outputs = given
    return block_right(X, rest, outputs)


# --- Training and evaluation --------------------------------------------------------------------------------


@st.composite
def classified(draw):
    """Batches of scores and labels, of which some do not fit."""
    return [draw(scored(min_size=1)) for _ in range(draw(st.integers(0, 2)))]


@entry("evaluate_accuracy_gpu", "evaluate_accuracy_gpus", batches=classified(), weight=0.5)
def evaluate(d2l, batches):
    given = batches_of(d2l, batches)
    one = d2l.evaluate_accuracy_gpu(lambda X: X, given, d2l.cpu())
    return one, d2l.evaluate_accuracy_gpus(lambda X: X, given)


@evaluate.right
def _(framework, batches):
    refuse(value=not batches or any(len(scores) != len(labels) for scores, labels in batches))
    right = sum((scores.argmax(1) == labels.astype("float64")).sum() for scores, labels in batches)
    share = float(right / sum(len(scores) for scores, _ in batches))
    return share, share


@entry(
    "split_batch",
    n=st.integers(0, 3),
    labels=st.integers(0, 3),
    devices=st.integers(0, 3),
    several=st.booleans(),
)
def split_batch(d2l, n, labels, devices, several):
    X, y = d2l.tensor(np.arange(2.0 * n).reshape(n, 2)), d2l.tensor(np.arange(labels))
    X_shards, y_shards = d2l.split_batch([X, X] if several else X, y, [d2l.cpu()] * devices)
    firsts = [shard[0] if several else shard for shard in X_shards]
    return [len(shard) for shard in y_shards], np.concatenate([d2l.numpy(shard) for shard in firsts])


@split_batch.right
def _(framework, n, labels, devices, several):
    refuse(value=not devices or n != labels or n < devices)
    sizes = [len(part) for part in np.array_split(np.arange(n), devices)]
    return sizes, np.arange(2.0 * n).reshape(n, 2)


@st.composite
def steps(draw):
    """Examples of two numbers and their labels, and start values of a linear model of three classes."""
    n = draw(st.integers(1, 4))
    labels = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    return draw(exact((n, 2))), np.asarray(labels), draw(exact((2, 3))), draw(exact((3,)))


def classifier(d2l, w, b):
    """A dense layer of the framework's, its loss per example, and SGD with a learning rate of 1/8."""
    net, loss, trainer = native(d2l.__name__.split(".")[-1]).classifier(2, 3, 0.125)
    d2l.set_parameters(net, {"dense0.weight": w, "dense0.bias": b})
    return net, loss, trainer


def step_by_hand(framework, X, labels, w, b):
    scores = X.astype("float64") @ w + b
    shares = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    losses, slope = -np.log(shares[np.arange(len(X)), labels]), shares - np.eye(3)[labels]
    rate = 0.125 / (len(X) if framework.name in ("mxnet", "tensorflow") else 1)
    return scores, losses, w - rate * X.T @ slope, b - rate * slope.sum(0)


@entry("train_batch_ch13", given=steps(), weight=0.3)
def train_batch_ch13(d2l, given):
    X, labels, w, b = given
    net, loss, trainer = classifier(d2l, w, b)
    total, right = d2l.train_batch_ch13(net, d2l.tensor(X), d2l.tensor(labels), loss, trainer, [d2l.cpu()])
    return float(d2l.numpy(total)), float(d2l.numpy(right)), list(d2l.get_parameters(net).values())


@train_batch_ch13.right
def _(framework, given):
    scores, losses, w, b = step_by_hand(framework, *given)
    right = float((scores.astype("float32").argmax(1) == given[1]).sum())
    params = [Near(x.astype("float32"), scale=10) for x in (w, b)]
    return Near(float(losses.sum()), 10.0, 3e-4), right, params


@entry("train_ch13", given=steps(), num_epochs=st.sampled_from([1, 2, 0]), weight=0.05)
def train_ch13(d2l, given, num_epochs):
    X, labels, w, b = given
    net, loss, trainer = classifier(d2l, w, b)
    batches = [(d2l.tensor(X), d2l.tensor(labels))]
    with contextlib.redirect_stdout(io.StringIO()):
        history = d2l.train_ch13(net, batches, batches, loss, trainer, num_epochs, [d2l.cpu()])
    return history.column("train_loss")


@train_ch13.right
def _(framework, given, num_epochs):
    refuse(value=num_epochs < 1)
    X, labels, w, b = given
    found = []
    for _ in range(num_epochs):
        _, losses, w, b = step_by_hand(framework, X, labels, w, b)
        found.append(Near(float(losses.mean()), 10.0, 3e-4))
    return found


@entry("Benchmark", "Benchmark.__enter__", "Benchmark.__exit__", description=st.text("ab ", max_size=3))
def benchmark(d2l, description):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), d2l.Benchmark(description) as made:
        pass
    told = printed.getvalue()
    return made.description, told.startswith(f"{description}: ") and told.endswith(" sec\n")


@benchmark.right
def _(framework, description):
    return description, True


no_case(
    "tests/convolution/test_training.py: whole trainings, from weights of their own", "train_ch6", "LeNet"
)
no_case("tests/convolution/test_blocks.py: a net, whose blocks have entries", "resnet18")
no_case(
    "tests/convolution/test_training.py: it draws and prints",
    *("TrainCallback", "TrainCallback.on_epoch_begin", "TrainCallback.on_epoch_end"),
)
