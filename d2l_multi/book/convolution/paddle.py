"""Convolutional networks in PaddlePaddle, and the devices they run on."""

from d2l_multi.book import contracts
from d2l_multi.book.charts import Animator
from d2l_multi.book.convolution import blocks, checks, contract, loops
from d2l_multi.book.distribution.paddle import average_gradients, start_alike
from d2l_multi.book.object_oriented.paddle import NATIVE, Classifier, cross_entropy
from d2l_multi.book.object_oriented.paddle_layers import LazyConv2D, LazyLinear, is_unbuilt, kernels_checked
from d2l_multi.book.tensors import shapes
from d2l_multi.book.tensors.paddle import int64, is_integral, num_gpus, promoted, try_all_gpus
from d2l_multi.book.training import checks as training_checks
from d2l_multi.book.training.loops import mean, multiplier, num_values, pairs
from d2l_multi.book.training.paddle import Accumulator, correct, evaluation, loss_of
from d2l_multi.compat import framework

with framework("paddle"):
    import paddle
    from paddle import nn
    from paddle.nn import functional as F


def corr2d(X, K):
    X, K = promoted((X, K))
    rows, columns = checks.kernel(X.shape, K.shape)
    X, K = (X.astype(int64), K.astype(int64)) if is_integral(X) else (X, K)
    places = ((i, j) for i in range(K.shape[0]) for j in range(K.shape[1]))
    return sum(K[i, j] * X[i : i + rows, j : j + columns] for i, j in places)


def init_cnn(module):
    if isinstance(module, (nn.Linear, nn.Conv2D)) and not is_unbuilt(module):
        nn.initializer.XavierUniform()(module.weight)


class LeNet(Classifier):
    def __init__(self, lr=0.1, num_classes=10):
        super().__init__()
        training_checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = nn.Sequential(
            LazyConv2D(6, kernel_size=5, padding=2),
            nn.Sigmoid(),
            nn.AvgPool2D(kernel_size=2, stride=2),
            LazyConv2D(16, kernel_size=5),
            nn.Sigmoid(),
            nn.AvgPool2D(kernel_size=2, stride=2),
            nn.Flatten(),
            LazyLinear(120),
            nn.Sigmoid(),
            LazyLinear(84),
            nn.Sigmoid(),
            LazyLinear(num_classes),
        )


def _conv(inputs, outputs, kernel_size, **options):
    """A convolution that infers how many channels its inputs have where it is not told."""
    if inputs is None:
        return LazyConv2D(outputs, kernel_size, **options)
    return nn.Conv2D(inputs, outputs, kernel_size, **options)


class Residual(nn.Layer):
    def __init__(self, *args, **kwargs):
        super().__init__()
        inputs, channels, use_1x1conv, strides = blocks.residual(args, kwargs)
        self.conv1 = _conv(inputs, channels, 3, padding=1, stride=strides)
        self.conv2 = nn.Conv2D(channels, channels, 3, padding=1)
        self.conv3 = _conv(inputs, channels, 1, stride=strides) if use_1x1conv else None
        self.bn1 = nn.BatchNorm2D(channels)
        self.bn2 = nn.BatchNorm2D(channels)

    def forward(self, X):
        Y = F.relu(self.bn1(self.conv1(X)))
        Y = self.bn2(self.conv2(Y))
        if self.conv3 is not None:
            X = self.conv3(X)
        checks.added(X.shape, Y.shape, "Residual")
        return F.relu(Y + X)


class ResNeXtBlock(nn.Layer):
    def __init__(self, *args, **kwargs):
        super().__init__()
        inputs, channels, between, groups, use_1x1conv, strides = blocks.resnext(args, kwargs)
        self.conv1 = _conv(inputs, between, 1)
        self.conv2 = nn.Conv2D(between, between, 3, padding=1, stride=strides, groups=groups)
        self.conv3 = nn.Conv2D(between, channels, 1)
        self.conv4 = _conv(inputs, channels, 1, stride=strides) if use_1x1conv else None
        self.bn1 = nn.BatchNorm2D(between)
        self.bn2 = nn.BatchNorm2D(between)
        self.bn3 = nn.BatchNorm2D(channels)
        self.bn4 = nn.BatchNorm2D(channels) if use_1x1conv else None

    def forward(self, X):
        Y = F.relu(self.bn1(self.conv1(X)))
        Y = F.relu(self.bn2(self.conv2(Y)))
        Y = self.bn3(self.conv3(Y))
        if self.conv4 is not None:
            X = self.bn4(self.conv4(X))
        checks.added(X.shape, Y.shape, "ResNeXtBlock")
        return F.relu(Y + X)


