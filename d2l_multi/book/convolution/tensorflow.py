"""Convolutional networks in TensorFlow, and the devices they run on."""

from d2l_multi.book import contracts
from d2l_multi.book.charts import Animator
from d2l_multi.book.convolution import blocks, checks, contract, loops
from d2l_multi.book.distribution import num_workers
from d2l_multi.book.distribution.tensorflow import average_gradients, start_alike
from d2l_multi.book.object_oriented.tensorflow import NATIVE, Classifier, cross_entropy
from d2l_multi.book.tensors import shapes
from d2l_multi.book.tensors.tensorflow import int64, is_integral, num_gpus, on, promoted, try_all_gpus
from d2l_multi.book.training import checks as training_checks
from d2l_multi.book.training.loops import mean, multiplier, num_values, pairs
from d2l_multi.book.training.tensorflow import Accumulator, correct, loss_of, predict
from d2l_multi.book.training.tensorflow_graphs import COMPILE_AFTER, in_graphs
from d2l_multi.compat import forks, framework, private

with framework("tensorflow"):
    import tensorflow as tf
    from tensorflow.keras import layers


def corr2d(X, K):
    X, K = promoted((X, K))
    rows, columns = checks.kernel(X.shape, K.shape)
    X, K = (tf.cast(X, int64), tf.cast(K, int64)) if is_integral(X) else (X, K)
    places = ((i, j) for i in range(K.shape[0]) for j in range(K.shape[1]))
    return sum(K[i, j] * X[i : i + rows, j : j + columns] for i, j in places)


def init_cnn(module):
    if isinstance(module, (layers.Dense, layers.Conv2D)) and module.built:
        xavier = tf.keras.initializers.GlorotUniform()
        module.kernel.assign(xavier(module.kernel.shape, module.kernel.dtype))


class LeNet(Classifier):
    def __init__(self, lr=0.1, num_classes=10):
        super().__init__()
        training_checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = tf.keras.Sequential(
            [
                layers.Conv2D(6, kernel_size=5, padding="same", activation="sigmoid"),
                layers.AveragePooling2D(pool_size=2, strides=2),
                layers.Conv2D(16, kernel_size=5, activation="sigmoid"),
                layers.AveragePooling2D(pool_size=2, strides=2),
                layers.Flatten(),
                layers.Dense(120, activation="sigmoid"),
                layers.Dense(84, activation="sigmoid"),
                layers.Dense(num_classes),
            ]
        )


