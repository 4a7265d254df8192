"""Text and recurrent networks in MXNet: batches of subsequences, and language models that write."""

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.charts import Animator
from d2l_multi.book.data import sampling
from d2l_multi.book.data.mxnet import permutation
from d2l_multi.book.object_oriented.mxnet import Classifier, DataModule, Module
from d2l_multi.book.sequences import arguments, checks, contract, language_models, loops, subsequences
from d2l_multi.book.tensors.mxnet import as_parameter, exp, int32, normal, tensor, try_gpu, zeros
from d2l_multi.book.training import Timer
from d2l_multi.book.training import checks as training_checks
from d2l_multi.book.training.loops import pairs
from d2l_multi.book.training.mxnet import Accumulator, clip_by_norm, sgd
from d2l_multi.compat import framework

with framework("mxnet"):
    from mxnet import autograd, gluon, initializer, npx
    from mxnet import np as mxnp
    from mxnet.gluon import nn, rnn


def tokens(numbers):
    """The numbers of tokens as the framework has classes."""
    return tensor(numbers, int32)


def seq_data_iter_random(corpus, batch_size, num_steps, *, seed=None, epoch=0):
    order = sampling.permutations(seed, epoch, permutation)
    return subsequences.at_random(corpus, batch_size, num_steps, order, tokens)


def seq_data_iter_sequential(corpus, batch_size, num_steps, *, seed=None, epoch=0):
    order = sampling.permutations(seed, epoch, permutation)
    return subsequences.in_sequence(corpus, batch_size, num_steps, order, tokens)


class SeqDataLoader(subsequences.SeqDataLoader):
    iterators = seq_data_iter_random, seq_data_iter_sequential


def load_data_time_machine(batch_size, num_steps, use_random_iter=False, max_tokens=10000, *, seed=None):
    data_iter = SeqDataLoader(batch_size, num_steps, use_random_iter, max_tokens, seed=seed)
    return data_iter, data_iter.vocab


def one_hot(X, vocab_size, dtype):
    """Tokens (n, steps), looked at where no device has to be waited for, as (steps, n, vocab_size)."""
    checks.batch(X.shape)
    if X.ctx.device_type == "cpu":
        checks.tokens(to_host(X), vocab_size)
    return npx.one_hot(X.T, vocab_size).astype(dtype, copy=False)


class RNNModelScratch(loops.RNNModelScratch):
    def __call__(self, X, state):
        inputs = one_hot(X, self.vocab_size, self.params[0].dtype)
        checks.state(state, inputs.shape[1], self.num_hiddens, axis=0)
        return self.forward_fn(inputs, state, self.params)


class RNNModel(nn.Block):
    def __init__(self, rnn_layer, vocab_size, **kwargs):
        super().__init__(**kwargs)
        self.rnn, self.vocab_size = rnn_layer, vocab_size
        self.dense = nn.Dense(vocab_size)

    def forward(self, inputs, state):
        (H, *_) = state
        X = one_hot(inputs, self.vocab_size, H.dtype)
        checks.state(state, X.shape[1], H.shape[-1], axis=1)
        Y, state = self.rnn(X, state)
        return self.dense(Y.reshape(-1, Y.shape[-1])), state

    def begin_state(self, *args, **kwargs):
        batch_size, device = arguments.of_state(args, kwargs)
        return self.rnn.begin_state(batch_size, ctx=device)


def predict_ch8(prefix, num_preds, net, vocab, device=None):
    loops.check_prediction(prefix, num_preds, net, vocab)
    return _written(prefix, num_preds, net, vocab, device)


def _written(prefix, num_preds, net, vocab, device):
    def step(token, state):
        return net(tensor([[token]], device=device), state)

    state = net.begin_state(batch_size=1, ctx=device)
    return loops.written(prefix, num_preds, vocab, state, step)


def _params(net):
    if isinstance(net, gluon.Block):
        return [param.data() for param in net.collect_params().values() if param.grad_req != "null"]
    return net.params


def grad_clipping(net, theta):
    clip_by_norm([param.grad for param in _params(net)], checks.clipping(theta))


def train_epoch_ch8(net, train_iter, loss, updater, device=None, use_random_iter=False):
    checks.net(net)
    state, timer = None, Timer()
    metric = Accumulator(2)  # sum of losses, number of tokens
    for X, Y in pairs(train_iter, "train_iter"):
        X, y = X.as_in_ctx(device or X.ctx), Y.T.reshape(-1).as_in_ctx(device or Y.ctx)
        if state is None or use_random_iter:
            state = net.begin_state(batch_size=len(X), ctx=device)
        else:
            state = loops.mapped(mxnp.ndarray.detach, state)
        with autograd.record():
            y_hat, state = net(X, state)
            training_checks.outputs_fit(y_hat, y)
            l = loss(y_hat, y).mean()
        l.backward()
        grad_clipping(net, 1)
        update = updater.step if isinstance(updater, gluon.Trainer) else updater
        update(batch_size=1)  # the loss is a mean already
        metric.add_own(l.detach() * len(y), len(y))
    return loops.perplexity(*metric.data), metric[1] / timer.stop()


