"""Text and recurrent networks in PaddlePaddle: batches of subsequences, and language models that write."""

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.charts import Animator
from d2l_multi.book.data import sampling
from d2l_multi.book.data.paddle import permutation
from d2l_multi.book.object_oriented.paddle import Classifier, DataModule, LazyLinear, Module
from d2l_multi.book.sequences import arguments, checks, contract, language_models, loops, subsequences
from d2l_multi.book.tensors.paddle import exp, int64, on, tensor
from d2l_multi.book.training import Timer
from d2l_multi.book.training import checks as training_checks
from d2l_multi.book.training.loops import pairs
from d2l_multi.book.training.paddle import Accumulator, clip_by_norm, evaluation, sgd
from d2l_multi.compat import framework

with framework("paddle"):
    import paddle
    from paddle import nn


def tokens(numbers):
    """The numbers of tokens as the framework has classes."""
    return tensor(numbers, int64)


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
    if X.place.is_cpu_place():
        checks.tokens(to_host(X), vocab_size)
    return nn.functional.one_hot(X.T.astype(int64), vocab_size).astype(dtype)


class RNNModelScratch(loops.RNNModelScratch):
    def __call__(self, X, state):
        inputs = one_hot(X, self.vocab_size, self.params[0].dtype)
        checks.state(state, inputs.shape[1], self.num_hiddens, axis=0)
        return self.forward_fn(inputs, state, self.params)


def run(rnn, inputs, state):
    """The outputs of a layer and its state, steps first, however the layer was made."""
    if not getattr(rnn, "time_major", True):
        outputs, state = rnn(inputs.transpose([1, 0, 2]), state)
        return outputs.transpose([1, 0, 2]), state
    return rnn(inputs, state)


class RNNModel(nn.Layer):
    def __init__(self, rnn_layer, vocab_size, **kwargs):
        super().__init__(**kwargs)
        self.rnn, self.vocab_size = rnn_layer, vocab_size
        self.num_hiddens = rnn_layer.hidden_size
        self.num_directions = rnn_layer.num_directions
        self.linear = nn.Linear(self.num_directions * self.num_hiddens, vocab_size)

    def forward(self, inputs, state):
        X = one_hot(inputs, self.vocab_size, self.linear.weight.dtype)
        checks.state(state, X.shape[1], self.num_hiddens, axis=1)
        Y, state = run(self.rnn, X, state)
        return self.linear(Y.reshape([-1, Y.shape[-1]])), state

    def begin_state(self, *args, **kwargs):
        batch_size, device = arguments.of_state(args, kwargs)
        weight = self.linear.weight
        shape = (self.num_directions * self.rnn.num_layers, batch_size, self.num_hiddens)
        H = on(device, paddle.zeros(shape, weight.dtype))
        return (H, paddle.zeros_like(H)) if isinstance(self.rnn, nn.LSTM) else H


def predict_ch8(prefix, num_preds, net, vocab, device=None):
    loops.check_prediction(prefix, num_preds, net, vocab)
    return _written(prefix, num_preds, net, vocab, device)


def _written(prefix, num_preds, net, vocab, device):
    def step(token, state):
        return net(tensor([[token]], device=device), state)

    with evaluation(net):
        state = net.begin_state(batch_size=1)
        return loops.written(prefix, num_preds, vocab, state, step)


def _params(net):
    return net.parameters() if isinstance(net, nn.Layer) else net.params


def grad_clipping(net, theta):
    clip_by_norm([param.grad for param in _params(net) if param.grad is not None], checks.clipping(theta))


def train_epoch_ch8(net, train_iter, loss, updater, device=None, use_random_iter=False):
    checks.net(net)
    if isinstance(net, nn.Layer):
        net.train()
    state, timer = None, Timer()
    metric = Accumulator(2)  # sum of losses, number of tokens
    for X, Y in pairs(train_iter, "train_iter"):
        X, y = on(device, X), on(device, Y.T.reshape([-1]).astype(int64))
        if state is None or use_random_iter:
            state = net.begin_state(batch_size=len(X))
        else:
            state = loops.mapped(paddle.Tensor.detach, state)
        y_hat, state = net(X, state)
        training_checks.outputs_fit(y_hat, y)
        l = loss(y_hat, y).mean()
        if isinstance(updater, paddle.optimizer.Optimizer):
            updater.clear_grad()
            l.backward()
            grad_clipping(net, 1)
            updater.step()
        else:
            l.backward()
            grad_clipping(net, 1)
            updater(batch_size=1)  # the loss is a mean already
        metric.add_own(l.detach() * len(y), len(y))
    return loops.perplexity(*metric.data), metric[1] / timer.stop()


