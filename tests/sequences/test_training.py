"""`train_ch8` and its company: what they return, print, refuse, and leave behind."""

import math
import os
import signal

import numpy as np
import pytest

from tests.native import native
from tests.sequences.layers import KINDS, layer


@pytest.fixture
def text(text, d2l, backend):
    native(backend).set_seed(0)
    return d2l.load_data_time_machine(8, 6, seed=0)


def scratch(d2l, vocab, num_hiddens=16, **functions):
    """A recurrent net of functions in the shared vocabulary, in the common form."""

    def get_params(vocab_size, num_hiddens, device):
        shapes = [(vocab_size, num_hiddens), (num_hiddens, num_hiddens), (num_hiddens, vocab_size)]
        return [d2l.as_parameter(d2l.normal(0, 0.1, shape)) for shape in shapes]

    def init_state(batch_size, num_hiddens, device):
        return (d2l.zeros((batch_size, num_hiddens), device=device),)

    def forward(inputs, state, params):
        W_xh, W_hh, W_hq = params
        (H,), outputs = state, []
        for X in inputs:
            H = d2l.tanh(d2l.matmul(X, W_xh) + d2l.matmul(H, W_hh))
            outputs.append(d2l.matmul(H, W_hq))
        return d2l.concat(outputs, 0), (H,)

    made = {"get_params": get_params, "init_state": init_state, "forward_fn": forward, **functions}
    return d2l.RNNModelScratch(len(vocab), num_hiddens, None, **made)


def test_training_gives_a_history_and_writes_on_the_way(d2l, text, capsys):
    train_iter, vocab = text
    history = d2l.train_ch8(scratch(d2l, vocab), train_iter, vocab, 1, 10)
    perplexities = history.column("perplexity")
    assert len(history) == 10 and perplexities[-1] < perplexities[0] < len(vocab) + 1
    assert min(history.column("tokens_per_second")) > 0
    assert "perplexity" in repr(history) and history.fig.axes[0].get_ylabel() == "perplexity"
    first, told, *written = capsys.readouterr().out.splitlines()
    assert first.startswith("time traveller") and len(first) == 64
    assert told.startswith(f"perplexity {perplexities[-1]:.1f}, ") and "tokens/sec on" in told
    assert [len(line) for line in written] == [64, 59]


@pytest.mark.parametrize("kind", KINDS)
def test_the_frameworks_layers_learn(d2l, backend, text, kind):
    train_iter, vocab = text
    net = d2l.RNNModel(layer(backend, kind, len(vocab)), len(vocab))
    history = d2l.train_ch8(net, train_iter, vocab, 1.0, 2, d2l.try_gpu(), kind == "rnn")
    assert history[-1].perplexity < history[0].perplexity
    assert d2l.predict_ch8("time", 5, net, vocab, d2l.try_gpu()).startswith("time")


def test_the_objects_learn(d2l, backend):
    data = d2l.TimeMachine(batch_size=32, num_steps=8, num_train=160, num_val=32, seed=0)
    own = (len(data.vocab),) if backend in ("torch", "paddle") else ()
    nets = [
        d2l.RNNLMScratch(d2l.RNNScratch(len(data.vocab), 16), len(data.vocab), lr=1),
        d2l.RNNLM(d2l.GRU(*own, 8, 2), len(data.vocab), lr=1),
    ]
    for net in nets:
        trainer = d2l.Trainer(max_epochs=2, gradient_clip_val=1)
        history = trainer.fit(net, data)
        assert history[1].train_ppl < history[0].train_ppl and history[1].val_ppl < 40
        assert len(net.predict("it has", 5, data.vocab, d2l.try_gpu())) == 11
        assert {"train_ppl", "val_ppl"} == set(net.board.data)


