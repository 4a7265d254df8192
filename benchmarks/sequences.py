"""What `train_ch8` costs beside a bare loop: ``python -m benchmarks.sequences --data FOLDER``.

The bare loop goes over the same batches, made beforehand, with the framework's own clipping; it draws and
writes nothing. Both take turns in one process for each framework. FOLDER has the book's timemachine.txt.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from statistics import median

import click
from rich.console import Console
from rich.table import Table

from d2l_multi import BACKENDS

BATCH, STEPS, LR = 32, 35, 1.0
TASKS = {"RNN concise": (256, 40), "GRU concise": (256, 20), "RNN from scratch": (512, 5)}  # hidden, epochs
ALLOWED = 1.10  # against the bare loop


def functions(d2l, matmul, tanh, concat):
    """The three functions of a model from scratch; a device is given to them or not."""

    def get_params(size, hiddens, *device):
        shapes = [(size, hiddens), (hiddens, hiddens), (hiddens, size)]
        drawn = [d2l.as_parameter(d2l.normal(0, 0.01, shape)) for shape in shapes]
        return [*drawn, d2l.as_parameter(d2l.zeros(hiddens)), d2l.as_parameter(d2l.zeros(size))]

    def init_state(batch_size, hiddens, *device):
        return (d2l.zeros((batch_size, hiddens)),)

    def forward(inputs, state, params):
        W_xh, W_hh, W_hq, b_h, b_q = params
        (H,), outputs = state, []
        for X in inputs:
            H = tanh(matmul(X, W_xh) + matmul(H, W_hh) + b_h)
            outputs.append(matmul(H, W_hq) + b_q)
        return concat(outputs, 0), (H,)

    return get_params, init_state, forward


class Torch:
    def __init__(self, d2l):
        import torch

        self.functions = functions(d2l, torch.mm, torch.tanh, torch.cat)

    def layer(self, task, size, hiddens):
        from torch import nn

        return (nn.GRU if "GRU" in task else nn.RNN)(size, hiddens)

    def bare(self, net, batches, epochs):
        import torch
        from torch import nn

        params = list(net.parameters()) if isinstance(net, nn.Module) else net.params
        optimiser, loss = torch.optim.SGD(params, LR), nn.CrossEntropyLoss()
        for _ in range(epochs):
            state, total = net.begin_state(batch_size=BATCH, device="cpu"), torch.zeros(())
            for X, Y in batches:
                state = state.detach() if torch.is_tensor(state) else tuple(s.detach() for s in state)
                y_hat, state = net(X, state)
                l = loss(y_hat, Y.T.reshape(-1))
                optimiser.zero_grad()
                l.backward()
                nn.utils.clip_grad_norm_(params, 1)
                optimiser.step()
                total += l.detach()
            total.item()


class Tensorflow:
    def __init__(self, d2l):
        import tensorflow as tf

        self.functions = functions(d2l, tf.matmul, tf.tanh, tf.concat)

    def layer(self, task, size, hiddens):
        from tensorflow.keras import layers

        cell = (layers.GRUCell if "GRU" in task else layers.SimpleRNNCell)(hiddens)
        return layers.RNN(cell, time_major=True, return_sequences=True, return_state=True)

    def bare(self, net, batches, epochs):
        """In a graph where ours is one: over Keras's layers."""
        import tensorflow as tf

        loss = tf.nn.sparse_softmax_cross_entropy_with_logits

        def step(X, Y, state):
            with tf.GradientTape() as tape:
                y_hat, state = net(X, state)
                l = tf.reduce_mean(loss(tf.concat(tf.unstack(Y, axis=1), 0), y_hat))
            params = net.trainable_variables
            for param, grad in zip(params, tf.clip_by_global_norm(tape.gradient(l, params), 1)[0]):
                param.assign(param - LR * grad)
            return l, state

        net(batches[0][0], net.begin_state(batch_size=BATCH))
        step = tf.function(step) if isinstance(net, tf.keras.Model) else step
        for _ in range(epochs):
            state, total = net.begin_state(batch_size=BATCH), 0.0
            for X, Y in batches:
                l, state = step(X, Y, state)
                total += l
            float(total)


