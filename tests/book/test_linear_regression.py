"""Linear regression as the book's readers write it in each framework, and where it must end.

Each program is native code with the package's functions; only its import line names d2l_multi.
"""

import numpy as np
import pytest

from d2l_multi import BACKENDS
from tests.native import native

TRUE_W, TRUE_B = [2, -3.4], 4.2
BATCH_SIZE, LR, EPOCHS = 10, 0.03, 3
SEED = 2


def torch_scratch(d2l, seed):
    import torch

    features, labels = d2l.synthetic_data(d2l.tensor(TRUE_W), TRUE_B, 1000, seed=seed)
    w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    for epoch in range(EPOCHS):
        for X, y in d2l.data_iter(BATCH_SIZE, features, labels, seed=epoch if seed else None):
            d2l.squared_loss(d2l.linreg(X, w, b), y).sum().backward()
            d2l.sgd([w, b], LR, BATCH_SIZE)
    with torch.no_grad():
        return float(d2l.squared_loss(d2l.linreg(features, w, b), labels).mean()), w, b


def tensorflow_scratch(d2l, seed):
    import tensorflow as tf

    features, labels = d2l.synthetic_data(d2l.tensor(TRUE_W), TRUE_B, 1000, seed=seed)
    w = tf.Variable(tf.random.normal(shape=(2, 1), stddev=0.01))
    b = tf.Variable(tf.zeros(1))
    for epoch in range(EPOCHS):
        for X, y in d2l.data_iter(BATCH_SIZE, features, labels, seed=epoch if seed else None):
            with tf.GradientTape() as tape:
                loss = d2l.squared_loss(d2l.linreg(X, w, b), y)
            d2l.sgd([w, b], tape.gradient(loss, [w, b]), LR, BATCH_SIZE)
    return float(tf.reduce_mean(d2l.squared_loss(d2l.linreg(features, w, b), labels))), w, b


def mxnet_scratch(d2l, seed):
    from mxnet import autograd, np, npx

    npx.set_np()
    features, labels = d2l.synthetic_data(d2l.tensor(TRUE_W), TRUE_B, 1000, seed=seed)
    w = np.random.normal(0, 0.01, (2, 1))
    b = np.zeros(1)
    w.attach_grad()
    b.attach_grad()
    for epoch in range(EPOCHS):
        for X, y in d2l.data_iter(BATCH_SIZE, features, labels, seed=epoch if seed else None):
            with autograd.record():
                loss = d2l.squared_loss(d2l.linreg(X, w, b), y)
            loss.backward()
            d2l.sgd([w, b], LR, BATCH_SIZE)
    return float(d2l.squared_loss(d2l.linreg(features, w, b), labels).mean()), w, b


def paddle_scratch(d2l, seed):
    import paddle

    features, labels = d2l.synthetic_data(d2l.tensor(TRUE_W), TRUE_B, 1000, seed=seed)
    w = paddle.normal(0, 0.01, shape=(2, 1))
    b = paddle.zeros(shape=[1])
    w.stop_gradient = b.stop_gradient = False
    for epoch in range(EPOCHS):
        for X, y in d2l.data_iter(BATCH_SIZE, features, labels, seed=epoch if seed else None):
            d2l.squared_loss(d2l.linreg(X, w, b), y).sum().backward()
            d2l.sgd([w, b], LR, BATCH_SIZE)
    with paddle.no_grad():
        return float(d2l.squared_loss(d2l.linreg(features, w, b), labels).mean()), w, b


def torch_concise(d2l, seed):
    import torch
    from torch import nn

    features, labels = d2l.synthetic_data(d2l.tensor(TRUE_W), TRUE_B, 1000, seed=seed)
    data_iter = d2l.load_array((features, labels), BATCH_SIZE, seed=seed)
    net = nn.Sequential(nn.Linear(2, 1))
    net[0].weight.data.normal_(0, 0.01)
    net[0].bias.data.fill_(0)
    loss = nn.MSELoss()
    trainer = torch.optim.SGD(net.parameters(), lr=LR)
    for _ in range(EPOCHS):
        for X, y in data_iter:
            trainer.zero_grad()
            loss(net(X), y).backward()
            trainer.step()
    return d2l.evaluate_loss(net, data_iter, loss) / 2, net[0].weight.data, net[0].bias.data


