"""Training and evaluation in PaddlePaddle: linear and softmax regression, multilayer perceptrons."""

from contextlib import contextmanager

from d2l_multi.book import contracts
from d2l_multi.book.charts import Animator, show_images
from d2l_multi.book.data import get_fashion_mnist_labels
from d2l_multi.book.distribution.paddle import add_gradients, average_gradients, of_batch, start_alike
from d2l_multi.book.tensors.paddle import as_tensor, product, promoted, widened
from d2l_multi.book.training import checks, contract, loops, metrics
from d2l_multi.compat import framework, private

with framework("paddle"):
    import paddle
    from paddle import nn


class Accumulator(metrics.Accumulator):
    tensor_type = paddle.Tensor

    @staticmethod
    def keep(value):
        return value.detach().clone().reshape([])

    @staticmethod
    def read(values):
        return [float(value) for value in values]


def linreg(X, w, b):
    checks.linear_shapes(X.shape, w.shape, b)
    Xw = product(X, w)
    if hasattr(b, "dtype") and b.dtype != Xw.dtype:
        Xw, b = promoted((Xw, b))
    return Xw + b


def squared_loss(y_hat, y):
    return (y_hat - like(y, y_hat)) ** 2 / 2


def like(y, y_hat):
    """Labels in the shape and the dtype of the outputs."""
    checks.same_size(y_hat.shape, y.shape)
    y = y if y.shape == y_hat.shape else y.reshape(y_hat.shape)
    return y if y.dtype == y_hat.dtype else y.astype(y_hat.dtype)


def sgd(*args, **kwargs):
    params, grads, lr, batch_size = loops.sgd_arguments(args, kwargs)
    stored = grads is None
    grads = [param.grad for param in params] if stored else grads
    checks.gradients(params, grads, "call backward() on the loss first")
    grads, batch_size = of_batch(params, grads, batch_size)
    with paddle.no_grad():
        for param, grad in zip(params, grads):
            param.subtract_(lr * grad / batch_size)
            if stored:
                param.clear_gradient()


def clip_by_norm(grads, theta):
    """Scale gradients in place, so that the norm of all is ``theta`` at most; nobody waits for it."""
    if grads:
        with paddle.no_grad():
            norm = paddle.sqrt(sum((grad * grad).sum() for grad in grads))
            factor = theta / norm.clip(min=theta)
            for grad in grads:
                grad.multiply_(factor)


class Updater(loops.Updater):
    sgd = staticmethod(sgd)


# Losses of each output by itself.
_ELEMENTWISE = (nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.BCELoss, nn.BCEWithLogitsLoss)


def loss_of(loss, y_hat, y):
    by_element = loss is squared_loss or isinstance(loss, _ELEMENTWISE)
    return loops.loss(loss, y_hat, y, by_element, like)


def correct(y_hat, y):
    """How many predictions are right, as a 0-d tensor that nobody has to wait for."""
    if y_hat.ndim > 1 and y_hat.shape[1] > 1:
        y = y.argmax(1) if y.shape == y_hat.shape else y
        y_hat = y_hat.argmax(1)
    checks.same_size(y_hat.shape, y.shape)
    y = widened(y if y.shape == y_hat.shape else y.reshape(y_hat.shape))
    return (y_hat.astype(y.dtype) == y).sum()


def accuracy(y_hat, y):
    return float(correct(as_tensor(y_hat), as_tensor(y)))


@contextmanager
def evaluation(net):
    """Evaluation mode without gradients; every layer's own mode comes back afterwards."""
    layers = net.sublayers(include_self=True) if isinstance(net, nn.Layer) else []
    modes = [layer.training for layer in layers]
    for layer in layers:
        layer.training = False
    try:
        with paddle.no_grad():
            yield
    finally:
        for layer, mode in zip(layers, modes):
            layer.training = mode


def _total(loss, l, num_examples):
    """The loss summed over the examples of a batch."""
    multiplier = loops.multiplier(loss, l, num_examples)
    return l.sum() if multiplier == 1 else l.sum() * multiplier


def evaluate_accuracy(net, data_iter):
    metric = Accumulator(2)  # correct predictions, number of examples
    with evaluation(net):
        for X, y in loops.pairs(data_iter, "data_iter"):
            y_hat = net(X)
            checks.outputs_fit(y_hat, y)
            metric.add_own(correct(y_hat, y), len(X))
    return loops.mean(metric[0], metric[1], "data_iter")


def evaluate_loss(net, data_iter, loss):
    metric = Accumulator(2)  # sum of losses, number of values
    with evaluation(net):
        for X, y in loops.pairs(data_iter, "data_iter"):
            y_hat = net(X)
            l = loss_of(loss, y_hat, y)
            metric.add_own(_total(loss, l, len(X)), loops.num_values(l, len(X)))
    return loops.mean(metric[0], metric[1], "data_iter")


def _params(updater):
    """What is trained, as far as that is known."""
    if isinstance(updater, paddle.optimizer.Optimizer):
        return private.paddle_parameters(updater)
    return getattr(updater, "params", [])


def train_epoch_ch3(net, train_iter, loss, updater):
    if isinstance(net, nn.Layer):
        net.train()
    params = _params(updater)
    start_alike(params)
    metric = Accumulator(4)  # sum of losses, number of values, correct predictions, number of examples
    for X, y in loops.pairs(train_iter, "train_iter"):
        y_hat = net(X)
        l = loss_of(loss, y_hat, y)
        if isinstance(updater, paddle.optimizer.Optimizer):
            updater.clear_grad()
            l.mean().backward()
            if loops.is_sum(loss, l):
                add_gradients(params)
            else:
                average_gradients(params, len(X))
            updater.step()
        else:
            _total(loss, l, len(X)).backward()
            updater(len(X))
        metric.add_own(
            _total(loss, l.detach(), len(X)), loops.num_values(l, len(X)), correct(y_hat, y), len(X)
        )
    return loops.epoch(metric.data, "train_iter")


def train_ch3(net, train_iter, test_iter, loss, num_epochs, updater):
    return loops.train_ch3(
        num_epochs,
        Animator,
        train_epoch=lambda: train_epoch_ch3(net, train_iter, loss, updater),
        test_accuracy=lambda: evaluate_accuracy(net, test_iter),
        train_iter=train_iter,
    )


def predict_ch3(net, test_iter, n=6):
    X, y = loops.first_batch(test_iter, "test_iter")
    with evaluation(net):
        y_hat = net(X)
    checks.outputs_fit(y_hat, y)
    predicted = y_hat.argmax(1)
    names = zip(get_fashion_mnist_labels(y[:n]), get_fashion_mnist_labels(predicted[:n]))
    show_images(X[:n], 1, n, titles=[f"{true}\n{guess}" for true, guess in names])


__all__ = contracts.offered(contract, globals())
