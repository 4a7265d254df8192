"""Text and recurrent networks in TensorFlow: batches of subsequences, and language models that write."""

from contextlib import nullcontext

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.charts import Animator
from d2l_multi.book.data import sampling
from d2l_multi.book.data.tensorflow_loader import permutation
from d2l_multi.book.object_oriented.tensorflow import Classifier, DataModule, Module
from d2l_multi.book.sequences import arguments, checks, contract, language_models, loops, subsequences
from d2l_multi.book.sequences.tensorflow_graphs import forward, steps
from d2l_multi.book.tensors.tensorflow import exp, float32, int32, normal, num_gpus, on, tensor, zeros
from d2l_multi.book.training import Timer
from d2l_multi.book.training import checks as training_checks
from d2l_multi.book.training.loops import pairs
from d2l_multi.book.training.tensorflow import Accumulator, clip_by_norm, sgd
from d2l_multi.compat import forks, framework
from d2l_multi.compat.keras_time_major import is_time_major

with framework("tensorflow"):
    import tensorflow as tf
    from tensorflow.keras import layers


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
    X = tf.convert_to_tensor(X)
    checks.batch(X.shape)
    if tf.executing_eagerly() and "CPU" in X.device:
        checks.tokens(to_host(X), vocab_size)
    # Transposed afterwards: TensorFlow has something to say in the log about integers that are.
    return tf.transpose(tf.one_hot(X, vocab_size, dtype=dtype), (1, 0, 2))


class RNNModelScratch(loops.RNNModelScratch):
    form = arguments.MODEL_IN_TENSORFLOW

    @property
    def trainable_variables(self):
        return self.params

    def __call__(self, X, state):
        inputs = one_hot(X, self.vocab_size, self.params[0].dtype)
        checks.state(state, inputs.shape[1], self.num_hiddens, axis=0)
        return self.forward_fn(inputs, state, self.params)


def run(rnn, inputs, state, training=None):
    """The outputs of a layer and its state, steps first, however the layer was made."""
    if not is_time_major(rnn):
        outputs, *state = rnn(tf.transpose(inputs, (1, 0, 2)), initial_state=state, training=training)
        return tf.transpose(outputs, (1, 0, 2)), state
    outputs, *state = rnn(inputs, initial_state=state, training=training)
    return outputs, state


class RNNModel(tf.keras.Model):
    def __init__(self, rnn_layer, vocab_size, **kwargs):
        checks.gives_all(rnn_layer)
        super().__init__(**kwargs)
        self.autocast = False  # float64 stays float64
        self.rnn, self.vocab_size = rnn_layer, vocab_size
        self.dense = layers.Dense(vocab_size, dtype=rnn_layer.dtype_policy)

    def build(self, input_shape):
        """Nothing: the layers build themselves."""

    def call(self, inputs, state, training=None):
        X = one_hot(inputs, self.vocab_size, self.rnn.compute_dtype)
        checks.state(state, X.shape[1], None, axis=0)
        Y, state = run(self.rnn, X, state, training)
        return self.dense(tf.reshape(Y, (-1, Y.shape[-1]))), state

    def begin_state(self, *args, **kwargs):
        batch_size, device = arguments.of_state(args, kwargs)
        both = isinstance(self.rnn, layers.Bidirectional)
        directions = [self.rnn.forward_layer, self.rnn.backward_layer] if both else [self.rnn]
        with on(device):
            return [state for rnn in directions for state in rnn.get_initial_state(batch_size)]


def predict_ch8(prefix, num_preds, net, vocab, device=None):
    loops.check_prediction(prefix, num_preds, net, vocab)
    return _written(prefix, num_preds, net, vocab, device)


def _written(prefix, num_preds, net, vocab, device):
    call = forward(net)

    def step(token, state):
        return call(tensor([[token]]), state)

    with _on(device):
        state = net.begin_state(batch_size=1, dtype=float32)
        return loops.written(prefix, num_preds, vocab, state, step)


def _on(device):
    """A scope that places computations; in a strategy's, as readers give one, only variables are made."""
    return nullcontext() if isinstance(device, tf.distribute.Strategy) else on(device)


def grad_clipping(net, theta):
    return clip_by_norm(list(net), checks.clipping(theta))


def _train_step(net, loss, updater, X, Y, state):
    """Update once; return the mean loss and the state."""
    training = {"training": True} if isinstance(net, layers.Layer) else {}
    with tf.GradientTape() as tape:
        y_hat, state = net(X, state, **training)
        y = tf.concat(tf.unstack(Y, axis=1), 0)
        training_checks.outputs_fit(y_hat, y)
        l = loss(y, y_hat) if isinstance(loss, tf.keras.losses.Loss) else loss(y_hat, y)
        l = tf.reduce_mean(l)
    params = net.trainable_variables
    grads = grad_clipping(tape.gradient(l, params), 1)
    if isinstance(updater, tf.keras.optimizers.Optimizer):
        updater.apply_gradients(zip(grads, params))
    else:
        updater(1, grads)  # the loss is a mean already
    return l, state


