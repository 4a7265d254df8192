"""Recurrent layers of each framework, as its readers make them: one or two deep, in either direction."""

KINDS = ("rnn", "gru", "lstm", "deep", "both", "other layout")
INPUTS, HIDDENS = 28, 8


def torch(kind, inputs):
    from torch import nn

    return {
        "rnn": lambda: nn.RNN(inputs, HIDDENS),
        "gru": lambda: nn.GRU(inputs, HIDDENS),
        "lstm": lambda: nn.LSTM(inputs, HIDDENS),
        "deep": lambda: nn.LSTM(inputs, HIDDENS, 2),
        "both": lambda: nn.LSTM(inputs, HIDDENS, 2, bidirectional=True),
        "other layout": lambda: nn.GRU(inputs, HIDDENS, batch_first=True),
    }[kind]()


def tensorflow(kind, inputs):
    from tensorflow.keras import layers

    full = {"return_sequences": True, "return_state": True}
    return {
        "rnn": lambda: layers.RNN(layers.SimpleRNNCell(HIDDENS), time_major=True, **full),
        "gru": lambda: layers.GRU(HIDDENS, time_major=True, **full),
        "lstm": lambda: layers.RNN(layers.LSTMCell(HIDDENS), time_major=True, **full),
        "deep": lambda: layers.RNN([layers.LSTMCell(HIDDENS) for _ in range(2)], time_major=True, **full),
        "both": lambda: layers.Bidirectional(layers.LSTM(HIDDENS, time_major=True, **full)),
        "other layout": lambda: layers.GRU(HIDDENS, **full),
    }[kind]()


def mxnet(kind, inputs):
    from mxnet.gluon import rnn

    layer = {
        "rnn": lambda: rnn.RNN(HIDDENS),
        "gru": lambda: rnn.GRU(HIDDENS),
        "lstm": lambda: rnn.LSTM(HIDDENS),
        "deep": lambda: rnn.LSTM(HIDDENS, 2),
        "both": lambda: rnn.LSTM(HIDDENS, 2, bidirectional=True),
        "other layout": lambda: rnn.GRU(HIDDENS),  # Gluon's readers know one
    }[kind]()
    layer.initialize()
    return layer


def paddle(kind, inputs):
    from paddle import nn

    return {
        "rnn": lambda: nn.SimpleRNN(inputs, HIDDENS, time_major=True),
        "gru": lambda: nn.GRU(inputs, HIDDENS, time_major=True),
        "lstm": lambda: nn.LSTM(inputs, HIDDENS, time_major=True),
        "deep": lambda: nn.LSTM(inputs, HIDDENS, 2, time_major=True),
        "both": lambda: nn.LSTM(inputs, HIDDENS, 2, direction="bidirect", time_major=True),
        "other layout": lambda: nn.GRU(inputs, HIDDENS),
    }[kind]()


def layer(backend, kind, inputs=INPUTS):
    return globals()[backend](kind, inputs)


def model(d2l, backend, kind, vocab_size=INPUTS):
    net = d2l.RNNModel(layer(backend, kind, vocab_size), vocab_size)
    if backend == "mxnet":
        net.initialize(force_reinit=True)
    return net
