"""Chapters 3 and 4 as the book's readers write them in each framework: native code, the package's functions.

Images are the suite's own, so small that every program takes a second; what is checked is that it runs
and learns. Everything the book passes to `train_ch3` and its company is passed here.
"""

import math
import warnings
from importlib import import_module

import numpy as np
import pytest

from tests.fashion import write_folder
from tests.native import native

EPOCHS = 25


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("fashion"), train=300, test=100)


def softmax(d2l, X, **keepdims):
    X_exp = d2l.exp(X)
    return X_exp / d2l.reduce_sum(X_exp, 1, **keepdims)


# --- PyTorch ----------------------------------------------------------------------------------------


class Torch:
    def softmax_scratch(self, d2l, train_iter, test_iter):
        import torch

        W = torch.normal(0, 0.01, size=(784, 10), requires_grad=True)
        b = torch.zeros(10, requires_grad=True)

        def net(X):
            return softmax(d2l, d2l.matmul(d2l.reshape(X, (-1, W.shape[0])), W) + b, keepdim=True)

        def cross_entropy(y_hat, y):
            return -d2l.log(y_hat[range(len(y_hat)), y])

        def updater(batch_size):
            return d2l.sgd([W, b], 0.1, batch_size)

        return net, d2l.train_ch3(net, train_iter, test_iter, cross_entropy, EPOCHS, updater)

    def softmax_concise(self, d2l, train_iter, test_iter):
        import torch
        from torch import nn

        net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
        net.apply(lambda m: nn.init.normal_(m.weight, std=0.01) if type(m) is nn.Linear else None)
        trainer = torch.optim.SGD(net.parameters(), lr=0.1)
        loss = nn.CrossEntropyLoss(reduction="none")
        return net, d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, trainer)

    def mlp_scratch(self, d2l, train_iter, test_iter):
        import torch
        from torch import nn

        W1 = nn.Parameter(torch.randn(784, 64) * 0.05)
        b1 = nn.Parameter(torch.zeros(64))
        W2 = nn.Parameter(torch.randn(64, 10) * 0.05)
        b2 = nn.Parameter(torch.zeros(10))

        def net(X):
            X = d2l.reshape(X, (-1, 784))
            H = torch.max(X @ W1 + b1, torch.zeros(()))
            return H @ W2 + b2

        updater = torch.optim.SGD([W1, b1, W2, b2], lr=0.1)
        return net, d2l.train_ch3(net, train_iter, test_iter, nn.CrossEntropyLoss(), EPOCHS, updater)

    def dropout_concise(self, d2l, train_iter, test_iter):
        import torch
        from torch import nn

        net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
        trainer = torch.optim.SGD(net.parameters(), lr=0.1)
        loss = nn.CrossEntropyLoss(reduction="none")
        return net, d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, trainer)

    def polynomial(self, d2l, X, y):
        import torch
        from torch import nn

        net = nn.Sequential(nn.Linear(X.shape[-1], 1, bias=False))
        data = d2l.load_array((X, y.reshape(-1, 1)), 10)
        return net, data, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.01)

    def decayed(self, d2l, X, y, decay):
        import torch

        w = torch.normal(0, 1, size=(200, 1), requires_grad=True)
        b = torch.zeros(1, requires_grad=True)
        for _ in range(100):
            for features, labels in d2l.load_array((X, y), 5):
                loss = d2l.squared_loss(d2l.linreg(features, w, b), labels) + decay * (w**2).sum() / 2
                loss.sum().backward()
                d2l.sgd([w, b], 0.003, 5)
        return w


# --- TensorFlow -------------------------------------------------------------------------------------


