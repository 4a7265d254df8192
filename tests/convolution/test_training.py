"""``train_ch6``, ``train_ch13`` and what belongs to them: histories, few batches, interrupts, bad input."""

import re
import signal

import numpy as np
import pytest

from d2l_multi.book.training.history import DivergenceWarning, InterruptedWarning
from tests.convolution.nets import folder_of_images, for_ch6, history_of, images, loaders
from tests.native import native


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return folder_of_images(tmp_path_factory)


def trained(d2l, backend, train_iter, test_iter, num_epochs=1, lr=0.5, net=None):
    net = d2l.LeNet().net if net is None else net
    returned = d2l.train_ch6(for_ch6(backend, net), train_iter, test_iter, num_epochs, lr, d2l.try_gpu())
    return net, history_of(backend, returned)


def test_a_net_learns(d2l, backend, folder, capsys):
    train_iter, test_iter = loaders(d2l, folder, 16)
    net, history = trained(d2l, backend, train_iter, test_iter, 4, 0.3, native(backend).small_cnn())
    assert history.column("train_loss")[-1] < history.column("train_loss")[0] and len(history) == 4
    assert history[-1].test_acc == d2l.evaluate_accuracy_gpu(net, test_iter) > 0.5
    assert d2l.evaluate_accuracy_gpus(net, test_iter) == history[-1].test_acc
    told = capsys.readouterr().out
    assert re.fullmatch(r"loss \S+, train acc \S+, test acc \S+\n\S+ examples/sec on .+\n", told)
    curves = history.chart.Y
    assert len(curves[0]) == len(curves[1]) == 4 * 5 and len(curves[2]) == 4  # five points in an epoch


@pytest.mark.parametrize("batch_size", [256, 100])
def test_fewer_than_five_batches(d2l, backend, folder, batch_size):
    _, history = trained(d2l, backend, *loaders(d2l, folder, batch_size))
    assert len(history) == 1 and np.isfinite(history[0].train_loss)
    assert len(history.chart.Y[0]) == -(-256 // batch_size)


def test_batches_of_a_list(d2l, backend):
    batches = [images(d2l, backend, 8)]
    _, history = trained(d2l, backend, batches, batches, 2)
    assert len(history) == 2


def test_weights_are_drawn_anew(d2l, backend, folder):
    """A ready net works in TensorFlow, too, and begins as the others do."""
    X, _ = images(d2l, backend, 1)
    model = d2l.LeNet()
    model.apply_init([X])
    arrays = d2l.get_parameters(model.net)
    d2l.set_parameters(model.net, {name: np.full_like(array, 7) for name, array in arrays.items()})
    d2l.train_ch6(model.net, *loaders(d2l, folder, 256), 1, 0.0, d2l.try_gpu())
    for name, array in d2l.get_parameters(model.net).items():
        if name.endswith("weight"):
            assert np.abs(array).max() <= np.sqrt(6 / (6 + 16)) and array.std() > 0.01, name


def test_divergence_is_told(d2l, backend, folder):
    with pytest.warns(DivergenceWarning, match="in epoch 1.*learning rate") as caught:
        trained(d2l, backend, *loaders(d2l, folder, 16), 1, 1e38, native(backend).small_cnn())
    assert caught[0].filename == __file__


def test_an_interrupt_keeps_net_and_history(d2l, backend, folder):
    train_iter, test_iter = loaders(d2l, folder, 128)

    class Interrupting:
        def __iter__(self):
            yield from test_iter
            signal.raise_signal(signal.SIGINT)

    with pytest.warns(InterruptedWarning, match="interrupted in epoch 1") as caught:
        _, history = trained(d2l, backend, train_iter, Interrupting(), 3)
    assert len(history) == 0 and caught[0].filename == __file__


def test_a_callback_draws_and_tells(d2l, backend, folder, capsys):
    train_iter, test_iter = loaders(d2l, folder, 128)
    X, _ = images(d2l, backend, 1)
    model = d2l.LeNet()
    model.apply_init([X])
    callback = d2l.TrainCallback(model.net, train_iter, test_iter, 2, "my device")
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"loss": 2.0 - epoch, "accuracy": 0.5})
    assert callback.animator.Y[0] == [2.0, 1.0] and len(callback.timer.times) == 2
    assert callback.animator.Y[2] == [d2l.evaluate_accuracy_gpu(model.net, test_iter)] * 2
    told = capsys.readouterr().out
    assert told.startswith("loss 1.000, train acc 0.500") and told.endswith("examples/sec on my device\n")


