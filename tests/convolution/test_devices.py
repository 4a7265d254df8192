"""Several devices come to the same as one, in float64: where there is no GPU, on what a framework offers."""

import json
import subprocess
import sys

import numpy as np
import pytest

from d2l_multi.testing.plugin import CHOSEN

PROGRAM = """
import json, sys
import numpy as np
backend = sys.argv[1]
if backend == "tensorflow":
    import tensorflow as tf
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    tf.keras.backend.set_floatx("float64")
from tests.convolution.test_devices import differences
print(json.dumps(differences(backend)))
"""


def several(backend):
    """Two devices of one processor."""
    if backend == "mxnet":
        import mxnet

        return [mxnet.cpu(0), mxnet.cpu(1)]
    import tensorflow as tf

    return [tf.device("/CPU:0"), tf.device("/CPU:1")]


def differences(backend):
    """How far trainings on two devices are from those on one, and which devices computed."""
    from importlib import import_module

    d2l = import_module(f"d2l_multi.{backend}")
    random = np.random.default_rng(0)
    X, y = random.normal(size=(22, 1, 12, 12)), random.integers(0, 10, 22).tolist()
    X = X.transpose(0, 2, 3, 1) if backend == "tensorflow" else X
    trained = trainer_runs(d2l, backend, X, y)
    return {
        "Trainer": largest(trained),
        "train_ch13": largest(functional_runs(d2l, backend, X, y)),
        "loss": max(abs(a - b) for one, two in zip(trained[0][1], trained[1][1]) for a, b in zip(one, two)),
    }


def largest(runs):
    (one, _), (two, _) = runs
    assert list(one) == list(two)
    return max(float(np.abs(one[name] - two[name]).max()) for name in one)


def trainer_runs(d2l, backend, X, y):
    class Data(d2l.DataModule):
        batch_size, seed = 7, 1  # the last batch has one example: a device has nothing to do

        def get_dataloader(self, train):
            return self.get_tensorloader((d2l.tensor(X), d2l.tensor(y)), train)

    runs, start = [], None
    for devices in ([], several(backend)):
        model = in_double(d2l, backend, d2l.LeNet(lr=0.5), X)
        start = start or d2l.get_parameters(model)
        d2l.set_parameters(model, start)
        model.board.display = False
        trainer = d2l.Trainer(2, gradient_clip_val=0.5)
        trainer.gpus = devices
        history = trainer.fit(model, Data())
        assert trainer.spread_over == []
        runs.append((d2l.get_parameters(model), [list(map(float, epoch)) for epoch in history]))
    return runs


def in_double(d2l, backend, model, X):
    if backend == "mxnet":  # which draws no weights in double precision
        model(d2l.tensor(X[:1], dtype="float32"))
        model.cast("float64")
    else:
        model(d2l.tensor(X[:1]))
    return model


def functional_runs(d2l, backend, X, y):
    batches = [
        (d2l.tensor(X[rows]), d2l.tensor(y[rows])) for rows in (slice(0, 8), slice(8, 21), slice(21, 22))
    ]
    runs, start = [], None
    for devices in ([d2l.cpu()], several(backend)):
        net = in_double(d2l, backend, d2l.LeNet().net, X)
        start = start or d2l.get_parameters(net)
        d2l.set_parameters(net, start)
        loss, trainer = parts(backend, net, devices)
        d2l.train_ch13(net, batches, batches, loss, trainer, 2, devices)
        if backend == "mxnet":
            net.collect_params().reset_ctx(devices[0])
        runs.append((d2l.get_parameters(net), None))
    return runs


def parts(backend, net, devices):
    if backend == "mxnet":
        from mxnet import gluon

        net.collect_params().reset_ctx(devices)
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "momentum": 0.9})
        return gluon.loss.SoftmaxCrossEntropyLoss(), trainer
    import tensorflow as tf

    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return loss, tf.keras.optimizers.SGD(0.1, momentum=0.9)


@pytest.mark.parametrize("backend", ["tensorflow", "mxnet"])
def test_two_devices_are_equal_to_one(backend, request):
    """In a process of its own: TensorFlow must be told of its devices before it starts."""
    if backend not in request.config.stash[CHOSEN]:
        pytest.skip(f"reason: not run: {backend} is left out")
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, backend], capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr[-3000:]
    found = json.loads(run.stdout.splitlines()[-1])
    assert max(found.values()) < 1e-12, found
