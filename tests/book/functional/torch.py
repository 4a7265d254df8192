import torch
from torch import nn


def linear_regression_scratch(d2l, seed):
    features, labels = d2l.synthetic_data(d2l.tensor([2, -3.4]), 4.2, 1000, seed=seed)
    w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    for epoch in range(3):
        for X, y in d2l.data_iter(10, features, labels, seed=epoch if seed else None):
            d2l.squared_loss(d2l.linreg(X, w, b), y).sum().backward()
            d2l.sgd([w, b], 0.03, 10)
    with torch.no_grad():
        return float(d2l.squared_loss(d2l.linreg(features, w, b), labels).mean()), w, b


def linear_regression_concise(d2l, seed):
    features, labels = d2l.synthetic_data(d2l.tensor([2, -3.4]), 4.2, 1000, seed=seed)
    data_iter = d2l.load_array((features, labels), 10, seed=seed)
    net = nn.Sequential(nn.Linear(2, 1))
    net[0].weight.data.normal_(0, 0.01)
    net[0].bias.data.fill_(0)
    loss = nn.MSELoss()
    trainer = torch.optim.SGD(net.parameters(), lr=0.03)
    for _ in range(3):
        for X, y in data_iter:
            trainer.zero_grad()
            loss(net(X), y).backward()
            trainer.step()
    return d2l.evaluate_loss(net, data_iter, loss) / 2, net[0].weight.data, net[0].bias.data


def softmax_scratch(d2l):
    W = torch.normal(0, 0.01, size=(784, 10), requires_grad=True)
    b = torch.zeros(10, requires_grad=True)

    def net(X):
        X_exp = d2l.exp(d2l.matmul(d2l.reshape(X, (-1, W.shape[0])), W) + b)
        return X_exp / d2l.reduce_sum(X_exp, 1, keepdim=True)

    def cross_entropy(y_hat, y):
        return -d2l.log(y_hat[range(len(y_hat)), y])

    def updater(batch_size):
        return d2l.sgd([W, b], 0.1, batch_size)

    return net, cross_entropy, updater


def softmax_concise(d2l):
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    net.apply(lambda m: nn.init.normal_(m.weight, std=0.01) if type(m) is nn.Linear else None)
    return net, nn.CrossEntropyLoss(reduction="none"), torch.optim.SGD(net.parameters(), lr=0.1)


def mlp_scratch(d2l):
    W1 = nn.Parameter(torch.randn(784, 64) * 0.05)
    b1 = nn.Parameter(torch.zeros(64))
    W2 = nn.Parameter(torch.randn(64, 10) * 0.05)
    b2 = nn.Parameter(torch.zeros(10))

    def net(X):
        X = d2l.reshape(X, (-1, 784))
        H = torch.max(X @ W1 + b1, torch.zeros(()))
        return H @ W2 + b2

    return net, nn.CrossEntropyLoss(), torch.optim.SGD([W1, b1, W2, b2], lr=0.1)


def dropout_concise(d2l):
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
    return net, nn.CrossEntropyLoss(reduction="none"), torch.optim.SGD(net.parameters(), lr=0.1)


def polynomial(d2l, X, y):
    net = nn.Sequential(nn.Linear(X.shape[-1], 1, bias=False))
    data = d2l.load_array((X, y.reshape(-1, 1)), 10)
    return net, data, nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.01)


def decayed(d2l, X, y, decay):
    w = torch.normal(0, 1, size=(200, 1), requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    for _ in range(100):
        for features, labels in d2l.load_array((X, y), 5):
            loss = d2l.squared_loss(d2l.linreg(features, w, b), labels) + decay * (w**2).sum() / 2
            loss.sum().backward()
            d2l.sgd([w, b], 0.003, 5)
    return w