class Tensorflow:
    def softmax_scratch(self, d2l, train_iter, test_iter):
        import tensorflow as tf

        W = tf.Variable(tf.random.normal(shape=(784, 10), mean=0, stddev=0.01))
        b = tf.Variable(tf.zeros(10))

        def net(X):
            return softmax(d2l, d2l.matmul(d2l.reshape(X, (-1, W.shape[0])), W) + b, keepdims=True)

        def cross_entropy(y_hat, y):
            return -tf.math.log(tf.boolean_mask(y_hat, tf.one_hot(y, depth=y_hat.shape[-1])))

        updater = d2l.Updater([W, b], lr=0.1)
        return net, d2l.train_ch3(net, train_iter, test_iter, cross_entropy, EPOCHS, updater)

    def softmax_concise(self, d2l, train_iter, test_iter):
        import tensorflow as tf

        net = tf.keras.models.Sequential()
        net.add(tf.keras.layers.Flatten())
        net.add(tf.keras.layers.Dense(10, kernel_initializer=tf.keras.initializers.RandomNormal(stddev=0.01)))
        loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        trainer = tf.keras.optimizers.SGD(learning_rate=0.1)
        return net, d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, trainer)

    def mlp_scratch(self, d2l, train_iter, test_iter):
        import tensorflow as tf

        W1 = tf.Variable(tf.random.normal((784, 64), stddev=0.05))
        b1 = tf.Variable(tf.zeros(64))
        W2 = tf.Variable(tf.random.normal((64, 10), stddev=0.05))
        b2 = tf.Variable(tf.zeros(10))

        def net(X):
            X = d2l.reshape(X, (-1, 784))
            H = tf.math.maximum(tf.matmul(X, W1) + b1, 0)
            return tf.matmul(H, W2) + b2

        def loss(y_hat, y):
            return tf.losses.sparse_categorical_crossentropy(y, y_hat, from_logits=True)

        updater = d2l.Updater([W1, W2, b1, b2], 0.1)
        return net, d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, updater)

    def dropout_concise(self, d2l, train_iter, test_iter):
        import tensorflow as tf

        class Net(tf.keras.Model):
            """The book's from-scratch net: dropout only while training."""

            def __init__(self):
                super().__init__()
                self.flatten = tf.keras.layers.Flatten()
                self.hidden = tf.keras.layers.Dense(64, activation="relu")
                self.out = tf.keras.layers.Dense(10)

            def call(self, inputs, training=None):
                x = self.hidden(self.flatten(inputs))
                if training:
                    mask = tf.cast(tf.random.uniform(tf.shape(x)) < 0.8, tf.float32)
                    x = mask * x / 0.8
                return self.out(x)

        net = Net()
        loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        trainer = tf.keras.optimizers.SGD(learning_rate=0.1)
        return net, d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, trainer)

    def polynomial(self, d2l, X, y):
        import tensorflow as tf

        net = tf.keras.Sequential()
        net.add(tf.keras.layers.Dense(1, use_bias=False))
        data = d2l.load_array((X, y), 10)  # the book leaves these labels (n,)
        return net, data, tf.losses.MeanSquaredError(), tf.keras.optimizers.SGD(learning_rate=0.01)

    def decayed(self, d2l, X, y, decay):
        import tensorflow as tf

        w = tf.Variable(tf.random.normal(mean=1, shape=(200, 1)))
        b = tf.Variable(tf.zeros(shape=(1,)))
        for _ in range(100):
            for features, labels in d2l.load_array((X, y), 5):
                with tf.GradientTape() as tape:
                    penalty = decay * tf.reduce_sum(tf.pow(w, 2)) / 2
                    loss = d2l.squared_loss(d2l.linreg(features, w, b), labels) + penalty
                d2l.sgd([w, b], tape.gradient(loss, [w, b]), 0.003, 5)
        return w


# --- MXNet ------------------------------------------------------------------------------------------