def resnet18(num_classes, in_channels=1):
    net = nn.Sequential(nn.Conv2D(in_channels, 64, 3, padding=1), nn.BatchNorm2D(64), nn.ReLU())
    inputs = 64
    for number, channels in enumerate((64, 128, 256, 512), 1):
        first = Residual(inputs, channels, use_1x1conv=number > 1, strides=2 if number > 1 else 1)
        net.add_sublayer(f"resnet_block{number}", nn.Sequential(first, Residual(channels, channels)))
        inputs = channels
    net.add_sublayer("global_avg_pool", nn.AdaptiveAvgPool2D(1))
    net.add_sublayer("fc", nn.Sequential(nn.Flatten(), nn.Linear(512, num_classes)))
    return net


def _present(device):
    """A device that this machine has."""
    if isinstance(device, str):
        kind, _, number = device.partition(":")
        index = int(number or 0) if kind == "gpu" else None
    else:
        index = device.get_device_id() if isinstance(device, paddle.CUDAPlace) else None
    return checks.present(device, index, num_gpus())


def _on(device, X):
    """A batch's inputs, one tensor or several, on a device; None leaves them where they are."""
    if isinstance(X, (list, tuple)):
        return [_on(device, x) for x in X]
    return X if device is None else X.to(device)


def _home(net):
    """Where a net's parameters are; None for a function."""
    params = net.parameters() if isinstance(net, nn.Layer) else ()
    return next((param.place for param in params), None)


def evaluate_accuracy_gpu(net, data_iter, device=None):
    device = _home(net) if device is None else _present(device)
    metric = Accumulator(2)  # correct predictions, number of labels
    with evaluation(net):
        for X, y in pairs(data_iter, "data_iter"):
            X, y = _on(device, X), _on(device, y)
            y_hat = net(X)
            training_checks.outputs_fit(y_hat, y)
            metric.add_own(correct(y_hat, y), y.size)
    return mean(metric[0], metric[1], "data_iter")


def train_ch6(net, train_iter, test_iter, num_epochs, lr, device):
    checks.module(net, nn.Layer, "a Layer of Paddle")
    device, lr = _present(device), training_checks.learning_rate(lr)
    net.to(device)

    def outputs(X):
        with training_checks.takes("the net", X.shape, NATIVE.errors_of_shape):
            return net(X)

    X, _ = loops.glimpse(train_iter)
    with kernels_checked(net), evaluation(net):
        outputs(X[:1].to(device))  # which makes what layers infer
    net.apply(init_cnn)
    trainer = paddle.optimizer.SGD(lr, parameters=net.parameters())

    start_alike(list(net.parameters()))

    def step(X, y):
        X, y = X.to(device), y.to(device)
        y_hat = outputs(X)
        training_checks.outputs_fit(y_hat, y)
        l = cross_entropy(y_hat, y)
        trainer.clear_grad()
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
            for X_shard, y_shard in zip(*split_f(X, y, [y.place if home is None else home])):
                y_hat = net(X_shard)
                training_checks.outputs_fit(y_hat, y_shard)
                metric.add_own(correct(y_hat, y_shard), y_shard.size)
    return mean(metric[0], metric[1], "data_iter")


def _train_batch(net, X, y, loss, trainer, devices, split_f):
    """What a step comes to, on the first device: Paddle's data parallelism is one of processes."""
    (X,), (y,) = (split_f or split_batch)(X, y, checks.devices(devices)[:1])
    if isinstance(net, nn.Layer):
        net.train()
    y_hat = net(X)
    l = loss_of(loss, y_hat, y)
    trainer.clear_grad()
    l.sum().backward()
    trainer.step()
    total = l.detach().sum() * multiplier(loss, l, len(y))
    return total, num_values(l, len(y)), correct(y_hat, y), y.size, len(y)


def train_batch_ch13(net, X, y, loss, trainer, devices, split_f=None):
    total, _, right, *_ = _train_batch(net, X, y, loss, trainer, devices, split_f)
    return total, right


def train_ch13(net, train_iter, test_iter, loss, trainer, num_epochs, devices=None, split_f=None):
    devices = [_present(device) for device in checks.devices(try_all_gpus() if devices is None else devices)]
    checks.used(len(devices), 1, "Paddle trains on one device in a process")
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
        device=devices[:1],
    )


__all__ = contracts.offered(contract, globals())