def test_the_state_goes_on_unless_batches_are_random(d2l, text):
    train_iter, vocab = text
    begun, seen = [], []

    def init_state(batch_size, num_hiddens, device):
        begun.append(batch_size)
        return (d2l.zeros((batch_size, num_hiddens)),)

    def forward(inputs, state, params):
        seen.append(float(d2l.numpy(state[0]).sum()))
        n = inputs.shape[0] * inputs.shape[1]
        return d2l.matmul(d2l.reshape(inputs, (n, -1)), params[0]), (state[0] + 1,)

    def get_params(vocab_size, num_hiddens, device):
        return [d2l.as_parameter(d2l.zeros(vocab_size, vocab_size))]

    net = scratch(d2l, vocab, 1, init_state=init_state, forward_fn=forward, get_params=get_params)
    loss, updater = lambda y_hat, y: d2l.reduce_mean(y_hat**2, 1), d2l.Updater(net.params, 0.1)
    batches = list(train_iter)[:3]
    perplexity, speed = d2l.train_epoch_ch8(net, batches, loss, updater)
    assert begun == [8] and seen == [0, 8, 16] and perplexity == 1 and speed > 0
    d2l.train_epoch_ch8(net, batches, loss, updater, d2l.cpu(), True)
    assert begun == [8] * 4 and seen[3:] == [0, 0, 0]


def test_gradients_end_with_the_batch(d2l, backend, text):
    """The state of the batch before is a constant: the epoch is that of batches with these states given."""
    train_iter, vocab = text
    net = scratch(d2l, vocab)
    for _ in range(3):  # a graph that grew would be walked through again, an error in PyTorch
        perplexity, _ = d2l.train_epoch_ch8(
            net, list(train_iter), native_loss(d2l, backend), d2l.Updater(net.params, 0.5)
        )
    assert perplexity < len(vocab)


def native_loss(d2l, backend):
    if backend == "torch":
        from torch import nn

        return nn.CrossEntropyLoss()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if backend == "mxnet":
        from mxnet import gluon

        return gluon.loss.SoftmaxCrossEntropyLoss()
    from paddle import nn

    return nn.CrossEntropyLoss()


def optimiser(backend, net, lr):
    if backend == "torch":
        import torch

        return torch.optim.SGD(net.parameters(), lr)
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.keras.optimizers.SGD(lr)
    if backend == "mxnet":
        from mxnet import gluon

        net.initialize(force_reinit=True)
        return gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})
    import paddle

    return paddle.optimizer.SGD(lr, net.parameters())


def test_an_epoch_takes_the_frameworks_optimiser(d2l, backend, text):
    train_iter, vocab = text
    net = d2l.RNNModel(layer(backend, "gru", len(vocab)), len(vocab))
    arguments = net, train_iter, native_loss(d2l, backend), optimiser(backend, net, 1.0)
    first, _ = d2l.train_epoch_ch8(*arguments, d2l.try_gpu(), False)
    second, _ = d2l.train_epoch_ch8(*arguments, d2l.try_gpu(), True)
    assert second < first


def test_divergence_is_told_once(d2l, text):
    train_iter, vocab = text

    def forward(inputs, state, params):
        n = inputs.shape[0] * inputs.shape[1]
        return d2l.matmul(d2l.reshape(inputs, (n, -1)), params[0]) * float("nan"), state

    def get_params(vocab_size, num_hiddens, device):
        return [d2l.as_parameter(d2l.ones(vocab_size, vocab_size))]

    net = scratch(d2l, vocab, forward_fn=forward, get_params=get_params)
    with pytest.warns(
        d2l.DivergenceWarning, match="the perplexity became nan in epoch 1; the learning rate"
    ) as told:
        history = d2l.train_ch8(net, train_iter, vocab, 1, 3)
    assert len(history) == 3 and len([one for one in told if one.category is d2l.DivergenceWarning]) == 1
    assert told[0].filename == __file__


@pytest.mark.skipif(not hasattr(signal, "raise_signal"), reason="no signals here")
def test_an_interrupt_keeps_the_history(d2l, text, capsys):
    train_iter, vocab = text

    class Interrupting(type(train_iter)):
        def __iter__(self):
            if self.epoch == 2:
                os.kill(os.getpid(), signal.SIGINT)
            return super().__iter__()

    train_iter.__class__ = Interrupting
    with pytest.warns(d2l.InterruptedWarning, match="interrupted in epoch 3; the net is as the last step"):
        history = d2l.train_ch8(scratch(d2l, vocab), train_iter, vocab, 1, 100)
    assert len(history) == 2 and capsys.readouterr().out == ""


