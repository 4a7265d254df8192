"""The sections on text and recurrent networks as the book's readers write them in each framework.

Both editions: models of three functions, and of the framework's layers; text, layers and language models that
grow cell by cell. The text is the suite's own; what is checked is that the programs run, and that they learn.
"""

import math

import pytest

from tests.native import native
from tests.texts import publish

HIDDENS, EPOCHS = 16, 3


@pytest.fixture(autouse=True)
def text(tmp_path, monkeypatch, d2l, backend):
    publish(monkeypatch, tmp_path)
    native(backend).set_seed(0)


# --- PyTorch ------------------------------------------------------------------------------------------------


class Torch:
    def rnn(self, d2l, vocab, train_iter):
        import torch
        from torch.nn import functional as F

        def make_params(size, hiddens, device):
            weights = [
                torch.randn(shape, device=device) * 0.1
                for shape in [(size, hiddens), (hiddens, hiddens), (hiddens, size)]
            ]
            zeros = [d2l.zeros(hiddens, device=device), d2l.zeros(size, device=device)]
            return [param.requires_grad_(True) for param in (*weights, *zeros)]

        def first_state(batch_size, hiddens, device):
            return (torch.zeros((batch_size, hiddens), device=device),)

        def steps(inputs, state, params):
            W_in, W_on, W_out, b, c = params
            (H,) = state
            scores = []
            for X in inputs:
                H = torch.tanh(torch.mm(X, W_in) + torch.mm(H, W_on) + b)
                scores.append(torch.mm(H, W_out) + c)
            return torch.cat(scores, dim=0), (H,)

        device = d2l.try_gpu()
        net = d2l.RNNModelScratch(len(vocab), HIDDENS, device, make_params, first_state, steps)
        X = torch.arange(10).reshape((2, 5))
        assert F.one_hot(X.T, len(vocab)).shape == (5, 2, len(vocab))
        Y, state = net(X.to(device), net.begin_state(X.shape[0], device))
        assert Y.shape == (10, len(vocab)) and state[0].shape == (2, HIDDENS)
        assert d2l.predict_ch8("time traveller ", 10, net, vocab, device).startswith("time traveller ")
        return d2l.train_ch8(net, train_iter, vocab, 1, EPOCHS, device)

    def lstm(self, d2l, vocab, train_iter):
        import torch

        def make_params(size, hiddens, device):
            def gate():
                return [
                    torch.randn((size, hiddens)) * 0.1,
                    torch.randn((hiddens, hiddens)) * 0.1,
                    torch.zeros(hiddens),
                ]

            params = [*gate(), *gate(), *gate(), *gate(), torch.randn(hiddens, size) * 0.1]
            return [param.requires_grad_() for param in params]

        def first_state(batch_size, hiddens, device):
            return torch.zeros(batch_size, hiddens), torch.zeros(batch_size, hiddens)

        def steps(inputs, state, params):
            (H, C), scores = state, []
            for X in inputs:
                mixed = [X @ params[3 * i] + H @ params[3 * i + 1] + params[3 * i + 2] for i in range(4)]
                into, keep, out = map(torch.sigmoid, mixed[:3])
                C = keep * C + into * torch.tanh(mixed[3])
                H = out * torch.tanh(C)
                scores.append(H @ params[-1])
            return torch.cat(scores, dim=0), (H, C)

        device = d2l.try_gpu()
        net = d2l.RNNModelScratch(len(vocab), HIDDENS, device, make_params, first_state, steps)
        return d2l.train_ch8(net, train_iter, vocab, 1, EPOCHS, device, use_random_iter=True)

    def concise(self, d2l, vocab, train_iter):
        import torch
        from torch import nn

        layer, device = nn.RNN(len(vocab), HIDDENS), d2l.try_gpu()
        Y, state = layer(torch.rand(size=(5, 2, len(vocab))), torch.zeros((1, 2, HIDDENS)))
        assert Y.shape == (5, 2, HIDDENS) and state.shape == (1, 2, HIDDENS)
        net = d2l.RNNModel(layer, vocab_size=len(vocab)).to(device)
        d2l.predict_ch8("time traveller", 10, net, vocab, device)
        return d2l.train_ch8(net, train_iter, vocab, 1, EPOCHS, device)

    def deep_and_both(self, d2l, vocab, train_iter):
        from torch import nn

        device = d2l.try_gpu()
        for layer in (nn.LSTM(len(vocab), HIDDENS, 2), nn.LSTM(len(vocab), HIDDENS, 2, bidirectional=True)):
            net = d2l.RNNModel(layer, len(vocab)).to(device)
            yield d2l.train_ch8(net, train_iter, vocab, 2 * 1.0, EPOCHS, device)

    def gated(self, d2l):
        """A gated layer from scratch, and the framework's, as readers derive them."""
        import torch
        from torch import nn

        class Gated(d2l.Module):
            def __init__(self, num_inputs, num_hiddens, sigma=0.1):
                super().__init__()
                self.save_hyperparameters()
                drawn = lambda *shape: nn.Parameter(d2l.randn(*shape) * sigma)  # noqa: E731
                self.W = nn.ParameterList([drawn(num_inputs, num_hiddens) for _ in range(3)])
                self.U = nn.ParameterList([drawn(num_hiddens, num_hiddens) for _ in range(3)])

            def forward(self, inputs, H=None):
                if H is None:
                    H = d2l.zeros((inputs.shape[1], self.num_hiddens), device=inputs.device)
                outputs = []
                for X in inputs:
                    Z = torch.sigmoid(d2l.matmul(X, self.W[0]) + d2l.matmul(H, self.U[0]))
                    R = torch.sigmoid(d2l.matmul(X, self.W[1]) + d2l.matmul(H, self.U[1]))
                    H = Z * H + (1 - Z) * d2l.tanh(d2l.matmul(X, self.W[2]) + d2l.matmul(R * H, self.U[2]))
                    outputs.append(H)
                return outputs, H

        class LSTM(d2l.RNN):
            def __init__(self, num_inputs, num_hiddens):
                d2l.Module.__init__(self)
                self.save_hyperparameters()
                self.rnn = nn.LSTM(num_inputs, num_hiddens)

            def forward(self, inputs, H_C=None):
                return self.rnn(inputs, H_C)

        class BothGRU(d2l.RNN):
            def __init__(self, num_inputs, num_hiddens):
                d2l.Module.__init__(self)
                self.save_hyperparameters()
                self.rnn = nn.GRU(num_inputs, num_hiddens, bidirectional=True)
                self.num_hiddens *= 2

        return lambda n: Gated(n, HIDDENS), [lambda n: LSTM(n, HIDDENS), lambda n: BothGRU(n, HIDDENS)]

    def stack(self, layers):
        from torch import nn

        return nn.Sequential(*layers)

    def clip(self, d2l, Trainer):
        import torch

        @d2l.add_to_class(Trainer)
        def clip_gradients(self, grad_clip_val, model):
            params = [p for p in model.parameters() if p.requires_grad]
            norm = torch.sqrt(sum(torch.sum(p.grad**2) for p in params))
            if norm > grad_clip_val:
                for param in params:
                    param.grad[:] *= grad_clip_val / norm
            self.clipped = True


