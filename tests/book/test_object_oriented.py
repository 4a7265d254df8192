"""Programs of the object-oriented edition as its readers write them in each framework.

Classes grow cell by cell with ``add_to_class``; models are written from scratch and of the framework's
layers; the reader's own loop replaces the trainer's. Images are the suite's own, which takes seconds.
"""

import numpy as np
import pytest

from tests.fashion import write_folder
from tests.native import native


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("fashion"), train=400, test=100)


# --- PyTorch ----------------------------------------------------------------------------------------


class Torch:
    def own_loop(self, d2l, Trainer):
        import torch

        @d2l.add_to_class(Trainer)
        def fit_epoch(self):
            self.model.train()
            for batch in self.train_dataloader:
                loss = self.model.training_step(self.prepare_batch(batch))
                self.optim.zero_grad()
                loss.backward()
                with torch.no_grad():
                    self.optim.step()
                self.train_batch_idx += 1
            self.model.eval()
            for batch in self.val_dataloader:
                with torch.no_grad():
                    self.model.validation_step(self.prepare_batch(batch))
                self.val_batch_idx += 1

    def own_sgd(self, d2l):
        class Descent(d2l.HyperParameters):
            def __init__(self, params, lr):
                self.save_hyperparameters()

            def step(self):
                for param in self.params:
                    param -= self.lr * param.grad

            def zero_grad(self):
                for param in self.params:
                    if param.grad is not None:
                        param.grad.zero_()

        return lambda params, lr: Descent(params, lr)

    def parameter(self, d2l, shape, std):
        return d2l.normal(0, std, shape, requires_grad=True)

    def decayed(self, d2l, wd):
        import torch

        class WeightDecay(d2l.LinearRegression):
            def configure_optimizers(self):
                return torch.optim.SGD(
                    [{"params": self.net.weight, "weight_decay": wd}, {"params": self.net.bias}], lr=self.lr
                )

        return WeightDecay

    def layers(self, dropout):
        from torch import nn

        return nn.Sequential(
            nn.Flatten(), nn.LazyLinear(32), nn.ReLU(), nn.Dropout(dropout), nn.LazyLinear(10)
        )

    def classifier_from_scratch(self, d2l, make):
        class Scratch(d2l.Classifier):
            def __init__(self, lr):
                super().__init__()
                self.save_hyperparameters()
                self.W, self.b = make((784, 10), 0.01), make(10, 0)

            def parameters(self):
                return [self.W, self.b]

        return Scratch

    def picked(self, y_hat, y):
        return y_hat[list(range(len(y_hat))), y]


# --- TensorFlow -------------------------------------------------------------------------------------


class Tensorflow:
    def own_loop(self, d2l, Trainer):
        import tensorflow as tf

        @d2l.add_to_class(Trainer)
        def fit_epoch(self):
            self.model.training = True
            for batch in self.train_dataloader:
                with tf.GradientTape() as tape:
                    loss = self.model.training_step(self.prepare_batch(batch))
                grads = tape.gradient(loss, self.model.trainable_variables)
                self.optim.apply_gradients(zip(grads, self.model.trainable_variables))
                self.train_batch_idx += 1
            self.model.training = False
            for batch in self.val_dataloader:
                self.model.validation_step(self.prepare_batch(batch))
                self.val_batch_idx += 1

    def own_sgd(self, d2l):
        class Descent(d2l.HyperParameters):
            def __init__(self, lr):
                self.save_hyperparameters()

            def apply_gradients(self, grads_and_vars):
                for grad, param in grads_and_vars:
                    param.assign_sub(self.lr * grad)

        return lambda params, lr: Descent(lr)

    def parameter(self, d2l, shape, std):
        import tensorflow as tf

        return tf.Variable(d2l.normal(0, std, shape))

    def decayed(self, d2l, wd):
        import tensorflow as tf

        class WeightDecay(d2l.LinearRegression):
            def __init__(self, lr):
                super().__init__(lr)
                self.net = tf.keras.layers.Dense(1, kernel_regularizer=tf.keras.regularizers.l2(wd / 2))

            def loss(self, y_hat, y):
                return super().loss(y_hat, y) + self.net.losses

        return WeightDecay

    def layers(self, dropout):
        from tensorflow.keras import Sequential, layers

        return Sequential(
            [
                layers.Flatten(),
                layers.Dense(32, activation="relu"),
                layers.Dropout(dropout),
                layers.Dense(10),
            ]
        )

    def classifier_from_scratch(self, d2l, make):
        class Scratch(d2l.Classifier):
            def __init__(self, lr):
                super().__init__()
                self.save_hyperparameters()
                self.W, self.b = make((784, 10), 0.01), make((10,), 0)

        return Scratch

    def picked(self, y_hat, y):
        import tensorflow as tf

        return tf.boolean_mask(y_hat, tf.one_hot(y, depth=y_hat.shape[-1]))


