"""The comparison's parts: the oracle checked against finite differences, the wire, the verdict."""

import io
import json
from itertools import pairwise

import numpy as np
import pytest

from d2l_multi.compare.curves import MAX_POINTS, Curve
from d2l_multi.compare.experiments import EXPERIMENTS, convolution, recurrent
from d2l_multi.compare.experiments.experiment import BatchTooLarge
from d2l_multi.compare.experiments.regression import linear_problem
from d2l_multi.compare.reference import dense as reference
from d2l_multi.compare.reference import recurrent as time
from d2l_multi.compare.reference.batches import Batches, trajectory
from d2l_multi.compare.reference.convolution import EPSILON, BatchNorm, BatchNormLeNet, Becomes
from d2l_multi.compare.verdict import Drift, Outcome, difference, exit_code
from d2l_multi.workers import wire

REFERENCES = sorted(
    {experiment.reference for experiment in EXPERIMENTS.values()}, key=lambda model: model.__name__
)


@pytest.mark.parametrize("model_type", [model for model in REFERENCES if issubclass(model, reference.Dense)])
def test_gradients_by_hand_are_the_slope_of_the_loss(model_type):
    """A step with learning rate 1 moves a parameter by its gradient, which central differences give too."""
    random = np.random.default_rng(0)
    classifies = issubclass(model_type, reference.CrossEntropy)
    X = random.random((6, 3))
    y = random.integers(0, 4, 6) if classifies else random.random((6, 1))
    start = []
    for num_inputs, num_outputs in pairwise([3, 5, 5, 4] if classifies else [3, 1]):
        start.append(random.standard_normal((num_inputs, num_outputs)))
        start += [random.standard_normal(num_outputs)] if model_type.has_bias else []
    # Where the optimiser decays the weights, what falls has a penalty that the loss does not report.
    hidden_decay = model_type.decay if model_type is reference.DecayedSquares else 0
    stepped = model_type(start)
    stepped.step(X, y, 1.0)
    for which, (before, after) in enumerate(zip(start, stepped.params, strict=True)):
        for index in np.ndindex(before.shape):
            slopes = []
            for nudge in (1e-5, -1e-5):
                params = [param.copy() for param in start]
                params[which][index] += nudge
                model = model_type(params)
                loss = model.loss(model.forward(X, model.kept(len(X)))[-1], y)
                slopes.append(loss + hidden_decay * (params[0] ** 2).sum() / 2)
            slope = (slopes[0] - slopes[1]) / 2e-5
            assert abs((before - after)[index] - slope) < 1e-8


def slope_of_loss(model_type, params, which, index, X, y):
    losses = []
    for nudge in (1e-5, -1e-5):
        nudged = [param.copy() for param in params]
        nudged[which][index] += nudge
        model = model_type(nudged)
        losses.append(model.loss(model.training_outputs(X), y))
    return (losses[0] - losses[1]) / 2e-5


@pytest.mark.parametrize("name", convolution.EXPERIMENTS)
def test_gradients_of_images_by_hand(name, images_folder):
    """As above, at some entries of each parameter; nothing is the slope of a running statistic."""
    random = np.random.default_rng(0)
    experiment = EXPERIMENTS[name]
    problem = experiment.problem("float64", 0, images_folder)
    X, y = problem.X[:4], problem.y[:4]
    start = [param + 0.1 * random.random(param.shape) for param in problem.params]
    stepped = experiment.reference(start)
    stepped.step(X, y, 1.0)
    _, updates = stepped.net()(X, start, training=True)[1](np.ones((4, 10)), False)
    for which, (before, after) in enumerate(zip(start, stepped.params, strict=True)):
        for _ in range(3):
            index = tuple(random.integers(0, before.shape))
            slope = slope_of_loss(experiment.reference, start, which, index, X, y)
            if isinstance(updates[which], Becomes):
                assert slope == 0
            else:
                assert abs((before - after)[index] - slope) < 1e-8


@pytest.mark.parametrize("name", recurrent.EXPERIMENTS)
def test_gradients_through_time_by_hand(name, monkeypatch):
    """As above; where a framework has two biases, their sum moves by both gradients."""
    monkeypatch.setattr(time, "CLIP", 1e9)
    random = np.random.default_rng(0)
    experiment = EXPERIMENTS[name]
    problem = experiment.start("float64", 0, None, 4)
    X, y = problem.X[:4], problem.y[:4]
    start = [param + 0.3 * random.standard_normal(param.shape) for param in problem.params]
    for backend in (None, "torch"):
        stepped = experiment.reference(start, backend=backend)
        stepped.step(X, y, 1.0)
        for which, (before, after) in enumerate(list(zip(start, stepped.params, strict=True))[:5]):
            copies = np.broadcast_to(stepped.copies() if which == 2 else 1.0, before.shape)
            for _ in range(4):
                index = tuple(random.integers(0, before.shape))
                slope = slope_of_loss(experiment.reference, start, which, index, X, y)
                assert abs((before - after)[index] - copies[index] * slope) < 1e-7


