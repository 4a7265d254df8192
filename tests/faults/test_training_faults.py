"""Bad data, bad learning rates, loaders that fail, interrupts and kills: named, and nothing is lost."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from d2l_multi.book.charts import display
from d2l_multi.book.training import divergence
from tests.native import native
from tests.objects.models import assert_same_parameters, clusters, mlp
from tests.programs import module, program

NAN, INF = float("nan"), float("inf")
QUIET = pytest.mark.filterwarnings("ignore::d2l_multi.book.training.loops.ConvergenceWarning")


def examples(count=20):
    random = np.random.RandomState(0)
    X = random.normal(size=(count, 2)).astype("float32")
    return X, (X @ [[2.0], [-3.4]]).astype("float32")


def train(d2l, backend, batches, num_epochs=3, lr=0.05):
    """The net that `train_ch3` trained, and what it returned."""
    net, loss, optimiser = native(backend).linear_training(lr)
    return net, d2l.train_ch3(net, batches, batches, loss, num_epochs, optimiser)


def assert_same_net(d2l, net, expected):
    actual, expected = d2l.get_parameters(net), d2l.get_parameters(expected)
    for name in expected:
        np.testing.assert_array_equal(actual[name], expected[name])


# --- Data that are not finite -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "array, value, message",
    [
        (0, NAN, r"holds NaN in X; clean the data first"),
        (0, -INF, r"holds an infinite value in X"),
        (1, NAN, r"holds NaN in y"),
    ],
)
def test_train_ch3_names_the_example(d2l, d2l_backend, array, value, message):
    arrays = examples()
    arrays[array][13, 0] = value
    loader = d2l.load_array(arrays, 4, seed=3)
    start = r"the loss became (nan|-?inf) in epoch 1: example 13 of the training data \(counted from 0\) "
    with pytest.warns(d2l.DivergenceWarning, match=start + message) as caught:
        _, history = train(d2l, d2l_backend, loader)
    assert len(caught) == 1 and len(history) == 3


def test_a_list_of_batches(d2l, d2l_backend):
    X, y = examples(12)
    X[9] = NAN
    batches = [(d2l.tensor(X[i : i + 4]), d2l.tensor(y[i : i + 4])) for i in (0, 4, 8)]
    with pytest.warns(
        d2l.DivergenceWarning, match=r"1: batch 2 of the training data \(counted from 0\) holds NaN"
    ):
        train(d2l, d2l_backend, batches)


def softmax_regression(d2l):
    """Without a ReLU: MXNet's and Paddle's make 0 of NaN, so that a loss behind them stays finite."""
    model = d2l.SoftmaxRegression(3, lr=0.1)
    return model


@pytest.mark.parametrize(
    "row, message",
    [
        (17, r"train_loss became nan in epoch 1: example 17 of the training data .* holds NaN in X"),
        (53, r"val_loss became nan in epoch 1: example 3 of the validation data .* holds NaN in X"),
    ],
)
def test_fit_names_the_example(d2l, d2l_backend, row, message):
    data = clusters(d2l)  # 50 to train on, 20 to validate on
    X = d2l.numpy(data.X).copy()
    X[row, 2] = NAN
    data.X = d2l.tensor(X)
    with pytest.warns(d2l.DivergenceWarning, match=message) as caught:
        history = d2l.Trainer(max_epochs=2).fit(softmax_regression(d2l), data)
    assert len(history) == 2 and len(caught) == 1


def test_a_data_set_of_the_frameworks_own(d2l, d2l_backend):
    """PyTorch's and Paddle's loaders are looked at past their samplers; of others nothing is known."""
    X, y = examples()
    X[5, 1] = NAN
    loader = native(d2l_backend).own_loader(d2l.tensor(X), d2l.tensor(y), 4)
    known = r": example 5 of the training data .* holds NaN in X"
    unknown = r"; the learning rate is the first suspect: .*, and look whether the training data hold NaN"
    expected = known if d2l_backend in ("torch", "paddle") else unknown
    with pytest.warns(d2l.DivergenceWarning, match=expected):
        train(d2l, d2l_backend, loader)


def test_looking_changes_no_order_and_draws_no_number(d2l, d2l_backend):
    """Beside a run on finite data: the passes after it, and the framework's generator, are the same."""

    def run(value, seed):
        X, y = examples()
        X[13, 0] = value
        native(d2l_backend).set_seed(1)
        loader = d2l.load_array((X, y), 4, seed=seed)
        train(d2l, d2l_backend, loader, num_epochs=2)
        orders = [d2l.numpy(y).reshape(-1).tolist() for _, y in loader]
        return orders, d2l.numpy(d2l.rand(3)).tolist()

    for seed in (None, 3):
        with pytest.warns(d2l.DivergenceWarning):
            diverged = run(NAN, seed)
        with pytest.warns(d2l.ConvergenceWarning):
            assert run(0.5, seed) == diverged


