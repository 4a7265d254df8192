"""The trainer's loop: what it computes, keeps and says, in every framework."""

import os
import signal
import warnings

import numpy as np
import pytest

from tests.objects.models import assert_same_parameters, clusters, mlp


@pytest.fixture
def model(d2l, d2l_backend):
    return mlp(d2l, d2l_backend)


@pytest.fixture
def data(d2l):
    return clusters(d2l)


def test_training_learns_and_its_history_tells(d2l, model, data):
    trainer = d2l.Trainer(max_epochs=8)
    history = trainer.fit(model, data)
    assert history is trainer.history and len(history) == 8
    assert history[-1]._fields == ("train_loss", "val_loss", "val_acc")
    assert history[-1].train_loss < 0.5 * history[0].train_loss and history[-1].val_acc > 0.7
    assert history.column("val_acc")[-1] == history[-1].val_acc
    assert repr(history).startswith("History of 8 epochs: train_loss 0.") and "\n" not in repr(history)
    assert (trainer.model, model.trainer) == (model, trainer)
    assert (trainer.num_train_batches, trainer.num_val_batches) == (7, 3)
    assert (trainer.epoch, trainer.train_batch_idx, trainer.val_batch_idx) == (7, 56, 24)


def test_the_history_weighs_examples_not_batches(d2l, d2l_backend, model, data):
    """50 examples by 8 leave 2 for the last batch; with a learning rate of 0 the model stays the same."""
    model.lr = 0.0
    (epoch,) = d2l.Trainer(max_epochs=1).fit(model, data)
    everything = {part: clusters(d2l, batch_size=50) for part in ("train", "val")}
    (whole,) = d2l.Trainer(max_epochs=1).fit(model, everything["train"])
    np.testing.assert_allclose(epoch, whole, rtol=1e-5)


def test_the_board_has_two_points_of_training_and_one_of_validation_for_each_epoch(d2l, model, data):
    history = d2l.Trainer(max_epochs=3).fit(model, data)
    board = model.board
    assert {label: len(points) for label, points in board.data.items()} == {
        "train_loss": 6,
        "val_loss": 3,
        "val_acc": 3,
    }
    assert [point.x for point in board.data["val_acc"]] == [1, 2, 3]
    assert board.xlim == [0, 3] and board.xlabel == "epoch"
    assert len(history.fig.axes[0].get_lines()) == 3


def test_another_fit_starts_another_chart_and_leaves_the_old_history(d2l, model, data):
    trainer = d2l.Trainer(max_epochs=2)
    first = trainer.fit(model, data)
    second = trainer.fit(model, data)
    assert first is not second and len(first) == len(second) == 2
    assert [line.get_xydata().tolist() for line in first.fig.axes[0].get_lines()] != [
        line.get_xydata().tolist() for line in second.fig.axes[0].get_lines()
    ]


def test_data_without_a_validation_loader(d2l, model, data):
    data.val_dataloader = lambda: None
    history = d2l.Trainer(max_epochs=2).fit(model, data)
    assert history[-1]._fields == ("train_loss",)


def test_whatever_is_plotted_is_recorded(d2l, model, data):
    class Talkative(type(model)):
        def training_step(self, batch):
            l = super().training_step(batch)
            self.plot("twice the loss", 2 * l, train=True)
            self.plot("one", 1, train=True)
            return l

    model.__class__ = Talkative
    (epoch,) = d2l.Trainer(max_epochs=1).fit(model, data)
    assert epoch._fields == ("train_loss", "train_twice_the_loss", "train_one", "val_loss", "val_acc")
    assert epoch.train_twice_the_loss == pytest.approx(2 * epoch.train_loss) and epoch.train_one == 1
    assert "train_twice the loss" in model.board.data


def test_the_same_as_the_functional_edition(d2l, d2l_backend, data):
    """Beside `train_epoch_ch3`, with the same net, loss, batches and optimiser."""
    model, twin = mlp(d2l, d2l_backend), mlp(d2l, d2l_backend)
    d2l.Trainer(max_epochs=3).fit(model, data)
    batches, optimiser = data.train_dataloader(), twin.configure_optimizers()
    net = twin.net if d2l_backend == "tensorflow" else twin
    for _ in range(3):
        if (
            d2l_backend == "mxnet"
        ):  # whose losses are per example, as gluon.Trainer.step(batch size) wants them
            d2l.train_epoch_ch3(net, batches, lambda y_hat, y: twin.loss(y_hat, y, averaged=False), optimiser)
        else:
            d2l.train_epoch_ch3(net, batches, twin.loss, optimiser)
    assert_same_parameters(d2l, model, twin, atol=1e-6)


def test_gradients_are_clipped_to_a_norm(d2l, d2l_backend, model, data):
    """After one step with learning rate 1 from known weights, the step has the length of the clipped norm."""
    before = d2l.get_parameters(model)
    model.lr = 1.0
    one_batch = clusters(d2l, batch_size=50)
    d2l.Trainer(max_epochs=1, gradient_clip_val=0.01).fit(model, one_batch)
    after = d2l.get_parameters(model)
    norm = np.sqrt(sum(((after[name] - before[name]) ** 2).sum() for name in before))
    assert norm == pytest.approx(0.01, rel=1e-3)