def test_gradients_are_clipped_together(monkeypatch):
    """To the norm they may have, that of all as one vector; shorter ones stay."""
    experiment = EXPERIMENTS["rnn"]
    problem = experiment.start("float64", 0, None, 4)

    def moved(limit):
        monkeypatch.setattr(time, "CLIP", limit)
        model = experiment.reference(problem.params)
        model.step(problem.X[:4], problem.y[:4], 1.0)
        return np.concatenate([np.ravel(p - q) for p, q in zip(problem.params[:5], model.params)])

    whole = moved(1e9)
    norm = np.linalg.norm(whole)
    np.testing.assert_allclose(moved(norm / 2), whole / 2, atol=1e-15)
    np.testing.assert_allclose(moved(norm * 2), whole, atol=1e-15)


def test_batches_of_a_text_go_on_where_the_one_before_ended(tmp_path):
    (tmp_path / recurrent.TEXT).write_text("It was 10 o'clock;\n the GATE opened. " * 9, encoding="utf-8")
    problem = EXPERIMENTS["lstm"].start("float32", 0, tmp_path, 3)
    text = "it was o clock the gate opened "
    batches = Batches(problem.X, problem.y, epochs=1, batch_size=3, seed=0, shuffle=False)
    rows = ["".join(recurrent.CHARACTERS[int(n)] for n in np.ravel([X[1] for X, _ in batches]))]
    assert len(batches) == 5 and rows[0] in text * 9  # the second row of each batch, read on
    assert all((X[:, 1:] == y[:, :-1]).all() for X, y in batches)
    assert [param.shape for param in problem.params[5:]] == [(3, recurrent.NUM_HIDDENS)] * 2
    with pytest.raises(BatchTooLarge, match="99 given; the text has 17 rows"):
        EXPERIMENTS["lstm"].start("float32", 0, tmp_path, 99)


@pytest.mark.parametrize("backend", [None, "torch"])
def test_running_statistics_move_by_the_rest_of_the_momentum(backend):
    """To the mean and the variance of the batch, as NumPy has them; PyTorch's divides by n - 1."""
    layer = BatchNorm(unbiased=backend in BatchNormLeNet.unbiased_in)
    X = np.random.default_rng(0).standard_normal((5, 3, 2, 2))
    params = [np.ones(3), np.zeros(3), np.full(3, 8.0), np.full(3, 16.0)]
    outputs, back = layer(X, params, training=True)
    _, (_, _, mean, var) = back(np.ones(X.shape), True)
    np.testing.assert_allclose(mean.value, 7 + X.mean(axis=(0, 2, 3)) / 8)
    np.testing.assert_allclose(var.value, 14 + X.var(axis=(0, 2, 3), ddof=backend == "torch") / 8)
    np.testing.assert_allclose(outputs.mean(axis=(0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(outputs.var(axis=(0, 2, 3)), 1, atol=1e-4)
    tested, _ = layer(X, params, training=False)
    np.testing.assert_allclose(tested, (X - 8) / np.sqrt(16 + EPSILON))


def test_dropout_keeps_the_mean_and_masks_by_seed_and_step():
    model = reference.CrossEntropyWithDropout([np.ones((3, 400))] * 6, seed=1)
    first, second = model.kept(500)
    # 200,000 draws: a mean is off by 6 standard deviations once in 5e8 runs.
    assert abs(first.mean() - 1) < 6 * np.sqrt(0.25 / 2e5) and abs(second.mean() - 1) < 6 * np.sqrt(1 / 2e5)
    assert set(np.unique(first)) == {0, 1 / 0.8} and set(np.unique(second)) == {0, 2}
    np.testing.assert_array_equal(first, model.kept(500)[0])
    model.num_steps += 1
    assert (first != model.kept(500)[0]).any()


def test_reference_solves_the_problem():
    problem = linear_problem("float64", 0)
    model = reference.HalfSquares(problem.params)
    batches = Batches(problem.X, problem.y, epochs=3, batch_size=10, seed=0)
    assert len(list(trajectory(model, batches, 0.03))) == len(batches) == 300
    np.testing.assert_allclose(model.params[0][:, 0], [2, -3.4], atol=1e-3)


def test_messages_arrive_whole_or_not_at_all():
    stream = io.BytesIO()
    arrays = [np.arange(6.0).reshape(2, 3), np.asarray(1.5, "float32")]
    wire.send(stream, "step", arrays, number=3)
    content = stream.getvalue()
    header, received = wire.receive(io.BytesIO(content))
    assert header == {"kind": "step", "number": 3}
    for sent, got in zip(arrays, received, strict=True):
        assert got.dtype == sent.dtype
        np.testing.assert_array_equal(got, sent)
    for length in range(len(content)):
        assert wire.receive(io.BytesIO(content[:length])) is None


def test_drift_is_relative_to_the_scale_of_each_quantity():
    drift = Drift()
    drift.add(1, [np.asarray(100.0), np.asarray([1.0, 2.0])], [np.asarray(100.0), np.asarray([1.0, 2.0])])
    drift.add(9, [np.asarray(11.0), np.asarray([1.0, 2.5])], [np.asarray(10.0), np.asarray([1.0, 4.0])])
    # loss: |11 - 10| / 100; parameter: |2.5 - 4| / 4
    np.testing.assert_allclose(drift.per_step(), [0, 0.375])
    assert drift.largest() == 0.375 and drift.steps == [1, 9]


def test_a_curve_keeps_every_number_or_the_largest_of_each_stretch():
    random = np.random.default_rng(0).random(5 * MAX_POINTS + 3).tolist()
    curve = Curve()
    for number, value in enumerate(random, start=1):
        curve.add(value)
        assert len(curve) == len(curve.steps) <= MAX_POINTS and curve.num_steps == number
        if number == MAX_POINTS:
            assert (list(curve), curve.steps) == (random[:number], list(range(1, number + 1)))
            assert curve.name(4) == "step 5"
    assert curve.stretch == 8 and curve.name(1) == "steps 9 to 16"
    assert curve.name(len(curve) - 1) == f"steps {len(random) - 2} to {len(random)}"
    assert list(curve) == [max(random[first : first + 8]) for first in range(0, len(random), 8)]
    curve.add(float("nan"))
    assert np.isnan(curve.values[-1])


def test_differences_that_are_not_numbers():
    nan, inf = np.asarray([1.0, np.nan]), np.asarray([1.0, np.inf])
    assert difference(nan, nan) == difference(inf, inf) == 0
    assert difference(nan, inf) == difference(nan, np.ones(2)) == difference(inf, -inf) == float("inf")
    assert difference(np.ones(2), np.ones(3)) == float("inf")


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["ok", "ok"], 0),
        (["ok", "deviates"], 1),
        (["deviates", "failed"], 3),
        (["ok", "missing"], 3),
        (["ok", "known limit"], 0),
    ],
)
def test_exit_codes(statuses, code):
    assert exit_code([Outcome(status) for status in statuses]) == code


