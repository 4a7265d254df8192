"""Chapters 5 to 7, 11.11 and 12 of the Chinese edition, 6 to 8, 12.11 and 13 of the English one."""

from importlib import import_module

import numpy as np
import pytest

from tests.fashion import write_folder
from tests.native import native


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("fashion"), train=12, test=8)


@pytest.fixture
def words(backend):
    native(backend).set_seed(0)
    return import_module(f"tests.book.convolution.{backend}")


def functional(d2l, backend, make, folder, resize=None, num_epochs=1):
    """A section of the functional edition from its net to its end."""
    train_iter, test_iter = d2l.load_data_fashion_mnist(4, resize=resize, root=folder, seed=0)
    net = make if backend == "tensorflow" else make()
    returned = d2l.train_ch6(net, train_iter, test_iter, num_epochs, 0.05, d2l.try_gpu())
    net, history = (returned, returned.history) if backend == "tensorflow" else (net, returned)
    assert len(history) == num_epochs and np.isfinite(history[-1].train_loss)
    assert d2l.evaluate_accuracy_gpu(net, test_iter) == history[-1].test_acc
    return net


@pytest.mark.parametrize(
    ("section", "resize"),
    [("lenet", None), ("alexnet", 224), ("vgg", 224), ("nin", 224), ("googlenet", 96), ("densenet", 96)],
)
def test_a_net_of_the_functional_edition(d2l, backend, words, folder, section, resize):
    functional(d2l, backend, getattr(words, section), folder, resize)


def test_convolutions_by_hand(d2l, words):
    learned, many = words.corr2d_layer(d2l)
    np.testing.assert_allclose(d2l.numpy(learned).reshape(1, 2), [[1, -1]], atol=0.3)
    assert tuple(many.shape) == (3, 5, 7)


def test_batch_normalisation_by_hand(d2l, backend, words, folder):
    made = []
    net = functional(d2l, backend, lambda: made.append(words.batch_norm(d2l)) or made[0][0], folder)
    assert tuple(made[0][1](net).shape) == (6,)


def test_residual_networks(d2l, backend, words, folder):
    functional(d2l, backend, lambda: words.resnet(d2l), folder, 96)


@pytest.mark.parametrize("section", ["LeNet", "resnet_class", "anynet"])
def test_a_net_of_the_object_oriented_edition(d2l, backend, words, folder, section, capsys):
    data = d2l.FashionMNIST(batch_size=4, resize=(28, 28) if section == "LeNet" else (96, 96), root=folder)
    model = d2l.LeNet(lr=0.1) if section == "LeNet" else getattr(words, section)(d2l)
    side = data.resize[0]
    model.layer_summary((1, side, side, 1) if backend == "tensorflow" else (1, 1, side, side))
    assert capsys.readouterr().out.count("output shape:\t") == len(words_layers(model))
    trainer = d2l.Trainer(max_epochs=1, num_gpus=1)
    history = trainer.fit(words.initialised(d2l, model, data), data)
    assert np.isfinite(history[0].train_loss) and 0 <= history[0].val_acc <= 1


def words_layers(model):
    return model._native.layers(model.net)


def test_learning_rates_by_schedule(d2l, words, folder):
    train_iter, test_iter = d2l.load_data_fashion_mnist(4, root=folder, seed=0)
    accuracies, lr = words.scheduled(d2l, train_iter, test_iter)
    assert len(accuracies) == 2 and lr == pytest.approx(0.15)


def test_compiled_nets(d2l, words, capsys):
    before, after = words.hybridized(d2l)
    np.testing.assert_allclose(d2l.numpy(before), d2l.numpy(after), rtol=1e-5, atol=1e-6)
    told = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in told if line.endswith(" sec")] == ["as it is", "as a script"]


def test_several_devices_by_hand(d2l, words, folder):
    """On a machine with one device it gets both parts, as the book's cells do with ``try_gpu``."""
    train_iter, test_iter = d2l.load_data_fashion_mnist(4, root=folder, seed=0)
    accuracy, (first, second) = words.data_parallel(d2l, train_iter, test_iter)
    assert 0 <= accuracy <= 1
    np.testing.assert_allclose(d2l.numpy(first), d2l.numpy(second))


def test_several_devices_concisely(d2l, words, folder):
    train_iter, test_iter = d2l.load_data_fashion_mnist(6, root=folder, seed=0)
    assert 0 <= words.concise_parallel(d2l, 1, train_iter, test_iter) <= 1


def test_a_trainer_of_the_readers_own(d2l, words, folder):
    """The section on GPUs defines its methods, ``__init__`` among them, anew."""

    class Trainer(d2l.Trainer):
        pass

    words.own_trainer(d2l, Trainer)
    data = d2l.FashionMNIST(batch_size=4, root=folder)
    model = d2l.SoftmaxRegression(10, 0.1)
    trainer = Trainer(max_epochs=2, num_gpus=1)
    history = trainer.fit(model, data)
    assert len(history) == 2 and trainer.hparams["num_gpus"] == 1 and model.trainer is trainer
