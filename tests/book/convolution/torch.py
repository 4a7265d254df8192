import torch
from torch import nn
from torch.nn import functional as F


def corr2d_layer(d2l):
    class Conv2D(nn.Module):
        def __init__(self, kernel_size):
            super().__init__()
            self.weight = nn.Parameter(torch.rand(kernel_size))
            self.bias = nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return d2l.corr2d(x, self.weight) + self.bias

    X = torch.ones((6, 8))
    X[:, 2:6] = 0
    Y = d2l.corr2d(X, torch.tensor([[1.0, -1.0]]))
    layer = Conv2D((1, 2))
    for _ in range(150):
        l = (layer(X) - Y) ** 2
        layer.zero_grad()
        l.sum().backward()
        for param in layer.parameters():
            param.data[:] -= 5e-3 * param.grad
    channels = lambda X, K: sum(d2l.corr2d(x, k) for x, k in zip(X, K))  # noqa: E731
    many = torch.stack([channels(torch.stack([X, X]), k) for k in torch.ones(3, 2, 2, 2)], 0)
    return layer.weight.data, many


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2),
        nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Conv2d(6, 16, kernel_size=5),
        nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120),
        nn.Sigmoid(),
        nn.Linear(120, 84),
        nn.Sigmoid(),
        nn.Linear(84, 10),
    )


def alexnet():
    return nn.Sequential(
        nn.Conv2d(1, 4, kernel_size=11, stride=4, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(4, 6, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(6, 8, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
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
            layers += [nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1), nn.ReLU()]
            in_channels = out_channels
        return nn.Sequential(*layers, nn.MaxPool2d(kernel_size=2, stride=2))

    channels = [1, 2, 4, 4, 8, 8]
    blocks = [vgg_block(1 + (i > 1), channels[i], channels[i + 1]) for i in range(5)]
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(8 * 7 * 7, 16), nn.ReLU(), nn.Linear(16, 10))


def nin():
    def nin_block(in_channels, out_channels, kernel_size, strides, padding):
        return nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size, strides, padding),
            nn.ReLU(),
            nn.Conv2d(out_channels, out_channels, kernel_size=1),
            nn.ReLU(),
        )

    return nn.Sequential(
        nin_block(1, 8, kernel_size=11, strides=4, padding=0),
        nn.MaxPool2d(3, stride=2),
        nin_block(8, 10, kernel_size=3, strides=1, padding=1),
        nn.AdaptiveAvgPool2d((1, 1)),
        nn.Flatten(),
    )


def googlenet():
    class Inception(nn.Module):
        def __init__(self, in_channels, c1, c2, c3, c4):
            super().__init__()
            self.p1_1 = nn.Conv2d(in_channels, c1, kernel_size=1)
            self.p2_1 = nn.Conv2d(in_channels, c2[0], kernel_size=1)
            self.p2_2 = nn.Conv2d(c2[0], c2[1], kernel_size=3, padding=1)
            self.p3_1 = nn.Conv2d(in_channels, c3[0], kernel_size=1)
            self.p3_2 = nn.Conv2d(c3[0], c3[1], kernel_size=5, padding=2)
            self.p4_1 = nn.MaxPool2d(kernel_size=3, stride=1, padding=1)
            self.p4_2 = nn.Conv2d(in_channels, c4, kernel_size=1)

        def forward(self, x):
            paths = [self.p1_1(x), self.p2_2(F.relu(self.p2_1(x))), self.p3_2(F.relu(self.p3_1(x)))]
            return torch.cat([*map(F.relu, paths), F.relu(self.p4_2(self.p4_1(x)))], dim=1)

    return nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 4, kernel_size=7, stride=2, padding=3), nn.ReLU(), nn.MaxPool2d(3, 2, 1)),
        nn.Sequential(Inception(4, 2, (2, 4), (1, 2), 2), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten()),
        nn.Linear(10, 10),
    )


def densenet():
    def conv_block(input_channels, num_channels):
        return nn.Sequential(
            nn.BatchNorm2d(input_channels), nn.ReLU(), nn.Conv2d(input_channels, num_channels, 3, padding=1)
        )

    class DenseBlock(nn.Module):
        def __init__(self, num_convs, input_channels, num_channels):
            super().__init__()
            layers = [conv_block(num_channels * i + input_channels, num_channels) for i in range(num_convs)]
            self.net = nn.Sequential(*layers)

        def forward(self, X):
            for blk in self.net:
                X = torch.cat((X, blk(X)), dim=1)
            return X

    transition = [nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, kernel_size=1), nn.AvgPool2d(2, 2)]
    return nn.Sequential(
        nn.Conv2d(1, 4, kernel_size=7, stride=2, padding=3),
        nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
        DenseBlock(2, 4, 2),
        *transition,
        nn.AdaptiveAvgPool2d((1, 1)),
        nn.Flatten(),
        nn.Linear(4, 10),
    )


