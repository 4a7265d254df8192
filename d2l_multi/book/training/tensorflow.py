"""Training and evaluation in TensorFlow: linear and softmax regression, multilayer perceptrons."""

from d2l_multi.book import contracts
from d2l_multi.book.charts import Animator, show_images
from d2l_multi.book.data import get_fashion_mnist_labels
from d2l_multi.book.distribution.tensorflow import add_gradients, average_gradients, of_batch, start_alike
from d2l_multi.book.tensors.tensorflow import as_tensor, int32, int64, product, promoted
from d2l_multi.book.training import checks, contract, loops, metrics
from d2l_multi.book.training.tensorflow_graphs import compiled_epoch
from d2l_multi.compat import forks, framework

with framework("tensorflow"):
    import tensorflow as tf


class Accumulator(metrics.Accumulator):
    tensor_type = (tf.Tensor, tf.Variable)

    @staticmethod
    def keep(value):
        return tf.reshape(value, ())

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
    return tf.cast(tf.reshape(y, tf.shape(y_hat)), y_hat.dtype)


def sgd(*args, **kwargs):
    params, grads, lr, batch_size = loops.sgd_arguments(args, kwargs)
    if grads is None:
        raise ValueError(
            "TensorFlow stores no gradients on its variables: use sgd(params, grads, lr, batch_size) "
            "with grads = tape.gradient(loss, params)"
        )
    checks.gradients(params, grads, "was it used inside the GradientTape?")
    grads, batch_size = of_batch(params, grads, batch_size)
    for param, grad in zip(params, grads):
        param.assign_sub(lr * grad / batch_size)


def clip_by_norm(grads, theta):
    """The gradients scaled, so that the norm of all is ``theta`` at most; nobody waits for it."""
    grads = [tf.convert_to_tensor(grad) for grad in grads]  # of a gather they are slices
    norm = tf.sqrt(sum(tf.reduce_sum(grad * grad) for grad in grads))
    factor = theta / tf.maximum(norm, theta)
    return [grad * factor for grad in grads]


class Updater(loops.Updater):
    sgd = staticmethod(sgd)


# Losses of each output by itself.
_ELEMENTWISE = (
    tf.keras.losses.MeanSquaredError,
    tf.keras.losses.MeanAbsoluteError,
    tf.keras.losses.MeanAbsolutePercentageError,
    tf.keras.losses.MeanSquaredLogarithmicError,
    tf.keras.losses.Huber,
    tf.keras.losses.LogCosh,
    tf.keras.losses.BinaryCrossentropy,
)


def correct(y_hat, y):
    """How many predictions are right, as a 0-d tensor that nobody has to wait for."""
    if len(y_hat.shape) > 1 and y_hat.shape[1] > 1:
        y = tf.argmax(y, 1) if y.shape == y_hat.shape else y
        y_hat = tf.argmax(y_hat, 1)
    checks.same_size(y_hat.shape, y.shape)
    y = widened(tf.reshape(y, [-1]))
    right = tf.reshape(tf.cast(y_hat, y.dtype), [-1]) == y
    return tf.reduce_sum(tf.cast(right, int32))


def widened(y):
    """Labels in a dtype that holds the number of any class."""
    return tf.cast(y, int64) if y.dtype.size < 4 and not y.dtype.is_floating else y


def accuracy(y_hat, y):
    return float(correct(as_tensor(y_hat), as_tensor(y)))


def loss_of(loss, y_hat, y):
    """Keras losses take (y, y_hat), all others (y_hat, y)."""
    by_keras = isinstance(loss, tf.keras.losses.Loss)
    call = (lambda y_hat, y: loss(y, y_hat)) if by_keras else loss
    by_element = loss is squared_loss or isinstance(loss, _ELEMENTWISE)
    return loops.loss(call, y_hat, y, by_element, like)


def predict(net, X, training):
    """Keras models are told whether they train; a plain function is just called."""
    return net(X, training=training) if isinstance(net, tf.keras.layers.Layer) else net(X)


def evaluate_accuracy(net, data_iter):
    metric = Accumulator(2)  # correct predictions, number of examples
    for X, y in loops.pairs(data_iter, "data_iter"):
        y_hat = predict(net, X, training=False)
        checks.outputs_fit(y_hat, y)
        metric.add_own(correct(y_hat, y), len(X))
    return loops.mean(metric[0], metric[1], "data_iter")


def evaluate_loss(net, data_iter, loss):
    metric = Accumulator(2)  # sum of losses, number of values
    for X, y in loops.pairs(data_iter, "data_iter"):
        y_hat = predict(net, X, training=False)
        l = loss_of(loss, y_hat, y)
        metric.add_own(tf.reduce_sum(l) * loops.multiplier(loss, l, len(X)), loops.num_values(l, len(X)))
    return loops.mean(metric[0], metric[1], "data_iter")


def _train_step(net, loss, updater, X, y):
    """Update once; return the sum of the losses, over how many values, correct predictions, and examples."""
    num_examples = tf.shape(X)[0] if X.shape[0] is None else X.shape[0]
    by_keras = isinstance(updater, tf.keras.optimizers.Optimizer)
    with tf.GradientTape() as tape:
        y_hat = predict(net, X, training=True)
        l = loss_of(loss, y_hat, y)
        total = tf.reduce_sum(l) * tf.cast(loops.multiplier(loss, l, num_examples), l.dtype)
        target = tf.reduce_mean(l) if by_keras else total
    if by_keras:
        params = net.trainable_variables
        grads = tape.gradient(target, params)
        grads = add_gradients(grads) if loops.is_sum(loss, l) else average_gradients(grads, num_examples)
        updater.apply_gradients(zip(grads, params))
    else:
        updater(num_examples, tape.gradient(target, updater.params))
    num_values = tf.size(l) if len(l.shape) else num_examples
    return total, num_values, correct(y_hat, y), num_examples


def train_epoch_ch3(net, train_iter, loss, updater):
    forks.check()
    _check_updater(net, updater)
    start_alike(getattr(updater, "params", getattr(net, "trainable_variables", [])))
    compiled = compiled_epoch(_train_step, net, train_iter, loss, updater)
    if compiled is not None:
        sums = [float(value) for value in compiled(train_iter)]
    else:
        metric = Accumulator(4)  # sum of losses, number of values, correct predictions, number of examples
        for X, y in loops.pairs(train_iter, "train_iter"):
            metric.add_own(*_train_step(net, loss, updater, X, y))
        sums = metric.data
    return loops.epoch(sums, "train_iter")


def _check_updater(net, updater):
    if isinstance(updater, tf.keras.optimizers.Optimizer):
        if not hasattr(net, "trainable_variables"):
            raise TypeError(
                "a Keras optimiser needs a Keras model, which knows its variables; for a net that is a "
                "function, use Updater([W, b], lr)"
            )
        if getattr(net, "built", False) and not net.trainable_variables:
            raise ValueError("the net has no trainable variables, so there is nothing to train")
    elif not hasattr(updater, "params"):
        raise TypeError(
            f"updater must be a Keras optimiser or an Updater([W, b], lr), got {type(updater).__name__}: "
            "TensorFlow must be told which variables to differentiate by"
        )


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
    y_hat = predict(net, X, training=False)
    checks.outputs_fit(y_hat, y)
    predicted = tf.argmax(y_hat, 1)
    names = zip(get_fashion_mnist_labels(y[:n]), get_fashion_mnist_labels(predicted[:n]))
    show_images(X[:n], 1, n, titles=[f"{true}\n{guess}" for true, guess in names])


__all__ = contracts.offered(contract, globals())
