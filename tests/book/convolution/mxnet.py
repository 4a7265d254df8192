from mxnet import autograd, gluon, init, lr_scheduler, np, npx
from mxnet.gluon import nn


def corr2d_layer(d2l):
    class Conv2D(nn.Block):
        def __init__(self, kernel_size, **kwargs):
            super().__init__(**kwargs)
            self.weight = self.params.get("weight", shape=kernel_size)
            self.bias = self.params.get("bias", shape=(1,))

        def forward(self, x):
            return d2l.corr2d(x, self.weight.data()) + self.bias.data()

    X = np.ones((6, 8))
    X[:, 2:6] = 0
    Y = d2l.corr2d(X, np.array([[1.0, -1.0]]))
    layer = Conv2D((1, 2))
    layer.initialize()
    for _ in range(150):
        with autograd.record():
            l = (layer(X) - Y) ** 2
        l.backward()
        for param in (layer.weight, layer.bias):
            param.data()[:] -= 5e-3 * param.grad()
    channels = lambda X, K: sum(d2l.corr2d(x, k) for x, k in zip(X, K))  # noqa: E731
    many = np.stack([channels(np.stack([X, X]), k) for k in np.ones((3, 2, 2, 2))], 0)
    return layer.weight.data(), many


def sequence(*layers):
    net = nn.Sequential()
    net.add(*layers)
    return net


def lenet():
    return sequence(
        nn.Conv2D(channels=6, kernel_size=5, padding=2, activation="sigmoid"),
        nn.AvgPool2D(pool_size=2, strides=2),
        nn.Conv2D(channels=16, kernel_size=5, activation="sigmoid"),
        nn.AvgPool2D(pool_size=2, strides=2),
        nn.Dense(120, activation="sigmoid"),
        nn.Dense(84, activation="sigmoid"),
        nn.Dense(10),
    )


def alexnet():
    return sequence(
        nn.Conv2D(4, kernel_size=11, strides=4, activation="relu"),
        nn.MaxPool2D(pool_size=3, strides=2),
        nn.Conv2D(6, kernel_size=5, padding=2, activation="relu"),
        nn.MaxPool2D(pool_size=3, strides=2),
        nn.Conv2D(8, kernel_size=3, padding=1, activation="relu"),
        nn.MaxPool2D(pool_size=3, strides=2),
        nn.Dense(16, activation="relu"),
        nn.Dropout(0.5),
        nn.Dense(10),
    )


def vgg():
    def vgg_block(num_convs, num_channels):
        blk = nn.Sequential()
        for _ in range(num_convs):
            blk.add(nn.Conv2D(num_channels, kernel_size=3, padding=1, activation="relu"))
        blk.add(nn.MaxPool2D(pool_size=2, strides=2))
        return blk

    blocks = [vgg_block(1 + (i > 1), channels) for i, channels in enumerate([2, 4, 4, 8, 8])]
    return sequence(*blocks, nn.Dense(16, activation="relu"), nn.Dense(10))


def nin():
    def nin_block(num_channels, kernel_size, strides, padding):
        return sequence(
            nn.Conv2D(num_channels, kernel_size, strides, padding, activation="relu"),
            nn.Conv2D(num_channels, kernel_size=1, activation="relu"),
        )

    return sequence(
        nin_block(8, kernel_size=11, strides=4, padding=0),
        nn.MaxPool2D(pool_size=3, strides=2),
        nin_block(10, kernel_size=3, strides=1, padding=1),
        nn.GlobalAvgPool2D(),
        nn.Flatten(),
    )


def googlenet():
    class Inception(nn.Block):
        def __init__(self, c1, c2, c3, c4, **kwargs):
            super().__init__(**kwargs)
            self.p1_1 = nn.Conv2D(c1, kernel_size=1, activation="relu")
            self.p2_1 = nn.Conv2D(c2[0], kernel_size=1, activation="relu")
            self.p2_2 = nn.Conv2D(c2[1], kernel_size=3, padding=1, activation="relu")
            self.p3_1 = nn.Conv2D(c3[0], kernel_size=1, activation="relu")
            self.p3_2 = nn.Conv2D(c3[1], kernel_size=5, padding=2, activation="relu")
            self.p4_1 = nn.MaxPool2D(pool_size=3, strides=1, padding=1)
            self.p4_2 = nn.Conv2D(c4, kernel_size=1, activation="relu")

        def forward(self, x):
            paths = [self.p1_1(x), self.p2_2(self.p2_1(x)), self.p3_2(self.p3_1(x)), self.p4_2(self.p4_1(x))]
            return np.concatenate(paths, axis=1)

    return sequence(
        nn.Conv2D(4, kernel_size=7, strides=2, padding=3, activation="relu"),
        nn.MaxPool2D(pool_size=3, strides=2, padding=1),
        Inception(2, (2, 4), (1, 2), 2),
        nn.GlobalAvgPool2D(),
        nn.Dense(10),
    )


