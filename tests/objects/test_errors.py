"""Bad input to the object-oriented edition: errors at the call, in the user's terms."""

import re

import numpy as np
import pytest

from tests.objects.models import clusters, mlp


@pytest.mark.parametrize("max_epochs", [0, -1, 1.5, True, "ten"])
def test_max_epochs(d2l, max_epochs):
    with pytest.raises((ValueError, TypeError), match="max_epochs must be a whole number of at least 1, got"):
        d2l.Trainer(max_epochs)


def test_gpus(d2l):
    with pytest.raises(ValueError, match="num_gpus must be a whole number of at least 0, got -1"):
        d2l.Trainer(1, num_gpus=-1)
    with pytest.raises(TypeError, match="num_gpus must be a whole number, got 'all'"):
        d2l.Trainer(1, num_gpus="all")


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "1"])
def test_gradient_clip_val(d2l, value):
    with pytest.raises(
        ValueError, match=f"gradient_clip_val is the largest norm .*got {re.escape(repr(value))}"
    ):
        d2l.Trainer(1, gradient_clip_val=value)


@pytest.mark.parametrize("name", ["plot_train_per_epoch", "plot_valid_per_epoch"])
def test_points_per_epoch(d2l, name):
    with pytest.raises(ValueError, match=f"{name} is how many points to draw in each epoch.*got 0"):
        d2l.Module(**{name: 0})


def test_a_model_without_a_loss(d2l):
    class Lossless(d2l.Module):
        def __init__(self):
            super().__init__()
            self.lr = 0.1

    with pytest.raises(ValueError, match=r"Lossless has no loss: define loss\(self, y_hat, y\)"):
        d2l.Trainer(1).fit(Lossless(), clusters(d2l))


def test_a_model_without_an_optimiser(d2l, d2l_backend):
    model = mlp(d2l, d2l_backend)
    del model.lr
    with pytest.raises(
        ValueError, match=r"MLP has no optimiser: define configure_optimizers\(self\), or set self.lr"
    ):
        d2l.Trainer(1).fit(model, clusters(d2l))
    type(model).configure_optimizers = lambda self: None
    with pytest.raises(
        ValueError, match=r"configure_optimizers\(\) returned None; it must return the optimiser"
    ):
        d2l.Trainer(1).fit(model, clusters(d2l))


def test_a_model_without_a_network(d2l):
    class Netless(d2l.Classifier):
        pass

    with pytest.raises(
        NotImplementedError, match=r"Netless has no network: set self.net in __init__, or define"
    ):
        Netless().forward(d2l.ones(2, 2))


def test_no_module(d2l, d2l_backend):
    with pytest.raises(TypeError, match=r"takes a subclass of d2l.Module as model, got dict"):
        d2l.Trainer(1).fit({}, clusters(d2l))


def test_no_data_module(d2l, d2l_backend):
    with pytest.raises(TypeError, match=r"takes a DataModule as data, with train_dataloader\(\) .*got list"):
        d2l.Trainer(1).fit(mlp(d2l, d2l_backend), [])


def test_data_without_a_training_loader(d2l, d2l_backend):
    class Empty(d2l.DataModule):
        def get_dataloader(self, train):
            return None

    with pytest.raises(ValueError, match=r"Empty has no training loader: .* returned None"):
        d2l.Trainer(1).fit(mlp(d2l, d2l_backend), Empty())
    with pytest.raises(NotImplementedError, match=r"DataModule has no loaders: define get_dataloader"):
        d2l.Trainer(1).fit(mlp(d2l, d2l_backend), d2l.DataModule())