def train_ch8(net, train_iter, vocab, lr, num_epochs, device=None, use_random_iter=False):
    checks.net(net)
    lr = training_checks.learning_rate(lr)
    loss, params = cross_entropy, _params(net)
    if isinstance(net, nn.Layer):
        updater = paddle.optimizer.SGD(lr, params)
    else:
        updater = lambda batch_size: sgd(params, lr, batch_size)  # noqa: E731
    return loops.train_ch8(
        num_epochs,
        Animator,
        train_epoch=lambda: train_epoch_ch8(net, train_iter, loss, updater, device, use_random_iter),
        predict=lambda prefix: _written(prefix, 50, net, vocab, device),
        device=device or params[0].place,
    )


def cross_entropy(y_hat, y):
    """Not Paddle's loss, which stops at 64 on a CPU."""
    return paddle.logsumexp(y_hat, 1) - paddle.take_along_axis(y_hat, y.unsqueeze(1), 1).squeeze(1)


class TimeMachine(language_models.TimeMachine, DataModule):
    tokens = staticmethod(tokens)


class RNNScratch(Module):
    def __init__(self, num_inputs, num_hiddens, sigma=0.01):
        super().__init__()
        self.save_hyperparameters()
        weights, zero = nn.initializer.Normal(0, sigma), nn.initializer.Constant(0.0)
        self.W_xh = self.create_parameter([num_inputs, num_hiddens], default_initializer=weights)
        self.W_hh = self.create_parameter([num_hiddens, num_hiddens], default_initializer=weights)
        self.b_h = self.create_parameter([num_hiddens], default_initializer=zero)

    def forward(self, inputs, state=None):
        inputs = list(inputs)
        if state is None:
            state = paddle.zeros([len(inputs[0]), self.num_hiddens], inputs[0].dtype)
        H = checks.hidden(state, len(inputs[0]), self.num_hiddens)
        outputs = []
        for X in inputs:
            H = paddle.tanh(X @ self.W_xh + H @ self.W_hh + self.b_h)
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
        weights, zero = nn.initializer.Normal(0, sigma), nn.initializer.Constant(0.0)
        self.W_hq = self.create_parameter([num_hiddens, self.vocab_size], default_initializer=weights)
        self.b_q = self.create_parameter([self.vocab_size], default_initializer=zero)

    def one_hot(self, X):
        return one_hot(X, self.vocab_size, self.rnn.parameters()[0].dtype)

    def output_layer(self, rnn_outputs):
        H = rnn_outputs if isinstance(rnn_outputs, paddle.Tensor) else paddle.stack(list(rnn_outputs))
        return (H @ self.W_hq + self.b_q).transpose([1, 0, 2])


class RNN(Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        num_inputs, num_hiddens = arguments.of_rnn(args, kwargs)
        self.save_hyperparameters(ignore=["args", "kwargs"])
        self.rnn = nn.SimpleRNN(num_inputs, num_hiddens, time_major=True)

    def forward(self, inputs, H=None):
        checks.state(H, inputs.shape[1], self.num_hiddens, axis=1)
        return run(self.rnn, inputs, H)


class RNNLM(RNNLMScratch):
    def init_params(self):
        self.linear = LazyLinear(self.vocab_size)

    def output_layer(self, rnn_outputs):
        return self.linear(rnn_outputs).transpose([1, 0, 2])


class GRU(RNN):
    def __init__(self, *args, **kwargs):
        Module.__init__(self)
        num_inputs, num_hiddens, num_layers, dropout = arguments.of_gru(args, kwargs)
        self.save_hyperparameters(ignore=["args", "kwargs"])
        self.rnn = nn.GRU(num_inputs, num_hiddens, num_layers, dropout=dropout, time_major=True)


__all__ = contracts.offered(contract, globals())