def train_ch8(net, train_iter, vocab, lr, num_epochs, device=None, use_random_iter=False):
    checks.net(net)
    lr = training_checks.learning_rate(lr)
    loss = cross_entropy
    if isinstance(net, gluon.Block):
        initialize(net, device)
        updater = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})
    else:
        updater = lambda batch_size: sgd(net.params, lr, batch_size)  # noqa: E731
    return loops.train_ch8(
        num_epochs,
        Animator,
        train_epoch=lambda: train_epoch_ch8(net, train_iter, loss, updater, device, use_random_iter),
        predict=lambda prefix: _written(prefix, 50, net, vocab, device),
        device=device or try_gpu(),
    )


def cross_entropy(y_hat, y):
    """Not Gluon's loss, whose log-softmax is off by 1e-4 in float32."""
    y_hat = y_hat - y_hat.max(1, keepdims=True).detach()
    return mxnp.log(mxnp.exp(y_hat).sum(1)) - npx.pick(y_hat, y)


def initialize(net, device):
    """Initialise the parameters of a net that are not; readers leave that to training."""
    for param in net.collect_params().values():
        try:
            param.data()
        except gluon.parameter.DeferredInitializationError:
            continue  # it knows how, and waits for its inputs
        except RuntimeError:
            param.initialize(initializer.Normal(0.01), ctx=device)


class TimeMachine(language_models.TimeMachine, DataModule):
    tokens = staticmethod(tokens)


class RNNScratch(Module):
    def __init__(self, num_inputs, num_hiddens, sigma=0.01):
        super().__init__()
        self.save_hyperparameters()
        self.W_xh = as_parameter(normal(0, sigma, (num_inputs, num_hiddens)))
        self.W_hh = as_parameter(normal(0, sigma, (num_hiddens, num_hiddens)))
        self.b_h = as_parameter(zeros(num_hiddens))

    def forward(self, inputs, state=None):
        inputs = list(inputs)
        if state is None:
            state = zeros((len(inputs[0]), self.num_hiddens), dtype=inputs[0].dtype, device=inputs[0].ctx)
        H = checks.hidden(state, len(inputs[0]), self.num_hiddens)
        outputs = []
        for X in inputs:
            H = mxnp.tanh(mxnp.dot(X, self.W_xh) + mxnp.dot(H, self.W_hh) + self.b_h)
            outputs.append(H)
        return outputs, H


class RNNLMScratch(language_models.RNNLMScratch, Classifier):
    exp = staticmethod(exp)

    def __init__(self, rnn, vocab_size, lr=0.01):
        super().__init__()
        training_checks.learning_rate(lr)
        self.save_hyperparameters()
        self.init_params()

    def init_params(self):
        num_hiddens, sigma = self.rnn.num_hiddens, self.rnn.sigma
        self.W_hq = as_parameter(normal(0, sigma, (num_hiddens, self.vocab_size)))
        self.b_q = as_parameter(zeros(self.vocab_size))

    def one_hot(self, X):
        return one_hot(X, self.vocab_size, dtype_of(self.rnn))

    def output_layer(self, rnn_outputs):
        H = rnn_outputs if isinstance(rnn_outputs, mxnp.ndarray) else mxnp.stack(list(rnn_outputs))
        return (mxnp.dot(H, self.W_hq) + self.b_q).swapaxes(0, 1)


def dtype_of(model):
    """That of its parameters, Gluon's or from scratch."""
    params = model.parameters()
    return next(iter(params if isinstance(params, list) else params.values())).dtype


class RNN(Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        num_inputs, num_hiddens = arguments.of_rnn(args, kwargs, infers=True)
        self.save_hyperparameters(ignore=["args", "kwargs"])
        self.rnn = rnn.RNN(num_hiddens, input_size=num_inputs or 0)

    def forward(self, inputs, H=None):
        state = self.rnn.begin_state(inputs.shape[1], ctx=inputs.ctx) if H is None else H
        checks.state(state, inputs.shape[1], self.num_hiddens, axis=1)
        outputs, state = self.rnn(inputs, state)
        return outputs, state


class RNNLM(RNNLMScratch):
    def init_params(self):
        self.linear = nn.Dense(self.vocab_size, flatten=False)
        self.initialize()

    def output_layer(self, rnn_outputs):
        return self.linear(rnn_outputs).swapaxes(0, 1)


class GRU(RNN):
    def __init__(self, *args, **kwargs):
        Module.__init__(self)
        num_inputs, num_hiddens, num_layers, dropout = arguments.of_gru(args, kwargs, infers=True)
        self.save_hyperparameters(ignore=["args", "kwargs"])
        self.rnn = rnn.GRU(num_hiddens, num_layers, dropout=dropout, input_size=num_inputs or 0)


__all__ = contracts.offered(contract, globals())