def test_train_ch13_on_one_device(d2l, backend, folder, capsys):
    train_iter, test_iter = loaders(d2l, folder, 64)
    net, loss, trainer = native(backend).image_classifier(0.01 if backend in ("torch", "paddle") else 0.5)
    history = d2l.train_ch13(net, train_iter, test_iter, loss, trainer, 2, [d2l.cpu()])
    assert len(history) == 2 and history[1].train_loss < history[0].train_loss
    assert "examples/sec" in capsys.readouterr().out


# --- Bad input ----------------------------------------------------------------------------------------------


def test_images_smaller_than_a_kernel(d2l, backend):
    batches = [images(d2l, backend, 2, 28)]
    X, y = batches[0]
    small = X[:, :5, :5] if backend == "tensorflow" else X[:, :, :5, :5]
    with pytest.raises(ValueError, match=r"the net does not take (inputs|images) of shape"):
        trained(d2l, backend, [(small, y)], batches)


def test_outputs_that_do_not_fit(d2l, backend):
    batches = [images(d2l, backend, 40)]
    with pytest.raises(ValueError, match="labels must be classes, whole numbers from 0 to 3"):
        trained(d2l, backend, batches, batches, net=d2l.LeNet(num_classes=4).net)


def test_a_device_that_is_not_there(d2l, backend):
    batches = [images(d2l, backend, 2)]
    absent = {"torch": "cuda:7", "tensorflow": "/GPU:7", "paddle": "gpu:7"}.get(backend) or d2l.gpu(7)
    net, loss, trainer = native(backend).image_classifier(0.1)
    for call in (
        lambda: d2l.train_ch6(for_ch6(backend, net), batches, batches, 1, 0.1, absent),
        lambda: d2l.evaluate_accuracy_gpu(net, batches, absent),
        lambda: d2l.train_ch13(net, batches, batches, loss, trainer, 1, [absent]),
        lambda: d2l.split_batch(*batches[0], [d2l.cpu(), absent]),
    ):
        with pytest.raises(ValueError, match=r"this machine has no .*7.*: the framework finds"):
            call()


def test_loaders_without_batches(d2l, backend):
    batches = [images(d2l, backend, 2)]
    for train_iter, test_iter, name in ((batches, [], "test_iter"), ([], batches, "train_iter")):
        with pytest.raises(ValueError, match=f"{name} yield(s|ed) no batch"):
            trained(d2l, backend, train_iter, test_iter)
    with pytest.raises(ValueError, match="data_iter yielded no batch"):
        d2l.evaluate_accuracy_gpu(lambda X: X, [])


def test_devices_must_be_a_list(d2l, backend):
    X, y = images(d2l, backend, 2)
    with pytest.raises(TypeError, match="devices must be a list"):
        d2l.split_batch(X, y, d2l.cpu())
    with pytest.raises(ValueError, match="a batch of 2 cannot be split among 3 devices"):
        d2l.split_batch(X, y, [d2l.cpu()] * 3)


def test_what_is_no_net(d2l, backend):
    batches = [images(d2l, backend, 2)]
    with pytest.raises(TypeError, match="net must be a"):
        d2l.train_ch6(lambda *X: 1, batches, batches, 1, 0.1, d2l.cpu())
