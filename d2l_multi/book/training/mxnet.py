"""Training and evaluation in MXNet: linear and softmax regression, multilayer perceptrons."""

from collections import defaultdict

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.charts import Animator, show_images
from d2l_multi.book.data import get_fashion_mnist_labels
from d2l_multi.book.distribution import workers
from d2l_multi.book.distribution.mxnet import add_gradients, of_batch, start_alike
from d2l_multi.book.tensors.mxnet import as_tensor, concat, int64, is_integral, product, promoted
from d2l_multi.book.training import checks, contract, loops, metrics
from d2l_multi.compat import framework, private

with framework("mxnet"):
    from mxnet import autograd, gluon
    from mxnet import np as mxnp


class Accumulator(metrics.Accumulator):
    tensor_type = mxnp.ndarray

    @staticmethod
    def keep(value):
        return value.detach().copy().reshape(())

    @staticmethod
    def read(values):
        if len({value.dtype for value in values}) > 1:
            return [float(value) for value in values]
        return mxnp.stack(values).asnumpy().tolist()  # one transfer


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
    return y.reshape(y_hat.shape).astype(y_hat.dtype, copy=False)


def sgd(*args, **kwargs):
    params, grads, lr, batch_size = loops.sgd_arguments(args, kwargs)
    stored = grads is None
    grads = [param.grad for param in params] if stored else grads
    checks.gradients(params, grads, "call attach_grad() on it before autograd.record()")
    own = grads
    grads, batch_size = of_batch(params, own, batch_size)
    for param, grad in zip(params, grads):
        param -= lr * grad / batch_size
    for grad in own if stored else ():
        grad[()] = 0


def clip_by_norm(grads, theta):
    """Scale gradients in place, so that the norm of all is ``theta`` at most; nobody waits for it."""
    if grads:
        factor = clipping_factor(grads, theta)
        for grad in grads:
            grad *= factor


def clipping_factor(grads, theta):
    norm = mxnp.sqrt(sum((grad * grad).sum() for grad in grads))
    return theta / mxnp.maximum(norm, theta)


class Updater(loops.Updater):
    sgd = staticmethod(sgd)


# Losses of each output by itself.
_ELEMENTWISE = (
    gluon.loss.L2Loss,
    gluon.loss.L1Loss,
    gluon.loss.HuberLoss,
    gluon.loss.LogisticLoss,
    gluon.loss.SigmoidBinaryCrossEntropyLoss,
)


def loss_of(loss, y_hat, y):
    by_element = loss is squared_loss or isinstance(loss, _ELEMENTWISE)
    return loops.loss(loss, y_hat, y, by_element, like)


def check_classes(labels, num_classes):
    """Whether these classes exist, for which MXNet takes the nearest; asked where no device is waited for."""
    if labels.ctx.device_type == "cpu" or not is_integral(labels):
        checks.classes(to_host(labels), num_classes)


def _check_epoch(loss, y_hat, labels):
    """The same for all labels that Gluon's cross-entropy saw; to look at each batch is to wait for it."""
    if labels and isinstance(loss, gluon.loss.SoftmaxCrossEntropyLoss) and y_hat.ndim > labels[0].ndim:
        alike = defaultdict(list)  # to be read in one transfer
        for y in labels:
            alike[y.shape[1:]].append(y)
        for group in alike.values():
            check_classes(concat(group), y_hat.shape[private.gluon_class_axis(loss)])


def correct(y_hat, y):
    """How many predictions are right, as a 0-d tensor that nobody has to wait for."""
    if y_hat.ndim > 1 and y_hat.shape[1] > 1:
        y = y.argmax(1) if y.shape == y_hat.shape else y
        y_hat = y_hat.argmax(1)
    checks.same_size(y_hat.shape, y.shape)
    y = y if y.shape == y_hat.shape else y.reshape(y_hat.shape)
    dtype = y.dtype
    if dtype.itemsize == 1:  # which does not hold the number of any class
        dtype, y = int64, y.astype(int64)
    return (y_hat.astype(dtype) == y).sum()


def accuracy(y_hat, y):
    return float(correct(as_tensor(y_hat), as_tensor(y)))


def _total(loss, l, num_examples):
    """The loss summed over the examples of a batch."""
    multiplier = loops.multiplier(loss, l, num_examples)
    return l.sum() if multiplier == 1 else l.sum() * multiplier


def evaluate_accuracy(net, data_iter):
    metric = Accumulator(2)  # correct predictions, number of examples
    for X, y in loops.pairs(data_iter, "data_iter"):
        y_hat = net(X)
        checks.outputs_fit(y_hat, y)
        metric.add_own(correct(y_hat, y), len(X))
    return loops.mean(metric[0], metric[1], "data_iter")


def evaluate_loss(net, data_iter, loss):
    metric = Accumulator(2)  # sum of losses, number of values
    seen, y_hat = [], None
    for X, y in loops.pairs(data_iter, "data_iter"):
        y_hat = net(X)
        l = loss_of(loss, y_hat, y)
        seen.append(y)
        metric.add_own(_total(loss, l, len(X)), loops.num_values(l, len(X)))
    _check_epoch(loss, y_hat, seen)
    return loops.mean(metric[0], metric[1], "data_iter")


def _params(updater):
    """What is trained, as far as that is known and exists already."""
    if isinstance(updater, gluon.Trainer):
        return [param.data() for param in private.gluon_trained(updater) if private.gluon_exists(param)]
    return getattr(updater, "params", [])


def train_epoch_ch3(net, train_iter, loss, updater):
    start_alike(_params(updater))
    metric = Accumulator(4)  # sum of losses, number of values, correct predictions, number of examples
    seen, y_hat = [], None
    for X, y in loops.pairs(train_iter, "train_iter"):
        with autograd.record():
            y_hat = net(X)
            l = loss_of(loss, y_hat, y)
            seen.append(y)
            multiplier = loops.multiplier(loss, l, len(X))
            target = l if multiplier == 1 else l * multiplier
        target.backward()
        if isinstance(updater, gluon.Trainer):
            updater.step(len(X) if workers.alone() else add_gradients(_params(updater), len(X)))
        else:
            updater(len(X))
        metric.add_own(target.sum(), loops.num_values(l, len(X)), correct(y_hat, y), len(X))
    _check_epoch(loss, y_hat, seen)
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
    y_hat = net(X)
    checks.outputs_fit(y_hat, y)
    predicted = y_hat.argmax(1)
    names = zip(get_fashion_mnist_labels(y[:n]), get_fashion_mnist_labels(predicted[:n]))
    show_images(X[:n], 1, n, titles=[f"{true}\n{guess}" for true, guess in names])


__all__ = contracts.offered(contract, globals())
