import paddle
from paddle import nn
from paddle.nn import functional as F


def corr2d_layer(d2l):
    class Conv2D(nn.Layer):
        def __init__(self, kernel_size):
            super().__init__()
            self.weight = paddle.create_parameter(kernel_size, dtype="float32")
            self.bias = paddle.create_parameter([1], dtype="float32", is_bias=True)

        def forward(self, x):
            return d2l.corr2d(x, self.weight) + self.bias

    X = paddle.ones((6, 8))
    X[:, 2:6] = 0
    Y = d2l.corr2d(X, paddle.to_tensor([[1.0, -1.0]]))
    layer = Conv2D((1, 2))
    for _ in range(150):
        l = (layer(X) - Y) ** 2
        l.sum().backward()
        with paddle.no_grad():
            for param in layer.parameters():
                param.set_value(param - 5e-3 * param.grad)
                param.clear_gradient()
    channels = lambda X, K: sum(d2l.corr2d(x, k) for x, k in zip(X, K))  # noqa: E731
    many = paddle.stack([channels(paddle.stack([X, X]), k) for k in paddle.ones([3, 2, 2, 2])], 0)
    return layer.weight, many


def lenet():
    return nn.Sequential(
        nn.Conv2D(1, 6, kernel_size=5, padding=2),
        nn.Sigmoid(),
        nn.AvgPool2D(kernel_size=2, stride=2),
        nn.Conv2D(6, 16, kernel_size=5),
        nn.Sigmoid(),
        nn.AvgPool2D(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120),
        nn.Sigmoid(),
        nn.Linear(120, 84),
        nn.Sigmoid(),
        nn.Linear(84, 10),
    )