def test_what_is_no_language_model_is_refused(d2l, text):
    train_iter, vocab = text
    for call in (
        lambda: d2l.train_ch8(lambda X, state: X, train_iter, vocab, 1, 1),
        lambda: d2l.predict_ch8("time", 1, len, vocab),
        lambda: d2l.train_epoch_ch8(None, train_iter, None, None),
    ):
        with pytest.raises(TypeError, match=r"net must be called as net\(X, state\) and have begin_state"):
            call()
    with pytest.raises(TypeError, match=r"RNNModelScratch takes .*device.* or .*got"):
        d2l.RNNModelScratch(28, 16)
    with pytest.raises(ValueError, match="num_hiddens"):
        scratch(d2l, vocab, 0)
    with pytest.raises(ValueError, match="lr"):
        d2l.train_ch8(scratch(d2l, vocab), train_iter, vocab, -1, 1)
    with pytest.raises(ValueError, match="num_epochs"):
        d2l.train_ch8(scratch(d2l, vocab), train_iter, vocab, 1, 0)


def test_a_prefix_is_of_tokens_that_are_known(d2l, text):
    _, vocab = text
    net = scratch(d2l, vocab)
    with pytest.raises(ValueError, match="at least one token"):
        d2l.predict_ch8("", 5, net, vocab)
    with pytest.raises(ValueError, match="does not know 'T', '!' in the prefix 'Time!!'"):
        d2l.predict_ch8("Time!!", 5, net, vocab)
    with pytest.raises(ValueError, match="num_preds"):
        d2l.predict_ch8("time", -1, net, vocab)
    assert d2l.predict_ch8(list("time"), 0, net, vocab) == "time"
    own = d2l.Vocab(list("xyz"))  # training writes after "time traveller" even so
    d2l.train_ch8(scratch(d2l, own), [(d2l.tensor([[1, 2]]), d2l.tensor([[2, 3]]))], own, 1, 1)


def test_float64_stays_float64(d2l, text):
    train_iter, vocab = text

    def get_params(vocab_size, num_hiddens, device):
        shapes = [(vocab_size, num_hiddens), (num_hiddens, num_hiddens), (num_hiddens, vocab_size)]
        return [d2l.as_parameter(np.full(shape, 0.1)) for shape in shapes]

    def init_state(batch_size, num_hiddens, device):
        return (d2l.zeros((batch_size, num_hiddens), dtype="float64"),)

    net = scratch(d2l, vocab, get_params=get_params, init_state=init_state)
    Y, (H,) = net(next(iter(train_iter))[0], net.begin_state(8))
    assert d2l.numpy(Y).dtype == d2l.numpy(H).dtype == np.float64
    history = d2l.train_ch8(net, train_iter, vocab, 0.1, 1)
    assert math.isfinite(history[0].perplexity) and d2l.numpy(net.params[0]).dtype == np.float64


def test_clipping_is_exact_where_nothing_is_clipped(d2l, backend):
    grads = [np.array([0.3, -0.4], "float32"), np.array([[1e-3]], "float32")]
    tensors = [d2l.tensor(grad) for grad in grads]
    if backend == "tensorflow":
        kept, scaled = d2l.grad_clipping(tensors, 1), d2l.grad_clipping(tensors, 0.25)
    else:
        held = type("Held", (), {"params": [type("Param", (), {"grad": tensor}) for tensor in tensors]})
        d2l.grad_clipping(held, 1)
        kept = [d2l.tensor(param.grad) for param in held.params]
        d2l.grad_clipping(held, 0.25)
        scaled = [param.grad for param in held.params]
    assert all(np.array_equal(d2l.numpy(a), b) for a, b in zip(kept, grads))
    assert np.isclose(math.sqrt(sum((d2l.numpy(grad) ** 2).sum() for grad in scaled)), 0.25)
