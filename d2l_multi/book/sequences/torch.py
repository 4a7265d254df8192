"""Text and recurrent networks in PyTorch: batches of subsequences, and language models that write."""

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.charts import Animator
from d2l_multi.book.data import sampling
from d2l_multi.book.data.torch import permutation
from d2l_multi.book.object_oriented.torch import Classifier, DataModule, Module
from d2l_multi.book.sequences import arguments, checks, contract, language_models, loops, subsequences
from d2l_multi.book.tensors.torch import exp, int64, normal, tensor, zeros
from d2l_multi.book.training import Timer
from d2l_multi.book.training import checks as training_checks
from d2l_multi.book.training.loops import pairs
from d2l_multi.book.training.torch import Accumulator, clip_by_norm, evaluation, sgd
from d2l_multi.compat import framework

with framework("torch"):
    import torch
    from torch import nn


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
    if X.is_cpu:
        checks.tokens(to_host(X), vocab_size)
    return nn.functional.one_hot(X.T.to(int64), vocab_size).to(dtype)


class RNNModelScratch(loops.RNNModelScratch):
    def __call__(self, X, state):
        inputs = one_hot(X, self.vocab_size, self.params[0].dtype)
        checks.state(state, inputs.shape[1], self.num_hiddens, axis=0)
        return self.forward_fn(inputs, state, self.params)


def run(rnn, inputs, state):
    """The outputs of a layer and its state, steps first, however the layer was made."""
    if getattr(rnn, "batch_first", False):
        outputs, state = rnn(inputs.swapaxes(0, 1), state)
        return outputs.swapaxes(0, 1), state
    return rnn(inputs, state)


class RNNModel(nn.Module):
    def __init__(self, rnn_layer, vocab_size, **kwargs):
        super().__init__(**kwargs)
        self.rnn, self.vocab_size = rnn_layer, vocab_size
        self.num_hiddens = rnn_layer.hidden_size
        self.num_directions = 2 if rnn_layer.bidirectional else 1
        self.linear = nn.Linear(self.num_directions * self.num_hiddens, vocab_size)

    def forward(self, inputs, state):
        X = one_hot(inputs, self.vocab_size, self.linear.weight.dtype)
        checks.state(state, X.shape[1], self.num_hiddens, axis=1)
        Y, state = run(self.rnn, X, state)
        return self.linear(Y.reshape(-1, Y.shape[-1])), state

    def begin_state(self, *args, **kwargs):
        batch_size, device = arguments.of_state(args, kwargs)
        weight = self.linear.weight
        shape = (self.num_directions * self.rnn.num_layers, batch_size, self.num_hiddens)
        H = torch.zeros(shape, dtype=weight.dtype, device=device or weight.device)
        return (H, torch.zeros_like(H)) if isinstance(self.rnn, nn.LSTM) else H


def predict_ch8(prefix, num_preds, net, vocab, device=None):
    loops.check_prediction(prefix, num_preds, net, vocab)
    return _written(prefix, num_preds, net, vocab, device)


def _written(prefix, num_preds, net, vocab, device):
    def step(token, state):
        return net(tensor([[token]], device=device), state)

    with evaluation(net):
        state = net.begin_state(batch_size=1, device=device)
        return loops.written(prefix, num_preds, vocab, state, step)


def _params(net):
    return list(net.parameters()) if isinstance(net, nn.Module) else net.params


def grad_clipping(net, theta):
    clip_by_norm([param.grad for param in _params(net) if param.grad is not None], checks.clipping(theta))


def train_epoch_ch8(net, train_iter, loss, updater, device=None, use_random_iter=False):
    checks.net(net)
    if isinstance(net, nn.Module):
        net.train()
    state, timer = None, Timer()
    metric = Accumulator(2)  # sum of losses, number of tokens
    for X, Y in pairs(train_iter, "train_iter"):
        X, y = X.to(device), Y.T.reshape(-1).to(device, int64)
        if state is None or use_random_iter:
            state = net.begin_state(batch_size=len(X), device=device)
        else:
            state = loops.mapped(torch.Tensor.detach, state)
        y_hat, state = net(X, state)
        training_checks.outputs_fit(y_hat, y)
        l = loss(y_hat, y).mean()
        if isinstance(updater, torch.optim.Optimizer):
            updater.zero_grad()
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
    loss, params = nn.CrossEntropyLoss(), _params(net)
    if isinstance(net, nn.Module):
        updater = torch.optim.SGD(params, lr)
    else:
        updater = lambda batch_size: sgd(params, lr, batch_size)  # noqa: E731
    return loops.train_ch8(
        num_epochs,
        Animator,
        train_epoch=lambda: train_epoch_ch8(net, train_iter, loss, updater, device, use_random_iter),
        predict=lambda prefix: _written(prefix, 50, net, vocab, device),
        device=device or params[0].device,
    )


class TimeMachine(language_models.TimeMachine, DataModule):
    tokens = staticmethod(tokens)


class RNNScratch(Module):
    def __init__(self, num_inputs, num_hiddens, sigma=0.01):
        super().__init__()
        self.save_hyperparameters()
        self.W_xh = nn.Parameter(normal(0, sigma, (num_inputs, num_hiddens)))
        self.W_hh = nn.Parameter(normal(0, sigma, (num_hiddens, num_hiddens)))
        self.b_h = nn.Parameter(zeros(num_hiddens))

    def forward(self, inputs, state=None):
        inputs = list(inputs)
        if state is None:
            state = inputs[0].new_zeros((len(inputs[0]), self.num_hiddens))
        H = checks.hidden(state, len(inputs[0]), self.num_hiddens)
        outputs = []
        for X in inputs:
            H = torch.tanh(X @ self.W_xh + H @ self.W_hh + self.b_h)
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
        self.W_hq = nn.Parameter(normal(0, sigma, (num_hiddens, self.vocab_size)))
        self.b_q = nn.Parameter(zeros(self.vocab_size))

    def one_hot(self, X):
        return one_hot(X, self.vocab_size, next(self.rnn.parameters()).dtype)

    def output_layer(self, rnn_outputs):
        H = rnn_outputs if isinstance(rnn_outputs, torch.Tensor) else torch.stack(list(rnn_outputs))
        return (H @ self.W_hq + self.b_q).swapaxes(0, 1)


class RNN(Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        num_inputs, num_hiddens = arguments.of_rnn(args, kwargs)
        self.save_hyperparameters(ignore=["args", "kwargs"])
        self.rnn = nn.RNN(num_inputs, num_hiddens)

    def forward(self, inputs, H=None):
        checks.state(H, inputs.shape[1], self.num_hiddens, axis=1)
        return run(self.rnn, inputs, H)


class RNNLM(RNNLMScratch):
    def init_params(self):
        self.linear = nn.LazyLinear(self.vocab_size)

    def output_layer(self, rnn_outputs):
        return self.linear(rnn_outputs).swapaxes(0, 1)


class GRU(RNN):
    def __init__(self, *args, **kwargs):
        Module.__init__(self)
        num_inputs, num_hiddens, num_layers, dropout = arguments.of_gru(args, kwargs)
        self.save_hyperparameters(ignore=["args", "kwargs"])
        self.rnn = nn.GRU(num_inputs, num_hiddens, num_layers, dropout=dropout)


__all__ = contracts.offered(contract, globals())