# --- TensorFlow ---------------------------------------------------------------------------------------------


class Tensorflow:
    def rnn(self, d2l, vocab, train_iter):
        import tensorflow as tf

        def make_params(size, hiddens):
            shapes = [(size, hiddens), (hiddens, hiddens), (hiddens, size)]
            drawn = [tf.Variable(d2l.normal(shape=shape, stddev=0.1, mean=0)) for shape in shapes]
            zeros = [tf.Variable(d2l.zeros(hiddens), dtype=tf.float32), tf.Variable(tf.zeros(size))]
            return [*drawn, *zeros]

        def first_state(batch_size, hiddens):
            return (d2l.zeros((batch_size, hiddens)),)

        def steps(inputs, state, params):
            W_in, W_on, W_out, b, c = params
            (H,) = state
            scores = []
            for X in inputs:
                X = tf.reshape(X, [-1, W_in.shape[0]])
                H = tf.tanh(tf.matmul(X, W_in) + tf.matmul(H, W_on) + b)
                scores.append(tf.matmul(H, W_out) + c)
            return d2l.concat(scores, axis=0), (H,)

        strategy = tf.distribute.OneDeviceStrategy(d2l.try_gpu()._device_name)
        with strategy.scope():
            net = d2l.RNNModelScratch(len(vocab), HIDDENS, first_state, steps, make_params)
        X = d2l.reshape(d2l.arange(10), (2, 5))
        Y, state = net(X, net.begin_state(X.shape[0]))
        assert Y.shape == (10, len(vocab)) and state[0].shape == (2, HIDDENS)
        assert d2l.predict_ch8("time traveller ", 10, net, vocab).startswith("time traveller ")
        return d2l.train_ch8(net, train_iter, vocab, 1, EPOCHS, strategy)

    def lstm(self, d2l, vocab, train_iter):
        import tensorflow as tf

        def make_params(size, hiddens):
            def gate():
                shapes = [(size, hiddens), (hiddens, hiddens)]
                return [*(tf.Variable(tf.random.normal(shape, stddev=0.1)) for shape in shapes)]

            zeros = [tf.Variable(tf.zeros(hiddens)) for _ in range(4)]
            weights = [*gate(), *gate(), *gate(), *gate()]
            return [*weights, *zeros, tf.Variable(tf.random.normal((hiddens, size), stddev=0.1))]

        def first_state(batch_size, hiddens):
            return tf.zeros(shape=(batch_size, hiddens)), tf.zeros(shape=(batch_size, hiddens))

        def steps(inputs, state, params):
            (H, C), scores = state, []
            for X in inputs:
                X = tf.reshape(X, [-1, params[0].shape[0]])
                mixed = [X @ params[2 * i] + H @ params[2 * i + 1] + params[8 + i] for i in range(4)]
                into, keep, out = map(tf.sigmoid, mixed[:3])
                C = keep * C + into * tf.tanh(mixed[3])
                H = out * tf.tanh(C)
                scores.append(tf.matmul(H, params[-1]))
            return tf.concat(scores, axis=0), (H, C)

        strategy = tf.distribute.OneDeviceStrategy(d2l.try_gpu()._device_name)
        with strategy.scope():
            net = d2l.RNNModelScratch(len(vocab), HIDDENS, first_state, steps, make_params)
        return d2l.train_ch8(net, train_iter, vocab, 1, EPOCHS, strategy, use_random_iter=True)

    def concise(self, d2l, vocab, train_iter):
        import tensorflow as tf

        cell = tf.keras.layers.SimpleRNNCell(HIDDENS, kernel_initializer="glorot_uniform")
        layer = tf.keras.layers.RNN(cell, time_major=True, return_sequences=True, return_state=True)
        state = cell.get_initial_state(batch_size=2, dtype=tf.float32)
        assert state.shape == (2, HIDDENS)
        Y, *state = layer(tf.random.uniform((5, 2, len(vocab))), state)
        assert Y.shape == (5, 2, HIDDENS) and state[0].shape == (2, HIDDENS)
        strategy = tf.distribute.OneDeviceStrategy(d2l.try_gpu()._device_name)
        with strategy.scope():
            net = d2l.RNNModel(layer, vocab_size=len(vocab))
        d2l.predict_ch8("time traveller", 10, net, vocab)
        return d2l.train_ch8(net, train_iter, vocab, 1, EPOCHS, strategy)

    def deep_and_both(self, d2l, vocab, train_iter):
        from tensorflow.keras import layers

        full = {"return_sequences": True, "return_state": True, "time_major": True}
        for layer in (
            layers.RNN([layers.LSTMCell(HIDDENS) for _ in range(2)], **full),
            layers.Bidirectional(layers.LSTM(HIDDENS, **full)),
        ):
            net = d2l.RNNModel(layer, len(vocab))
            yield d2l.train_ch8(net, train_iter, vocab, 2 * 1.0, EPOCHS, d2l.try_gpu())

    def gated(self, d2l):
        import tensorflow as tf

        class Gated(d2l.Module):
            def __init__(self, num_inputs, num_hiddens, sigma=0.1):
                super().__init__()
                self.save_hyperparameters()
                drawn = lambda *shape: tf.Variable(d2l.normal(shape) * sigma)  # noqa: E731
                self.W_z, self.U_z = drawn(num_inputs, num_hiddens), drawn(num_hiddens, num_hiddens)
                self.W_r, self.U_r = drawn(num_inputs, num_hiddens), drawn(num_hiddens, num_hiddens)
                self.W_h, self.U_h = drawn(num_inputs, num_hiddens), drawn(num_hiddens, num_hiddens)

            def forward(self, inputs, H=None):
                if H is None:
                    H = d2l.zeros((inputs.shape[1], self.num_hiddens))
                outputs = []
                for X in inputs:
                    Z = tf.sigmoid(d2l.matmul(X, self.W_z) + d2l.matmul(H, self.U_z))
                    R = tf.sigmoid(d2l.matmul(X, self.W_r) + d2l.matmul(H, self.U_r))
                    H = Z * H + (1 - Z) * d2l.tanh(d2l.matmul(X, self.W_h) + d2l.matmul(R * H, self.U_h))
                    outputs.append(H)
                return outputs, H

        class LSTM(d2l.RNN):
            def __init__(self, num_hiddens):
                d2l.Module.__init__(self)
                self.save_hyperparameters()
                self.rnn = tf.keras.layers.LSTM(
                    num_hiddens, return_sequences=True, return_state=True, time_major=True
                )

            def forward(self, inputs, H_C=None):
                outputs, *H_C = self.rnn(inputs, H_C)
                return outputs, H_C

        class SimpleRNN(d2l.RNN):
            def __init__(self, num_hiddens):
                d2l.Module.__init__(self)
                self.save_hyperparameters()
                self.rnn = tf.keras.layers.SimpleRNN(
                    num_hiddens, return_sequences=True, return_state=True, time_major=True
                )

        return lambda n: Gated(n, HIDDENS), [lambda n: LSTM(HIDDENS), lambda n: SimpleRNN(HIDDENS)]

    def stack(self, layers):
        return list(layers)

    def clip(self, d2l, Trainer):
        import tensorflow as tf

        @d2l.add_to_class(Trainer)
        def clip_gradients(self, grad_clip_val, grads):
            grads = [tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g for g in grads]
            norm = tf.math.sqrt(sum(tf.reduce_sum(grad**2) for grad in grads))
            self.clipped = True
            if tf.greater(norm, tf.constant(grad_clip_val, dtype=tf.float32)):
                return [grad * grad_clip_val / norm for grad in grads]
            return grads


