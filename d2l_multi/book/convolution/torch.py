"""Convolutional networks in PyTorch, and the devices they run on."""

from d2l_multi.book import contracts
from d2l_multi.book.charts import Animator
from d2l_multi.book.convolution import blocks, checks, contract, loops
from d2l_multi.book.distribution.torch import average_gradients, start_alike
from d2l_multi.book.object_oriented.torch import NATIVE, Classifier, cross_entropy
from d2l_multi.book.tensors import shapes
from d2l_multi.book.tensors.torch import int64, is_integral, num_gpus, promoted, try_all_gpus
from d2l_multi.book.training import checks as training_checks
from d2l_multi.book.training.loops import mean, multiplier, num_values, pairs
from d2l_multi.book.training.torch import Accumulator, correct, evaluation, loss_of
from d2l_multi.compat import framework

with framework("torch"):
    import torch
    from torch import nn
    from torch.nn import functional as F


def corr2d(X, K):
    X, K = promoted((X, K))
    rows, columns = checks.kernel(X.shape, K.shape)
    X, K = (X.to(int64), K.to(int64)) if is_integral(X) else (X, K)
    places = ((i, j) for i in range(K.shape[0]) for j in range(K.shape[1]))
    return sum(K[i, j] * X[i : i + rows, j : j + columns] for i, j in places)


def init_cnn(module):
    if isinstance(module, (nn.Linear, nn.Conv2d)) and not nn.parameter.is_lazy(module.weight):
        nn.init.xavier_uniform_(module.weight)


class LeNet(Classifier):
    def __init__(self, lr=0.1, num_classes=10):
        super().__init__()
        training_checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.LazyConv2d(6, kernel_size=5, padding=2),
            nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.LazyConv2d(16, kernel_size=5),
            nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Flatten(),
            nn.LazyLinear(120),
            nn.Sigmoid(),
            nn.LazyLinear(84),
            nn.Sigmoid(),
            nn.LazyLinear(num_classes),
        )


def _conv(inputs, outputs, kernel_size, **options):
    """A convolution that infers how many channels its inputs have where it is not told."""
    if inputs is None:
        return nn.LazyConv2d(outputs, kernel_size, **options)
    return nn.Conv2d(inputs, outputs, kernel_size, **options)


class Residual(nn.Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        inputs, channels, use_1x1conv, strides = blocks.residual(args, kwargs)
        self.conv1 = _conv(inputs, channels, 3, padding=1, stride=strides)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv3 = _conv(inputs, channels, 1, stride=strides) if use_1x1conv else None
        self.bn1 = nn.BatchNorm2d(channels)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, X):
        Y = F.relu(self.bn1(self.conv1(X)))
        Y = self.bn2(self.conv2(Y))
        if self.conv3 is not None:
            X = self.conv3(X)
        checks.added(X.shape, Y.shape, "Residual")
        return F.relu(Y + X)


