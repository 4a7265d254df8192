"""Programs of the object-oriented edition as its readers write them in each framework.

Classes grow cell by cell with ``add_to_class``; models are written from scratch and of the framework's
layers; the reader's own loop replaces the trainer's. Images are the suite's own, which takes seconds.
"""

from importlib import import_module

import numpy as np
import pytest

from tests.fashion import write_folder
from tests.native import native


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("fashion"), train=400, test=100)


@pytest.fixture
def words(d2l, d2l_backend):
    native(d2l_backend).set_seed(0)
    return import_module(f"tests.book.object_oriented.{d2l_backend}")


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
            self.net = words.perceptron(dropout)

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
