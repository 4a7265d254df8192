"""A run that is saved, and goes on elsewhere as if it had never stopped."""

import json
import subprocess

import numpy as np
import pytest
from safetensors import safe_open

from tests.native import native
from tests.objects.models import assert_same_parameters, clusters, mlp
from tests.programs import module


def with_adam(d2l, backend):
    """A model whose optimiser remembers every step."""
    model = mlp(d2l, backend)

    def configure_optimizers(self):
        return native(backend).adam(self, 0.01)

    model.__class__ = type("WithAdam", (type(model),), {"configure_optimizers": configure_optimizers})
    return model


@pytest.fixture
def data(d2l):
    return clusters(d2l)


@pytest.mark.parametrize("make", [mlp, with_adam])
def test_a_restored_run_is_the_uninterrupted_one_to_the_bit(d2l, d2l_backend, data, tmp_path, make):
    whole, first, second = (make(d2l, d2l_backend) for _ in range(3))
    expected = d2l.Trainer(max_epochs=4).fit(whole, data)

    trainer = d2l.Trainer(max_epochs=2)
    trainer.fit(first, data)
    trainer.save_checkpoint(tmp_path / "run.safetensors")
    d2l.set_parameters(second, {name: 0 * array for name, array in d2l.get_parameters(second).items()})
    history = d2l.Trainer(max_epochs=4).fit(second, data, resume=tmp_path / "run.safetensors")

    assert [tuple(epoch) for epoch in history] == [tuple(epoch) for epoch in expected]
    assert second.board.data == whole.board.data
    assert_same_parameters(d2l, second, whole)


def test_in_another_process(d2l, d2l_backend, data, tmp_path):
    model, whole = with_adam(d2l, d2l_backend), with_adam(d2l, d2l_backend)
    d2l.Trainer(max_epochs=2).fit(model, data, checkpoint=str(tmp_path / "run"))
    command = module("objects.programs.resumed", d2l_backend, tmp_path / "run", tmp_path / "model")
    subprocess.run(command, check=True)
    d2l.load_parameters(model, tmp_path / "model")
    d2l.Trainer(max_epochs=3).fit(whole, data)
    assert_same_parameters(d2l, model, whole, rtol=1e-6, atol=1e-7)


def test_models_from_scratch_and_lazy_ones(d2l, tmp_path):
    data = d2l.SyntheticRegressionData(d2l.tensor([2, -3.4]), 4.2, num_train=64, num_val=8, seed=0)
    for make in (lambda: d2l.LinearRegressionScratch(2, lr=0.1), lambda: d2l.LinearRegression(lr=0.1)):
        model, restored = make(), make()
        d2l.Trainer(max_epochs=2).fit(model, data, checkpoint=tmp_path / "run")
        history = d2l.Trainer(max_epochs=2).fit(restored, data, resume=tmp_path / "run")
        assert len(history) == 2  # nothing was left to do
        assert_same_parameters(d2l, restored, model)


def test_the_file_is_safetensors_and_holds_no_code(d2l, d2l_backend, data, tmp_path):
    model = with_adam(d2l, d2l_backend)
    d2l.Trainer(max_epochs=1).fit(model, data, checkpoint=tmp_path / "run")
    with safe_open(tmp_path / "run", "np") as file:
        names = list(file.keys())
        header = json.loads(file.metadata()["d2l_multi"])
    assert sum(name.startswith("model.") for name in names) >= 4
    assert sum(name.startswith("optim.") for name in names) >= 8
    assert header["run"]["backend"] == d2l_backend and list(header["run"]["history"][0]) == [
        "train_loss",
        "val_loss",
        "val_acc",
    ]


def test_a_checkpoint_of_another_model_is_refused_and_nothing_changes(d2l, d2l_backend, data, tmp_path):
    small, large = mlp(d2l, d2l_backend), mlp(d2l, d2l_backend, widths=(6, 9, 3))
    d2l.Trainer(max_epochs=1).fit(small, data, checkpoint=tmp_path / "run")
    before = d2l.get_parameters(large)
    with pytest.raises(ValueError, match=r"not the one saved in .*run: .*9.* in the net and .*8.* among"):
        d2l.Trainer(max_epochs=2).fit(large, data, resume=tmp_path / "run")
    after = d2l.get_parameters(large)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_a_checkpoint_with_another_optimiser_is_refused(d2l, d2l_backend, data, tmp_path):
    model, other = with_adam(d2l, d2l_backend), d2l.LinearRegressionScratch(6, lr=0.1)
    d2l.Trainer(max_epochs=1).fit(model, data, checkpoint=tmp_path / "run")
    with pytest.raises(
        ValueError, match=r"was saved with the optimiser Adam, and .* of LinearRegressionScratch makes SGD"
    ):
        d2l.Trainer(max_epochs=2).fit(other, data, resume=tmp_path / "run")