# --- MXNet --------------------------------------------------------------------------------------------------


class Mxnet:
    def rnn(self, d2l, vocab, train_iter):
        from mxnet import np, npx

        def make_params(size, hiddens, device):
            shapes = [(size, hiddens), (hiddens, hiddens), (hiddens, size)]
            drawn = [np.random.normal(scale=0.1, size=shape, ctx=device) for shape in shapes]
            params = [*drawn, d2l.zeros(hiddens, ctx=device), np.zeros(size, ctx=device)]
            for param in params:
                param.attach_grad()
            return params

        def first_state(batch_size, hiddens, device):
            return (d2l.zeros((batch_size, hiddens), ctx=device),)

        def steps(inputs, state, params):
            W_in, W_on, W_out, b, c = params
            (H,) = state
            scores = []
            for X in inputs:
                H = np.tanh(np.dot(X, W_in) + np.dot(H, W_on) + b)
                scores.append(np.dot(H, W_out) + c)
            return np.concatenate(scores, axis=0), (H,)

        device = d2l.try_gpu()
        net = d2l.RNNModelScratch(len(vocab), HIDDENS, device, make_params, first_state, steps)
        X = d2l.reshape(d2l.arange(10), (2, 5))
        assert npx.one_hot(X.T, len(vocab)).shape == (5, 2, len(vocab))
        Y, state = net(X.as_in_context(device), net.begin_state(X.shape[0], device))
        assert Y.shape == (10, len(vocab)) and state[0].shape == (2, HIDDENS)
        assert d2l.predict_ch8("time traveller ", 10, net, vocab, device).startswith("time traveller ")
        return d2l.train_ch8(net, train_iter, vocab, 1, EPOCHS, device)

    def lstm(self, d2l, vocab, train_iter):
        from mxnet import np, npx

        def make_params(size, hiddens, device):
            def gate():
                return [
                    np.random.normal(scale=0.1, size=(size, hiddens), ctx=device),
                    np.random.normal(scale=0.1, size=(hiddens, hiddens), ctx=device),
                    np.zeros(hiddens, ctx=device),
                ]

            out = np.random.normal(scale=0.1, size=(hiddens, size), ctx=device)
            params = [*gate(), *gate(), *gate(), *gate(), out]
            for param in params:
                param.attach_grad()
            return params

        def first_state(batch_size, hiddens, device):
            return tuple(np.zeros((batch_size, hiddens), ctx=device) for _ in range(2))

        def steps(inputs, state, params):
            (H, C), scores = state, []
            for X in inputs:
                mixed = [
                    np.dot(X, params[3 * i]) + np.dot(H, params[3 * i + 1]) + params[3 * i + 2]
                    for i in range(4)
                ]
                into, keep, out = map(npx.sigmoid, mixed[:3])
                C = keep * C + into * np.tanh(mixed[3])
                H = out * np.tanh(C)
                scores.append(np.dot(H, params[-1]))
            return np.concatenate(scores, axis=0), (H, C)

        device = d2l.try_gpu()
        net = d2l.RNNModelScratch(len(vocab), HIDDENS, device, make_params, first_state, steps)
        return d2l.train_ch8(net, train_iter, vocab, 1, EPOCHS, device, use_random_iter=True)

    def concise(self, d2l, vocab, train_iter):
        from mxnet import np
        from mxnet.gluon import rnn

        layer, device = rnn.RNN(HIDDENS), d2l.try_gpu()
        layer.initialize()
        state = layer.begin_state(batch_size=2)
        Y, state = layer(np.random.uniform(size=(5, 2, len(vocab))), state)
        assert Y.shape == (5, 2, HIDDENS) and state[0].shape == (1, 2, HIDDENS)
        net = d2l.RNNModel(layer, len(vocab))
        net.initialize(force_reinit=True, ctx=device)
        d2l.predict_ch8("time traveller", 10, net, vocab, device)
        return d2l.train_ch8(net, train_iter, vocab, 1, EPOCHS, device)

    def deep_and_both(self, d2l, vocab, train_iter):
        from mxnet.gluon import rnn

        device = d2l.try_gpu()
        for layer in (rnn.LSTM(HIDDENS, 2), rnn.LSTM(HIDDENS, 2, bidirectional=True)):
            net = d2l.RNNModel(layer, len(vocab))  # nobody initialises it
            yield d2l.train_ch8(net, train_iter, vocab, 2 * 1.0, EPOCHS, device)

    def gated(self, d2l):
        from mxnet import np, npx
        from mxnet.gluon import rnn

        class Gated(d2l.Module):
            def __init__(self, num_inputs, num_hiddens, sigma=0.1):
                super().__init__()
                self.save_hyperparameters()
                drawn = lambda *shape: d2l.randn(*shape) * sigma  # noqa: E731
                self.W_z, self.U_z = drawn(num_inputs, num_hiddens), drawn(num_hiddens, num_hiddens)
                self.W_r, self.U_r = drawn(num_inputs, num_hiddens), drawn(num_hiddens, num_hiddens)
                self.W_h, self.U_h = drawn(num_inputs, num_hiddens), drawn(num_hiddens, num_hiddens)
                for param in self.get_scratch_params():
                    param.attach_grad()

            def forward(self, inputs, H=None):
                if H is None:
                    H = d2l.zeros((inputs.shape[1], self.num_hiddens), ctx=inputs.ctx)
                outputs = []
                for X in inputs:
                    Z = npx.sigmoid(d2l.matmul(X, self.W_z) + d2l.matmul(H, self.U_z))
                    R = npx.sigmoid(d2l.matmul(X, self.W_r) + d2l.matmul(H, self.U_r))
                    H = Z * H + (1 - Z) * np.tanh(d2l.matmul(X, self.W_h) + d2l.matmul(R * H, self.U_h))
                    outputs.append(H)
                return outputs, H

        class LSTM(d2l.RNN):
            def __init__(self, num_hiddens):
                d2l.Module.__init__(self)
                self.save_hyperparameters()
                self.rnn = rnn.LSTM(num_hiddens)

            def forward(self, inputs, H_C=None):
                if H_C is None:
                    H_C = self.rnn.begin_state(inputs.shape[1], ctx=inputs.ctx)
                return self.rnn(inputs, H_C)

        class BothGRU(d2l.RNN):
            def __init__(self, num_hiddens):
                d2l.Module.__init__(self)
                self.save_hyperparameters()
                self.rnn = rnn.GRU(num_hiddens, bidirectional=True)
                self.num_hiddens *= 2

        return lambda n: Gated(n, HIDDENS), [lambda n: LSTM(HIDDENS), lambda n: BothGRU(HIDDENS)]

    def stack(self, layers):
        return list(layers)

    def clip(self, d2l, Trainer):
        @d2l.add_to_class(Trainer)
        def clip_gradients(self, grad_clip_val, model):
            params = model.parameters()
            if not isinstance(params, list):
                params = [p.data() for p in params.values()]
            norm = math.sqrt(sum((p.grad**2).sum() for p in params))
            if norm > grad_clip_val:
                for param in params:
                    param.grad[:] *= grad_clip_val / norm
            self.clipped = True


