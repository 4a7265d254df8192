"""A script that does what cannot be right on several workers: BACKEND WAY."""

import sys
from importlib import import_module

BARE = {  # the step of a framework's own optimiser, with this worker's gradients
    "torch": "loss(net(X), y).backward(); optimiser.step()",
    "paddle": "loss(net(X), y).backward(); optimiser.step()",
    "mxnet": "from mxnet import autograd\nwith autograd.record():\n    l = loss(net(X), y)\n"
    "l.backward()\noptimiser.step(len(X))",
    "tensorflow": "import tensorflow as tf\nwith tf.GradientTape() as tape:\n    l = loss(y, net(X))\n"
    "params = net.trainable_variables\noptimiser.apply_gradients(zip(tape.gradient(l, params), params))",
}

backend, way = sys.argv[1:]
d2l = import_module(f"d2l_multi.{backend}")
native = import_module(f"tests.native.{backend}")
X, y = d2l.synthetic_data(d2l.tensor([2.0, -3.4]), 4.2, 20, seed=0)
w = d2l.as_parameter(d2l.zeros(2, 1))
net, loss, optimiser = native.linear_training(0.1)
print("one worker's")
for X_batch, y_batch in d2l.load_array((X, y), 10, seed=0):
    if way == "optimiser":
        exec(BARE[backend], {**globals(), "X": X_batch, "y": y_batch})
    elif way == "mean":
        grads = native.gradients([w], lambda X=X_batch: d2l.reduce_mean(d2l.matmul(X, w)))
        d2l.sgd([w], *(() if grads is None else (grads,)), 0.1, 1)
    else:
        (values,) = d2l.get_parameters([w]).values()
        d2l.set_parameters([w], {"parameter0.value": values - d2l.numpy(X_batch).mean()})