class Mxnet:
    def __init__(self, d2l):
        from mxnet import np

        self.functions = functions(d2l, np.dot, np.tanh, np.concatenate)

    def layer(self, task, size, hiddens):
        from mxnet.gluon import rnn

        return (rnn.GRU if "GRU" in task else rnn.RNN)(hiddens)

    def bare(self, net, batches, epochs):
        from mxnet import autograd, gluon
        from mxnet import np as mxnp

        loss, block = gluon.loss.SoftmaxCrossEntropyLoss(), isinstance(net, gluon.Block)
        if block:
            net.initialize()
            net(batches[0][0], net.begin_state(batch_size=BATCH))
        params = [param.data() for param in net.collect_params().values()] if block else net.params
        for _ in range(epochs):
            state, total = net.begin_state(batch_size=BATCH), mxnp.zeros(())
            for X, Y in batches:
                state = [s.detach() for s in state]
                with autograd.record():
                    y_hat, state = net(X, state)
                    l = loss(y_hat, Y.T.reshape(-1)).mean()
                l.backward()
                norm = mxnp.sqrt(sum((param.grad**2).sum() for param in params))
                factor = LR / mxnp.maximum(norm, 1)
                for param in params:
                    param -= param.grad * factor
                total = total + l.detach()
            total.item()


class Paddle:
    def __init__(self, d2l):
        import paddle

        self.functions = functions(d2l, paddle.mm, paddle.tanh, paddle.concat)

    def layer(self, task, size, hiddens):
        from paddle import nn

        return (nn.GRU if "GRU" in task else nn.SimpleRNN)(size, hiddens, time_major=True)

    def bare(self, net, batches, epochs):
        import paddle
        from paddle import nn

        params = net.parameters() if isinstance(net, nn.Layer) else net.params
        loss = nn.CrossEntropyLoss()
        for _ in range(epochs):
            state, total = net.begin_state(batch_size=BATCH), paddle.zeros([])
            for X, Y in batches:
                state = state.detach() if paddle.is_tensor(state) else tuple(s.detach() for s in state)
                y_hat, state = net(X, state)
                l = loss(y_hat, Y.T.reshape([-1]))
                l.backward()
                nn.utils.clip_grad_norm_(params, 1)
                with paddle.no_grad():
                    for param in params:
                        param.subtract_(LR * param.grad)
                        param.clear_gradient()
                total = total + l.detach()
            total.item()


def seconds(run) -> float:
    begun = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        run()
    return time.perf_counter() - begun


def measure(backend: str, rounds: int) -> dict[str, dict[str, float]]:
    """The median seconds of ours and of the bare loop, by task; they take turns."""
    d2l = import_module(f"d2l_multi.{backend}")
    native = globals()[backend.capitalize()](d2l)
    train_iter, vocab = d2l.load_data_time_machine(BATCH, STEPS, seed=0)
    batches, found = list(train_iter), {}
    for task, (hiddens, epochs) in TASKS.items():

        def net(task=task, hiddens=hiddens):
            if "concise" in task:
                return d2l.RNNModel(native.layer(task, len(vocab), hiddens), len(vocab))
            return d2l.RNNModelScratch(len(vocab), hiddens, None, *native.functions)

        d2l.train_ch8(net(), train_iter, vocab, LR, 1)  # what is loaded at the first chart is no training
        times: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(rounds):
            one, other = net(), net()
            times["ours"].append(seconds(lambda: d2l.train_ch8(one, train_iter, vocab, LR, epochs)))  # noqa: B023
            times["bare"].append(seconds(lambda: native.bare(other, batches, epochs)))  # noqa: B023
        found[task] = {name: median(values) for name, values in times.items()}
    return found


@click.command()
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--rounds", default=3, show_default=True)
@click.option("--backend", "chosen", multiple=True, type=click.Choice(BACKENDS), default=BACKENDS)
@click.option("--in-this-process", is_flag=True, hidden=True)
def main(data: Path, rounds: int, chosen: tuple[str, ...], in_this_process: bool) -> None:
    """Train language models on The Time Machine, here and in a bare loop of each framework."""
    if in_this_process:
        print(json.dumps(measure(chosen[0], rounds)))
        return
    table = Table("seconds", "epochs", *(f"{backend}: ours, bare, ratio" for backend in chosen))
    environment = {**os.environ, "D2L_MULTI_DATA": str(data.resolve())}
    found = {}
    for backend in chosen:
        command = [sys.executable, "-m", "benchmarks.sequences", "--data", str(data), "--rounds", str(rounds)]
        command += ["--backend", backend, "--in-this-process"]
        run = subprocess.run(command, env=environment, check=True, capture_output=True, encoding="utf-8")
        found[backend] = json.loads(run.stdout.splitlines()[-1])
    for task, (_, epochs) in TASKS.items():
        cells = []
        for backend in chosen:
            ours, bare = found[backend][task]["ours"], found[backend][task]["bare"]
            mark = "" if ours <= ALLOWED * bare else " !"
            cells.append(f"{ours:.2f}  {bare:.2f}  {ours / bare:.2f}{mark}")
        table.add_row(task, str(epochs), *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