# --- MXNet ------------------------------------------------------------------------------------------


class Mxnet:
    def own_loop(self, d2l, Trainer):
        from mxnet import autograd

        @d2l.add_to_class(Trainer)
        def fit_epoch(self):
            for batch in self.train_dataloader:
                with autograd.record():
                    loss = self.model.training_step(self.prepare_batch(batch))
                loss.backward()
                self.optim.step(1)
                self.train_batch_idx += 1
            for batch in self.val_dataloader:
                self.model.validation_step(self.prepare_batch(batch))
                self.val_batch_idx += 1

    def own_sgd(self, d2l):
        class Descent(d2l.HyperParameters):
            def __init__(self, params, lr):
                self.save_hyperparameters()

            def step(self, _):
                for param in self.params:
                    param -= self.lr * param.grad

        return lambda params, lr: Descent(params, lr)

    def parameter(self, d2l, shape, std):
        param = d2l.normal(0, std, shape)
        param.attach_grad()
        return param

    def decayed(self, d2l, wd):
        from mxnet import gluon

        class WeightDecay(d2l.LinearRegression):
            def configure_optimizers(self):
                self.collect_params(".*bias").setattr("wd_mult", 0)
                return gluon.Trainer(self.collect_params(), "sgd", {"learning_rate": self.lr, "wd": wd})

        return WeightDecay

    def layers(self, dropout):
        from mxnet.gluon import nn

        net = nn.Sequential()
        net.add(nn.Dense(32, activation="relu"), nn.Dropout(dropout), nn.Dense(10))
        net.initialize()
        return net

    def classifier_from_scratch(self, d2l, make):
        class Scratch(d2l.Classifier):
            def __init__(self, lr):
                super().__init__()
                self.save_hyperparameters()
                self.W, self.b = make((784, 10), 0.01), make(10, 0)

            def collect_params(self):
                return [self.W, self.b]

        return Scratch

    def picked(self, y_hat, y):
        return y_hat[list(range(len(y_hat))), y]


# --- Paddle -----------------------------------------------------------------------------------------


class Paddle:
    def own_loop(self, d2l, Trainer):
        import paddle

        @d2l.add_to_class(Trainer)
        def fit_epoch(self):
            self.model.train()
            for batch in self.train_dataloader:
                loss = self.model.training_step(self.prepare_batch(batch))
                self.optim.clear_grad()
                loss.backward()
                with paddle.no_grad():
                    self.optim.step()
                self.train_batch_idx += 1
            self.model.eval()
            for batch in self.val_dataloader:
                with paddle.no_grad():
                    self.model.validation_step(self.prepare_batch(batch))
                self.val_batch_idx += 1

    def own_sgd(self, d2l):
        class Descent(d2l.HyperParameters):
            def __init__(self, params, lr):
                self.save_hyperparameters()

            def step(self):
                for param in self.params:
                    param.subtract_(self.lr * param.grad)

            def clear_grad(self):
                for param in self.params:
                    param.clear_gradient()

        return lambda params, lr: Descent(params, lr)

    def parameter(self, d2l, shape, std):
        param = d2l.normal(0, std, shape)
        param.stop_gradient = False
        return param

    def decayed(self, d2l, wd):
        import paddle

        class WeightDecay(d2l.LinearRegression):
            def configure_optimizers(self):
                weight = {"params": [self.net.weight], "weight_decay": float(wd)}
                return paddle.optimizer.SGD(self.lr, parameters=[weight, {"params": [self.net.bias]}])

        return WeightDecay

    def layers(self, dropout):
        from paddle import nn

        return nn.Sequential(
            nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Dropout(dropout), nn.Linear(32, 10)
        )

    def classifier_from_scratch(self, d2l, make):
        class Scratch(d2l.Classifier):
            def __init__(self, lr):
                super().__init__()
                self.save_hyperparameters()
                self.W, self.b = make((784, 10), 0.01), make((10,), 0)

            def parameters(self, include_sublayers=True):
                return [self.W, self.b]

        return Scratch

    def picked(self, y_hat, y):
        import paddle

        return paddle.take_along_axis(y_hat, y.reshape([-1, 1]), 1).flatten()


