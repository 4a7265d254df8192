"""Text and language models: tokens, subsequences, recurrent steps and their training, by hand."""

import math

import numpy as np
from hypothesis import strategies as st

from tests.differential.arrays import arrays
from tests.differential.entries import Near, entry, no_case, refuse

TOKENS = st.sampled_from(["a", "b", "the", "time", "<unk>", "<pad>"])
LINES = st.lists(st.text("ab  c", max_size=8), max_size=4)


@entry("tokenize", lines=LINES, token=st.sampled_from(["word", "char", "line"]), alone=st.booleans())
def tokenize(d2l, lines, token, alone):
    return d2l.tokenize(" ".join(lines) if alone else lines, token)


@tokenize.right
def _(framework, lines, token, alone):
    refuse(value=token == "line", kind=alone)
    return [line.split() if token == "word" else list(line) for line in lines]


@entry("count_corpus", tokens=st.lists(st.one_of(TOKENS, st.lists(TOKENS, max_size=3)), max_size=5))
def count_corpus(d2l, tokens):
    return dict(d2l.count_corpus(tokens))


@count_corpus.right
def _(framework, tokens):
    flat = counted(tokens)
    return {token: flat.count(token) for token in dict.fromkeys(flat)}


def counted(tokens):
    """Tokens of lists, or by themselves; a list among tokens is none."""
    if not tokens or not isinstance(tokens[0], list):
        refuse(kind=any(isinstance(token, list) for token in tokens))
        return tokens
    return [token for line in tokens for token in line]


@entry(
    "Vocab",
    "Vocab.__len__",
    "Vocab.__iter__",
    "Vocab.__contains__",
    "Vocab.__getitem__",
    "Vocab.to_tokens",
    tokens=st.lists(TOKENS, max_size=12),
    min_freq=st.integers(0, 3),
    reserved=st.lists(st.sampled_from(["<pad>", "<bos>"]), max_size=2),
    asked=st.lists(st.sampled_from(["a", "time", "other"]), max_size=3),
    indices=st.lists(st.integers(-1, 6), max_size=3),
    as_tensor=st.booleans(),
)
def vocab(d2l, tokens, min_freq, reserved, asked, indices, as_tensor):
    made = d2l.Vocab(tokens, min_freq, reserved)
    numbers = d2l.tensor(indices, dtype="int64") if as_tensor else indices
    known = [token in made for token in asked]
    return len(made), list(made), known, made[asked], made.to_tokens(numbers), made.unk, made.token_freqs


@vocab.right
def _(framework, tokens, min_freq, reserved, asked, indices, as_tensor):
    freqs = sorted({t: tokens.count(t) for t in dict.fromkeys(tokens)}.items(), key=lambda pair: -pair[1])
    listed = ["<unk>"]
    for token in (*reserved, *(token for token, freq in freqs if freq >= min_freq)):
        listed += [] if token in listed else [token]
    refuse(value=any(not 0 <= i < len(listed) for i in indices))
    numbers = [listed.index(token) if token in listed else 0 for token in asked]
    known = [token in listed for token in asked]
    return len(listed), listed, known, numbers, [listed[i] for i in indices], 0, freqs


# --- Subsequences -------------------------------------------------------------------------------------------

CUT = {
    "corpus": st.lists(st.integers(0, 9), min_size=4, max_size=40),
    "batch_size": st.integers(0, 4),
    "num_steps": st.integers(0, 6),
    "seed": st.integers(0, 9),
    "epoch": st.integers(0, 2),
}


def batches(d2l, cut, corpus, batch_size, num_steps, seed, epoch):
    found = cut(corpus, batch_size, num_steps, seed=seed, epoch=epoch)
    return [(d2l.numpy(X), d2l.numpy(Y)) for X, Y in found]


def pairs(framework, corpus, rows, num_steps):
    at = np.asarray(rows)[:, None] + np.arange(num_steps)
    tokens = np.asarray(corpus, framework.integers)
    return tokens[at], tokens[at + 1]


@entry("seq_data_iter_random", **CUT)
def at_random(d2l, **case):
    return batches(d2l, d2l.seq_data_iter_random, **case)