# --- PaddlePaddle -------------------------------------------------------------------------------------------


class Paddle:
    def rnn(self, d2l, vocab, train_iter):
        import paddle
        from paddle.nn import functional as F

        def make_params(size, hiddens):
            drawn = [
                paddle.randn(shape=shape) * 0.1
                for shape in ([size, hiddens], [hiddens, hiddens], [hiddens, size])
            ]
            params = [*drawn, d2l.zeros(shape=[hiddens]), d2l.zeros(shape=[size])]
            for param in params:
                param.stop_gradient = False
            return params

        def first_state(batch_size, hiddens):
            return (paddle.zeros(shape=[batch_size, hiddens]),)

        def steps(inputs, state, params):
            W_in, W_on, W_out, b, c = params
            (H,) = state
            scores = []
            for X in inputs:
                H = paddle.tanh(paddle.mm(X, W_in) + paddle.mm(H, W_on) + b)
                scores.append(paddle.mm(H, W_out) + c)
            return paddle.concat(x=scores, axis=0), (H,)

        device = d2l.try_gpu()
        net = d2l.RNNModelScratch(len(vocab), HIDDENS, make_params, first_state, steps)
        X = d2l.tensor(range(10), place=device).reshape((2, 5))
        assert F.one_hot(X.T, len(vocab)).shape == [5, 2, len(vocab)]
        Y, state = net(X, net.begin_state(X.shape[0]))
        assert Y.shape == [10, len(vocab)] and state[0].shape == [2, HIDDENS]
        assert d2l.predict_ch8("time traveller ", 10, net, vocab, device).startswith("time traveller ")
        return d2l.train_ch8(net, train_iter, vocab, 1.0, EPOCHS, device)

    def lstm(self, d2l, vocab, train_iter):
        import paddle
        from paddle.nn import functional as F

        def make_params(size, hiddens):
            def gate():
                return [
                    paddle.randn([size, hiddens]) * 0.1,
                    paddle.randn([hiddens, hiddens]) * 0.1,
                    d2l.zeros([hiddens]),
                ]

            params = [*gate(), *gate(), *gate(), *gate(), paddle.randn([hiddens, size]) * 0.1]
            for param in params:
                param.stop_gradient = False
            return params

        def first_state(batch_size, hiddens):
            return paddle.zeros([batch_size, hiddens]), paddle.zeros([batch_size, hiddens])

        def steps(inputs, state, params):
            (H, C), scores = state, []
            for X in inputs:
                mixed = [X @ params[3 * i] + H @ params[3 * i + 1] + params[3 * i + 2] for i in range(4)]
                into, keep, out = map(F.sigmoid, mixed[:3])
                C = keep * C + into * paddle.tanh(mixed[3])
                H = out * paddle.tanh(C)
                scores.append(H @ params[-1])
            return paddle.concat(scores, axis=0), (H, C)

        net = d2l.RNNModelScratch(len(vocab), HIDDENS, make_params, first_state, steps)
        return d2l.train_ch8(net, train_iter, vocab, 1.0, EPOCHS, d2l.try_gpu(), use_random_iter=True)

    def concise(self, d2l, vocab, train_iter):
        import paddle
        from paddle import nn

        layer, device = nn.SimpleRNN(len(vocab), HIDDENS, time_major=True), d2l.try_gpu()
        Y, state = layer(paddle.rand(shape=[5, 2, len(vocab)]), paddle.zeros(shape=[1, 2, HIDDENS]))
        assert Y.shape == [5, 2, HIDDENS] and state.shape == [1, 2, HIDDENS]
        net = d2l.RNNModel(layer, vocab_size=len(vocab))
        d2l.predict_ch8("time traveller", 10, net, vocab, device)
        return d2l.train_ch8(net, train_iter, vocab, 1.0, EPOCHS, device)

    def deep_and_both(self, d2l, vocab, train_iter):
        from paddle import nn

        device = d2l.try_gpu()
        for layer in (
            nn.LSTM(len(vocab), HIDDENS, 2, time_major=True),
            nn.LSTM(len(vocab), HIDDENS, 2, direction="bidirect", time_major=True),
        ):
            yield d2l.train_ch8(d2l.RNNModel(layer, len(vocab)), train_iter, vocab, 2 * 1.0, EPOCHS, device)

    def gated(self, d2l):
        import paddle
        from paddle import nn
        from paddle.nn import functional as F

        class Gated(d2l.Module):
            def __init__(self, num_inputs, num_hiddens, sigma=0.1):
                super().__init__()
                self.save_hyperparameters()
                self.W = self.create_parameter([num_inputs, 3 * num_hiddens])
                self.U = self.create_parameter([num_hiddens, 2 * num_hiddens])
                self.V = self.create_parameter([num_hiddens, num_hiddens])

            def forward(self, inputs, H=None):
                if H is None:
                    H = d2l.zeros((inputs.shape[1], self.num_hiddens))
                outputs = []
                for X in inputs:
                    a, b, c = paddle.split(X @ self.W, 3, 1)
                    d, e = paddle.split(H @ self.U, 2, 1)
                    Z, R = F.sigmoid(a + d), F.sigmoid(b + e)
                    H = Z * H + (1 - Z) * paddle.tanh(c + (R * H) @ self.V)
                    outputs.append(H)
                return outputs, H

        class LSTM(d2l.RNN):
            def __init__(self, num_inputs, num_hiddens):
                d2l.Module.__init__(self)
                self.save_hyperparameters()
                self.rnn = nn.LSTM(num_inputs, num_hiddens, time_major=True)

            def forward(self, inputs, H_C=None):
                return self.rnn(inputs, H_C)

        class BothGRU(d2l.RNN):
            def __init__(self, num_inputs, num_hiddens):
                d2l.Module.__init__(self)
                self.save_hyperparameters()
                self.rnn = nn.GRU(num_inputs, num_hiddens, direction="bidirect", time_major=True)
                self.num_hiddens *= 2

        return lambda n: Gated(n, HIDDENS), [lambda n: LSTM(n, HIDDENS), lambda n: BothGRU(n, HIDDENS)]

    def stack(self, layers):
        from paddle import nn

        return nn.Sequential(*layers)

    def clip(self, d2l, Trainer):
        import paddle

        @d2l.add_to_class(Trainer)
        def clip_gradients(self, grad_clip_val, model):
            params = [p for p in model.parameters() if not p.stop_gradient]
            norm = paddle.sqrt(sum(paddle.sum(p.grad**2) for p in params))
            if norm > grad_clip_val:
                for param in params:
                    param.grad[:] *= grad_clip_val / norm
            self.clipped = True


