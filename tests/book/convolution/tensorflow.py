import tensorflow as tf
from tensorflow.keras import layers


def corr2d_layer(d2l):
    class Conv2D(layers.Layer):
        def build(self, kernel_size):
            self.weight = self.add_weight(name="w", shape=(1, 2), initializer=tf.random_normal_initializer())
            self.bias = self.add_weight(name="b", shape=(1,), initializer="zeros")

        def call(self, inputs):
            return d2l.corr2d(inputs, self.weight) + self.bias

    X = tf.Variable(tf.ones((6, 8)))
    X[:, 2:6].assign(tf.zeros(X[:, 2:6].shape))
    Y = d2l.corr2d(X, tf.constant([[1.0, -1.0]]))
    layer = Conv2D()
    layer(X)
    for _ in range(150):
        with tf.GradientTape() as g:
            l = (layer(X) - Y) ** 2
        params = layer.trainable_variables
        for param, grad in zip(params, g.gradient(l, params)):
            param.assign_sub(5e-3 * grad)
    channels = lambda X, K: tf.reduce_sum([d2l.corr2d(x, k) for x, k in zip(X, K)], axis=0)  # noqa: E731
    many = tf.stack([channels(tf.stack([X, X]), k) for k in tf.ones((3, 2, 2, 2))], 0)
    return layer.weight.value, many


def lenet():
    return tf.keras.models.Sequential(
        [
            layers.Conv2D(filters=6, kernel_size=5, activation="sigmoid", padding="same"),
            layers.AvgPool2D(pool_size=2, strides=2),
            layers.Conv2D(filters=16, kernel_size=5, activation="sigmoid"),
            layers.AvgPool2D(pool_size=2, strides=2),
            layers.Flatten(),
            layers.Dense(120, activation="sigmoid"),
            layers.Dense(84, activation="sigmoid"),
            layers.Dense(10),
        ]
    )


def alexnet():
    return tf.keras.models.Sequential(
        [
            layers.Conv2D(filters=4, kernel_size=11, strides=4, activation="relu"),
            layers.MaxPool2D(pool_size=3, strides=2),
            layers.Conv2D(filters=6, kernel_size=5, padding="same", activation="relu"),
            layers.MaxPool2D(pool_size=3, strides=2),
            layers.Conv2D(filters=8, kernel_size=3, padding="same", activation="relu"),
            layers.MaxPool2D(pool_size=3, strides=2),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10),
        ]
    )


def vgg():
    def vgg_block(num_convs, num_channels):
        blk = tf.keras.models.Sequential()
        for _ in range(num_convs):
            blk.add(layers.Conv2D(num_channels, kernel_size=3, padding="same", activation="relu"))
        blk.add(layers.MaxPool2D(pool_size=2, strides=2))
        return blk

    net = tf.keras.models.Sequential()
    for i, channels in enumerate([2, 4, 4, 8, 8]):
        net.add(vgg_block(1 + (i > 1), channels))
    for layer in (layers.Flatten(), layers.Dense(16, activation="relu"), layers.Dense(10)):
        net.add(layer)
    return net


def nin():
    def nin_block(num_channels, kernel_size, strides, padding):
        return tf.keras.models.Sequential(
            [
                layers.Conv2D(num_channels, kernel_size, strides, padding, activation="relu"),
                layers.Conv2D(num_channels, kernel_size=1, activation="relu"),
            ]
        )

    return tf.keras.models.Sequential(
        [
            nin_block(8, kernel_size=11, strides=4, padding="valid"),
            layers.MaxPool2D(pool_size=3, strides=2),
            nin_block(10, kernel_size=3, strides=1, padding="same"),
            layers.GlobalAveragePooling2D(),
            layers.Reshape((1, 1, 10)),
            layers.Flatten(),
        ]
    )