class Mxnet:
    def softmax_scratch(self, d2l, train_iter, test_iter):
        from mxnet import np

        W = np.random.normal(0, 0.01, (784, 10))
        b = np.zeros(10)
        W.attach_grad()
        b.attach_grad()

        def net(X):
            return softmax(d2l, d2l.matmul(d2l.reshape(X, (-1, W.shape[0])), W) + b, keepdims=True)

        def cross_entropy(y_hat, y):
            return -d2l.log(y_hat[range(len(y_hat)), y])

        def updater(batch_size):
            return d2l.sgd([W, b], 0.1, batch_size)

        return net, d2l.train_ch3(net, train_iter, test_iter, cross_entropy, EPOCHS, updater)

    def softmax_concise(self, d2l, train_iter, test_iter):
        from mxnet import gluon, init
        from mxnet.gluon import nn

        net = nn.Sequential()
        net.add(nn.Dense(10))
        net.initialize(init.Normal(sigma=0.01))
        loss = gluon.loss.SoftmaxCrossEntropyLoss()
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
        return net, d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, trainer)

    def mlp_scratch(self, d2l, train_iter, test_iter):
        from mxnet import gluon, np

        params = [np.random.normal(0, 0.05, shape) for shape in ((784, 64), (64, 10))]
        params += [np.zeros(64), np.zeros(10)]
        for param in params:
            param.attach_grad()
        W1, W2, b1, b2 = params

        def net(X):
            X = d2l.reshape(X, (-1, 784))
            H = np.maximum(np.dot(X, W1) + b1, 0)
            return np.dot(H, W2) + b2

        loss = gluon.loss.SoftmaxCrossEntropyLoss()
        updater = lambda batch_size: d2l.sgd(params, 0.1, batch_size)  # noqa: E731
        return net, d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, updater)

    def dropout_concise(self, d2l, train_iter, test_iter):
        from mxnet import gluon, init
        from mxnet.gluon import nn

        net = nn.Sequential()
        net.add(nn.Dense(64, activation="relu"), nn.Dropout(0.2), nn.Dense(10))
        net.initialize(init.Normal(sigma=0.05))
        loss = gluon.loss.SoftmaxCrossEntropyLoss()
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
        return net, d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, trainer)

    def polynomial(self, d2l, X, y):
        from mxnet import gluon
        from mxnet.gluon import nn

        net = nn.Sequential()
        net.add(nn.Dense(1, use_bias=False))
        net.initialize()
        data = d2l.load_array((X, y), 10)
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
        return net, data, gluon.loss.L2Loss(), trainer

    def decayed(self, d2l, X, y, decay):
        from mxnet import autograd, np

        w = np.random.normal(scale=1, size=(200, 1))
        b = np.zeros(1)
        w.attach_grad()
        b.attach_grad()
        for _ in range(100):
            for features, labels in d2l.load_array((X, y), 5):
                with autograd.record():
                    penalty = decay * (w**2).sum() / 2
                    loss = d2l.squared_loss(d2l.linreg(features, w, b), labels) + penalty
                loss.backward()
                d2l.sgd([w, b], 0.003, 5)
        return w


# --- PaddlePaddle -----------------------------------------------------------------------------------


class Paddle:
    def softmax_scratch(self, d2l, train_iter, test_iter):
        import paddle

        W = paddle.normal(0, 0.01, shape=(784, 10))
        b = paddle.zeros(shape=(10,))
        W.stop_gradient = b.stop_gradient = False

        def net(X):
            return softmax(d2l, d2l.matmul(d2l.reshape(X, (-1, W.shape[0])), W) + b, keepdim=True)

        def cross_entropy(y_hat, y):
            return -paddle.log(y_hat[list(range(len(y_hat))), y.squeeze()])

        def updater(batch_size):
            return d2l.sgd([W, b], 0.1, batch_size)

        return net, d2l.train_ch3(net, train_iter, test_iter, cross_entropy, EPOCHS, updater)

    def softmax_concise(self, d2l, train_iter, test_iter):
        import paddle
        from paddle import nn

        net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
        for layer in net:
            if type(layer) is nn.Linear:
                nn.initializer.Normal(mean=0.0, std=0.01)(layer.weight)
        trainer = paddle.optimizer.SGD(learning_rate=0.1, parameters=net.parameters())
        loss = nn.CrossEntropyLoss(reduction="none")
        return net, d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, trainer)

    def mlp_scratch(self, d2l, train_iter, test_iter):
        import paddle
        from paddle import nn

        W1 = paddle.randn([784, 64]) * 0.05
        b1 = paddle.zeros([64])
        W2 = paddle.randn([64, 10]) * 0.05
        b2 = paddle.zeros([10])
        params = [W1, b1, W2, b2]
        for param in params:
            param.stop_gradient = False

        def net(X):
            X = d2l.reshape(X, (-1, 784))
            H = paddle.maximum(X @ W1 + b1, paddle.zeros([]))
            return H @ W2 + b2

        updater = paddle.optimizer.SGD(learning_rate=0.1, parameters=params)
        loss = nn.CrossEntropyLoss(reduction="none")
        return net, d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, updater)

    def dropout_concise(self, d2l, train_iter, test_iter):
        import paddle
        from paddle import nn

        net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
        trainer = paddle.optimizer.SGD(learning_rate=0.1, parameters=net.parameters())
        loss = nn.CrossEntropyLoss(reduction="none")
        return net, d2l.train_ch3(net, train_iter, test_iter, loss, EPOCHS, trainer)

    def polynomial(self, d2l, X, y):
        import paddle
        from paddle import nn

        net = nn.Sequential(nn.Linear(X.shape[-1], 1, bias_attr=False))
        data = d2l.load_array((X, y.reshape((-1, 1))), 10)
        return net, data, nn.MSELoss(), paddle.optimizer.SGD(learning_rate=0.01, parameters=net.parameters())

    def decayed(self, d2l, X, y, decay):
        import paddle

        w = paddle.normal(0, 1, shape=(200, 1))
        b = paddle.zeros(shape=[1])
        w.stop_gradient = b.stop_gradient = False
        for _ in range(100):
            for features, labels in d2l.load_array((X, y), 5)():
                loss = d2l.squared_loss(d2l.linreg(features, w, b), labels) + decay * (w**2).sum() / 2
                loss.sum().backward()
                d2l.sgd([w, b], 0.003, 5)
        return w