# --- All ----------------------------------------------------------------------------------------------------


@pytest.fixture
def program(backend):
    return globals()[backend.capitalize()]()


@pytest.mark.parametrize("name", ["rnn", "lstm", "concise"])
def test_the_functional_edition(d2l, program, name):
    train_iter, vocab = d2l.load_data_time_machine(4, 5)
    history = getattr(program, name)(d2l, vocab, train_iter)
    assert history[-1].perplexity < history[0].perplexity < len(vocab) + 1


def test_deep_layers_and_those_in_both_directions(d2l, program):
    train_iter, vocab = d2l.load_data_time_machine(batch_size=4, num_steps=5)
    for history in program.deep_and_both(d2l, vocab, train_iter):
        assert history[-1].perplexity < history[0].perplexity


def test_text_becomes_numbers(d2l):
    lines = d2l.read_time_machine()
    tokens = d2l.tokenize(lines)
    vocab = d2l.Vocab(tokens)
    assert list(vocab.token_to_idx.items())[:2] == [("<unk>", 0), ("the", 1)]
    assert vocab[tokens[0]][:2] == [1, vocab["clock"]]
    corpus, vocab = d2l.load_corpus_time_machine()
    freqs = [freq for token, freq in vocab.token_freqs]
    d2l.plot(freqs, xlabel="token", ylabel="frequency", xscale="log", yscale="log")
    my_seq = list(range(35))
    for cut in (d2l.seq_data_iter_random, d2l.seq_data_iter_sequential):
        for X, Y in cut(my_seq, batch_size=2, num_steps=5):
            assert (d2l.numpy(X) + 1 == d2l.numpy(Y)).all()
    assert len(corpus) > 250