def train_epoch_ch8(net, train_iter, loss, updater, device=None, use_random_iter=False):
    checks.net(net)
    forks.check()
    if isinstance(device, bool):  # TensorFlow's readers give no device
        device, use_random_iter = None, device
    state, timer = None, Timer()
    metric = Accumulator(2)  # sum of losses, number of tokens
    train_step = steps(_train_step, net, loss, updater)
    with _on(device):
        for X, Y in pairs(train_iter, "train_iter"):
            if state is None or use_random_iter:
                state = net.begin_state(batch_size=len(X), dtype=float32)
            l, state = train_step(X, Y, state)
            num_tokens = Y.shape[0] * Y.shape[1]
            metric.add_own(l * num_tokens, num_tokens)
    return loops.perplexity(*metric.data), metric[1] / timer.stop()


def train_ch8(net, train_iter, vocab, lr, num_epochs, device=None, use_random_iter=False):
    checks.net(net)
    lr = training_checks.learning_rate(lr)
    loss = cross_entropy
    if isinstance(net, layers.Layer):
        updater = tf.keras.optimizers.SGD(lr)
    else:
        updater = lambda batch_size, grads: sgd(net.params, grads, lr, batch_size)  # noqa: E731
    return loops.train_ch8(
        num_epochs,
        Animator,
        train_epoch=lambda: train_epoch_ch8(net, train_iter, loss, updater, device, use_random_iter),
        predict=lambda prefix: _written(prefix, 50, net, vocab, device),
        device="gpu" if num_gpus() else "cpu",
    )


def cross_entropy(y_hat, y):
    return tf.nn.sparse_softmax_cross_entropy_with_logits(y, y_hat)


class TimeMachine(language_models.TimeMachine, DataModule):
    tokens = staticmethod(tokens)


class RNNScratch(Module):
    def __init__(self, num_inputs, num_hiddens, sigma=0.01):
        super().__init__()
        self.save_hyperparameters()
        self.W_xh = tf.Variable(normal(0, sigma, (num_inputs, num_hiddens), dtype=self.variable_dtype))
        self.W_hh = tf.Variable(normal(0, sigma, (num_hiddens, num_hiddens), dtype=self.variable_dtype))
        self.b_h = tf.Variable(zeros(num_hiddens, dtype=self.variable_dtype))

    def forward(self, inputs, state=None):
        inputs = tf.unstack(inputs) if tf.is_tensor(inputs) else list(inputs)
        if state is None:
            state = tf.zeros((tf.shape(inputs[0])[0], self.num_hiddens), inputs[0].dtype)
        H = checks.hidden(state, inputs[0].shape[0], self.num_hiddens)
        outputs = []
        for X in inputs:
            H = tf.tanh(X @ self.W_xh + H @ self.W_hh + self.b_h)
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
        W_hq = normal(0, sigma, (num_hiddens, self.vocab_size), dtype=self.variable_dtype)
        self.W_hq = tf.Variable(W_hq)
        self.b_q = tf.Variable(zeros(self.vocab_size, dtype=self.variable_dtype))

    def one_hot(self, X):
        return one_hot(X, self.vocab_size, self.variable_dtype)

    def output_layer(self, rnn_outputs):
        H = rnn_outputs if tf.is_tensor(rnn_outputs) else tf.stack(list(rnn_outputs))
        return tf.transpose(H @ self.W_hq + self.b_q, (1, 0, 2))


class RNN(Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        _, num_hiddens = arguments.of_rnn(args, kwargs, infers=True)
        self.save_hyperparameters(ignore=["args", "kwargs"])
        self.rnn = layers.SimpleRNN(num_hiddens, return_sequences=True, return_state=True)

    def forward(self, inputs, H=None):
        checks.state(H, inputs.shape[1], self.num_hiddens, axis=0)
        return run(self.rnn, inputs, H, self.training)


class RNNLM(RNNLMScratch):
    def init_params(self):
        self.linear = layers.Dense(self.vocab_size)

    def output_layer(self, rnn_outputs):
        return tf.transpose(self.linear(rnn_outputs), (1, 0, 2))


class GRU(RNN):
    def __init__(self, *args, **kwargs):
        Module.__init__(self)
        _, num_hiddens, num_layers, dropout = arguments.of_gru(args, kwargs, infers=True)
        self.save_hyperparameters(ignore=["args", "kwargs"])
        cells = [layers.GRUCell(num_hiddens, dropout=dropout) for _ in range(num_layers)]
        self.rnn = layers.RNN(cells, return_sequences=True, return_state=True)


__all__ = contracts.offered(contract, globals())