def googlenet():
    class Inception(tf.keras.Model):
        def __init__(self, c1, c2, c3, c4):
            super().__init__()
            self.p1_1 = layers.Conv2D(c1, 1, activation="relu")
            self.p2_1 = layers.Conv2D(c2[0], 1, activation="relu")
            self.p2_2 = layers.Conv2D(c2[1], 3, padding="same", activation="relu")
            self.p3_1 = layers.Conv2D(c3[0], 1, activation="relu")
            self.p3_2 = layers.Conv2D(c3[1], 5, padding="same", activation="relu")
            self.p4_1 = layers.MaxPool2D(3, 1, padding="same")
            self.p4_2 = layers.Conv2D(c4, 1, activation="relu")

        def call(self, x):
            paths = [self.p1_1(x), self.p2_2(self.p2_1(x)), self.p3_2(self.p3_1(x)), self.p4_2(self.p4_1(x))]
            return layers.Concatenate()(paths)

    return tf.keras.Sequential(
        [
            layers.Conv2D(4, 7, strides=2, padding="same", activation="relu"),
            layers.MaxPool2D(pool_size=3, strides=2, padding="same"),
            Inception(2, (2, 4), (1, 2), 2),
            layers.GlobalAvgPool2D(),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def densenet():
    class ConvBlock(layers.Layer):
        def __init__(self, num_channels):
            super().__init__()
            self.bn = layers.BatchNormalization()
            self.relu = layers.ReLU()
            self.conv = layers.Conv2D(filters=num_channels, kernel_size=(3, 3), padding="same")

        def call(self, x):
            return layers.concatenate([x, self.conv(self.relu(self.bn(x)))], axis=-1)

    class DenseBlock(layers.Layer):
        def __init__(self, num_convs, num_channels):
            super().__init__()
            self.listLayers = [ConvBlock(num_channels) for _ in range(num_convs)]

        def call(self, x):
            for layer in self.listLayers:
                x = layer(x)
            return x

    return tf.keras.Sequential(
        [
            layers.Conv2D(4, kernel_size=7, strides=2, padding="same"),
            layers.MaxPool2D(pool_size=3, strides=2, padding="same"),
            DenseBlock(2, 2),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(4, kernel_size=1),
            layers.AvgPool2D(pool_size=2, strides=2),
            layers.GlobalAvgPool2D(),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )


def batch_norm(d2l):
    class BatchNorm(layers.Layer):
        def build(self, input_shape):
            shape = [input_shape[-1]]
            self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones", trainable=True)
            self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros", trainable=True)
            self.moving_mean = self.add_weight(
                name="moving_mean", shape=shape, initializer="zeros", trainable=False
            )
            self.moving_variance = self.add_weight(
                name="moving_variance", shape=shape, initializer="ones", trainable=False
            )
            super().build(input_shape)

        @tf.function
        def call(self, inputs, training=False):
            mean, variance = self.moving_mean.value, self.moving_variance.value
            if training:
                mean, variance = tf.nn.moments(inputs, list(range(len(inputs.shape) - 1)))
                self.moving_mean.assign(0.9 * self.moving_mean + 0.1 * mean)
                self.moving_variance.assign(0.9 * self.moving_variance + 0.1 * variance)
            return self.gamma * (inputs - mean) * tf.math.rsqrt(variance + 1e-5) + self.beta

    net = tf.keras.models.Sequential(
        [
            layers.Conv2D(filters=6, kernel_size=5, input_shape=(28, 28, 1)),
            BatchNorm(),
            layers.Activation("sigmoid"),
            layers.AvgPool2D(pool_size=2, strides=2),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    return net, lambda net: tf.reshape(net.layers[1].gamma, (-1,))


def resnet(d2l):
    class ResnetBlock(layers.Layer):
        def __init__(self, num_channels, num_residuals, first_block=False, **kwargs):
            super().__init__(**kwargs)
            self.residual_layers = []
            for i in range(num_residuals):
                if i == 0 and not first_block:
                    self.residual_layers.append(d2l.Residual(num_channels, use_1x1conv=True, strides=2))
                else:
                    self.residual_layers.append(d2l.Residual(num_channels))

        def call(self, X):
            for layer in self.residual_layers:
                X = layer(X)
            return X

    return tf.keras.Sequential(
        [
            layers.Conv2D(4, kernel_size=7, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPool2D(pool_size=3, strides=2, padding="same"),
            ResnetBlock(4, 2, first_block=True),
            ResnetBlock(8, 2),
            layers.GlobalAvgPool2D(),
            layers.Dense(units=10),
        ]
    )


def resnet_class(d2l):
    class ResNet(d2l.Classifier):
        def b1(self):
            return tf.keras.models.Sequential(
                [
                    layers.Conv2D(4, kernel_size=7, strides=2, padding="same"),
                    layers.BatchNormalization(),
                    layers.Activation("relu"),
                    layers.MaxPool2D(pool_size=3, strides=2, padding="same"),
                ]
            )

    @d2l.add_to_class(ResNet)
    def block(self, num_residuals, num_channels, first_block=False):
        blk = tf.keras.models.Sequential()
        for i in range(num_residuals):
            if i == 0 and not first_block:
                blk.add(d2l.Residual(num_channels, use_1x1conv=True, strides=2))
            else:
                blk.add(d2l.Residual(num_channels))
        return blk

    @d2l.add_to_class(ResNet)
    def __init__(self, arch, lr=0.1, num_classes=10):
        super(ResNet, self).__init__()
        self.save_hyperparameters()
        self.net = tf.keras.models.Sequential([self.b1()])
        for i, b in enumerate(arch):
            self.net.add(self.block(*b, first_block=(i == 0)))
        last = [layers.GlobalAvgPool2D(), layers.Dense(units=num_classes)]
        self.net.add(tf.keras.models.Sequential(last))

    with d2l.try_gpu():
        return ResNet(((2, 4), (2, 8)), lr=0.01)


def anynet(d2l):
    class AnyNet(d2l.Classifier):
        def stem(self, num_channels):
            return tf.keras.models.Sequential(
                [
                    layers.Conv2D(num_channels, kernel_size=3, strides=2, padding="same"),
                    layers.BatchNormalization(),
                    layers.Activation("relu"),
                ]
            )

        def stage(self, depth, num_channels, groups, bot_mul):
            net = tf.keras.models.Sequential()
            for i in range(depth):
                if i == 0:
                    net.add(d2l.ResNeXtBlock(num_channels, groups, bot_mul, use_1x1conv=True, strides=2))
                else:
                    net.add(d2l.ResNeXtBlock(num_channels, num_channels, groups, bot_mul))
            return net

        def __init__(self, arch, stem_channels, lr=0.1, num_classes=10):
            super().__init__()
            self.save_hyperparameters()
            self.net = tf.keras.models.Sequential([self.stem(stem_channels)])
            for s in arch:
                self.net.add(self.stage(*s))
            head = [layers.GlobalAvgPool2D(), layers.Dense(units=num_classes)]
            self.net.add(tf.keras.models.Sequential(head))

    class RegNetX(AnyNet):
        def __init__(self, lr=0.1, num_classes=10):
            super().__init__(((1, 4, 2, 1), (2, 8, 4, 1)), 4, lr, num_classes)

    with d2l.try_gpu():
        return RegNetX(lr=0.05)


def initialised(d2l, model, data):
    return model


def scheduled(d2l, train_iter, test_iter):
    def train(net_fn, train_iter, test_iter, num_epochs, lr, device, custom_callback):
        device_name = device._device_name
        strategy = tf.distribute.OneDeviceStrategy(device_name)
        with strategy.scope():
            optimizer = tf.keras.optimizers.SGD(learning_rate=lr)
            loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            net = net_fn()
            net.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
        callback = d2l.TrainCallback(net, train_iter, test_iter, num_epochs, device_name)
        callbacks = [callback, custom_callback]
        net.fit(train_iter, epochs=num_epochs, verbose=0, callbacks=callbacks)
        return callback.animator.Y[2], float(net.optimizer.learning_rate.numpy())

    schedule = tf.keras.callbacks.LearningRateScheduler(lambda epoch: 0.3 if epoch < 1 else 0.15)
    return train(lenet, train_iter, test_iter, 2, 0.3, d2l.try_gpu(), schedule)


def hybridized(d2l):
    net = tf.keras.Sequential([layers.Dense(4, activation="relu"), layers.Dense(2)])
    x = tf.random.normal([1, 8])
    before = net(x)
    with d2l.Benchmark("as it is"):
        net(x)
    net = tf.function(net)
    with d2l.Benchmark("as a script"):
        return before, net(x)


def data_parallel(d2l, train_iter, test_iter):
    """By hand, with a copy of the parameters on each device."""
    weights = [tf.random.normal((784, 8)) * 0.01, tf.random.normal((8, 10)) * 0.01]

    def net(X, params):
        return tf.nn.relu(tf.reshape(X, (-1, 784)) @ params[0]) @ params[1]

    def get_params(params, device):
        with device:
            return [tf.Variable(p) for p in params]

    devices = [d2l.try_gpu(i) for i in range(2)]
    device_params = [get_params(weights, d) for d in devices]
    for X, y in train_iter:
        X_shards, y_shards = d2l.split_batch(X, y, devices)
        grads = []
        for x, t, params in zip(X_shards, y_shards, device_params):
            with tf.GradientTape() as tape:
                l = tf.nn.sparse_softmax_cross_entropy_with_logits(t, net(x, params))
            grads.append(tape.gradient(l, params))
        summed = [tf.add_n(parts) for parts in zip(*grads)]
        for params in device_params:
            d2l.sgd(params, summed, 0.1, X.shape[0])
    accuracy = d2l.evaluate_accuracy_gpu(lambda x: net(x, device_params[0]), test_iter, devices[0])
    return accuracy, [params[0] for params in device_params]


def concise_parallel(d2l, num_gpus, train_iter, test_iter):
    net = d2l.resnet18(10)
    devices = [d2l.try_gpu(i) for i in range(num_gpus)]
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    d2l.train_ch13(net, train_iter, test_iter, loss, tf.keras.optimizers.SGD(0.01), 1, devices)
    return d2l.evaluate_accuracy_gpus(net, test_iter)


def own_trainer(d2l, Trainer):
    @d2l.add_to_class(Trainer)
    def __init__(self, max_epochs, num_gpus=0, gradient_clip_val=0):
        self.save_hyperparameters()
        self.gpus = [d2l.gpu(i) for i in range(min(num_gpus, d2l.num_gpus()))]

    @d2l.add_to_class(Trainer)
    def prepare_batch(self, batch):
        if self.gpus:
            batch = [d2l.to(a, self.gpus[0]) for a in batch]
        return batch

    @d2l.add_to_class(Trainer)
    def prepare_model(self, model):
        model.trainer = self
        model.board.xlim = [0, self.max_epochs]
        self.model = model