def test_small_gradients_are_left_alone(d2l, d2l_backend, data):
    model, twin = mlp(d2l, d2l_backend), mlp(d2l, d2l_backend)
    d2l.Trainer(max_epochs=1, gradient_clip_val=1e6).fit(model, data)
    d2l.Trainer(max_epochs=1).fit(twin, data)
    assert_same_parameters(d2l, model, twin)


def test_clipping_models_from_scratch(d2l, d2l_device):
    data = d2l.SyntheticRegressionData(d2l.tensor([2, -3.4]), 4.2, num_train=32, num_val=8, seed=0)
    model = d2l.LinearRegressionScratch(2, lr=1.0)
    before = [d2l.numpy(param).copy() for param in (model.w, model.b)]
    d2l.Trainer(max_epochs=1, gradient_clip_val=0.5).fit(model, data)
    steps = [d2l.numpy(param) - old for param, old in zip((model.w, model.b), before)]
    assert np.sqrt(sum((step**2).sum() for step in steps)) == pytest.approx(0.5, rel=1e-3)


def test_divergence_is_named_once(d2l, model, data):
    model.lr = 1e30
    with pytest.warns(
        d2l.DivergenceWarning, match=r"_loss became (nan|inf) in epoch \d.*learning rate"
    ) as caught:
        history = d2l.Trainer(max_epochs=6).fit(model, data)
    assert len(history) == 6 and len(caught) == 1


def test_an_interrupt_waits_for_the_step_and_training_goes_on_later(d2l, d2l_backend, data):
    """It comes in the middle of the tenth step, the third of the second epoch."""
    model = mlp(d2l, d2l_backend)
    steps = []

    class Interrupting(type(model)):
        def training_step(self, batch):
            steps.append(1)
            if len(steps) == 10:
                os.kill(os.getpid(), signal.SIGINT)
            return super().training_step(batch)

    model.__class__ = Interrupting
    trainer = d2l.Trainer(max_epochs=3)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with pytest.warns(
        d2l.InterruptedWarning, match="interrupted in epoch 2; the model is as the last step left it"
    ):
        history = trainer.fit(model, data)
    signal.signal(signal.SIGINT, before)
    assert len(history) == 1 and len(steps) == 10 and len(history.fig.axes[0].get_lines()) == 3

    reference = mlp(d2l, d2l_backend)
    batches = list(data.train_dataloader())
    again = d2l.Trainer(max_epochs=1)
    again.fit(reference, Loaders(first := data.train_dataloader()))
    again.fit(reference, Loaders(list(first)[:3]))
    assert len(batches) == 7
    assert_same_parameters(d2l, model, reference)

    resumed = trainer.fit(model, data, resume=True)
    assert resumed is history and len(history) == 3 and len(steps) == 10 + 14
    assert [point.x for point in model.board.data["val_loss"]] == [1, 2, 3]
    xs = [point.x for point in model.board.data["train_loss"]]
    assert xs == sorted(xs) and xs[-1] < 3


class Loaders:
    def __init__(self, train):
        self.train = train

    def train_dataloader(self):
        return self.train

    def val_dataloader(self):
        return None


def test_more_epochs_than_planned(d2l, d2l_backend, data):
    """Two epochs and two more are four: the optimiser and the order of the batches go on."""
    model, whole = mlp(d2l, d2l_backend), mlp(d2l, d2l_backend)
    trainer = d2l.Trainer(max_epochs=2)
    trainer.fit(model, data)
    trainer.max_epochs = 4
    trainer.fit(model, data, resume=True)
    d2l.Trainer(max_epochs=4).fit(whole, data)
    assert len(trainer.history) == 4
    assert_same_parameters(d2l, model, whole)


def test_an_error_in_a_step_keeps_what_was_reached(d2l, model, data):
    class Failing(type(model)):
        def training_step(self, batch):
            if self.trainer.epoch == 2:
                raise RuntimeError("out of luck")
            return super().training_step(batch)

    model.__class__ = Failing
    trainer = d2l.Trainer(max_epochs=5)
    with pytest.raises(RuntimeError, match="out of luck"):
        trainer.fit(model, data)
    assert len(trainer.history) == 2


def test_the_books_own_loop_takes_over(d2l, d2l_backend, data):
    """A reader's notebook replaces `fit_epoch` and `prepare_batch`; the rest goes on with them."""

    class Trainer(d2l.Trainer):
        pass

    @d2l.add_to_class(Trainer)
    def prepare_batch(self, batch):
        return batch

    @d2l.add_to_class(Trainer)
    def fit_epoch(self):
        for batch in self.train_dataloader:
            self.update(self.prepare_batch(batch))
            self.train_batch_idx += 1
        for batch in self.val_dataloader:
            self.model.validation_step(self.prepare_batch(batch))
            self.val_batch_idx += 1

    model, twin = mlp(d2l, d2l_backend), mlp(d2l, d2l_backend)
    history = Trainer(max_epochs=2).fit(model, data)
    d2l.Trainer(max_epochs=2).fit(twin, data)
    assert len(history) == 2 and history[0]._fields == ("train_loss", "val_loss", "val_acc")
    assert_same_parameters(d2l, model, twin)


def test_nothing_is_said_that_was_not_asked(d2l, model, data, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        d2l.Trainer(max_epochs=1).fit(model, data)
    assert capfd.readouterr() == ("", "")
