"""An experiment of your own: linear regression, which d2l-multi trains in every framework and compares.

    d2l-multi compare FILE.py
    d2l-multi compare FILE.py --backends torch,paddle --lr 0.3 --dtype float64

Each framework runs train() in a process of its own. What it yields is held against what reference() yields,
or without reference() against what the first framework yields.
"""

import numpy as np

TRUE_W, TRUE_B = [[2.0], [-3.4]], 4.2
NUM_EXAMPLES = 200


def batches(batch_size, epochs, seed, dtype):
    """The same examples in the same order for everybody, as NumPy's arrays."""
    random = np.random.RandomState(seed)
    X = random.standard_normal((NUM_EXAMPLES, 2)).astype(dtype)
    y = (X @ TRUE_W + TRUE_B + 0.01 * random.standard_normal((NUM_EXAMPLES, 1))).astype(dtype)
    for _ in range(epochs):
        for first in range(0, NUM_EXAMPLES, batch_size):
            yield X[first : first + batch_size], y[first : first + batch_size]


def train(d2l, lr=0.1, batch_size=20, epochs=5, seed=0, dtype="float32"):
    """Called once in each framework, with d2l_multi.torch, d2l_multi.tensorflow, and so on, as ``d2l``.

    lr, batch_size, epochs, seed, dtype and data can be given on the command line, if there are parameters of
    these names: ``--batch-size 50``. Defaults are your own.
    """
    w, b = d2l.as_parameter(np.zeros((2, 1), dtype)), d2l.as_parameter(np.zeros(1, dtype))
    updater = d2l.Updater([w, b], lr)

    def net(X):
        return d2l.linreg(X, w, b)

    for X, y in batches(batch_size, epochs, seed, dtype):
        batch = d2l.tensor(X), d2l.tensor(y)
        loss, _ = d2l.train_epoch_ch3(net, [batch], d2l.squared_loss, updater)
        # After each step: "loss" is one number, "parameters" dicts and lists of tensors or arrays. Those of
        # a net are d2l.get_parameters(net), alike in every framework. Further entries are compared as well.
        yield {"loss": loss, "parameters": {"w": w, "b": b}}


# What cannot be written once for all frameworks is written for each: train_torch(d2l), train_tensorflow(d2l),
# train_mxnet(d2l), train_paddle(d2l). Import a framework inside its function: the others need not have it.


def reference(lr=0.1, batch_size=20, epochs=5, seed=0, dtype="float32"):
    """The same in NumPy, in double precision, with the gradients derived by hand. It may be left out."""
    w, b = np.zeros((2, 1)), np.zeros(1)
    for X, y in batches(batch_size, epochs, seed, dtype):
        error = X.astype(float) @ w + b - y
        w, b = w - lr * X.T @ error / len(X), b - lr * error.mean(axis=0)
        yield {"loss": (error**2).mean() / 2, "parameters": {"w": w, "b": b}}