class ResNeXtBlock(nn.Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        inputs, channels, between, groups, use_1x1conv, strides = blocks.resnext(args, kwargs)
        self.conv1 = _conv(inputs, between, 1)
        self.conv2 = nn.Conv2d(between, between, 3, padding=1, stride=strides, groups=groups)
        self.conv3 = nn.Conv2d(between, channels, 1)
        self.conv4 = _conv(inputs, channels, 1, stride=strides) if use_1x1conv else None
        self.bn1 = nn.BatchNorm2d(between)
        self.bn2 = nn.BatchNorm2d(between)
        self.bn3 = nn.BatchNorm2d(channels)
        self.bn4 = nn.BatchNorm2d(channels) if use_1x1conv else None

    def forward(self, X):
        Y = F.relu(self.bn1(self.conv1(X)))
        Y = F.relu(self.bn2(self.conv2(Y)))
        Y = self.bn3(self.conv3(Y))
        if self.conv4 is not None:
            X = self.bn4(self.conv4(X))
        checks.added(X.shape, Y.shape, "ResNeXtBlock")
        return F.relu(Y + X)


def resnet18(num_classes, in_channels=1):
    net = nn.Sequential(nn.Conv2d(in_channels, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU())
    inputs = 64
    for number, channels in enumerate((64, 128, 256, 512), 1):
        first = Residual(inputs, channels, use_1x1conv=number > 1, strides=2 if number > 1 else 1)
        net.add_module(f"resnet_block{number}", nn.Sequential(first, Residual(channels, channels)))
        inputs = channels
    net.add_module("global_avg_pool", nn.AdaptiveAvgPool2d(1))
    net.add_module("fc", nn.Sequential(nn.Flatten(), nn.Linear(512, num_classes)))
    return net


def _present(device):
    """A device that this machine has."""
    device = torch.device(device)
    return checks.present(device, (device.index or 0) if device.type == "cuda" else None, num_gpus())


def _on(device, X):
    """A batch's inputs, one tensor or several, on a device; None leaves them where they are."""
    if isinstance(X, (list, tuple)):
        return [_on(device, x) for x in X]
    return X if device is None else X.to(device)


def _home(net):
    """Where a net's parameters are; None for a function."""
    params = net.parameters() if isinstance(net, nn.Module) else ()
    return next((param.device for param in params), None)


def evaluate_accuracy_gpu(net, data_iter, device=None):
    device = _home(net) if device is None else _present(device)
    metric = Accumulator(2)  # correct predictions, number of labels
    with evaluation(net):
        for X, y in pairs(data_iter, "data_iter"):
            X, y = _on(device, X), _on(device, y)
            y_hat = net(X)
            training_checks.outputs_fit(y_hat, y)
            metric.add_own(correct(y_hat, y), y.numel())
    return mean(metric[0], metric[1], "data_iter")


def train_ch6(net, train_iter, test_iter, num_epochs, lr, device):
    checks.module(net, nn.Module, "a module of PyTorch")
    device, lr = _present(device), training_checks.learning_rate(lr)
    net.to(device)

    def outputs(X):
        with training_checks.takes("the net", X.shape, NATIVE.errors_of_shape):
            return net(X)

    if any(map(nn.parameter.is_lazy, net.parameters())):
        with evaluation(net):
            outputs(loops.glimpse(train_iter)[0].to(device))
    net.apply(init_cnn)
    trainer = torch.optim.SGD(net.parameters(), lr=lr)

    start_alike(list(net.parameters()))

    def step(X, y):
        X, y = X.to(device), y.to(device)
        y_hat = outputs(X)
        training_checks.outputs_fit(y_hat, y)
        l = cross_entropy(y_hat, y)
        trainer.zero_grad()
        l.backward()
        average_gradients(net.parameters(), len(y))
        trainer.step()
        return l.detach() * len(y), len(y), correct(y_hat, y), len(y), len(y)

    def train_epoch(points):
        net.train()
        return loops.one_epoch(Accumulator(loops.SUMS), train_iter, step, points)

    return loops.train(
        num_epochs,
        Animator,
        train_iter,
        test_iter,
        train_epoch,
        test_accuracy=lambda: evaluate_accuracy_gpu(net, test_iter, device),
        device=device,
    )


class TrainCallback(loops.TrainCallback):
    animator_type, accuracy = Animator, staticmethod(evaluate_accuracy_gpu)


def split_batch(X, y, devices):
    inputs = X if isinstance(X, (list, tuple)) else [X]
    devices = [_present(device) for device in checks.devices(devices)]
    checks.divisible([len(x) for x in inputs], len(y), len(devices))
    X_shards, y_shards = [], []
    for device, rows in zip(devices, shapes.shards(len(y), len(devices))):
        shard = [x[rows].to(device) for x in inputs]
        X_shards.append(shard if inputs is X else shard[0])
        y_shards.append(y[rows].to(device))
    return tuple(X_shards), tuple(y_shards)


def evaluate_accuracy_gpus(net, data_iter, split_f=None):
    split_f, home = split_f or split_batch, _home(net)
    metric = Accumulator(2)  # correct predictions, number of labels
    with evaluation(net):
        for X, y in pairs(data_iter, "data_iter"):
            for X_shard, y_shard in zip(*split_f(X, y, [y.device if home is None else home])):
                y_hat = net(X_shard)
                training_checks.outputs_fit(y_hat, y_shard)
                metric.add_own(correct(y_hat, y_shard), y_shard.numel())
    return mean(metric[0], metric[1], "data_iter")


def _train_batch(net, X, y, loss, trainer, devices, split_f):
    """What a step comes to, a part of the batch on each device, and the net's gradients on the first."""
    devices = checks.several(checks.devices(devices)[: len(y)], lambda device: device.type == "cuda")
    X_shards, y_shards = (split_f or split_batch)(X, y, devices)
    if isinstance(net, nn.Module):
        net.train()
    nets = nn.parallel.replicate(net, devices) if len(devices) > 1 else [net]
    outputs = nn.parallel.parallel_apply(nets, X_shards) if len(nets) > 1 else [net(X_shards[0])]
    losses = [loss_of(loss, y_hat, y_shard) for y_hat, y_shard in zip(outputs, y_shards)]
    # A mean over a shard counts as much as the shard has examples.
    totals = [l.sum() * multiplier(loss, l, len(shard)) for l, shard in zip(losses, y_shards)]
    total = sum(l.to(devices[0]) for l in totals)
    trainer.zero_grad()
    (total if multiplier(loss, losses[0], len(y)) == 1 else total / len(y)).backward()
    trainer.step()
    values = sum(num_values(l, len(shard)) for l, shard in zip(losses, y_shards))
    right = sum(correct(y_hat, shard).to(devices[0]) for y_hat, shard in zip(outputs, y_shards))
    return total.detach(), values, right, y.numel(), len(y)


def train_batch_ch13(net, X, y, loss, trainer, devices, split_f=None):
    total, _, right, *_ = _train_batch(net, X, y, loss, trainer, devices, split_f)
    return total, right


def train_ch13(net, train_iter, test_iter, loss, trainer, num_epochs, devices=None, split_f=None):
    devices = [_present(device) for device in checks.devices(try_all_gpus() if devices is None else devices)]
    net.to(devices[0])

    def train_epoch(points):
        step = lambda X, y: _train_batch(net, X, y, loss, trainer, devices, split_f)  # noqa: E731
        return loops.one_epoch(Accumulator(loops.SUMS), train_iter, step, points)

    return loops.train(
        num_epochs,
        Animator,
        train_iter,
        test_iter,
        train_epoch,
        test_accuracy=lambda: evaluate_accuracy_gpu(net, test_iter),
        device=devices,
    )


__all__ = contracts.offered(contract, globals())