class Residual(tf.keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__()
        _, channels, use_1x1conv, strides = blocks.residual(args, kwargs)
        self.conv1 = layers.Conv2D(channels, 3, padding="same", strides=strides)
        self.conv2 = layers.Conv2D(channels, 3, padding="same")
        self.conv3 = layers.Conv2D(channels, 1, strides=strides) if use_1x1conv else None
        self.bn1 = layers.BatchNormalization()
        self.bn2 = layers.BatchNormalization()

    def call(self, X, training=None):
        Y = tf.nn.relu(self.bn1(self.conv1(X), training=training))
        Y = self.bn2(self.conv2(Y), training=training)
        if self.conv3 is not None:
            X = self.conv3(X)
        checks.added(X.shape, Y.shape, "Residual")
        return tf.nn.relu(Y + X)


class ResNeXtBlock(tf.keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__()
        _, channels, between, groups, use_1x1conv, strides = blocks.resnext(args, kwargs)
        self.conv1 = layers.Conv2D(between, 1)
        self.conv2 = layers.Conv2D(between, 3, padding="same", strides=strides, groups=groups)
        self.conv3 = layers.Conv2D(channels, 1)
        self.conv4 = layers.Conv2D(channels, 1, strides=strides) if use_1x1conv else None
        self.bn1 = layers.BatchNormalization()
        self.bn2 = layers.BatchNormalization()
        self.bn3 = layers.BatchNormalization()
        self.bn4 = layers.BatchNormalization() if use_1x1conv else None

    def call(self, X, training=None):
        Y = tf.nn.relu(self.bn1(self.conv1(X), training=training))
        Y = tf.nn.relu(self.bn2(self.conv2(Y), training=training))
        Y = self.bn3(self.conv3(Y), training=training)
        if self.conv4 is not None:
            X = self.bn4(self.conv4(X), training=training)
        checks.added(X.shape, Y.shape, "ResNeXtBlock")
        return tf.nn.relu(Y + X)


def resnet18(num_classes, in_channels=1):
    net = tf.keras.Sequential(
        [
            layers.Input((None, None, in_channels)),
            layers.Conv2D(64, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]
    )
    for number, channels in enumerate((64, 128, 256, 512), 1):
        first = Residual(channels, use_1x1conv=number > 1, strides=2 if number > 1 else 1)
        net.add(tf.keras.Sequential([first, Residual(channels)], name=f"resnet_block{number}"))
    net.add(layers.GlobalAveragePooling2D(name="global_avg_pool"))
    net.add(layers.Dense(num_classes, name="fc"))
    return net


def _present(device):
    """A device that this machine has; None leaves it to TensorFlow."""
    name = device if device is None or isinstance(device, str) else private.tensorflow_device_name(device)
    spec = tf.DeviceSpec.from_string(name or "")
    checks.present(name, spec.device_index or 0 if spec.device_type == "GPU" else None, num_gpus())
    return name


def _on(device, X):
    """A batch's inputs, one tensor or several, on a device; None leaves them where they are."""
    if isinstance(X, (list, tuple)):
        return [_on(device, x) for x in X]
    with on(device):
        return X if device is None else tf.identity(X)


def evaluate_accuracy_gpu(net, data_iter, device=None):
    device = _present(device)
    metric = Accumulator(2)  # correct predictions, number of labels
    for X, y in pairs(data_iter, "data_iter"):
        with on(device):
            metric.add_own(*_evaluated(net, X, y))
    return mean(metric[0], metric[1], "data_iter")


def _evaluated(net, X, y):
    y_hat = predict(net, X, training=False)
    training_checks.outputs_fit(y_hat, y)
    return correct(y_hat, y), tf.size(y)


def train_ch6(net, train_iter, test_iter, num_epochs, lr, device):
    forks.check()
    device, lr = _present(device), training_checks.learning_rate(lr)
    checks.has_batches("test_iter", test_iter)
    with on(device):
        if isinstance(net, layers.Layer):
            for layer in private.keras_flatten_layers(net):
                init_cnn(layer)
        else:
            net = net()
        checks.module(net, layers.Layer, "a Keras model, or a function that makes one")
        trainer = tf.keras.optimizers.SGD(lr)
        X, y = loops.glimpse(train_iter)
        with training_checks.takes("the net", X.shape, NATIVE.errors_of_shape):
            y_hat = net(X, training=False)  # which builds it
        checks.parameters_hold_something([variable.shape for variable in net.variables], X.shape)
        training_checks.outputs_fit(y_hat, y)
        cross_entropy(y_hat, y)
        trainer.build(net.trainable_variables)
        start_alike(net.trainable_variables)

    def step(X, y):
        with on(device), tf.GradientTape() as tape:
            y_hat = net(X, training=True)
            l = cross_entropy(y_hat, y)
        params = net.trainable_variables
        grads = average_gradients(tape.gradient(l, params), y.shape[0])
        trainer.apply_gradients(zip(grads, params))
        n = tf.size(y)
        return l * tf.cast(n, l.dtype), n, correct(y_hat, y), n, n

    num_batches = checks.has_batches("train_iter", train_iter)
    train_graph = test_graph = None
    alone = num_workers() == 1  # gradients of several are summed between two steps
    if alone and isinstance(train_iter, tf.data.Dataset) and (num_batches or 0) * num_epochs > COMPILE_AFTER:
        train_graph = in_graphs(step, loops.SUMS)
    if train_graph is not None and isinstance(test_iter, tf.data.Dataset):
        test_graph = in_graphs(lambda X, y: _evaluated(net, X, y), 2)

    def train_epoch(points):
        if train_graph is None:
            return loops.one_epoch(Accumulator(loops.SUMS), train_iter, step, points)
        with on(device):
            return [float(value) for value in train_graph(train_iter, points.after)]

    def test_accuracy():
        if test_graph is None:
            return evaluate_accuracy_gpu(net, test_iter, device)
        with on(device):
            return mean(*(float(value) for value in test_graph(test_iter)), "test_iter")

    history = loops.train(num_epochs, Animator, train_iter, test_iter, train_epoch, test_accuracy, device)
    vars(net)["history"] = history  # Keras would wrap a list
    return net


class TrainCallback(loops.TrainCallback, tf.keras.callbacks.Callback):
    animator_type, accuracy = Animator, staticmethod(evaluate_accuracy_gpu)


def split_batch(X, y, devices):
    inputs = X if isinstance(X, (list, tuple)) else [X]
    devices = [_present(device) for device in checks.devices(devices)]
    checks.divisible([len(x) for x in inputs], len(y), len(devices))
    X_shards, y_shards = [], []
    for device, rows in zip(devices, shapes.shards(len(y), len(devices))):
        shard = [_on(device, x[rows]) for x in inputs]
        X_shards.append(shard if inputs is X else shard[0])
        y_shards.append(_on(device, y[rows]))
    return tuple(X_shards), tuple(y_shards)


def evaluate_accuracy_gpus(net, data_iter, split_f=None):
    split_f = split_f or split_batch
    metric = Accumulator(2)  # correct predictions, number of labels
    for X, y in pairs(data_iter, "data_iter"):
        for X_shard, y_shard in zip(*split_f(X, y, [None])):
            metric.add_own(*_evaluated(net, X_shard, y_shard))
    return mean(metric[0], metric[1], "data_iter")


def _train_batch(net, X, y, loss, trainer, devices, split_f):
    """What a step comes to, a part of the batch on each device, and the net's gradients on the first."""
    devices = checks.devices(devices)[: len(y)]
    X_shards, y_shards = (split_f or split_batch)(X, y, devices)
    with tf.GradientTape() as tape:
        outputs, losses = [], []
        for device, X_shard, y_shard in zip(devices, X_shards, y_shards):
            with on(device):
                outputs.append(predict(net, X_shard, training=True))
                losses.append(loss_of(loss, outputs[-1], y_shard))
        # A mean over a shard counts as much as the shard has examples.
        totals = [tf.reduce_sum(l) * multiplier(loss, l, len(shard)) for l, shard in zip(losses, y_shards)]
        total = sum(totals)
        target = total if multiplier(loss, losses[0], len(y)) == 1 else total / len(y)
    params = net.trainable_variables
    trainer.apply_gradients(zip(tape.gradient(target, params), params))
    values = sum(num_values(l, len(shard)) for l, shard in zip(losses, y_shards))
    right = sum(correct(y_hat, shard) for y_hat, shard in zip(outputs, y_shards))
    return total, values, right, int(tf.size(y)), len(y)


def train_batch_ch13(net, X, y, loss, trainer, devices, split_f=None):
    total, _, right, *_ = _train_batch(net, X, y, loss, trainer, devices, split_f)
    return total, right


def train_ch13(net, train_iter, test_iter, loss, trainer, num_epochs, devices=None, split_f=None):
    forks.check()
    devices = [_present(device) for device in checks.devices(try_all_gpus() if devices is None else devices)]

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