def test_a_loader_of_the_users_own_is_passed_over_once_for_each_epoch(d2l, d2l_backend):
    class Counting:
        passes = 0

        def __iter__(self):
            self.passes += 1
            X, y = examples(4)
            yield d2l.tensor(X * NAN), d2l.tensor(y)

    loader = Counting()
    with pytest.warns(d2l.DivergenceWarning, match="and look whether the training data hold NaN"):
        _, history = train(d2l, d2l_backend, loader, num_epochs=3)
    assert len(history) == 3 and loader.passes == 6  # once to train, once to evaluate


def test_data_that_come_only_once(d2l, d2l_backend):
    X, y = examples(4)
    once = iter([(d2l.tensor(X * NAN), d2l.tensor(y))])
    net, loss, optimiser = native(d2l_backend).linear_training(0.05)
    test = [(d2l.tensor(X), d2l.tensor(y))]
    with pytest.warns(d2l.DivergenceWarning, match="and look whether the training data hold NaN"):
        history = d2l.train_ch3(net, once, test, loss, 1, optimiser)
    assert len(history) == 1


@QUIET
def test_data_are_not_looked_at_while_the_loss_is_finite(d2l, d2l_backend, monkeypatch):
    monkeypatch.setattr(divergence, "reason", lambda *_: pytest.fail("looked"))
    train(d2l, d2l_backend, d2l.load_array(examples(), 4))
    d2l.Trainer(max_epochs=2).fit(mlp(d2l, d2l_backend), clusters(d2l))


# --- Learning rates that are none -------------------------------------------------------------------


@pytest.mark.parametrize("lr", [INF, NAN, np.float32(INF), -1])
def test_a_learning_rate_is_refused_where_it_is_given(d2l, lr):
    param = d2l.as_parameter(np.ones(2, "float32"))
    wants = pytest.raises(ValueError, match=r"lr must be a finite number of at least 0, got .*(inf|nan|-1)")
    for give in (
        lambda: d2l.sgd([param], [d2l.ones(2)], lr, 2),
        lambda: d2l.Updater([param], lr),
        lambda: d2l.SGD([param], lr),
        lambda: d2l.LinearRegressionScratch(2, lr),
        lambda: d2l.LinearRegression(lr),
        lambda: d2l.SoftmaxRegression(10, lr),
    ):
        with wants:
            give()
    np.testing.assert_array_equal(d2l.numpy(param), 1)


def test_a_learning_rate_that_a_model_got_otherwise(d2l, d2l_backend):
    model = d2l.SoftmaxRegression(3, lr=0.1)
    model.lr = INF
    with pytest.raises(ValueError, match="lr must be a finite number of at least 0, got inf"):
        d2l.Trainer(max_epochs=1).fit(model, clusters(d2l))


@pytest.mark.parametrize("way", ["train_ch3", "fit"])
def test_an_optimiser_of_the_frameworks_own_with_an_infinite_one(d2l, d2l_backend, way):
    """It diverges, which is said once; MXNet's refuses the number at the first step."""

    def run():
        if way == "train_ch3":
            return train(d2l, d2l_backend, d2l.load_array(examples(), 4), lr=INF)[1]
        model = softmax_regression(d2l)
        model.configure_optimizers = lambda: native(d2l_backend).sgd(model, INF)
        return d2l.Trainer(max_epochs=3).fit(model, clusters(d2l))

    if d2l_backend == "mxnet":
        with pytest.raises(Exception, match=r"lrs?.*inf") as error:
            run()
        assert len(error.value.history) == 0
        return
    with pytest.warns(
        d2l.DivergenceWarning, match=r"in epoch \d; the learning rate is the first suspect"
    ) as caught:
        history = run()
    assert len(history) == 3 and len(caught) == 1 and not np.isfinite(history[-1].train_loss)


# --- Loaders that fail ------------------------------------------------------------------------------


class DiskFull(Exception):
    """A user's own."""


class Failing:
    """The batches of a loader, each as long as `left` is not used up."""

    def __init__(self, batches, left):
        self.batches, self.left = list(batches), left

    def __len__(self):
        return len(self.batches)

    def __iter__(self):
        for batch in self.batches:
            if not self.left:
                raise DiskFull("no more")
            self.left -= 1
            yield batch


@pytest.fixture
def finished(monkeypatch):
    """How often a view was told that nothing more will come."""
    calls = []
    monkeypatch.setattr(display.View, "finish", lambda view: calls.append(view))
    return calls


def test_a_loader_that_fails_in_train_ch3(d2l, d2l_backend, finished):
    """In the fourth batch of the third epoch."""
    batches = list(d2l.load_array(examples(), 4, is_train=False))
    net, loss, optimiser = native(d2l_backend).linear_training(0.05)
    with pytest.raises(DiskFull, match=r"^no more(\n|$)") as caught:
        d2l.train_ch3(net, Failing(batches, 5 + 5 + 3), batches, loss, 10, optimiser)
    history = caught.value.history
    assert len(history) == 2 and history[0]._fields == ("train_loss", "train_acc", "test_acc")
    assert list(history.fig.axes[0].get_lines()[0].get_xdata()) == [1, 2]
    assert len(finished) == 1
    if sys.version_info >= (3, 11):
        (note,) = caught.value.__notes__
        assert (
            note.startswith("It ended training in epoch 3.") and "`history` holds the 2 epochs before" in note
        )

    expected, loss, optimiser = native(d2l_backend).linear_training(0.05)
    d2l.train_epoch_ch3(expected, batches + batches + batches[:3], loss, optimiser)
    assert_same_net(d2l, net, expected)


