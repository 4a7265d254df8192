import os
import shutil
from pathlib import Path

import numpy as np

from d2l_multi.compat import framework

with framework("mxnet"):
    import mxnet as mx
    from mxnet import autograd, gluon, init, npx
    from mxnet import np as mxnp

    npx.set_np()

    from d2l_multi.compare.concise import mxnet as concise

BATCH, SMALL = 256, 10


def wait(tensor):
    tensor.wait_to_read()


def offline(files):
    """Gluon checks the sums of the published files, which a stand-in does not have."""
    folder = Path(os.environ["MXNET_HOME"]) / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy(file, folder)
    mx.gluon.utils.check_sha1 = mx.gluon.data.vision.datasets.check_sha1 = lambda *_: True


def model(hidden):
    net = concise.net([784, 256, 10] if hidden else [784, 10], True, "float32", mx.cpu())
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    return net, concise.cross_entropy(), trainer


def resnet(d2l):
    """A small ResNet for images of 96 by 96."""
    nn, net = gluon.nn, gluon.nn.Sequential()
    net.add(
        nn.Conv2D(16, 7, strides=2, padding=3), nn.BatchNorm(), nn.Activation("relu"), nn.MaxPool2D(3, 2, 1)
    )
    net.add(d2l.Residual(16), d2l.Residual(32, use_1x1conv=True, strides=2), d2l.Residual(32))
    net.add(nn.GlobalAvgPool2D(), nn.Dense(10))
    net.initialize(init.Xavier())
    return net


def trained_by(net):
    """A loss and an optimiser for a net that has seen a batch."""
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    return gluon.loss.SoftmaxCrossEntropyLoss(), trainer


class Bare:
    def __init__(self, arrays):
        self.X = mxnp.array(arrays["train_images"], dtype="uint8")
        self.y = mxnp.array(arrays["train_labels"], dtype="int32")
        self.X_val = mxnp.array(arrays["test_images"], dtype="uint8")
        self.y_val = mxnp.array(arrays["test_labels"], dtype="int32")
        self.rows, self.targets = mxnp.random.normal(size=(20_000, 10)), mxnp.random.normal(size=(20_000, 1))

    def batches(self):
        order = mxnp.array(np.random.permutation(len(self.X)), dtype="int64")
        for start in range(0, len(self.X), BATCH):
            rows = order[start : start + BATCH]
            X = mxnp.take(self.X, rows, axis=0).astype("float32") / 255
            yield mxnp.expand_dims(X, 1), mxnp.take(self.y, rows, axis=0)

    def iterate(self):
        for X, _ in self.batches():
            pass
        wait(X)

    def epoch(self, net, loss, optimiser):
        total, correct = mxnp.zeros(()), mxnp.zeros((), dtype="int64")
        for X, y in self.batches():
            with autograd.record():
                y_hat = net(X)
                l = loss(y_hat, y)
            l.backward()
            optimiser.step(len(X))
            total += l.sum()
            correct += (y_hat.argmax(1).astype("int32") == y).sum()
        return float(total), int(correct)

    def validate(self, net, loss):
        total, correct = mxnp.zeros(()), mxnp.zeros((), dtype="int64")
        for start in range(0, len(self.X_val), BATCH):
            X, y = self.X_val[start : start + BATCH], self.y_val[start : start + BATCH]
            y_hat = net(mxnp.expand_dims(X.astype("float32") / 255, 1))
            total += loss(y_hat, y).sum()
            correct += (y_hat.argmax(1).astype("int32") == y).sum()
        return float(total), int(correct)

    def small_batches(self, rows):
        order = mxnp.array(np.random.permutation(rows), dtype="int64")
        X, y = mxnp.take(self.rows, order, axis=0), mxnp.take(self.targets, order, axis=0)
        for start in range(0, len(X), SMALL):
            batch = X[start : start + SMALL], y[start : start + SMALL]
        wait(batch[0])
