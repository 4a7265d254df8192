import paddle
from paddle import nn


def linear_regression_scratch(d2l, seed):
    features, labels = d2l.synthetic_data(d2l.tensor([2, -3.4]), 4.2, 1000, seed=seed)
    w = paddle.normal(0, 0.01, shape=(2, 1))
    b = paddle.zeros(shape=[1])
    w.stop_gradient = b.stop_gradient = False
    for epoch in range(3):
        for X, y in d2l.data_iter(10, features, labels, seed=epoch if seed else None):
            d2l.squared_loss(d2l.linreg(X, w, b), y).sum().backward()
            d2l.sgd([w, b], 0.03, 10)
    with paddle.no_grad():
        return float(d2l.squared_loss(d2l.linreg(features, w, b), labels).mean()), w, b


def linear_regression_concise(d2l, seed):
    features, labels = d2l.synthetic_data(d2l.tensor([2, -3.4]), 4.2, 1000, seed=seed)
    data_iter = d2l.load_array((features, labels), 10, seed=seed)
    normal = paddle.ParamAttr(initializer=nn.initializer.Normal(0, 0.01))
    net = nn.Sequential(nn.Linear(2, 1, weight_attr=normal))
    loss = nn.MSELoss()
    trainer = paddle.optimizer.SGD(learning_rate=0.03, parameters=net.parameters())
    for _ in range(3):
        for X, y in data_iter():  # readers of the Paddle edition call the loader
            trainer.clear_grad()
            loss(net(X), y).backward()
            trainer.step()
    return d2l.evaluate_loss(net, data_iter, loss) / 2, net[0].weight, net[0].bias


def softmax_scratch(d2l):
    W = paddle.normal(0, 0.01, shape=(784, 10))
    b = paddle.zeros(shape=(10,))
    W.stop_gradient = b.stop_gradient = False

    def net(X):
        X_exp = d2l.exp(d2l.matmul(d2l.reshape(X, (-1, W.shape[0])), W) + b)
        return X_exp / d2l.reduce_sum(X_exp, 1, keepdim=True)

    def cross_entropy(y_hat, y):
        return -paddle.log(y_hat[list(range(len(y_hat))), y.squeeze()])

    def updater(batch_size):
        return d2l.sgd([W, b], 0.1, batch_size)

    return net, cross_entropy, updater


def softmax_concise(d2l):
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    for layer in net:
        if type(layer) is nn.Linear:
            nn.initializer.Normal(mean=0.0, std=0.01)(layer.weight)
    trainer = paddle.optimizer.SGD(learning_rate=0.1, parameters=net.parameters())
    return net, nn.CrossEntropyLoss(reduction="none"), trainer


def mlp_scratch(d2l):
    W1 = paddle.randn([784, 64]) * 0.05
    b1 = paddle.zeros([64])
    W2 = paddle.randn([64, 10]) * 0.05
    b2 = paddle.zeros([10])
    params = [W1, b1, W2, b2]
    for param in params:
        param.stop_gradient = False

    def net(X):
        X = d2l.reshape(X, (-1, 784))
        H = paddle.maximum(X @ W1 + b1, paddle.zeros([]))
        return H @ W2 + b2

    updater = paddle.optimizer.SGD(learning_rate=0.1, parameters=params)
    return net, nn.CrossEntropyLoss(reduction="none"), updater


def dropout_concise(d2l):
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
    trainer = paddle.optimizer.SGD(learning_rate=0.1, parameters=net.parameters())
    return net, nn.CrossEntropyLoss(reduction="none"), trainer


def polynomial(d2l, X, y):
    net = nn.Sequential(nn.Linear(X.shape[-1], 1, bias_attr=False))
    data = d2l.load_array((X, y.reshape((-1, 1))), 10)
    return net, data, nn.MSELoss(), paddle.optimizer.SGD(learning_rate=0.01, parameters=net.parameters())


def decayed(d2l, X, y, decay):
    w = paddle.normal(0, 1, shape=(200, 1))
    b = paddle.zeros(shape=[1])
    w.stop_gradient = b.stop_gradient = False
    for _ in range(100):
        for features, labels in d2l.load_array((X, y), 5)():
            loss = d2l.squared_loss(d2l.linreg(features, w, b), labels) + decay * (w**2).sum() / 2
            loss.sum().backward()
            d2l.sgd([w, b], 0.003, 5)
    return w
