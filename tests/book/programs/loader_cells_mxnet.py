"""The book's loaders of images one by one in MXNet and its workers; the argument is their folder."""

import os
import sys

from d2l_multi import mxnet as d2l  # isort: split

from mxnet import gluon, init
from mxnet.gluon.data.vision import datasets

from tests.book.programs.loader_cells import run

datasets.download = lambda url, path, **_: os.path.join(path, url.rpartition("/")[2])  # the files are there
mnist_train, mnist_test = (gluon.data.vision.FashionMNIST(sys.argv[1], train) for train in (True, False))


def load_data_fashion_mnist(batch_size):
    trans = gluon.data.vision.transforms.ToTensor()
    train, test = mnist_train.transform_first(trans), mnist_test.transform_first(trans)
    return (
        gluon.data.DataLoader(train, batch_size, shuffle=True, num_workers=d2l.get_dataloader_workers()),
        gluon.data.DataLoader(test, batch_size, shuffle=False, num_workers=d2l.get_dataloader_workers()),
    )


net = gluon.nn.Sequential()
net.add(gluon.nn.Dense(10))
net.initialize(init.Normal(sigma=0.01))
loss = gluon.loss.SoftmaxCrossEntropyLoss()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
run(d2l, load_data_fashion_mnist, net, loss, trainer)
