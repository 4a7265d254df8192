"""Convolutional networks in MXNet, and the devices they run on."""

from d2l_multi.book import contracts
from d2l_multi.book.charts import Animator
from d2l_multi.book.convolution import blocks, checks, contract, loops
from d2l_multi.book.distribution.mxnet import average_gradients
from d2l_multi.book.object_oriented.mxnet import NATIVE, Classifier, cross_entropy, nothing_of
from d2l_multi.book.tensors import shapes
from d2l_multi.book.tensors.mxnet import int64, is_integral, num_gpus, promoted, try_all_gpus
from d2l_multi.book.training import checks as training_checks
from d2l_multi.book.training.loops import mean, multiplier, num_values, pairs
from d2l_multi.book.training.mxnet import Accumulator, correct, loss_of
from d2l_multi.compat import framework, private

with framework("mxnet"):
    from mxnet import autograd, gluon, init, npx
    from mxnet.gluon import nn


def corr2d(X, K):
    X, K = promoted((X, K))
    rows, columns = checks.kernel(X.shape, K.shape)
    X, K = (X.astype(int64), K.astype(int64)) if is_integral(X) else (X, K)
    places = ((i, j) for i in range(K.shape[0]) for j in range(K.shape[1]))
    return sum(K[i, j] * X[i : i + rows, j : j + columns] for i, j in places)


def init_cnn(module):
    if isinstance(module, (nn.Dense, nn.Conv2D)):
        module.weight.initialize(init.Xavier(), module.weight.list_ctx(), force_reinit=True)


class LeNet(Classifier):
    def __init__(self, lr=0.1, num_classes=10):
        super().__init__()
        training_checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = nn.Sequential()
        self.net.add(
            nn.Conv2D(6, kernel_size=5, padding=2, activation="sigmoid"),
            nn.AvgPool2D(pool_size=2, strides=2),
            nn.Conv2D(16, kernel_size=5, activation="sigmoid"),
            nn.AvgPool2D(pool_size=2, strides=2),
            nn.Dense(120, activation="sigmoid"),  # which flattens
            nn.Dense(84, activation="sigmoid"),
            nn.Dense(num_classes),
        )
        self.net.initialize(init.Xavier())


def _conv(inputs, outputs, kernel_size, **options):
    """A convolution that infers how many channels its inputs have where it is not told."""
    return nn.Conv2D(outputs, kernel_size, in_channels=inputs or 0, **options)


class Residual(nn.Block):
    def __init__(self, *args, **kwargs):
        super().__init__()
        inputs, channels, use_1x1conv, strides = blocks.residual(args, kwargs)
        self.conv1 = _conv(inputs, channels, 3, padding=1, strides=strides)
        self.conv2 = nn.Conv2D(channels, 3, padding=1)
        self.conv3 = _conv(inputs, channels, 1, strides=strides) if use_1x1conv else None
        self.bn1 = nn.BatchNorm()
        self.bn2 = nn.BatchNorm()

    def forward(self, X):
        Y = npx.relu(self.bn1(self.conv1(X)))
        Y = self.bn2(self.conv2(Y))
        if self.conv3 is not None:
            X = self.conv3(X)
        checks.added(X.shape, Y.shape, "Residual")
        return npx.relu(Y + X)


class ResNeXtBlock(nn.Block):
    def __init__(self, *args, **kwargs):
        super().__init__()
        inputs, channels, between, groups, use_1x1conv, strides = blocks.resnext(args, kwargs)
        self.conv1 = _conv(inputs, between, 1)
        self.conv2 = nn.Conv2D(between, 3, padding=1, strides=strides, groups=groups)
        self.conv3 = nn.Conv2D(channels, 1)
        self.conv4 = _conv(inputs, channels, 1, strides=strides) if use_1x1conv else None
        self.bn1 = nn.BatchNorm()
        self.bn2 = nn.BatchNorm()
        self.bn3 = nn.BatchNorm()
        self.bn4 = nn.BatchNorm() if use_1x1conv else None

    def forward(self, X):
        Y = npx.relu(self.bn1(self.conv1(X)))
        Y = npx.relu(self.bn2(self.conv2(Y)))
        Y = self.bn3(self.conv3(Y))
        if self.conv4 is not None:
            X = self.bn4(self.conv4(X))
        checks.added(X.shape, Y.shape, "ResNeXtBlock")
        return npx.relu(Y + X)


def resnet18(num_classes, in_channels=1):
    net = nn.Sequential()
    net.add(nn.Conv2D(64, 3, padding=1, in_channels=in_channels), nn.BatchNorm(), nn.Activation("relu"))
    for number, channels in enumerate((64, 128, 256, 512), 1):
        first = Residual(channels, use_1x1conv=number > 1, strides=2 if number > 1 else 1)
        block = nn.Sequential()
        block.add(first, Residual(channels))
        net.add(block)
    net.add(nn.GlobalAvgPool2D(), nn.Dense(num_classes))
    return net


def _present(device):
    """A device that this machine has."""
    return checks.present(device, device.device_id if device.device_type == "gpu" else None, num_gpus())