# --- The sections -----------------------------------------------------------------------------------


@pytest.fixture
def words(d2l_backend):
    native(d2l_backend).set_seed(0)
    return {"torch": Torch, "tensorflow": Tensorflow, "mxnet": Mxnet, "paddle": Paddle}[d2l_backend]()


def test_a_class_that_grows_cell_by_cell(d2l):
    class A:
        def __init__(self):
            self.b = 1

    a = A()

    @d2l.add_to_class(A)
    def do(self):
        return f"b is {self.b}"

    assert a.do() == "b is 1"


def test_linear_regression_from_scratch(d2l, d2l_backend, words):
    """The model, its loss, its optimiser and the loop, each in a cell of its own."""
    make, Descent = words.parameter, words.own_sgd(d2l)

    class Line(d2l.Module):
        def __init__(self, num_inputs, lr, sigma=0.01):
            super().__init__()
            self.save_hyperparameters()
            self.w, self.b = make(d2l, (num_inputs, 1), sigma), make(d2l, (1,), 0)

    @d2l.add_to_class(Line)
    def forward(self, X):
        return d2l.matmul(X, self.w) + self.b

    @d2l.add_to_class(Line)
    def loss(self, y_hat, y):
        return d2l.reduce_mean((y_hat - y) ** 2 / 2)

    @d2l.add_to_class(Line)
    def configure_optimizers(self):
        return Descent([self.w, self.b], self.lr)

    class Trainer(d2l.Trainer):
        def prepare_batch(self, batch):
            return batch

    model = Line(2, lr=0.03)
    data = d2l.SyntheticRegressionData(w=d2l.tensor([2, -3.4]), b=4.2, seed=0)
    d2l.Trainer(max_epochs=6).fit(model, data)
    words.own_loop(d2l, Trainer)
    trainer = Trainer(max_epochs=6)
    history = trainer.fit(model, data)
    np.testing.assert_allclose(d2l.numpy(model.w).ravel(), [2, -3.4], atol=0.02)
    np.testing.assert_allclose(d2l.numpy(model.b), [4.2], atol=0.02)
    assert len(history) == 6 and history[-1].val_loss < 2e-4
    assert {len(points) for points in model.board.data.values()} == {12, 6}
    assert (model.lr, model.sigma, model.num_inputs) == (0.03, 0.01, 2)


def test_linear_regression_concise(d2l, words):
    model = d2l.LinearRegression(lr=0.03)
    data = d2l.SyntheticRegressionData(w=d2l.tensor([2, -3.4]), b=4.2, seed=0)
    d2l.Trainer(max_epochs=4).fit(model, data)
    w, b = map(d2l.numpy, model.get_w_b())
    np.testing.assert_allclose(w.ravel(), [2, -3.4], atol=0.02)
    np.testing.assert_allclose(b, [4.2], atol=0.02)