def test_a_checkpoint_with_another_of_the_frameworks_own_optimisers_is_refused(
    d2l, d2l_backend, data, tmp_path
):
    model, other = mlp(d2l, d2l_backend), with_adam(d2l, d2l_backend)
    d2l.Trainer(max_epochs=1).fit(model, data, checkpoint=tmp_path / "run")
    before = d2l.get_parameters(other)
    with pytest.raises(ValueError, match=r"was saved with the optimiser SGD, and .* of WithAdam makes Adam"):
        d2l.Trainer(max_epochs=2).fit(other, data, resume=tmp_path / "run")
    after = d2l.get_parameters(other)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_what_is_no_checkpoint(d2l, d2l_backend, data, tmp_path):
    model = mlp(d2l, d2l_backend)
    d2l.save_parameters(model, tmp_path / "weights")
    (tmp_path / "text").write_text("hello")
    for name, message in {
        "weights": "is no checkpoint of a Trainer",
        "text": "is no safetensors file",
    }.items():
        with pytest.raises(ValueError, match=message):
            d2l.Trainer(max_epochs=1).fit(model, data, resume=tmp_path / name)
    with pytest.raises(OSError):
        d2l.Trainer(max_epochs=1).fit(model, data, resume=tmp_path / "nowhere")
    with pytest.raises(OSError):
        d2l.Trainer(max_epochs=1).fit(model, data, resume="")


def test_a_run_that_cannot_begin_leaves_the_run_before(d2l, d2l_backend, data, tmp_path):
    """It goes on as if nobody had tried: history, curves, optimiser, weights."""
    model, whole, other = (with_adam(d2l, d2l_backend) for _ in range(3))
    d2l.Trainer(max_epochs=4).fit(whole, data)
    larger = mlp(d2l, d2l_backend, widths=(6, 9, 3))
    d2l.Trainer(max_epochs=1).fit(larger, data, checkpoint=tmp_path / "larger")
    trainer = d2l.Trainer(max_epochs=2)
    before = list(trainer.fit(model, data))
    other.configure_optimizers = lambda: None
    for given, path in ((model, "nowhere"), (model, "larger"), (other, False), (object(), False)):
        with pytest.raises((OSError, ValueError, TypeError)):
            trainer.fit(given, data, resume=path and tmp_path / path)
        assert list(trainer.history) == before and trainer.model is model
    trainer.max_epochs = 4
    assert len(trainer.fit(model, data, resume=np.True_)) == 4
    assert model.board.data == whole.board.data
    assert_same_parameters(d2l, model, whole)


def test_a_checkpoint_of_another_backend_is_refused(d2l, d2l_backend, data, tmp_path):
    model = mlp(d2l, d2l_backend)
    d2l.Trainer(max_epochs=1).fit(model, data, checkpoint=tmp_path / "run")
    saved = (tmp_path / "run").read_bytes()
    (tmp_path / "run").write_bytes(
        saved.replace(f'\\"{d2l_backend}\\"'.encode(), b'\\"' + b"x" * len(d2l_backend) + b'\\"')
    )
    with pytest.raises(ValueError, match=f"was saved in x+, which {d2l_backend} cannot continue"):
        d2l.Trainer(max_epochs=2).fit(model, data, resume=tmp_path / "run")


def test_a_failed_save_leaves_the_checkpoint_before(d2l, d2l_backend, data, tmp_path):
    model = mlp(d2l, d2l_backend)
    trainer = d2l.Trainer(max_epochs=1)
    with pytest.raises(ValueError, match="nothing to save yet"):
        trainer.save_checkpoint(tmp_path / "run")
    trainer.fit(model, data)
    trainer.save_checkpoint(tmp_path / "run")
    before = (tmp_path / "run").read_bytes()
    trainer.optim_state = lambda: {"oops": object()}
    with pytest.raises(TypeError, match="the state of the optimiser holds a object, which cannot be saved"):
        trainer.save_checkpoint(tmp_path / "run")
    assert (tmp_path / "run").read_bytes() == before and len(list(tmp_path.iterdir())) == 1
