from mxnet import autograd, gluon, init
from mxnet import np as mxnp
from mxnet.gluon import nn


def linear_regression_scratch(d2l, seed):
    features, labels = d2l.synthetic_data(d2l.tensor([2, -3.4]), 4.2, 1000, seed=seed)
    w = mxnp.random.normal(0, 0.01, (2, 1))
    b = mxnp.zeros(1)
    w.attach_grad()
    b.attach_grad()
    for epoch in range(3):
        for X, y in d2l.data_iter(10, features, labels, seed=epoch if seed else None):
            with autograd.record():
                loss = d2l.squared_loss(d2l.linreg(X, w, b), y)
            loss.backward()
            d2l.sgd([w, b], 0.03, 10)
    return float(d2l.squared_loss(d2l.linreg(features, w, b), labels).mean()), w, b


def linear_regression_concise(d2l, seed):
    features, labels = d2l.synthetic_data(d2l.tensor([2, -3.4]), 4.2, 1000, seed=seed)
    data_iter = d2l.load_array((features, labels), 10, seed=seed)
    net = nn.Sequential()
    net.add(nn.Dense(1))
    net.initialize(init.Normal(sigma=0.01))
    loss = gluon.loss.L2Loss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.03})
    for _ in range(3):
        for X, y in data_iter:
            with autograd.record():
                l = loss(net(X), y)
            l.backward()
            trainer.step(10)
    return d2l.evaluate_loss(net, data_iter, loss), net[0].weight.data(), net[0].bias.data()


def softmax_scratch(d2l):
    W = mxnp.random.normal(0, 0.01, (784, 10))
    b = mxnp.zeros(10)
    W.attach_grad()
    b.attach_grad()

    def net(X):
        X_exp = d2l.exp(d2l.matmul(d2l.reshape(X, (-1, W.shape[0])), W) + b)
        return X_exp / d2l.reduce_sum(X_exp, 1, keepdims=True)

    def cross_entropy(y_hat, y):
        return -d2l.log(y_hat[range(len(y_hat)), y])

    def updater(batch_size):
        return d2l.sgd([W, b], 0.1, batch_size)

    return net, cross_entropy, updater


def softmax_concise(d2l):
    net = nn.Sequential()
    net.add(nn.Dense(10))
    net.initialize(init.Normal(sigma=0.01))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    return net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer


def mlp_scratch(d2l):
    params = [mxnp.random.normal(0, 0.05, shape) for shape in ((784, 64), (64, 10))]
    params += [mxnp.zeros(64), mxnp.zeros(10)]
    for param in params:
        param.attach_grad()
    W1, W2, b1, b2 = params

    def net(X):
        X = d2l.reshape(X, (-1, 784))
        H = mxnp.maximum(mxnp.dot(X, W1) + b1, 0)
        return mxnp.dot(H, W2) + b2

    updater = lambda batch_size: d2l.sgd(params, 0.1, batch_size)  # noqa: E731
    return net, gluon.loss.SoftmaxCrossEntropyLoss(), updater


def dropout_concise(d2l):
    net = nn.Sequential()
    net.add(nn.Dense(64, activation="relu"), nn.Dropout(0.2), nn.Dense(10))
    net.initialize(init.Normal(sigma=0.05))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    return net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer


def polynomial(d2l, X, y):
    net = nn.Sequential()
    net.add(nn.Dense(1, use_bias=False))
    net.initialize()
    data = d2l.load_array((X, y), 10)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
    return net, data, gluon.loss.L2Loss(), trainer


def decayed(d2l, X, y, decay):
    w = mxnp.random.normal(scale=1, size=(200, 1))
    b = mxnp.zeros(1)
    w.attach_grad()
    b.attach_grad()
    for _ in range(100):
        for features, labels in d2l.load_array((X, y), 5):
            with autograd.record():
                penalty = decay * (w**2).sum() / 2
                loss = d2l.squared_loss(d2l.linreg(features, w, b), labels) + penalty
            loss.backward()
            d2l.sgd([w, b], 0.003, 5)
    return w
