"""What the book's cells do with loaders that have workers: each use starts workers of its own."""

import warnings


def run(d2l, load_data_fashion_mnist, net, loss, trainer):
    """Look at a batch, go over all of them, train; print how many batches and workers there are."""
    warnings.simplefilter("ignore")
    train_iter, test_iter = load_data_fashion_mnist(256)
    next(iter(train_iter))
    timer = d2l.Timer()
    num_batches = sum(1 for X, y in train_iter)
    timer.stop()
    d2l.train_ch3(net, train_iter, test_iter, loss, 1, trainer)
    print(num_batches, d2l.get_dataloader_workers())