def batch_norm(d2l):
    class BatchNorm(nn.Module):
        def __init__(self, num_features, num_dims):
            super().__init__()
            shape = (1, num_features) if num_dims == 2 else (1, num_features, 1, 1)
            self.gamma, self.beta = nn.Parameter(torch.ones(shape)), nn.Parameter(torch.zeros(shape))
            self.moving_mean, self.moving_var = torch.zeros(shape), torch.ones(shape)

        def forward(self, X):
            if self.moving_mean.device != X.device:
                self.moving_mean, self.moving_var = (
                    self.moving_mean.to(X.device),
                    self.moving_var.to(X.device),
                )
            mean, var = self.moving_mean, self.moving_var
            if torch.is_grad_enabled():
                axes = (0,) if len(X.shape) == 2 else (0, 2, 3)
                mean = X.mean(dim=axes, keepdim=True)
                var = ((X - mean) ** 2).mean(dim=axes, keepdim=True)
                self.moving_mean = (0.9 * self.moving_mean + 0.1 * mean).data
                self.moving_var = (0.9 * self.moving_var + 0.1 * var).data
            return self.gamma * (X - mean) / torch.sqrt(var + 1e-5) + self.beta

    net = nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5),
        BatchNorm(6, num_dims=4),
        nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
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
        nn.Conv2d(1, 4, kernel_size=7, stride=2, padding=3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
    )
    b2 = nn.Sequential(*resnet_block(4, 4, 2, first_block=True))
    b3 = nn.Sequential(*resnet_block(4, 8, 2))
    return nn.Sequential(b1, b2, b3, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(8, 10))


def resnet_class(d2l):
    class ResNet(d2l.Classifier):
        def b1(self):
            return nn.Sequential(
                nn.LazyConv2d(4, kernel_size=7, stride=2, padding=3),
                nn.LazyBatchNorm2d(),
                nn.ReLU(),
                nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
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
            self.net.add_module(f"b{i + 2}", self.block(*b, first_block=(i == 0)))
        last = nn.Sequential(nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.LazyLinear(num_classes))
        self.net.add_module("last", last)
        self.net.apply(d2l.init_cnn)

    return ResNet(((2, 4), (2, 8)), lr=0.01)


def anynet(d2l):
    class AnyNet(d2l.Classifier):
        def stem(self, num_channels):
            return nn.Sequential(
                nn.LazyConv2d(num_channels, kernel_size=3, stride=2, padding=1),
                nn.LazyBatchNorm2d(),
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
                self.net.add_module(f"stage{i + 1}", self.stage(*s))
            head = nn.Sequential(nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.LazyLinear(num_classes))
            self.net.add_module("head", head)
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
                trainer.zero_grad()
                y_hat = net(X.to(device))
                l = loss(y_hat, y.to(device))
                l.backward()
                trainer.step()
                with torch.no_grad():
                    metric.add(l * X.shape[0], d2l.accuracy(y_hat, y), X.shape[0])
            test_acc = d2l.evaluate_accuracy_gpu(net, test_iter)
            animator.add(epoch + 1, (metric[0] / metric[2], test_acc))
            scheduler.step()
        return animator.Y[1]

    net = lenet()
    trainer = torch.optim.SGD(net.parameters(), lr=0.3)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(trainer, milestones=[1], gamma=0.5)
    accuracies = train(
        net, train_iter, test_iter, 2, nn.CrossEntropyLoss(), trainer, d2l.try_gpu(), scheduler
    )
    return accuracies, trainer.param_groups[0]["lr"]


def hybridized(d2l):
    net = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2))
    x = torch.randn(size=(1, 8))
    before = net(x)
    with d2l.Benchmark("as it is"):
        net(x)
    net = torch.jit.script(net)
    with d2l.Benchmark("as a script"):
        return before, net(x)


def data_parallel(d2l, train_iter, test_iter):
    """By hand, with a copy of the parameters on each device."""
    W1, W2 = torch.randn(784, 8) * 0.01, torch.randn(8, 10) * 0.01
    loss = nn.CrossEntropyLoss(reduction="none")

    def net(X, params):
        return F.relu(X.reshape((-1, 784)) @ params[0]) @ params[1]

    def get_params(params, device):
        new_params = [p.to(device).clone() for p in params]
        for p in new_params:
            p.requires_grad_()
        return new_params

    def allreduce(data):
        for i in range(1, len(data)):
            data[0][:] += data[i].to(data[0].device)
        for i in range(1, len(data)):
            data[i][:] = data[0].to(data[i].device)

    devices = [d2l.try_gpu(i) for i in range(2)]
    device_params = [get_params([W1, W2], d) for d in devices]
    for X, y in train_iter:
        X_shards, y_shards = d2l.split_batch(X, y, devices)
        ls = [loss(net(x, p), t).sum() for x, t, p in zip(X_shards, y_shards, device_params)]
        for l in ls:
            l.backward()
        with torch.no_grad():
            for i in range(2):
                allreduce([params[i].grad for params in device_params])
        for params in device_params:
            d2l.sgd(params, 0.1, X.shape[0])
    accuracy = d2l.evaluate_accuracy_gpu(lambda x: net(x, device_params[0]), test_iter, devices[0])
    return accuracy, [params[0] for params in device_params]


def concise_parallel(d2l, num_gpus, train_iter, test_iter):
    net = d2l.resnet18(10)
    devices = [d2l.try_gpu(i) for i in range(num_gpus)]

    def init_weights(m):
        if type(m) in [nn.Linear, nn.Conv2d]:
            nn.init.normal_(m.weight, std=0.01)

    net.apply(init_weights)
    net = nn.DataParallel(net, device_ids=devices)
    trainer = torch.optim.SGD(net.parameters(), 0.1)
    loss = nn.CrossEntropyLoss()
    net.train()
    for X, y in train_iter:
        trainer.zero_grad()
        l = loss(net(X.to(devices[0])), y.to(devices[0]))
        l.backward()
        trainer.step()
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
