"""What users know of their framework's modules works on ours."""

import copy
import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest

from d2l_multi.book.object_oriented import trainer as trainer_loop
from tests.native import native
from tests.objects.models import NUM_INPUTS, assert_same_parameters, clusters, mlp


@pytest.fixture
def model(d2l, d2l_backend):
    model = mlp(d2l, d2l_backend)
    d2l.Trainer(max_epochs=1).fit(model, clusters(d2l))
    return model


@pytest.fixture
def twin(d2l, d2l_backend):
    return mlp(d2l, d2l_backend)


def test_it_is_a_module_of_the_framework(d2l, model):
    assert isinstance(model, d2l.nn_Module)


def test_its_own_way_of_saving(d2l, d2l_backend, model, twin, tmp_path):
    path = tmp_path / "weights"
    native(d2l_backend).save(model, path)
    native(d2l_backend).load(twin, path)
    assert_same_parameters(d2l, twin, model)


def test_parameters_from_scratch_are_the_frameworks(d2l, d2l_backend):
    """Plain tensors, as the book has them, and the package's own `LinearRegressionScratch`."""

    class Plain(d2l.Module):
        def __init__(self):
            super().__init__()
            self.W, self.b = (d2l.as_parameter(np.ones(shape, np.float32)) for shape in ((2, 1), 1))

    for model, of_ours in ((Plain(), False), (d2l.LinearRegressionScratch(2, lr=0.1), True)):
        assert [array.shape for array in d2l.get_parameters(model).values()] == [(2, 1), (1,)]
        if d2l_backend == "tensorflow":  # Keras alone would not know plain variables
            assert len(model.trainable_variables) == len(model.get_weights()) == 2
        if d2l_backend in ("torch", "paddle") and of_ours:
            assert len(list(model.parameters())) == len(model.state_dict()) == 2
        if d2l_backend == "mxnet":
            assert len(model.parameters()) == len(model.get_scratch_params()) == 2


def test_another_variable_takes_the_place_of_the_first(d2l, d2l_backend):
    """A reader who runs the cell that makes ``w`` again trains the new one."""
    model = d2l.LinearRegressionScratch(2, lr=0.1)
    if d2l_backend == "paddle":
        pytest.skip("reason: a layer of Paddle keeps its parameters for good")
    model(d2l.ones(3, 2))
    new = np.array([[5.0], [6.0]], np.float32)
    model.w = (
        type(model.w)(d2l.tensor(new)) if d2l_backend in ("torch", "tensorflow") else d2l.as_parameter(new)
    )
    parameters = d2l.get_parameters(model)
    assert len(parameters) == 2 and any(np.array_equal(value, new) for value in parameters.values())