class Modules:
    def __init__(self, train, val):
        self.train, self.val = train, val

    def train_dataloader(self):
        return self.train

    def val_dataloader(self):
        return self.val


def test_a_loader_that_fails_in_fit(d2l, d2l_backend, finished):
    """Its epoch is begun again by resume, with what the optimiser and the model have reached."""
    batches, val = list(clusters(d2l).train_dataloader()), list(clusters(d2l).val_dataloader())
    loader = Failing(batches, 7 + 4)
    model, expected = mlp(d2l, d2l_backend), mlp(d2l, d2l_backend)
    trainer = d2l.Trainer(max_epochs=3)
    with pytest.raises(DiskFull, match=r"^no more(\n|$)") as caught:
        trainer.fit(model, Modules(loader, val))
    assert len(finished) == 1
    assert caught.value.history is trainer.history and len(trainer.history) == 1
    assert len(trainer.history.fig.axes[0].get_lines()) == 3
    reference = d2l.Trainer(max_epochs=1)
    reference.fit(expected, Modules(batches + batches[:4], None))
    assert_same_parameters(d2l, model, expected)

    loader.left = -1  # never used up
    history = trainer.fit(model, Modules(loader, val), resume=True)
    assert history is trainer.history and len(history) == 3
    assert [point.x for point in model.board.data["val_loss"]] == [1, 2, 3]
    reference.fit(expected, Modules(batches + batches, None))
    assert_same_parameters(d2l, model, expected)


def test_an_exception_that_takes_no_attributes_comes_through(d2l, d2l_backend):
    class Sealed(Exception):
        @property
        def history(self):
            return "its own"

    def batches():
        raise Sealed
        yield

    with pytest.raises(Sealed) as caught:
        train(d2l, d2l_backend, batches())
    assert caught.value.history == "its own"


# --- Interrupts and kills ---------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["train_ch3", "fit"])
def test_ctrl_c_from_outside(d2l, d2l_backend, tmp_path, way):
    """A program that trains without end gets the signal at some moment, and goes on after its training."""
    path = tmp_path / "net.safetensors"
    command = module("faults.programs.endless_training", d2l_backend, way, path)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, errors
    epochs = int(output)
    assert epochs >= 2 and f"InterruptedWarning: interrupted in epoch {epochs + 1}; the" in errors
    assert "Traceback" not in errors
    net = mlp(d2l, d2l_backend) if way == "fit" else native(d2l_backend).linear_training(0.01)[0]
    d2l.load_parameters(net, path)
    assert all(np.isfinite(array).all() for array in d2l.get_parameters(net).values())


@QUIET
def test_an_interrupt_after_the_last_step_is_not_lost(d2l, d2l_backend, monkeypatch):
    """It comes while the last point is drawn."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(display.View, "changed", lambda view: os.kill(os.getpid(), signal.SIGINT))
    with pytest.warns(
        d2l.InterruptedWarning, match="interrupted after epoch 1; the net is as the last step left it"
    ):
        _, history = train(d2l, d2l_backend, d2l.load_array(examples(), 4), num_epochs=1)
    signal.signal(signal.SIGINT, before)
    assert len(history) == 1


@pytest.mark.parametrize("way", ["checkpoint", "parameters"])
def test_killed_while_it_saves(d2l_backend, tmp_path, way):
    """Twenty times at random moments: there is always a whole file of one moment, and soon nothing else."""
    command = module("faults.programs.killed_saves", d2l_backend, way, tmp_path / "run")
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    seen, size = map(int, done.stdout.split())
    assert seen > 1 and size > 500_000


def writer(way, folder, content, pause):
    """A process that has written its content, and puts it in place after so many seconds."""
    command = program(__file__, "slow_replacing", way, folder, content, pause)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "written\n"
    return process


WAYS = {"replace": {"run"}, "replace_together": {"run", "more"}}


def names_in(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("way", WAYS)
def test_the_next_save_clears_up_after_one_that_was_killed(tmp_path, way):
    with writer(way, tmp_path, "killed", 60) as killed:
        killed.kill()
    assert names_in(tmp_path) and not names_in(tmp_path) & WAYS[way]
    with writer(way, tmp_path, "new", 0) as new:
        assert new.wait() == 0
    assert names_in(tmp_path) == WAYS[way]
    assert {path.read_text() for path in tmp_path.iterdir()} == {"new"}


@pytest.mark.parametrize("way", WAYS)
def test_a_save_waits_for_one_that_still_writes(tmp_path, way):
    """What the other one has written so far is its own."""
    with writer(way, tmp_path, "first", 1) as first, writer(way, tmp_path, "second", 1) as second:
        assert {(tmp_path / name).read_text() for name in WAYS[way]} == {"first"}
        assert first.wait() == second.wait() == 0
    assert names_in(tmp_path) == WAYS[way]
    assert {path.read_text() for path in tmp_path.iterdir()} == {"second"}
