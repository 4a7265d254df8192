import os

THREADS_CHOSEN = {"OMP_NUM_THREADS", "FLAGS_paddle_num_threads"} & os.environ.keys()

import paddle  # noqa: E402  (it sets OMP_NUM_THREADS)
from paddle import nn  # noqa: E402

from d2l_multi.compare.concise import paddle as concise  # noqa: E402
from d2l_multi.compat.cores import num_cores  # noqa: E402

BATCH, SMALL = 256, 10

if not THREADS_CHOSEN:
    paddle.base.core.set_num_threads(num_cores())  # for the original and the bare loop too


def wait(tensor):
    pass  # the CPU computes as it is asked


def offline(files):
    """Paddle checks the sums of the published files, which a stand-in does not have."""
    by_name = {file.name: str(file) for file in files}
    paddle.vision.datasets.mnist._check_exists_and_download = lambda path, url, *_: by_name[
        url.split("/")[-1]
    ]


def model(hidden):
    widths = [784, 256, 10] if hidden else [784, 10]
    net = nn.Sequential(nn.Flatten(), *concise.net(widths, True, "float32", "cpu"))
    return net, concise.cross_entropy(), paddle.optimizer.SGD(0.1, parameters=net.parameters())


def resnet(d2l):
    """A small ResNet for images of 96 by 96."""
    stem = [nn.Conv2D(1, 16, 7, stride=2, padding=3), nn.BatchNorm2D(16), nn.ReLU(), nn.MaxPool2D(3, 2, 1)]
    blocks = [d2l.Residual(16, 16), d2l.Residual(16, 32, use_1x1conv=True, strides=2), d2l.Residual(32, 32)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2D(1), nn.Flatten(), nn.Linear(32, 10))


def trained_by(net):
    """A loss and an optimiser for a net that has seen a batch."""
    return nn.CrossEntropyLoss(reduction="none"), paddle.optimizer.SGD(0.1, parameters=net.parameters())


class Bare:
    def __init__(self, arrays):
        self.X, self.y = (
            paddle.to_tensor(arrays["train_images"]),
            paddle.to_tensor(arrays["train_labels"]).astype("int64"),
        )
        self.X_val, self.y_val = (
            paddle.to_tensor(arrays["test_images"]),
            paddle.to_tensor(arrays["test_labels"]).astype("int64"),
        )
        self.rows, self.targets = paddle.randn((20_000, 10)), paddle.randn((20_000, 1))

    def batches(self):
        order = paddle.randperm(len(self.X))
        for start in range(0, len(self.X), BATCH):
            rows = order[start : start + BATCH]
            X = paddle.gather(self.X, rows).astype("float32") / 255
            yield X.unsqueeze(1), paddle.gather(self.y, rows)

    def iterate(self):
        for _ in self.batches():
            pass

    def epoch(self, net, loss, optimiser):
        net.train()
        total, correct = paddle.zeros([]), paddle.zeros([], "int64")
        for X, y in self.batches():
            y_hat = net(X)
            l = loss(y_hat, y)
            optimiser.clear_grad()
            l.mean().backward()
            optimiser.step()
            with paddle.no_grad():
                total += l.sum()
                correct += (y_hat.argmax(1) == y).sum()
        return float(total), int(correct)

    def validate(self, net, loss):
        net.eval()
        total, correct = paddle.zeros([]), paddle.zeros([], "int64")
        with paddle.no_grad():
            for start in range(0, len(self.X_val), BATCH):
                X, y = self.X_val[start : start + BATCH], self.y_val[start : start + BATCH]
                y_hat = net((X.astype("float32") / 255).unsqueeze(1))
                total += loss(y_hat, y).sum()
                correct += (y_hat.argmax(1) == y).sum()
        return float(total), int(correct)

    def small_batches(self, rows):
        order = paddle.randperm(rows)
        X, y = paddle.gather(self.rows, order), paddle.gather(self.targets, order)
        for start in range(0, len(X), SMALL):
            batch = X[start : start + SMALL], y[start : start + SMALL]  # noqa: F841