def tensorflow_concise(d2l, seed):
    import tensorflow as tf

    features, labels = d2l.synthetic_data(d2l.tensor(TRUE_W), TRUE_B, 1000, seed=seed)
    data_iter = d2l.load_array((features, labels), BATCH_SIZE, seed=seed)
    net = tf.keras.Sequential()
    net.add(tf.keras.layers.Dense(1, kernel_initializer=tf.initializers.RandomNormal(stddev=0.01)))
    loss = tf.keras.losses.MeanSquaredError()
    trainer = tf.keras.optimizers.SGD(learning_rate=LR)
    for _ in range(EPOCHS):
        for X, y in data_iter:
            with tf.GradientTape() as tape:
                l = loss(net(X, training=True), y)
            gradients = tape.gradient(l, net.trainable_variables)
            trainer.apply_gradients(zip(gradients, net.trainable_variables))
    w, b = net.get_weights()
    return d2l.evaluate_loss(net, data_iter, loss) / 2, w, b


def mxnet_concise(d2l, seed):
    from mxnet import autograd, gluon, init
    from mxnet.gluon import nn

    features, labels = d2l.synthetic_data(d2l.tensor(TRUE_W), TRUE_B, 1000, seed=seed)
    data_iter = d2l.load_array((features, labels), BATCH_SIZE, seed=seed)
    net = nn.Sequential()
    net.add(nn.Dense(1))
    net.initialize(init.Normal(sigma=0.01))
    loss = gluon.loss.L2Loss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": LR})
    for _ in range(EPOCHS):
        for X, y in data_iter:
            with autograd.record():
                l = loss(net(X), y)
            l.backward()
            trainer.step(BATCH_SIZE)
    return d2l.evaluate_loss(net, data_iter, loss), net[0].weight.data(), net[0].bias.data()


def paddle_concise(d2l, seed):
    import paddle
    from paddle import nn

    features, labels = d2l.synthetic_data(d2l.tensor(TRUE_W), TRUE_B, 1000, seed=seed)
    data_iter = d2l.load_array((features, labels), BATCH_SIZE, seed=seed)
    normal = paddle.ParamAttr(initializer=nn.initializer.Normal(0, 0.01))
    net = nn.Sequential(nn.Linear(2, 1, weight_attr=normal))
    loss = nn.MSELoss()
    trainer = paddle.optimizer.SGD(learning_rate=LR, parameters=net.parameters())
    for _ in range(EPOCHS):
        for X, y in data_iter():  # readers of the Paddle edition call the loader
            trainer.clear_grad()
            loss(net(X), y).backward()
            trainer.step()
    return d2l.evaluate_loss(net, data_iter, loss) / 2, net[0].weight, net[0].bias


# Parameters scatter by about 5e-4 around the truth, from seed to seed: one seeded run can be held to the
# book's 1e-3, an unseeded one only to 5 times the scatter (a false alarm in about one of 10^6 runs).
@pytest.mark.parametrize(("seed", "bound"), [(SEED, 1e-3), (None, 2.5e-3)])
@pytest.mark.parametrize("style", ["scratch", "concise"])
def test_training_ends_where_the_book_ends(d2l, backend, style, seed, bound):
    native(backend).set_seed(1)
    loss, w, b = globals()[f"{backend}_{style}"](d2l, seed)
    assert 4e-5 < loss < 6.5e-5  # the noise floor is 0.01² / 2
    assert np.abs(d2l.numpy(w).reshape(-1) - TRUE_W).max() < bound
    assert np.abs(d2l.numpy(b) - TRUE_B).max() < bound


def test_every_backend_has_its_programs():
    assert all(f"{name}_{style}" in globals() for name in BACKENDS for style in ("scratch", "concise"))