def own_text(d2l):
    """Text as readers of the English edition build it up, a class of their own that grows."""

    class TimeMachine(d2l.DataModule):
        def _download(self):
            path = d2l.download(*d2l.DATA_HUB["time_machine"][:1], self.root, d2l.DATA_HUB["time_machine"][1])
            with open(path, encoding="utf-8") as file:
                return file.read()

    @d2l.add_to_class(TimeMachine)
    def _preprocess(self, text):
        return "".join(c if c.isascii() and c.isalpha() else " " for c in text).lower()

    @d2l.add_to_class(TimeMachine)
    def build(self, raw_text, vocab=None):
        tokens = list(self._preprocess(raw_text))
        vocab = d2l.Vocab(tokens) if vocab is None else vocab
        return [vocab[token] for token in tokens], vocab

    assert TimeMachine()._download().startswith("The Clock")

    @d2l.add_to_class(TimeMachine)
    def __init__(self, batch_size, num_steps, num_train=160, num_val=40):
        super(TimeMachine, self).__init__()
        self.save_hyperparameters()
        corpus, self.vocab = self.build(self._download())
        array = d2l.tensor([corpus[i : i + num_steps + 1] for i in range(len(corpus) - num_steps)])
        self.X, self.Y = array[:, :-1], array[:, 1:]

    @d2l.add_to_class(TimeMachine)
    def get_dataloader(self, train):
        idx = slice(0, self.num_train) if train else slice(self.num_train, self.num_train + self.num_val)
        return self.get_tensorloader([self.X, self.Y], train, idx)

    return TimeMachine(batch_size=32, num_steps=5)