def test_strictly_a_known_limit_is_a_deviation():
    assert exit_code([Outcome("ok"), Outcome("known limit")], strict=True) == 1


@pytest.mark.parametrize(
    ("errors", "limit", "status"),
    [
        ([(0.2, 0.2), (0.9, 0.9)], None, "ok"),
        ([(0.2, 0.2), (1.1, 1.1)], None, "deviates"),
        ([(7.0, 0.3), (0.9, 0.9)], "it rounds", "known limit"),
        ([(7.0, 1.3), (0.9, 0.9)], "it rounds", "deviates"),
        ([(0.2, 0.2), (0.9, 0.9)], "it rounds", "ok"),
    ],
)
def test_verdicts(errors, limit, status):
    outcome = Outcome("failed")
    for error, limited in errors:
        outcome.add_step(1.0, error, limited, "the loss")
    outcome.judge(1, limit)
    assert outcome.status == status
    assert outcome.step_error == max(error for error, _ in errors)
    expected = {"deviates": outcome.step_error_at, "known limit": limit, "ok": "None"}[status]
    assert expected in str(outcome.remark())


def test_no_limit_explains_a_wrong_start():
    outcome = Outcome("failed")
    outcome.deny_start()
    outcome.add_step(1.0, 7.0, 0.3, "the loss")
    outcome.judge(1, "it rounds")
    assert outcome.status == "deviates" and "the start" in outcome.remark()


def test_steps_that_nobody_can_judge_decide_nothing():
    outcome = Outcome("failed")
    outcome.add_step(1.0, 7.0, 0.3, "the loss")
    outcome.add_step(float("inf"), float("nan"), float("nan"), "nothing to judge")
    outcome.judge(1, "it rounds")
    assert outcome.status == "known limit" and outcome.step_error == 7


def test_a_diverged_outcome_is_still_json():
    outcome = Outcome("failed", final_loss=float("nan"))
    outcome.add_step(1.0, float("inf"), float("inf"), "the loss")
    outcome.judge(1, None)
    assert outcome.status == "deviates" and outcome.step_error_at == "step 1, the loss"
    summary = json.loads(json.dumps(outcome.summary(), allow_nan=False))
    assert summary["final_loss"] is None and "losses" not in summary