def densenet():
    class DenseBlock(nn.Block):
        def __init__(self, num_convs, num_channels, **kwargs):
            super().__init__(**kwargs)
            self.net = nn.Sequential()
            for _ in range(num_convs):
                conv = nn.Conv2D(num_channels, kernel_size=3, padding=1)
                self.net.add(sequence(nn.BatchNorm(), nn.Activation("relu"), conv))

        def forward(self, X):
            for blk in self.net:
                X = np.concatenate((X, blk(X)), axis=1)
            return X

    return sequence(
        nn.Conv2D(4, kernel_size=7, strides=2, padding=3),
        nn.MaxPool2D(pool_size=3, strides=2, padding=1),
        DenseBlock(2, 2),
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.Conv2D(4, kernel_size=1),
        nn.AvgPool2D(pool_size=2, strides=2),
        nn.GlobalAvgPool2D(),
        nn.Dense(10),
    )


def batch_norm(d2l):
    class BatchNorm(nn.Block):
        def __init__(self, num_features, num_dims, **kwargs):
            super().__init__(**kwargs)
            shape = (1, num_features) if num_dims == 2 else (1, num_features, 1, 1)
            self.gamma = self.params.get("gamma", shape=shape, init=init.One())
            self.beta = self.params.get("beta", shape=shape, init=init.Zero())
            self.moving_mean, self.moving_var = np.zeros(shape), np.ones(shape)

        def forward(self, X):
            if self.moving_mean.ctx != X.ctx:
                self.moving_mean = self.moving_mean.copyto(X.ctx)
                self.moving_var = self.moving_var.copyto(X.ctx)
            mean, var = self.moving_mean, self.moving_var
            if autograd.is_training():
                axes = (0,) if len(X.shape) == 2 else (0, 2, 3)
                mean = X.mean(axis=axes, keepdims=True)
                var = ((X - mean) ** 2).mean(axis=axes, keepdims=True)
                self.moving_mean = 0.9 * self.moving_mean + 0.1 * mean
                self.moving_var = 0.9 * self.moving_var + 0.1 * var
            return self.gamma.data() * (X - mean) / np.sqrt(var + 1e-5) + self.beta.data()

    net = sequence(
        nn.Conv2D(6, kernel_size=5),
        BatchNorm(6, num_dims=4),
        nn.Activation("sigmoid"),
        nn.AvgPool2D(pool_size=2, strides=2),
        nn.Dense(10),
    )
    return net, lambda net: net[1].gamma.data().reshape(-1)


def resnet(d2l):
    def resnet_block(num_channels, num_residuals, first_block=False):
        blk = nn.Sequential()
        for i in range(num_residuals):
            if i == 0 and not first_block:
                blk.add(d2l.Residual(num_channels, use_1x1conv=True, strides=2))
            else:
                blk.add(d2l.Residual(num_channels))
        return blk

    return sequence(
        nn.Conv2D(4, kernel_size=7, strides=2, padding=3),
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.MaxPool2D(pool_size=3, strides=2, padding=1),
        resnet_block(4, 2, first_block=True),
        resnet_block(8, 2),
        nn.GlobalAvgPool2D(),
        nn.Dense(10),
    )


def resnet_class(d2l):
    class ResNet(d2l.Classifier):
        def b1(self):
            return sequence(
                nn.Conv2D(4, kernel_size=7, strides=2, padding=3),
                nn.BatchNorm(),
                nn.Activation("relu"),
                nn.MaxPool2D(pool_size=3, strides=2, padding=1),
            )

    @d2l.add_to_class(ResNet)
    def block(self, num_residuals, num_channels, first_block=False):
        blk = nn.Sequential()
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
        self.net = nn.Sequential()
        self.net.add(self.b1())
        for i, b in enumerate(arch):
            self.net.add(self.block(*b, first_block=(i == 0)))
        self.net.add(nn.GlobalAvgPool2D(), nn.Dense(num_classes))
        self.net.initialize(init.Xavier())

    return ResNet(((2, 4), (2, 8)), lr=0.01)