def test_the_object_oriented_edition(d2l, program):
    data = own_text(d2l)
    num_tokens = len(data.vocab)
    for X, Y in data.train_dataloader():
        assert tuple(X.shape) == tuple(Y.shape) == (32, 5)
        break

    class Trainer(d2l.Trainer):
        pass

    program.clip(d2l, Trainer)
    gated, concise = program.gated(d2l)
    nets = [
        d2l.RNNLMScratch(d2l.RNNScratch(num_inputs=num_tokens, num_hiddens=HIDDENS), num_tokens, lr=1),
        d2l.RNNLMScratch(gated(num_tokens), vocab_size=num_tokens, lr=4),
        *(d2l.RNNLM(layer(num_tokens), vocab_size=num_tokens, lr=2) for layer in concise),
    ]
    for net in nets:
        trainer = Trainer(max_epochs=2, gradient_clip_val=1, num_gpus=0)
        history = trainer.fit(net, data)
        assert trainer.clipped and history[1].train_ppl < history[0].train_ppl
        assert net.predict("it has", 5, data.vocab, d2l.try_gpu()).startswith("it has")


def test_layers_on_layers_and_in_both_directions(d2l, program):
    class Stacked(d2l.Module):
        def __init__(self, num_inputs, num_hiddens, num_layers, sigma=0.1):
            super().__init__()
            self.save_hyperparameters()
            self.rnns = program.stack(
                d2l.RNNScratch(num_inputs if i == 0 else num_hiddens, num_hiddens, sigma)
                for i in range(num_layers)
            )

        def forward(self, inputs, Hs=None):
            outputs = inputs
            if Hs is None:
                Hs = [None] * self.num_layers
            for i in range(self.num_layers):
                outputs, Hs[i] = self.rnns[i](outputs, Hs[i])
                outputs = d2l.stack(outputs, 0)
            return outputs, Hs

    data = d2l.TimeMachine(batch_size=32, num_steps=5, num_train=160, num_val=40)
    net = d2l.RNNLMScratch(Stacked(len(data.vocab), HIDDENS, 2), len(data.vocab), lr=2)
    history = d2l.Trainer(max_epochs=2, gradient_clip_val=1).fit(net, data)
    assert history[1].train_ppl < history[0].train_ppl
    net.predict("it has", 3, data.vocab)

    class Both(d2l.Module):
        def __init__(self, num_inputs, num_hiddens, sigma=0.1):
            super().__init__()
            self.save_hyperparameters()
            self.f_rnn = d2l.RNNScratch(num_inputs, num_hiddens, sigma)
            self.b_rnn = d2l.RNNScratch(num_inputs, num_hiddens, sigma)
            self.num_hiddens *= 2

        def forward(self, inputs, Hs=None):
            f_H, b_H = Hs if Hs is not None else (None, None)
            f_outputs, f_H = self.f_rnn(inputs, f_H)
            b_outputs, b_H = self.b_rnn(list(reversed(list(inputs))), b_H)
            outputs = [d2l.concat((f, b), -1) for f, b in zip(f_outputs, reversed(b_outputs))]
            return outputs, (f_H, b_H)

    outputs, _ = Both(len(data.vocab), HIDDENS)(d2l.ones((5, 2, len(data.vocab))))
    d2l.check_len(outputs, 5)
    d2l.check_shape(outputs[0], (2, 2 * HIDDENS))