@pytest.mark.parametrize("twin_of", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_copies_do_without_the_trainer(d2l, d2l_backend, twin_of):
    if d2l_backend in ("tensorflow", "mxnet"):
        pytest.skip(f"reason: {d2l_backend}'s own modules cannot be copied like this")
    model = d2l.SoftmaxRegression(3, lr=0.1)
    d2l.Trainer(max_epochs=1).fit(model, clusters(d2l))
    again = twin_of(model)
    assert not hasattr(again, "trainer") and hasattr(model, "trainer")
    assert_same_parameters(d2l, again, model)
    d2l.Trainer(max_epochs=1).fit(again, clusters(d2l))


def test_compiled_by_the_framework(d2l, d2l_backend, model):
    """By torch.compile, tf.function, hybridize, to_static; our trainer goes on with it."""
    X = d2l.tensor(np.random.RandomState(0).normal(size=(5, NUM_INPUTS)), dtype=d2l.float32)
    expected = d2l.numpy(model(X))
    np.testing.assert_allclose(d2l.numpy(native(d2l_backend).compiled(model)(X)), expected, atol=1e-6)
    np.testing.assert_allclose(d2l.numpy(model(X)), expected, atol=1e-6)
    d2l.Trainer(max_epochs=1).fit(model, clusters(d2l))


def test_dropout_is_active_in_training_and_not_in_validation(d2l, d2l_backend):
    """In TensorFlow too, where the original's concise models never drop anything."""

    class Dropped(d2l.Classifier):
        def __init__(self):
            super().__init__()
            self.lr = 0.0
            self.net = native(d2l_backend).identity_with_dropout()
            self.seen = {True: [], False: []}

        def training_step(self, batch):
            self.seen[True].append(d2l.numpy(self(d2l.ones(4, 50))))
            return super().training_step(batch)

        def validation_step(self, batch):
            self.seen[False].append(d2l.numpy(self(d2l.ones(4, 50))))

    class Data(d2l.DataModule):
        def get_dataloader(self, train):
            return [(d2l.ones(4, 50), d2l.tensor([0, 1, 2, 3]))]

    model = Dropped()
    d2l.Trainer(max_epochs=2).fit(model, Data())
    assert all(0.2 < np.mean(np.asarray(outputs) == 0) < 0.8 for outputs in model.seen[True])
    assert all(np.all(np.asarray(outputs) == 1) for outputs in model.seen[False])
    assert np.all(d2l.numpy(model(d2l.ones(2, 50))) == 1)  # after training it predicts


def test_float64_stays_float64(d2l, d2l_backend):
    """Data in float64 train a model in float64 where the framework lets them."""
    data = d2l.SyntheticRegressionData(
        d2l.tensor(np.array([2.0, -3.4])), 4.2, num_train=64, num_val=8, batch_size=8, seed=0
    )
    model = d2l.LinearRegressionScratch(2, lr=0.1)
    native(d2l_backend).to_float64(model)
    d2l.Trainer(max_epochs=15).fit(model, data)
    assert d2l.numpy(model.w).dtype == np.float64
    np.testing.assert_allclose(d2l.numpy(model.w).ravel(), [2, -3.4], atol=0.05)


def test_apply_init(d2l, d2l_backend):
    for initialiser in native(d2l_backend).initialisers(2):
        model = d2l.SoftmaxRegression(3, lr=0.1)
        model.apply_init([d2l.ones(4, 2, 2)], initialiser)
        np.testing.assert_array_equal(d2l.get_parameters(model)["dense0.weight"], np.full((4, 3), 2))


def test_accuracy_and_loss_of_a_classifier(d2l, d2l_backend):
    model = mlp(d2l, d2l_backend)
    scores = np.random.RandomState(0).normal(size=(2, 4, 3)).astype(np.float32)
    labels = np.array([[0, 1, 2, 0], [1, 1, 2, 2]])
    Y_hat, Y = d2l.tensor(scores), d2l.tensor(labels.tolist())
    right = (scores.argmax(-1) == labels).astype(np.float32).ravel()
    np.testing.assert_array_equal(d2l.numpy(model.accuracy(Y_hat, Y, averaged=False)), right)
    assert float(model.accuracy(Y_hat, Y)) == pytest.approx(right.mean())
    exponentials = np.exp(scores.reshape(8, 3))
    expected = -np.log(exponentials[np.arange(8), labels.ravel()] / exponentials.sum(1))
    np.testing.assert_allclose(d2l.numpy(model.loss(Y_hat, Y, averaged=False)), expected, rtol=1e-5)
    assert float(model.loss(Y_hat, Y)) == pytest.approx(expected.mean(), rel=1e-5)
    large = d2l.tensor(np.array([[1000.0, 0.0, 0.0]], np.float32))
    assert float(model.loss(large, d2l.tensor([1]))) == pytest.approx(1000, rel=1e-5)


def test_linear_regression_starts_small_and_shows_its_weights(d2l):
    model = d2l.LinearRegression(lr=0.1)
    model.apply_init([d2l.ones(1, 400)])
    w, b = map(d2l.numpy, model.get_w_b())
    assert w.size == 400 and 0.005 < w.std() < 0.02 and (b == 0).all()


@pytest.mark.parametrize("scratch", [False, True])
def test_training_on_a_device_that_is_told(d2l, d2l_backend, monkeypatch, scratch):
    """The CPU stands in for a GPU: model and batches go there, and training comes to the same."""
    if scratch:
        data = d2l.SyntheticRegressionData(d2l.tensor([2, -3.4]), 4.2, num_train=64, num_val=8, seed=0)
        model, twin = (d2l.LinearRegressionScratch(2, lr=0.1) for _ in range(2))
        d2l.set_parameters(twin, d2l.get_parameters(model))
    else:
        data, model, twin = clusters(d2l), mlp(d2l, d2l_backend), mlp(d2l, d2l_backend)
    moved = []
    told = replace(
        d2l.Trainer._native,
        num_gpus=lambda: 1,
        gpu=lambda i: d2l.cpu(),
        to=lambda array, device: moved.append(1) or d2l.to(array, device),
    )
    monkeypatch.setattr(d2l.Trainer, "_native", told)
    trainer = d2l.Trainer(max_epochs=2, num_gpus=1, gradient_clip_val=10)
    trainer.fit(model, data)
    assert len(trainer.gpus) == 1 and len(moved) == 2 * 2 * (
        trainer.num_train_batches + trainer.num_val_batches
    )
    d2l.Trainer(max_epochs=2, gradient_clip_val=10).fit(twin, data)
    assert_same_parameters(d2l, model, twin)


@pytest.mark.parametrize(("asked", "there"), [(1, 0), (2, 0), (2, 1)])
def test_fewer_gpus_than_asked_for(d2l, d2l_backend, monkeypatch, asked, there):
    """The book's cells are written for one: they train on what there is, and say so once."""
    told = replace(d2l.Trainer._native, num_gpus=lambda: there, gpu=lambda i: d2l.cpu())
    monkeypatch.setattr(d2l.Trainer, "_native", told)
    trainer_loop._say_once.cache_clear()
    where = (
        "one GPU on this machine: training on that"
        if there
        else "no GPU on this machine: training on the CPU"
    )
    message = f"num_gpus={asked}, but {d2l_backend} finds {where}"
    with pytest.warns(UserWarning, match=message) as caught:
        trainer = d2l.Trainer(max_epochs=2, num_gpus=asked)
    assert len(caught) == 1 and caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d2l.Trainer(max_epochs=2, num_gpus=asked)
    assert len(trainer.gpus) == there and trainer.num_gpus == asked
    data, model, twin = clusters(d2l), mlp(d2l, d2l_backend), mlp(d2l, d2l_backend)
    trainer.fit(model, data)
    d2l.Trainer(max_epochs=2).fit(twin, data)
    assert_same_parameters(d2l, model, twin)


def test_more_gpus_than_a_process_can_train_on(d2l, d2l_backend, monkeypatch):
    native = replace(d2l.Trainer._native, num_gpus=lambda: 3, gpu=lambda i: d2l.cpu())
    monkeypatch.setattr(d2l.Trainer, "_native", native)
    trainer_loop._say_once.cache_clear()
    with warnings.catch_warnings(record=True) as caught:
        trainer = d2l.Trainer(max_epochs=2, num_gpus=2)
    assert len(trainer.gpus) == (1 if d2l_backend == "paddle" else 2)
    assert [str(warning.message) for warning in caught] == (
        ["num_gpus=2, but paddle trains on one GPU in a process: training on the first"]
        if d2l_backend == "paddle"
        else []
    )


def test_another_device_takes_plain_tensors_along(d2l, d2l_backend):
    """Those of a model from scratch, which the framework's own move would leave behind."""

    class Plain(d2l.Module):
        def __init__(self):
            super().__init__()
            self.W = d2l.as_parameter(np.ones((2, 1), np.float32))

        def forward(self, X):
            return d2l.matmul(X, self.W)

    model = Plain()
    d2l.Trainer(max_epochs=1).move(model, [d2l.cpu()])
    assert [array.tolist() for array in d2l.get_parameters(model).values()] == [[[1], [1]]]
    if d2l_backend == "torch":
        d2l.Trainer(max_epochs=1).move(model, ["meta"])
        assert model.W.device.type == "meta" and model.W.requires_grad