class TestWeightDecay:
    @pytest.fixture
    def data(self, d2l):
        class Data(d2l.DataModule):
            def __init__(self, num_train, num_val, num_inputs, batch_size):
                self.save_hyperparameters()  # the book's does without its base's __init__
                w = np.full(num_inputs, 0.01, np.float32)
                self.X, self.y = d2l.synthetic_data(d2l.tensor(w), 0.05, num_train + num_val, seed=0)

            def get_dataloader(self, train):
                rows = slice(0, self.num_train) if train else slice(self.num_train, None)
                return self.get_tensorloader([self.X, self.y], train, rows)

        return Data(num_train=20, num_val=100, num_inputs=200, batch_size=5)

    def test_from_scratch(self, d2l, data, words):
        class WeightDecay(d2l.LinearRegressionScratch):
            def __init__(self, num_inputs, lambd, lr, sigma=0.01):
                super().__init__(num_inputs, lr, sigma)
                self.save_hyperparameters()

            def loss(self, y_hat, y):
                return super().loss(y_hat, y) + self.lambd * d2l.reduce_sum(self.w**2) / 2

        norms = {}
        trainer = d2l.Trainer(max_epochs=10)
        for lambd in (0, 3):
            model = WeightDecay(num_inputs=200, lambd=lambd, lr=0.01)
            model.board.yscale = "log"
            trainer.fit(model, data)
            assert model.board.axes.get_yscale() == "log"
            norms[lambd] = float(d2l.reduce_sum(d2l.tensor(d2l.numpy(model.w)) ** 2))
        assert norms[3] < 0.3 * norms[0]

    def test_concise(self, d2l, data, words):
        norms = {}
        for wd in (0, 3):
            model = words.decayed(d2l, wd)(lr=0.01)
            d2l.Trainer(max_epochs=10).fit(model, data)
            norms[wd] = float((d2l.numpy(model.get_w_b()[0]) ** 2).sum())
        assert norms[3] < 0.3 * norms[0]


def test_softmax_regression_from_scratch(d2l, words, folder):
    Scratch = words.classifier_from_scratch(d2l, lambda shape, std: words.parameter(d2l, shape, std))

    @d2l.add_to_class(Scratch)
    def forward(self, X):
        X_exp = d2l.exp(d2l.matmul(d2l.reshape(X, (-1, 784)), self.W) + self.b)
        return X_exp / d2l.reduce_sum(X_exp, 1, keepdims=True)

    @d2l.add_to_class(Scratch)
    def loss(self, y_hat, y):
        return -d2l.reduce_mean(d2l.log(words.picked(y_hat, y)))

    data = d2l.FashionMNIST(batch_size=32, root=folder, seed=0)
    model = Scratch(lr=0.1)
    history = d2l.Trainer(max_epochs=8).fit(model, data)
    assert history[-1].val_acc > 0.9
    X, y = next(iter(data.val_dataloader()))
    predicted = d2l.argmax(model(X), axis=1)
    wrong = d2l.numpy(predicted) != d2l.numpy(y)
    shown = d2l.numpy(X)[wrong]
    labels = [f"{a}\n{b}" for a, b in zip(data.text_labels(y), data.text_labels(predicted))]
    data.visualize([shown, d2l.numpy(y)[wrong]], labels=[l for l, bad in zip(labels, wrong) if bad])
    d2l.plt.close("all")


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_perceptron_of_layers(d2l, words, folder, dropout):
    class Perceptron(d2l.Classifier):
        def __init__(self, dropout, lr):
            super().__init__()
            self.save_hyperparameters()
            self.net = words.layers(dropout)

    data = d2l.FashionMNIST(batch_size=32, root=folder, seed=0)
    model = Perceptron(dropout, lr=0.1)
    history = d2l.Trainer(max_epochs=10).fit(model, data)
    assert history[-1].val_acc > 0.9


def test_softmax_regression_concise(d2l, words, folder):
    model = d2l.SoftmaxRegression(num_outputs=10, lr=0.1)
    history = d2l.Trainer(max_epochs=8).fit(model, d2l.FashionMNIST(batch_size=32, root=folder, seed=0))
    assert history[-1].val_acc > 0.9


def test_the_same_cells_run_twice(d2l, words, folder):
    """As a reader does who goes back: another model, another chart, the same trainer."""
    data = d2l.FashionMNIST(batch_size=64, root=folder, seed=0)
    trainer = d2l.Trainer(max_epochs=2)
    for _ in range(2):
        model = d2l.SoftmaxRegression(num_outputs=10, lr=0.1)
        history = trainer.fit(model, data)
        assert len(history) == 2 and model.board.axes.get_xlim() == (0, 2)