@pytest.fixture
def programs(backend):
    native(backend).set_seed(0)
    return {"torch": Torch, "tensorflow": Tensorflow, "mxnet": Mxnet, "paddle": Paddle}[backend]()


@pytest.mark.parametrize("section", ["softmax_scratch", "softmax_concise", "mlp_scratch", "dropout_concise"])
def test_images_are_learned(d2l, programs, folder, section):
    train_iter, test_iter = d2l.load_data_fashion_mnist(32, root=folder, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", d2l.DivergenceWarning)
        warnings.simplefilter("ignore", d2l.ConvergenceWarning)
        net, history = getattr(programs, section)(d2l, train_iter, test_iter)
    assert len(history) == EPOCHS
    assert history[-1].test_acc > 0.8 and history[-1].train_loss < history[0].train_loss / 2
    assert d2l.evaluate_accuracy(net, test_iter) == history[-1].test_acc
    d2l.predict_ch3(net, test_iter)
    d2l.plt.close("all")


def test_polynomials_are_fitted(d2l, programs):
    """The section on underfitting: a user's own loop over `train_epoch_ch3`, with an `Animator`."""
    random = np.random.default_rng(0)
    x = random.standard_normal((100, 1))
    X = x ** np.arange(4) / [math.gamma(i + 1) for i in range(4)]
    y = X @ [5, 1.2, -3.4, 5.6] + 0.1 * random.standard_normal(100)
    net, data, loss, trainer = programs.polynomial(
        d2l, d2l.tensor(X, dtype=d2l.float32), d2l.tensor(y, dtype=d2l.float32)
    )
    animator = d2l.Animator(xlabel="epoch", ylabel="loss", yscale="log", xlim=[1, 400], ylim=[1e-3, 1e2])
    for epoch in range(400):
        d2l.train_epoch_ch3(net, data, loss, trainer)
        if epoch == 0 or (epoch + 1) % 20 == 0:
            animator.add(epoch + 1, (d2l.evaluate_loss(net, data, loss), 1.0))
    first, *_, last = animator.Y[0]
    assert len(animator.X[0]) == 21 and last < 0.05 < 1 < first


def test_weights_decay(d2l, programs):
    X, y = d2l.synthetic_data(0.01 * np.ones((200, 1), "float32"), 0.05, 20)
    free, decayed = (d2l.numpy(programs.decayed(d2l, X, y, decay)) for decay in (0, 3))
    assert np.linalg.norm(decayed) < 0.1 * np.linalg.norm(free)


def test_every_backend_has_every_section(backend, programs):
    assert import_module(f"d2l_multi.{backend}") is not None
    assert {name for name in vars(type(programs)) if not name.startswith("_")} == {
        "softmax_scratch",
        "softmax_concise",
        "mlp_scratch",
        "dropout_concise",
        "polynomial",
        "decayed",
    }