def anynet(d2l):
    class AnyNet(d2l.Classifier):
        def stem(self, num_channels):
            return sequence(
                nn.Conv2D(num_channels, kernel_size=3, padding=1, strides=2),
                nn.BatchNorm(),
                nn.Activation("relu"),
            )

        def stage(self, depth, num_channels, groups, bot_mul):
            net = nn.Sequential()
            for i in range(depth):
                if i == 0:
                    net.add(d2l.ResNeXtBlock(num_channels, groups, bot_mul, use_1x1conv=True, strides=2))
                else:
                    net.add(d2l.ResNeXtBlock(num_channels, num_channels, groups, bot_mul))
            return net

        def __init__(self, arch, stem_channels, lr=0.1, num_classes=10):
            super().__init__()
            self.save_hyperparameters()
            self.net = nn.Sequential()
            self.net.add(self.stem(stem_channels))
            for s in arch:
                self.net.add(self.stage(*s))
            self.net.add(nn.GlobalAvgPool2D(), nn.Dense(num_classes))
            self.net.initialize(init.Xavier())

    class RegNetX(AnyNet):
        def __init__(self, lr=0.1, num_classes=10):
            super().__init__(((1, 4, 2, 1), (2, 8, 4, 1)), 4, lr, num_classes)

    return RegNetX(lr=0.05)


def initialised(d2l, model, data):
    return model


def scheduled(d2l, train_iter, test_iter):
    def train(net, train_iter, test_iter, num_epochs, loss, trainer, device):
        net.initialize(force_reinit=True, ctx=device, init=init.Xavier())
        animator = d2l.Animator(xlabel="epoch", xlim=[0, num_epochs], legend=["train loss", "test acc"])
        for epoch in range(num_epochs):
            metric = d2l.Accumulator(3)
            for X, y in train_iter:
                X, y = X.as_in_ctx(device), y.as_in_ctx(device)
                with autograd.record():
                    y_hat = net(X)
                    l = loss(y_hat, y)
                l.backward()
                trainer.step(X.shape[0])
                metric.add(l.sum(), d2l.accuracy(y_hat, y), X.shape[0])
            test_acc = d2l.evaluate_accuracy_gpu(net, test_iter)
            animator.add(epoch + 1, (metric[0] / metric[2], test_acc))
        return animator.Y[1]

    net = lenet()
    net.initialize(force_reinit=True, ctx=d2l.try_gpu(), init=init.Xavier())
    scheduler = lr_scheduler.MultiFactorScheduler(step=[3], factor=0.5)
    scheduler.base_lr = 0.3
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"lr_scheduler": scheduler})
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    return train(net, train_iter, test_iter, 2, loss, trainer, d2l.try_gpu()), trainer.learning_rate


def hybridized(d2l):
    net = nn.HybridSequential()
    net.add(nn.Dense(4, activation="relu"), nn.Dense(2))
    net.initialize()
    x = np.random.normal(size=(1, 8))
    before = net(x)
    with d2l.Benchmark("as it is"):
        net(x)
        npx.waitall()
    net.hybridize()
    with d2l.Benchmark("as a script"):
        y = net(x)
        y.wait_to_read()
        return before, y


def data_parallel(d2l, train_iter, test_iter):
    """By hand, with a copy of the parameters on each device."""
    weights = [np.random.normal(scale=0.01, size=(784, 8)), np.random.normal(scale=0.01, size=(8, 10))]
    loss = gluon.loss.SoftmaxCrossEntropyLoss()

    def net(X, params):
        return np.dot(npx.relu(np.dot(X.reshape(-1, 784), params[0])), params[1])

    def get_params(params, device):
        new_params = [p.copyto(device) for p in params]
        for p in new_params:
            p.attach_grad()
        return new_params

    def allreduce(data):
        for i in range(1, len(data)):
            data[0][:] += data[i].copyto(data[0].ctx)
        for i in range(1, len(data)):
            data[0].copyto(data[i])

    devices = [d2l.try_gpu(i) for i in range(2)]
    device_params = [get_params(weights, d) for d in devices]
    for X, y in train_iter:
        X_shards, y_shards = d2l.split_batch(X, y, devices)
        with autograd.record():
            ls = [loss(net(x, p), t) for x, t, p in zip(X_shards, y_shards, device_params)]
        for l in ls:
            l.backward()
        for i in range(2):
            allreduce([params[i].grad for params in device_params])
        for params in device_params:
            d2l.sgd(params, 0.1, X.shape[0])
        npx.waitall()
    accuracy = d2l.evaluate_accuracy_gpu(lambda x: net(x, device_params[0]), test_iter, devices[0])
    return accuracy, [params[0] for params in device_params]


def concise_parallel(d2l, num_gpus, train_iter, test_iter):
    net = d2l.resnet18(10)
    ctx = [d2l.try_gpu(i) for i in range(num_gpus)]
    net.initialize(init=init.Normal(sigma=0.01), ctx=ctx, force_reinit=True)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    for features, labels in train_iter:
        X_shards, y_shards = d2l.split_batch(features, labels, ctx)
        with autograd.record():
            ls = [loss(net(X_shard), y_shard) for X_shard, y_shard in zip(X_shards, y_shards)]
        for l in ls:
            l.backward()
        trainer.step(6)
    npx.waitall()
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
        model.collect_params().reset_ctx(d2l.try_gpu())
        model.set_scratch_params_device(d2l.try_gpu())
        self.model = model
