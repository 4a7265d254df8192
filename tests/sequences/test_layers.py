"""`RNNModel` and the English edition's layers over each framework's own, step by step and at once."""

import numpy as np
import pytest

from tests.native import native
from tests.sequences.layers import HIDDENS, INPUTS, KINDS, model


@pytest.fixture(autouse=True)
def seeded(d2l, backend):
    native(backend).set_seed(0)


def flat(d2l, state):
    if isinstance(state, (list, tuple)):
        return [array for part in state for array in flat(d2l, part)]
    return [d2l.numpy(state)]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "both"])
def test_steps_at_once_are_steps_one_by_one(d2l, backend, kind):
    net = model(d2l, backend, kind)
    X = d2l.tensor(np.random.RandomState(0).randint(0, INPUTS, (3, 4)))
    Y, state = net(X, net.begin_state(batch_size=3))
    assert tuple(Y.shape) == (4 * 3, INPUTS)
    alone, step_state = [], net.begin_state(batch_size=3)
    for i in range(4):
        y, step_state = net(X[:, i : i + 1], step_state)
        alone.append(d2l.numpy(y))
    assert np.allclose(d2l.numpy(Y), np.concatenate(alone), atol=1e-5)
    for one, other in zip(flat(d2l, state), flat(d2l, step_state), strict=True):
        assert np.allclose(one, other, atol=1e-5)


def test_both_directions_see_what_comes(d2l, backend):
    net = model(d2l, backend, "both")
    X, other = d2l.tensor([[1, 2, 3]]), d2l.tensor([[1, 2, 4]])
    first = d2l.numpy(net(X, net.begin_state(batch_size=1))[0])[0]
    assert np.abs(first - d2l.numpy(net(other, net.begin_state(batch_size=1))[0])[0]).max() > 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_begins_at_zero_in_any_readers_words(d2l, backend, kind):
    net, device = model(d2l, backend, kind), d2l.cpu()
    begun = flat(d2l, net.begin_state(batch_size=2, device=device))
    assert all(not array.any() and 2 in array.shape and array.shape[-1] == HIDDENS for array in begun)
    for other in (
        net.begin_state(device, batch_size=2),
        net.begin_state(2, device),
        net.begin_state(2),
        net.begin_state(batch_size=2, ctx=device, dtype=None),
    ):
        assert [array.shape for array in flat(d2l, other)] == [array.shape for array in begun]
    assert len(flat(d2l, net.begin_state())) == len(begun)
    with pytest.raises(TypeError, match="begin_state takes"):
        net.begin_state(2, 3)
    with pytest.raises(ValueError, match="batch_size"):
        net.begin_state(0)


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_a_state_for_another_batch_size_is_refused(d2l, backend, kind):
    net = model(d2l, backend, kind)
    with pytest.raises(ValueError, match=r"a batch of 2, and X is a batch of 3: begin_state\(batch_size=3\)"):
        net(d2l.tensor([[1], [2], [3]]), net.begin_state(batch_size=2))


def test_tokens_that_do_not_exist_are_refused(d2l, backend):
    net = model(d2l, backend, "rnn")
    with pytest.raises(ValueError, match="X must hold tokens 0 to 27, got 28"):
        net(d2l.tensor([[28]]), net.begin_state(batch_size=1))
    with pytest.raises(ValueError, match=r"a batch of tokens \(examples, steps\)"):
        net(d2l.tensor([1]), net.begin_state(batch_size=1))


# --- The English edition ------------------------------------------------------------------------------------


def layers_of(d2l, backend):
    """The layers as readers of each framework make them, and in the common form."""
    infers = backend in ("tensorflow", "mxnet")
    inputs = () if infers else (INPUTS,)
    yield d2l.RNN(*inputs, HIDDENS)
    yield d2l.RNN(INPUTS, HIDDENS)
    yield d2l.GRU(*inputs, HIDDENS, 2)
    yield d2l.GRU(*inputs, HIDDENS, 2, 0.1)
    yield d2l.GRU(INPUTS, HIDDENS, 2)
    yield d2l.GRU(**({} if infers else {"num_inputs": INPUTS}), num_hiddens=HIDDENS, num_layers=2, dropout=0)


def test_layers_take_their_readers_arguments(d2l, backend):
    for rnn in layers_of(d2l, backend):
        assert rnn.num_hiddens == HIDDENS and getattr(rnn, "num_layers", 2) == 2
        net = d2l.RNNLM(rnn, INPUTS)
        assert len(net.predict("ab", 3, d2l.Vocab([chr(97 + i) for i in range(27)]))) >= 5
        assert tuple(net(d2l.ones((2, 3), dtype="int64")).shape) == (2, 3, INPUTS)
    with pytest.raises(TypeError, match="RNN takes"):
        d2l.RNN(1, 2, 3)
    with pytest.raises(TypeError, match=r"GRU takes .*num_layers.*got \(int\)"):
        d2l.GRU(3)


def test_a_layer_from_scratch_takes_steps_one_by_one(d2l):
    """As BiRNNScratch gives them, the last one first."""
    rnn = d2l.RNNScratch(INPUTS, HIDDENS)
    inputs = d2l.normal(0, 1, (4, 2, INPUTS))
    forwards, _ = rnn(inputs)
    backwards, H = rnn([inputs[i] for i in (3, 2, 1, 0)])
    d2l.check_len(backwards, 4)
    d2l.check_shape(H, (2, HIDDENS))
    again, _ = rnn([inputs[i] for i in range(4)])
    assert np.allclose(d2l.numpy(again[3]), d2l.numpy(forwards[3]), atol=1e-6)
    with pytest.raises(ValueError, match=r"state must be a tensor \(2, 8\), .* got shape \(3, 8\)"):
        rnn(inputs, d2l.zeros(3, HIDDENS))