def alexnet():
    return nn.Sequential(
        nn.Conv2D(1, 4, kernel_size=11, stride=4, padding=1),
        nn.ReLU(),
        nn.MaxPool2D(kernel_size=3, stride=2),
        nn.Conv2D(4, 6, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2D(kernel_size=3, stride=2),
        nn.Conv2D(6, 8, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2D(kernel_size=3, stride=2),
        nn.Flatten(),
        nn.Linear(200, 16),
        nn.ReLU(),
        nn.Dropout(p=0.5),
        nn.Linear(16, 10),
    )


def vgg():
    def vgg_block(num_convs, in_channels, out_channels):
        layers = []
        for _ in range(num_convs):
            layers += [nn.Conv2D(in_channels, out_channels, kernel_size=3, padding=1), nn.ReLU()]
            in_channels = out_channels
        return nn.Sequential(*layers, nn.MaxPool2D(kernel_size=2, stride=2))

    channels = [1, 2, 4, 4, 8, 8]
    blocks = [vgg_block(1 + (i > 1), channels[i], channels[i + 1]) for i in range(5)]
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(8 * 7 * 7, 16), nn.ReLU(), nn.Linear(16, 10))


def nin():
    def nin_block(in_channels, out_channels, kernel_size, strides, padding):
        return nn.Sequential(
            nn.Conv2D(in_channels, out_channels, kernel_size, strides, padding),
            nn.ReLU(),
            nn.Conv2D(out_channels, out_channels, kernel_size=1),
            nn.ReLU(),
        )

    return nn.Sequential(
        nin_block(1, 8, kernel_size=11, strides=4, padding=0),
        nn.MaxPool2D(3, stride=2),
        nin_block(8, 10, kernel_size=3, strides=1, padding=1),
        nn.AdaptiveAvgPool2D((1, 1)),
        nn.Flatten(),
    )


def googlenet():
    class Inception(nn.Layer):
        def __init__(self, in_channels, c1, c2, c3, c4):
            super().__init__()
            self.p1_1 = nn.Conv2D(in_channels, c1, kernel_size=1)
            self.p2_1 = nn.Conv2D(in_channels, c2[0], kernel_size=1)
            self.p2_2 = nn.Conv2D(c2[0], c2[1], kernel_size=3, padding=1)
            self.p3_1 = nn.Conv2D(in_channels, c3[0], kernel_size=1)
            self.p3_2 = nn.Conv2D(c3[0], c3[1], kernel_size=5, padding=2)
            self.p4_1 = nn.MaxPool2D(kernel_size=3, stride=1, padding=1)
            self.p4_2 = nn.Conv2D(in_channels, c4, kernel_size=1)

        def forward(self, x):
            paths = [self.p1_1(x), self.p2_2(F.relu(self.p2_1(x))), self.p3_2(F.relu(self.p3_1(x)))]
            return paddle.concat([*map(F.relu, paths), F.relu(self.p4_2(self.p4_1(x)))], axis=1)

    return nn.Sequential(
        nn.Sequential(nn.Conv2D(1, 4, kernel_size=7, stride=2, padding=3), nn.ReLU(), nn.MaxPool2D(3, 2, 1)),
        nn.Sequential(Inception(4, 2, (2, 4), (1, 2), 2), nn.AdaptiveAvgPool2D((1, 1)), nn.Flatten()),
        nn.Linear(10, 10),
    )


def densenet():
    def conv_block(input_channels, num_channels):
        return nn.Sequential(
            nn.BatchNorm2D(input_channels), nn.ReLU(), nn.Conv2D(input_channels, num_channels, 3, padding=1)
        )

    class DenseBlock(nn.Layer):
        def __init__(self, num_convs, input_channels, num_channels):
            super().__init__()
            layers = [conv_block(num_channels * i + input_channels, num_channels) for i in range(num_convs)]
            self.net = nn.Sequential(*layers)

        def forward(self, X):
            for blk in self.net:
                X = paddle.concat((X, blk(X)), axis=1)
            return X

    transition = [nn.BatchNorm2D(8), nn.ReLU(), nn.Conv2D(8, 4, kernel_size=1), nn.AvgPool2D(2, 2)]
    return nn.Sequential(
        nn.Conv2D(1, 4, kernel_size=7, stride=2, padding=3),
        nn.MaxPool2D(kernel_size=3, stride=2, padding=1),
        DenseBlock(2, 4, 2),
        *transition,
        nn.AdaptiveAvgPool2D((1, 1)),
        nn.Flatten(),
        nn.Linear(4, 10),
    )


def batch_norm(d2l):
    class BatchNorm(nn.Layer):
        def __init__(self, num_features, num_dims):
            super().__init__()
            shape = (1, num_features) if num_dims == 2 else (1, num_features, 1, 1)
            one, zero = nn.initializer.Assign(paddle.ones(shape)), nn.initializer.Assign(paddle.zeros(shape))
            self.gamma = self.create_parameter(shape, attr=None, default_initializer=one)
            self.beta = self.create_parameter(shape, attr=None, default_initializer=zero)
            self.moving_mean, self.moving_var = paddle.zeros(shape), paddle.ones(shape)

        def forward(self, X):
            mean, var = self.moving_mean, self.moving_var
            if paddle.is_grad_enabled():
                axes = (0,) if len(X.shape) == 2 else (0, 2, 3)
                mean = X.mean(axis=axes, keepdim=True)
                var = ((X - mean) ** 2).mean(axis=axes, keepdim=True)
                self.moving_mean = (0.9 * self.moving_mean + 0.1 * mean).detach()
                self.moving_var = (0.9 * self.moving_var + 0.1 * var).detach()
            return self.gamma * (X - mean) / paddle.sqrt(var + 1e-5) + self.beta

    net = nn.Sequential(
        nn.Conv2D(1, 6, kernel_size=5),
        BatchNorm(6, num_dims=4),
        nn.Sigmoid(),
        nn.AvgPool2D(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(6 * 12 * 12, 10),
    )
    return net, lambda net: net[1].gamma.reshape((-1,))


def resnet(d2l):
    def resnet_block(input_channels, num_channels, num_residuals, first_block=False):
        blk = []
        for i in range(num_residuals):
            if i == 0 and not first_block:
                blk.append(d2l.Residual(input_channels, num_channels, use_1x1conv=True, strides=2))
            else:
                blk.append(d2l.Residual(num_channels, num_channels))
        return blk

    b1 = nn.Sequential(
        nn.Conv2D(1, 4, kernel_size=7, stride=2, padding=3),
        nn.BatchNorm2D(4),
        nn.ReLU(),
        nn.MaxPool2D(3, 2, 1),
    )
    b2 = nn.Sequential(*resnet_block(4, 4, 2, first_block=True))
    b3 = nn.Sequential(*resnet_block(4, 8, 2))
    return nn.Sequential(b1, b2, b3, nn.AdaptiveAvgPool2D((1, 1)), nn.Flatten(), nn.Linear(8, 10))


def resnet_class(d2l):
    class ResNet(d2l.Classifier):
        def b1(self):
            return nn.Sequential(
                nn.Conv2D(1, 4, kernel_size=7, stride=2, padding=3),
                nn.BatchNorm2D(4),
                nn.ReLU(),
                nn.MaxPool2D(kernel_size=3, stride=2, padding=1),
            )

    @d2l.add_to_class(ResNet)
    def block(self, num_residuals, num_channels, first_block=False):
        blk = []
        for i in range(num_residuals):
            if i == 0 and not first_block:
                blk.append(d2l.Residual(num_channels, use_1x1conv=True, strides=2))
            else:
                blk.append(d2l.Residual(num_channels))
        return nn.Sequential(*blk)

    @d2l.add_to_class(ResNet)
    def __init__(self, arch, lr=0.1, num_classes=10):
        super(ResNet, self).__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(self.b1())
        for i, b in enumerate(arch):
            self.net.add_sublayer(f"b{i + 2}", self.block(*b, first_block=(i == 0)))
        last = nn.Sequential(nn.AdaptiveAvgPool2D((1, 1)), nn.Flatten(), nn.Linear(8, num_classes))
        self.net.add_sublayer("last", last)
        self.net.apply(d2l.init_cnn)

    return ResNet(((2, 4), (2, 8)), lr=0.01)


def anynet(d2l):
    class AnyNet(d2l.Classifier):
        def stem(self, num_channels):
            return nn.Sequential(
                nn.Conv2D(1, num_channels, kernel_size=3, stride=2, padding=1),
                nn.BatchNorm2D(num_channels),
                nn.ReLU(),
            )

        def stage(self, depth, num_channels, groups, bot_mul):
            blk = []
            for i in range(depth):
                if i == 0:
                    blk.append(d2l.ResNeXtBlock(num_channels, groups, bot_mul, use_1x1conv=True, strides=2))
                else:
                    blk.append(d2l.ResNeXtBlock(num_channels, num_channels, groups, bot_mul))
            return nn.Sequential(*blk)

        def __init__(self, arch, stem_channels, lr=0.1, num_classes=10):
            super().__init__()
            self.save_hyperparameters()
            self.net = nn.Sequential(self.stem(stem_channels))
            for i, s in enumerate(arch):
                self.net.add_sublayer(f"stage{i + 1}", self.stage(*s))
            head = nn.Sequential(nn.AdaptiveAvgPool2D((1, 1)), nn.Flatten(), nn.Linear(8, num_classes))
            self.net.add_sublayer("head", head)
            self.net.apply(d2l.init_cnn)

    class RegNetX(AnyNet):
        def __init__(self, lr=0.1, num_classes=10):
            super().__init__(((1, 4, 2, 1), (2, 8, 4, 1)), 4, lr, num_classes)

    return RegNetX(lr=0.05)


def initialised(d2l, model, data):
    model.apply_init([next(iter(data.get_dataloader(True)))[0]], d2l.init_cnn)
    return model


def scheduled(d2l, train_iter, test_iter):
    def train(net, train_iter, test_iter, num_epochs, loss, trainer, device, scheduler=None):
        net.to(device)
        animator = d2l.Animator(xlabel="epoch", xlim=[0, num_epochs], legend=["train loss", "test acc"])
        for epoch in range(num_epochs):
            metric = d2l.Accumulator(3)
            for X, y in train_iter:
                net.train()
                trainer.clear_grad()
                y_hat = net(X.to(device))
                l = loss(y_hat, y.to(device))
                l.backward()
                trainer.step()
                with paddle.no_grad():
                    metric.add(l * X.shape[0], d2l.accuracy(y_hat, y), X.shape[0])
            test_acc = d2l.evaluate_accuracy_gpu(net, test_iter)
            animator.add(epoch + 1, (metric[0] / metric[2], test_acc))
            scheduler.step()
        return animator.Y[1]

    net = lenet()
    scheduler = paddle.optimizer.lr.MultiStepDecay(0.3, milestones=[1], gamma=0.5)
    trainer = paddle.optimizer.SGD(learning_rate=scheduler, parameters=net.parameters())
    accuracies = train(
        net, train_iter, test_iter, 2, nn.CrossEntropyLoss(), trainer, d2l.try_gpu(), scheduler
    )
    return accuracies, trainer.get_lr()


def hybridized(d2l):
    net = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
    x = paddle.randn((1, 8))
    before = net(x)
    with d2l.Benchmark("as it is"):
        net(x)
    net = paddle.jit.to_static(net)
    with d2l.Benchmark("as a script"):
        return before, net(x)


def data_parallel(d2l, train_iter, test_iter):
    """By hand, with a copy of the parameters on each device."""
    W1, W2 = paddle.randn([784, 8]) * 0.01, paddle.randn([8, 10]) * 0.01
    loss = nn.CrossEntropyLoss(reduction="none")

    def net(X, params):
        return F.relu(X.reshape((-1, 784)) @ params[0]) @ params[1]

    def get_params(params, device):
        new_params = [p.to(device).clone() for p in params]
        for p in new_params:
            p.stop_gradient = False
        return new_params

    devices = [d2l.try_gpu(i) for i in range(2)]
    device_params = [get_params([W1, W2], d) for d in devices]
    for X, y in train_iter:
        X_shards, y_shards = d2l.split_batch(X, y, devices)
        ls = [loss(net(x, p), t).sum() for x, t, p in zip(X_shards, y_shards, device_params)]
        for l in ls:
            l.backward()
        grads = [sum(params[i].grad for params in device_params) for i in range(2)]
        for params in device_params:
            d2l.sgd(params, grads, 0.1, X.shape[0])
            for param in params:
                param.clear_gradient()
    accuracy = d2l.evaluate_accuracy_gpu(lambda x: net(x, device_params[0]), test_iter, devices[0])
    return accuracy, [params[0] for params in device_params]


def concise_parallel(d2l, num_gpus, train_iter, test_iter):
    net = d2l.resnet18(10)
    devices = [d2l.try_gpu(i) for i in range(num_gpus)]

    def init_weights(m):
        if type(m) in [nn.Linear, nn.Conv2D]:
            nn.initializer.Normal(std=0.01)(m.weight)

    net.apply(init_weights)
    trainer = paddle.optimizer.SGD(0.01, parameters=net.parameters())
    loss = nn.CrossEntropyLoss(reduction="none")
    d2l.train_ch13(net, train_iter, test_iter, loss, trainer, 1, devices)
    return d2l.evaluate_accuracy_gpu(net, test_iter)


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
        if self.gpus:
            model.to(self.gpus[0])
        self.model = model
