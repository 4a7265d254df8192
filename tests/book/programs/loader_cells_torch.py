"""The book's loaders of images one by one in PyTorch and its workers; the argument is their folder."""

import sys

import torch
import torchvision
from torch.utils import data
from torchvision import transforms

from d2l_multi import torch as d2l
from tests.book.programs.loader_cells import run

trans = transforms.ToTensor()
mnist_train, mnist_test = (
    torchvision.datasets.FashionMNIST(root=sys.argv[1], train=train, transform=trans)
    for train in (True, False)
)


def load_data_fashion_mnist(batch_size):
    return (
        data.DataLoader(mnist_train, batch_size, shuffle=True, num_workers=d2l.get_dataloader_workers()),
        data.DataLoader(mnist_test, batch_size, shuffle=False, num_workers=d2l.get_dataloader_workers()),
    )


net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))
loss = torch.nn.CrossEntropyLoss(reduction="none")
trainer = torch.optim.SGD(net.parameters(), lr=0.1)
run(d2l, load_data_fashion_mnist, net, loss, trainer)