def test_loaders_that_cannot_be_counted_or_are_empty(d2l, d2l_backend):
    class Odd(d2l.DataModule):
        loader = None

        def get_dataloader(self, train):
            return self.loader

    data, model = Odd(), mlp(d2l, d2l_backend)
    data.loader = iter([])
    with pytest.raises(ValueError, match="training loader must know how many batches it yields, len"):
        d2l.Trainer(1).fit(model, data)
    data.loader = []
    with pytest.raises(ValueError, match="training loader yields no batch"):
        d2l.Trainer(1).fit(model, data)
    data.loader = [d2l.ones(2, 6)]
    with pytest.raises(ValueError, match=r"must yield batches \(X, ..., y\), got"):
        d2l.Trainer(1).fit(model, data)


def test_resuming_what_never_ran(d2l, d2l_backend):
    with pytest.raises(
        ValueError, match=r"resume=True continues the run of this Trainer, which has not trained"
    ):
        d2l.Trainer(1).fit(mlp(d2l, d2l_backend), clusters(d2l), resume=True)


@pytest.mark.parametrize("resume", [1, 0, 2.0, np.int64(1), b"run", ["run"]])
def test_what_resume_cannot_be(d2l, d2l_backend, resume):
    """A mistake costs nothing: the run before it can still go on."""
    trainer, model = d2l.Trainer(1), mlp(d2l, d2l_backend)
    before = list(trainer.fit(model, clusters(d2l)))
    with pytest.raises(TypeError, match=r"resume must be True, False or the path of a checkpoint, got"):
        trainer.fit(model, clusters(d2l), resume=resume)
    assert list(trainer.history) == before


def test_plotting_without_a_trainer(d2l, d2l_backend):
    model = mlp(d2l, d2l_backend)
    with pytest.raises(
        ValueError, match=r"MLP has no trainer yet, .*Trainer\(max_epochs\).fit\(model, data\)"
    ):
        model.plot("loss", 1.0, train=True)


def test_plotting_more_than_one_value(d2l, d2l_backend):
    model = mlp(d2l, d2l_backend)
    model.loss = lambda y_hat, y: type(model).loss(model, y_hat, y, averaged=False)
    with pytest.raises(ValueError, match=r"a number or a tensor of one element, got shape \(8,\)"):
        d2l.Trainer(1).fit(model, clusters(d2l))


def test_a_hyperparameter_that_hides_a_method(d2l):
    class Unlucky(d2l.Module):
        def __init__(self, loss):
            super().__init__()
            self.save_hyperparameters()

    with pytest.raises(ValueError, match=r"'loss' would hide Unlucky.loss: give it another name"):
        Unlucky("squared")
    assert issubclass(Unlucky, d2l.nn_Module)


@pytest.mark.parametrize("argument", ["num_train", "num_val", "batch_size"])
def test_sizes_of_synthetic_data(d2l, argument):
    with pytest.raises(ValueError, match=f"{argument} must be a whole number of at least 1, got 0"):
        d2l.SyntheticRegressionData(d2l.tensor([1.0]), 0, **{argument: 0})


def test_sgd_without_a_learning_rate(d2l, d2l_backend):
    if d2l_backend == "tensorflow":
        assert d2l.SGD(0.1).lr == 0.1  # as the book calls it there
    else:
        with pytest.raises(
            TypeError, match=r"SGD takes the parameters and the learning rate: SGD\(params, lr\)"
        ):
            d2l.SGD([d2l.ones(1)])
    with pytest.raises(ValueError, match="lr must be a finite number of at least 0"):
        d2l.SGD([d2l.ones(1)], -1)


def test_batches_without_their_first_axis_are_still_counted(d2l, d2l_backend):
    """A label that is a plain number counts as one example."""
    model = mlp(d2l, d2l_backend)
    seen = []
    model.training_step = lambda batch: (
        seen.append(batch) or type(model).training_step(model, (batch[0], d2l.tensor([1])))
    )

    class One(d2l.DataModule):
        def get_dataloader(self, train):
            return [(d2l.ones(1, 6), np.int64(1))] if train else None

    (epoch,) = d2l.Trainer(1).fit(model, One())
    assert len(seen) == 1 and epoch.train_loss > 0
