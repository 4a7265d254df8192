"""The book's loaders of images one by one in Paddle and its workers; the argument is their folder."""

import sys

from d2l_multi import paddle as d2l  # isort: split

import paddle
from paddle.vision import transforms

from tests.book.programs.loader_cells import run


def dataset(part, mode):
    images, labels = (f"{sys.argv[1]}/{part}-{kind}-ubyte.gz" for kind in ("images-idx3", "labels-idx1"))
    return paddle.vision.datasets.FashionMNIST(images, labels, mode=mode, transform=transforms.ToTensor())


mnist_train, mnist_test = dataset("train", "train"), dataset("t10k", "test")


def load_data_fashion_mnist(batch_size):
    workers = d2l.get_dataloader_workers()
    return (
        paddle.io.DataLoader(mnist_train, batch_size=batch_size, shuffle=True, num_workers=workers),
        paddle.io.DataLoader(mnist_test, batch_size=batch_size, num_workers=workers),
    )


net = paddle.nn.Sequential(paddle.nn.Flatten(), paddle.nn.Linear(784, 10))
loss = paddle.nn.CrossEntropyLoss(reduction="none")
trainer = paddle.optimizer.SGD(learning_rate=0.1, parameters=net.parameters())
run(d2l, load_data_fashion_mnist, net, loss, trainer)