def _on(device, X):
    """A batch's inputs, one tensor or several, on a device; None leaves them where they are."""
    if isinstance(X, (list, tuple)):
        return [_on(device, x) for x in X]
    return X if device is None else X.as_in_ctx(device)


def _homes(net):
    """Where a net's parameters are, on each device all of them; nowhere for a function."""
    params = list(net.collect_params().values()) if isinstance(net, gluon.Block) else []
    return params[0].list_ctx() if params else []


def evaluate_accuracy_gpu(net, data_iter, device=None):
    device = next(iter(_homes(net)), None) if device is None else _present(device)
    metric = Accumulator(2)  # correct predictions, number of labels
    for X, y in pairs(data_iter, "data_iter"):
        X, y = _on(device, X), _on(device, y)
        y_hat = net(X)
        training_checks.outputs_fit(y_hat, y)
        metric.add_own(correct(y_hat, y), y.size)
    return mean(metric[0], metric[1], "data_iter")


def train_ch6(net, train_iter, test_iter, num_epochs, lr, device):
    checks.module(net, gluon.Block, "a Block of Gluon")
    device, lr = _present(device), training_checks.learning_rate(lr)
    net.initialize(init.Xavier(), device, force_reinit=True)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": lr})

    def step(X, y):
        X, y = X.as_in_ctx(device), y.as_in_ctx(device)
        with autograd.record():
            with training_checks.takes("the net", X.shape, NATIVE.errors_of_shape):
                y_hat = net(X)
            training_checks.outputs_fit(y_hat, y)
            l = cross_entropy(y_hat, y)
        l.backward()
        average_gradients([param.data() for param in private.gluon_trained(trainer)], len(y))
        trainer.step(1)  # the loss is a mean already
        return l.detach() * len(y), len(y), correct(y_hat, y), len(y), len(y)

    return loops.train(
        num_epochs,
        Animator,
        train_iter,
        test_iter,
        lambda points: loops.one_epoch(Accumulator(loops.SUMS), train_iter, step, points),
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
        shard = [x[rows].as_in_ctx(device) for x in inputs]
        X_shards.append(shard if inputs is X else shard[0])
        y_shards.append(y[rows].as_in_ctx(device))
    return tuple(X_shards), tuple(y_shards)


def evaluate_accuracy_gpus(net, data_iter, split_f=None):
    split_f, homes = split_f or split_batch, _homes(net)
    metric = Accumulator(2)  # correct predictions, number of labels
    for X, y in pairs(data_iter, "data_iter"):
        for X_shard, y_shard in zip(*split_f(X, y, homes[: len(y)] or [y.ctx])):
            y_hat = net(X_shard)
            training_checks.outputs_fit(y_hat, y_shard)
            metric.add_own(correct(y_hat, y_shard), y_shard.size)
    return mean(metric[0], metric[1], "data_iter")


def _train_batch(net, X, y, loss, trainer, devices, split_f):
    """What a step comes to, a part of the batch on each device, where the net's parameters are, too."""
    devices = checks.devices(devices)
    devices, spare = devices[: len(y)], devices[len(y) :]
    X_shards, y_shards = (split_f or split_batch)(X, y, devices)
    with autograd.record():
        outputs = [net(X_shard) for X_shard in X_shards]
        losses = [loss_of(loss, y_hat, y_shard) for y_hat, y_shard in zip(outputs, y_shards)]
        # A mean over a shard counts as much as the shard has examples.
        totals = [l.sum() * multiplier(loss, l, len(shard)) for l, shard in zip(losses, y_shards)]
        totals[0] = totals[0] + nothing_of(net, X_shards[0], spare)
    autograd.backward(totals)
    trainer.step(len(y))
    total = sum(l.detach().as_in_ctx(devices[0]) for l in totals)
    values = sum(num_values(l, len(shard)) for l, shard in zip(losses, y_shards))
    right = sum(correct(y_hat, shard).as_in_ctx(devices[0]) for y_hat, shard in zip(outputs, y_shards))
    return total, values, right, y.size, len(y)


def train_batch_ch13(net, X, y, loss, trainer, devices, split_f=None):
    total, _, right, *_ = _train_batch(net, X, y, loss, trainer, devices, split_f)
    return total, right


def train_ch13(net, train_iter, test_iter, loss, trainer, num_epochs, devices=None, split_f=None):
    devices = [_present(device) for device in checks.devices(try_all_gpus() if devices is None else devices)]
    checks.initialised_on(devices, _homes(net))

    def train_epoch(points):
        step = lambda X, y: _train_batch(net, X, y, loss, trainer, devices, split_f)  # noqa: E731
        return loops.one_epoch(Accumulator(loops.SUMS), train_iter, step, points)

    return loops.train(
        num_epochs,
        Animator,
        train_iter,
        test_iter,
        train_epoch,
        test_accuracy=lambda: evaluate_accuracy_gpus(net, test_iter, split_f),
        device=devices,
    )


__all__ = contracts.offered(contract, globals())