@at_random.right
def _(framework, corpus, batch_size, num_steps, seed, epoch):
    refuse(value=batch_size < 1 or num_steps < 1 or len(corpus) < (batch_size + 1) * num_steps)
    random = np.random.RandomState([seed, 1, epoch])
    offset = random.permutation(num_steps)[0]
    first = offset + num_steps * random.permutation((len(corpus) - offset - 1) // num_steps)
    full = [first[i : i + batch_size] for i in range(0, len(first) - batch_size + 1, batch_size)]
    return [pairs(framework, corpus, rows, num_steps) for rows in full]


@entry("seq_data_iter_sequential", **CUT)
def in_sequence(d2l, **case):
    return batches(d2l, d2l.seq_data_iter_sequential, **case)


@in_sequence.right
def _(framework, corpus, batch_size, num_steps, seed, epoch):
    refuse(value=batch_size < 1 or num_steps < 1 or len(corpus) < (batch_size + 1) * num_steps + 1)
    offset = np.random.RandomState([seed, 1, epoch]).permutation(num_steps + 1)[0]
    length = (len(corpus) - offset - 1) // batch_size
    rows = offset + length * np.arange(batch_size)
    return [pairs(framework, corpus, rows + num_steps * i, num_steps) for i in range(length // num_steps)]


# --- Models from scratch ------------------------------------------------------------------------------------

SMALL = st.integers(-2, 2).map(lambda n: n / 4)
STEPS, EXAMPLES, VOCABULARY, HIDDENS = 3, 2, 4, 2


def weights(*shape):
    return arrays(("float32", "float64"), shape, elements=SMALL, layouts=("plain",))


LAYER = {
    "W_xh": weights(VOCABULARY, HIDDENS),
    "W_hh": weights(HIDDENS, HIDDENS),
    "W_hq": weights(HIDDENS, VOCABULARY),
    "X": arrays(("int64",), (EXAMPLES, STEPS), elements=st.integers(0, VOCABULARY), layouts=("plain",)),
    "states": st.integers(1, 3),
}


def in_one_dtype(framework, *values):
    return [value.astype(values[0].dtype) for value in values]


def recurrent(d2l):
    def forward(inputs, state, params):
        W_xh, W_hh, W_hq = params
        (H,), outputs = state, []
        for i in range(STEPS if inputs.shape[0] == STEPS else 1):
            H = d2l.tanh(d2l.matmul(inputs[i], W_xh) + d2l.matmul(H, W_hh))
            outputs.append(d2l.matmul(H, W_hq))
        return d2l.concat(outputs, 0), (H,)

    return forward


def model(d2l, forward, arrays, num_hiddens, dtype="float32"):
    """A model from scratch of these parameters, in the common form."""
    return d2l.RNNModelScratch(
        VOCABULARY,
        num_hiddens,
        None,
        lambda vocab_size, num_hiddens, device: [d2l.as_parameter(array) for array in arrays],
        lambda batch_size, num_hiddens, device: (d2l.zeros((batch_size, num_hiddens), dtype=dtype),),
        forward,
    )


def by_hand(W_xh, W_hh, X, H=None):
    """The states after each step, in float64."""
    H = np.zeros((len(X), HIDDENS)) if H is None else H
    states = []
    for x in X.T:
        H = np.tanh(W_xh.astype("float64")[x] + H @ W_hh.astype("float64"))
        states.append(H)
    return states


@entry("RNNModelScratch", "RNNModelScratch.begin_state", **LAYER, weight=0.5)
def scratch(d2l, W_xh, W_hh, W_hq, X, states):
    dtype = W_xh.dtype.name
    net = model(d2l, recurrent(d2l), in_one_dtype(d2l, W_xh, W_hh, W_hq), HIDDENS, dtype)
    Y, (H,) = net(d2l.tensor(X), net.begin_state(states, None))
    return d2l.numpy(Y), d2l.numpy(H)


@scratch.right
def _(framework, W_xh, W_hh, W_hq, X, states):
    refuse(value=(X >= VOCABULARY).any() or states != EXAMPLES)
    found = by_hand(W_xh, W_hh, X)
    Y = np.concatenate([H @ W_hq for H in found])
    return Near(Y.astype(W_xh.dtype), 1.0), Near(found[-1].astype(W_xh.dtype), 1.0)


@entry(
    *("RNNScratch", "RNNScratch.forward", "RNNLMScratch", "RNNLMScratch.init_params", "RNNLMScratch.one_hot"),
    *("RNNLMScratch.output_layer", "RNNLMScratch.forward"),
    **LAYER,
    weight=0.2,
)
def of_objects(d2l, W_xh, W_hh, W_hq, X, states):
    rnn = d2l.RNNScratch(VOCABULARY, HIDDENS)
    net = d2l.RNNLMScratch(rnn, VOCABULARY)
    set_arrays(d2l, net, {"rnn.W_xh": W_xh, "rnn.W_hh": W_hh, "W_hq": W_hq})
    state = d2l.zeros(states, HIDDENS)
    outputs, H = rnn(net.one_hot(d2l.tensor(X)), state if states == 1 else (state,))
    Y = net(d2l.tensor(X))
    return [d2l.numpy(output) for output in outputs], d2l.numpy(H), d2l.numpy(Y)


def set_arrays(d2l, net, named):
    """Give parameters from scratch their values, as a reader would by hand."""
    backend = d2l.__name__.split(".")[-1]
    for path, array in named.items():
        *owners, name = path.split(".")
        owner = net
        for step in owners:
            owner = getattr(owner, step)
        value, array = getattr(owner, name), array.astype("float32")
        if backend == "torch":
            value.data.copy_(d2l.tensor(array))
        elif backend == "tensorflow":
            value.assign(array)
        elif backend == "mxnet":
            value[:] = d2l.tensor(array)
        else:
            value.set_value(array)


@of_objects.right
def _(framework, W_xh, W_hh, W_hq, X, states):
    refuse(value=(X >= VOCABULARY).any() or states != EXAMPLES)
    found = by_hand(W_xh, W_hh, X)
    Y = np.stack([H @ W_hq.astype("float64") for H in found], 1)
    near = [Near(H.astype("float32"), 1.0) for H in found]
    return near, near[-1], Near(Y.astype("float32"), 1.0)


# --- A bigram model, the gradient of which is softmax regression's ------------------------------------------


def bigram_model(d2l, W):
    def forward(inputs, state, params):
        return d2l.matmul(d2l.reshape(inputs, (-1, VOCABULARY)), params[0]), state

    return model(d2l, forward, [W], 1)


def clipped(gradient, theta):
    norm = np.sqrt((gradient**2).sum())
    return gradient * min(1, theta / norm) if norm else gradient


def bigram_epoch(W, batches, lr):
    """The summed loss and the weights after an epoch of SGD, clipped to 1."""
    total, W = 0.0, W.astype("float64")
    for X, Y in batches:
        x, y = X.T.reshape(-1), Y.T.reshape(-1)
        scores = W[x] - W[x].max(1, keepdims=True)
        p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        total -= np.log(p[np.arange(len(y)), y]).sum()
        p[np.arange(len(y)), y] -= 1
        W = W - lr * clipped(np.stack([p[x == i].sum(0) for i in range(VOCABULARY)]) / len(y), 1)
    return total, W


TRAINING = {
    "W": arrays(("float32",), (VOCABULARY, VOCABULARY), elements=st.integers(-2, 2), layouts=("plain",)),
    "seed": st.integers(0, 99),
    "number": st.integers(0, 3),
    "lr": st.sampled_from([0.0, 1.0]),
}


def drawn_batches(seed, number):
    random = np.random.RandomState(seed)
    drawn = [random.randint(0, VOCABULARY, (2, 3, 4)) for _ in range(number)]
    return [(X, Y) for X, Y in drawn]


def tensors(d2l, batches):
    return [(d2l.tensor(X), d2l.tensor(Y)) for X, Y in batches]


@entry("train_epoch_ch8", **TRAINING, random=st.booleans(), weight=0.2)
def train_epoch_ch8(d2l, W, seed, number, lr, random):
    net = bigram_model(d2l, W)
    updater = d2l.Updater(net.params, lr)
    batches = tensors(d2l, drawn_batches(seed, number))
    perplexity, speed = d2l.train_epoch_ch8(net, batches, cross_entropy(d2l), updater, None, random)
    assert speed > 0
    return perplexity, d2l.numpy(net.params[0])


def cross_entropy(d2l):
    def loss(y_hat, y):
        d2l_classes = d2l.arange(VOCABULARY, dtype="int64")
        chosen = d2l.astype(d2l.reshape(d2l.astype(y, "int64"), (-1, 1)) == d2l_classes, "float32")
        largest = d2l.tensor(d2l.numpy(y_hat).max())
        logs = d2l.log(d2l.reduce_sum(d2l.exp(y_hat - largest), 1)) + largest
        return logs - d2l.reduce_sum(y_hat * chosen, 1)

    return loss


@train_epoch_ch8.right
def _(framework, W, seed, number, lr, random):
    refuse(value=number == 0)
    total, W = bigram_epoch(W, drawn_batches(seed, number), lr)
    return Near(math.exp(total / (12 * number)), 1.0), Near(W.astype("float32"), 4.0)


@entry("train_ch8", **TRAINING, num_epochs=st.integers(0, 2), weight=0.05)
def train_ch8(d2l, W, seed, number, lr, num_epochs):
    net = bigram_model(d2l, W)
    vocab = d2l.Vocab(list("eit"))
    batches = tensors(d2l, drawn_batches(seed, number))
    return d2l.train_ch8(net, batches, vocab, lr, num_epochs, None).column("perplexity")


@train_ch8.right
def _(framework, W, seed, number, lr, num_epochs):
    refuse(value=number == 0 or num_epochs == 0)
    batches, found = drawn_batches(seed, number), []
    for _ in range(num_epochs):
        total, W = bigram_epoch(W, batches, lr)
        found.append(Near(math.exp(total / (12 * number)), 1.0))
    return found


@entry(
    "predict_ch8",
    "RNNLMScratch.predict",
    order=st.permutations(range(VOCABULARY)),
    prefix=st.text("abcd", max_size=3),
    num_preds=st.integers(-1, 4),
    of_objects=st.booleans(),
    weight=0.3,
)
def written(d2l, order, prefix, num_preds, of_objects):
    """A model that knows what follows each token."""
    vocab, W = d2l.Vocab(list("abc")), np.eye(VOCABULARY)[list(order)]
    if not of_objects:
        return d2l.predict_ch8(prefix, num_preds, bigram_model(d2l, W.astype("float32")), vocab)
    net = d2l.RNNLMScratch(d2l.RNNScratch(VOCABULARY, VOCABULARY), VOCABULARY)
    zeros = np.zeros((VOCABULARY, VOCABULARY))
    set_arrays(d2l, net, {"rnn.W_xh": np.eye(VOCABULARY), "rnn.W_hh": zeros, "W_hq": W})
    return net.predict(prefix, num_preds, vocab)


@written.right
def _(framework, order, prefix, num_preds, of_objects):
    refuse(value=not prefix or "d" in prefix or num_preds < 0)
    tokens, outputs = ["<unk>", "a", "b", "c"], list(prefix)
    for _ in range(num_preds):
        outputs.append(tokens[order[tokens.index(outputs[-1])]])
    return "".join(outputs)


@entry(
    "grad_clipping",
    x=arrays(("float32", "float64"), (2, 2), elements=st.integers(-3, 3), layouts=("plain",)),
    theta=st.sampled_from([0.5, 1, 100.0, 0, -1.0, math.inf]),
)
def grad_clipping(d2l, x, theta):
    """The gradient of ``(w * x).sum()`` is ``x``."""
    backend = d2l.__name__.split(".")[-1]
    net = model(d2l, None, [np.ones_like(x)], 1)
    (w,), x = net.params, d2l.tensor(x)
    if backend == "tensorflow":
        return d2l.numpy(d2l.grad_clipping([x], theta)[0])
    if backend == "mxnet":
        from mxnet import autograd

        with autograd.record():
            l = (w * x).sum()
        l.backward()
    else:
        (w * x).sum().backward()
    d2l.grad_clipping(net, theta)
    return d2l.numpy(w.grad)


@grad_clipping.right
def _(framework, x, theta):
    refuse(value=not 0 < theta < math.inf)
    return clipped(x.astype("float64"), theta).astype(x.dtype)


@entry("check_shape", "check_len", shape=st.tuples(*[st.integers(1, 2)] * 2), n=st.integers(1, 2))
def checked(d2l, shape, n):
    found = []
    for check, value, right in ((d2l.check_shape, shape, (n, n)), (d2l.check_len, shape[0], n)):
        try:
            check(d2l.zeros(*value) if right == (n, n) else [0] * value, right)
            found.append(True)
        except AssertionError as error:
            found.append(str(n) not in str(error))
    return found


@checked.right
def _(framework, shape, n):
    return [shape == (n, n), shape[0] == n]


no_case(
    "tests/sequences/test_time_machine.py: a text from a file",
    *("read_time_machine", "load_corpus_time_machine", "load_data_time_machine"),
    *("SeqDataLoader", "SeqDataLoader.__iter__"),
    *("TimeMachine", "TimeMachine.build", "TimeMachine.get_dataloader"),
    *(f"TimeMachine._{method}" for method in ("download", "preprocess", "tokenize")),
)
no_case(
    "tests/sequences/test_layers.py: the framework's layers, against their own equations",
    *("RNNModel", "RNNModel.begin_state", "RNN", "RNN.forward", "RNNLM", "GRU"),
)
