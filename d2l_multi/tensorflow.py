"""*Dive into Deep Learning* in TensorFlow: ``from d2l_multi import tensorflow as d2l``."""

import functools
import threading
import time
import weakref

import numpy as np

from d2l_multi import compat, contract
from d2l_multi.common import (
    checks,
    dtypes,
    fashion_mnist,
    interrupts,
    metrics,
    objects,
    parameters,
    sampling,
    shapes,
    trainer,
    training,
)
from d2l_multi.common.animator import Animator
from d2l_multi.common.arrays import host_range, normal_arguments, one_number, to_host
from d2l_multi.common.board import ProgressBoard
from d2l_multi.common.cores import no_dataloader_workers as get_dataloader_workers
from d2l_multi.common.downloads import DATA_HUB, DATA_URL, download, download_extract
from d2l_multi.common.hyperparameters import HyperParameters, add_to_class
from d2l_multi.common.images import get_fashion_mnist_labels, show_images
from d2l_multi.common.metrics import Timer
from d2l_multi.common.parameters import Slot
from d2l_multi.common.plotting import lazy_pyplot as __getattr__
from d2l_multi.common.plotting import plot, set_axes, set_figsize, use_svg_display
from d2l_multi.common.training import ConvergenceWarning, DivergenceWarning, InterruptedWarning
from d2l_multi.compat import forks, private

with compat.framework("tensorflow"):
    import tensorflow as tf
    from tensorflow.keras import layers
    from tensorflow.python.eager.context import context

    tf.config.list_physical_devices()  # complains on stderr where there is no GPU; once is enough

forks.refuse_if(lambda: getattr(context(), "_initialized", False))

# --- Devices ------------------------------------------------------------------------------------


def cpu():
    return tf.device("/CPU:0")


def gpu(i=0):
    return tf.device(f"/GPU:{checks.device_index(i)}")


def num_gpus():
    return len(tf.config.list_physical_devices("GPU"))


def try_gpu(i=0):
    return gpu(i) if checks.device_index(i) < num_gpus() else cpu()


def try_all_gpus():
    return [gpu(i) for i in range(num_gpus())] or [cpu()]


# --- Tensor vocabulary ----------------------------------------------------------------------------

nn_Module = tf.keras.Model
int32, int64 = tf.int32, tf.int64
float32, float64 = tf.float32, tf.float64


_DTYPES = dtypes.of(tf)


def _dtype(dtype):
    return None if dtype is None else _DTYPES[dtypes.name(dtype, _DTYPES)]


def _on(device):
    """A scope that places what is made in it: on a device, its name, or where TensorFlow likes (None)."""
    return tf.device(device) if device is None or isinstance(device, str) else device


def _tensor(x):
    return x if tf.is_tensor(x) else tensor(x)


def _float(x):
    x = _tensor(x)
    return x if x.dtype.is_floating or x.dtype.is_complex else tf.cast(x, float32)


def _is_whole(x):
    return not x.dtype.is_floating and not x.dtype.is_complex


def _alike(tensors):
    """Tensors in the dtype that they have in common."""
    tensors = [_tensor(x) for x in tensors]
    if len({x.dtype for x in tensors}) < 2:
        return tensors
    dtype = _DTYPES[dtypes.common((x.dtype for x in tensors), _DTYPES)]
    return [tf.cast(x, dtype) for x in tensors]


def tensor(data, dtype=None, device=None, **native):
    forks.check()
    with _on(device):
        if tf.is_tensor(data):
            return tf.cast(tf.identity(data), _dtype(dtype) or data.dtype)
        return tf.constant(dtypes.host_array(data, dtype, "int32", _DTYPES), _dtype(dtype), **native)


def ones(*shape, dtype=None, device=None, **native):
    with _on(device):
        return tf.ones(shapes.sides(shape, native), _dtype(dtype) or float32, **native)


def zeros(*shape, dtype=None, device=None, **native):
    with _on(device):
        return tf.zeros(shapes.sides(shape, native), _dtype(dtype) or float32, **native)


def arange(start, stop=None, step=1, dtype=None, device=None, **native):
    values = dtypes.host_numbers(host_range(start, stop, step), dtype, "int32", _DTYPES)
    return tensor(values, dtype, device, **native)


def linspace(start, stop, num=50, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_linspace(start, stop, num, dtype), dtype, "int32", _DTYPES)
    return tensor(values, dtype, device, **native)


def meshgrid(*tensors, indexing="xy"):
    tensors = _alike(tensors)
    shapes.vectors([x.shape for x in tensors])
    return tf.meshgrid(*tensors, indexing=checks.one_of("indexing", indexing, ("xy", "ij")))


def eye(n, m=None, dtype=None, device=None, **native):
    n, m = checks.whole("n", n, 0), checks.whole("m", n if m is None else m, 0)
    with _on(device):
        return tf.eye(n, m, dtype=_dtype(dtype) or float32, **native)


def normal(mean=0.0, std=1.0, shape=(), *, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    mean, std, shape = normal_arguments(mean, std, shape, native)
    with _on(device):
        return tf.random.normal(shape, mean, std, _dtype(dtype) or float32, **native)


def rand(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    with _on(device):
        return tf.random.uniform(shapes.sides(shape, native), dtype=_dtype(dtype) or float32, **native)


def randn(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    with _on(device):
        return tf.random.normal(shapes.sides(shape, native), dtype=_dtype(dtype) or float32, **native)


def sin(x):
    return tf.sin(_float(x))


def cos(x):
    return tf.cos(_float(x))


def sinh(x):
    return tf.sinh(_float(x))


def cosh(x):
    return tf.cosh(_float(x))


def tanh(x):
    return tf.tanh(_float(x))


def exp(x):
    return tf.exp(_float(x))


def log(x):
    return tf.math.log(_float(x))


def abs(x):
    x = _tensor(x)
    return x if x.dtype in (tf.bool, tf.uint8) else tf.abs(x)


def matmul(x, y):
    x, y = _tensor(x), _tensor(y)
    shapes.product(x.shape, y.shape)
    return _product(x, y)


def _product(x, y):
    """The product in the dtype that both have in common; of integers as int64, which does not wrap around."""
    if x.dtype != y.dtype or not x.dtype.is_floating:
        x, y = _alike((x, y))
        x, y = (tf.cast(x, int64), tf.cast(y, int64)) if _is_whole(x) else (x, y)
    if len(y.shape) == 1:  # vectors
        return tf.tensordot(x, y, 1) if len(x.shape) == 1 else tf.linalg.matvec(x, y)
    return tf.linalg.matvec(y, x, transpose_a=True) if len(x.shape) == 1 else tf.matmul(x, y)


def concat(tensors, axis=0, **native):
    tensors = _alike(tensors)
    return tf.concat(tensors, shapes.joined("concat", [x.shape for x in tensors], axis), **native)


def stack(tensors, axis=0, **native):
    tensors = _alike(tensors)
    return tf.stack(tensors, shapes.joined("stack", [x.shape for x in tensors], axis), **native)


def reshape(x, *shape):
    x = _tensor(x)
    return tf.reshape(x, shapes.reshaped(x.shape, shape))


def transpose(x, axes=None):
    x = _tensor(x)
    return tf.transpose(x, shapes.permutation(x.shape, axes))


def reduce_sum(x, axis=None, keepdims=False, **native):
    x = _tensor(x)
    x = tf.cast(x, int64) if _is_whole(x) else x
    return tf.reduce_sum(x, **shapes.reduced(x.shape, axis, keepdims, native))


def reduce_mean(x, axis=None, keepdims=False, **native):
    x = _float(x)
    return tf.reduce_mean(x, **shapes.averaged(x.shape, axis, keepdims, native))


def argmax(x, axis=None, **native):
    x = _tensor(x)
    axis = shapes.indexed(x.shape, axis)
    x, axis = (tf.reshape(x, [-1]), 0) if axis is None else (x, axis)
    found = tf.argmax(x, axis, **native)
    if x.dtype.is_floating:  # NaN is the largest, as in NumPy; TensorFlow passes over it
        nan = tf.math.is_nan(x)
        with_nan = tf.argmax(tf.cast(nan, int32), axis, **native)
        found = tf.where(tf.reduce_any(nan, axis), with_nan, found)
    return found


def astype(x, dtype):
    return tf.cast(_tensor(x), _dtype(dtype))


def size(x):
    return int(_tensor(x).shape.num_elements())


def to(x, device):
    with _on(device):
        return tf.identity(x)


def numpy(x):
    return np.array(to_host(x))  # a copy: the next step of training changes a Variable in place


@to_host.register(tf.Tensor)
@to_host.register(tf.Variable)
def _host(x):
    return (tf.cast(x, float32) if x.dtype == tf.bfloat16 else x).numpy()


def as_parameter(array, device=None):
    value = tensor(array, device=device)
    dtypes.trainable(value.dtype)
    with _on(device):
        return tf.Variable(value)


# --- Measuring ------------------------------------------------------------------------------------


class Accumulator(metrics.Accumulator):
    tensor_type = (tf.Tensor, tf.Variable)

    @staticmethod
    def keep(value):
        return tf.reshape(value, ())

    @staticmethod
    def read(values):
        return [float(value) for value in values]


# --- Linear regression ----------------------------------------------------------------------------


def synthetic_data(w, b, num_examples, *, noise=0.01, seed=None):
    w = _float(w)
    num_inputs = checks.weight_length(w.shape)
    b = one_number("b", b)
    num_examples = checks.positive_int("num_examples", num_examples)
    noise = checks.deviation("noise", noise)
    if seed is not None:
        X, y = sampling.regression_data(numpy(w), b, num_examples, noise, seed)
        return tensor(X, device=w.device), tensor(y, device=w.device)
    X = normal(0, 1, (num_examples, num_inputs), dtype=w.dtype, device=w.device)
    y = matmul(X, tf.reshape(w, (-1, 1))) + b
    y += normal(0, noise, y.shape, dtype=w.dtype, device=w.device)
    return X, y


def data_iter(batch_size, features, labels, *, shuffle=True, seed=None):
    return iter(load_array((features, labels), batch_size, shuffle, seed=seed))


def load_array(data_arrays, batch_size, is_train=True, *, seed=None):
    arrays = tuple(
        checks.mapped(array) if isinstance(array, np.memmap) else _tensor(array)
        for array in checks.array_list(data_arrays)
    )
    checks.same_length(arrays)
    return ArrayLoader(arrays, checks.positive_int("batch_size", batch_size), is_train, seed)


class ArrayLoader(tf.data.Dataset):
    """A Dataset of batches: eagerly Python cuts up what it gathers at a time, in a graph TensorFlow does."""

    CUT = 250  # batches at a time: with more new tensors at once Python would look for garbage each time

    def __init__(self, arrays, batch_size, shuffle, seed, prepare=None):
        self.arrays, self.batch_size, self.prepare = arrays, int(batch_size), prepare
        native_order = lambda n: tf.random.shuffle(np.arange(n, dtype=np.int64)).numpy()  # noqa: E731
        self.orders = sampling.Orders(len(arrays[0]), shuffle, seed, native_order)
        self.in_graph = self.batches_in_graph(self.orders.next)
        super().__init__(tf.data.experimental.to_variant(self.in_graph))

    def _inputs(self):
        return [self.in_graph]

    @property
    def element_spec(self):
        return self.in_graph.element_spec

    def __iter__(self):
        return Pass(self) if tf.executing_eagerly() else super().__iter__()

    def blocks(self, order, most=None):
        """The examples in an order, some batches at a time (``most`` at most), gathered and prepared."""
        numbers = 4 * sampling.BLOCK  # a call costs more here than in the other frameworks
        size = sampling.block_size(self.element_spec, self.batch_size, numbers)
        size = size if most is None else min(size, most * self.batch_size)
        for start in range(0, len(order), size):
            yield _gather(self.arrays, tf.constant(order[start : start + size]), self.prepare)

    def batches_in_graph(self, next_order):
        return _batches_in_graph(self.arrays, self.batch_size, self.prepare, next_order)

    def unshuffled(self):
        """Another loader over the same examples, as they are stored; passes over this one do not count it."""
        return ArrayLoader(self.arrays, self.batch_size, False, None, self.prepare)


class Pass(private.tensorflow_iterator()):
    """One pass over an ArrayLoader: in Python, until a graph that it is handed to goes on with the rest."""

    _dataset = None  # of which a checkpoint could be made; Python's order is in none

    def __init__(self, loader):
        self._loader, self._order, self._taken = loader, None, 0
        self._batches = self._cut()
        self._lock = threading.Lock()  # threads may share it, as they may TensorFlow's own

    def _cut(self):
        forks.check()
        self._order, batch_size = self._loader.orders.next(), self._loader.batch_size
        for block in self._loader.blocks(self._order, self._loader.CUT):
            full, rest = divmod(len(block[0]), batch_size)
            sizes = [*[batch_size] * full, rest] if rest else full
            for batch in zip(*(tf.split(part, sizes) for part in block)):
                self._taken += 1
                yield batch

    def __next__(self):
        if not tf.executing_eagerly():
            return next(self._native)
        with self._lock:
            return next(self._batches)

    def get_next(self):
        try:
            return next(self)
        except StopIteration:
            raise tf.errors.OutOfRangeError(None, None, "End of sequence") from None

    @functools.cached_property
    def _native(self):
        """TensorFlow's own iterator over the rest of this pass, made when a graph asks for it."""
        with self._lock, tf.init_scope():
            rest, order = self._loader.in_graph, self._order
            if order is not None:  # else it will draw one itself
                rest = self._loader.batches_in_graph(lambda: order).skip(self._taken)
            self._batches = iter(rest)
        return self._batches

    @property
    def _iterator_resource(self):
        return self._native._iterator_resource

    @property
    def element_spec(self):
        return self._loader.element_spec


def _batches_in_graph(arrays, batch_size, prepare, next_order):
    """A Dataset of batches: Python draws the order of a pass, TensorFlow gathers blocks and cuts them up."""
    num_examples = len(arrays[0])
    num_full = num_examples // batch_size * batch_size
    block = sampling.block_size(arrays, batch_size)

    def gather(rows):
        return _gather(arrays, rows, prepare)

    def cut(*parts):
        shapes = [(-1, batch_size, *part.shape[1:]) for part in parts]
        return tf.data.Dataset.from_tensor_slices(tuple(map(tf.reshape, parts, shapes)))

    def draw():
        forks.check()
        return next_order()

    @tf.autograph.experimental.do_not_convert
    def one_pass(_):
        order = tf.ensure_shape(tf.numpy_function(draw, [], int64), (num_examples,))
        if block < 8 * batch_size:  # cutting blocks up would cost what they save
            starts = tf.data.Dataset.range(0, num_examples, batch_size)
            return starts.map(lambda start: gather(order[start : start + batch_size])).prefetch(2)
        starts = tf.data.Dataset.range(0, num_full, block)
        blocks = starts.map(lambda start: gather(order[start : tf.minimum(start + block, num_full)]))
        batches = blocks.prefetch(2).flat_map(cut)
        if num_full < num_examples:
            batches = batches.concatenate(tf.data.Dataset.from_tensors(order[num_full:]).map(gather))
        return batches

    options = tf.data.Options()
    options.autotune.enabled = False  # there is nothing to tune, and it costs a fifth of a small batch
    batches = tf.data.Dataset.range(1).flat_map(one_pass).with_options(options)
    return batches.apply(tf.data.experimental.assert_cardinality(-(-num_examples // batch_size)))


def _gather(arrays, rows, prepare):
    """The given rows of the arrays, prepared."""
    gathered = tuple(_rows(array, rows) for array in arrays)
    return gathered if prepare is None else prepare(*gathered)


def _rows(array, rows):
    """The given rows of a tensor, or of a memmap, which is read no further than that."""
    if not isinstance(array, np.memmap):
        return tf.raw_ops.GatherV2(params=array, indices=rows, axis=0)  # tf.gather is it, and 20 µs
    read = tf.numpy_function(array.__getitem__, [rows], tf.as_dtype(array.dtype))
    return tf.ensure_shape(read, (None, *array.shape[1:]))


def linreg(X, w, b):
    checks.linear_shapes(X.shape, w.shape, b)
    product = _product(X, w)
    if hasattr(b, "dtype") and b.dtype != product.dtype:
        product, b = _alike((product, b))
    return product + b


def squared_loss(y_hat, y):
    return (y_hat - _like(y, y_hat)) ** 2 / 2


def _like(y, y_hat):
    """Labels in the shape and the dtype of the outputs."""
    checks.same_size(y_hat.shape, y.shape)
    return tf.cast(tf.reshape(y, tf.shape(y_hat)), y_hat.dtype)


def sgd(*args, **kwargs):
    params, grads, lr, batch_size = training.sgd_arguments(args, kwargs)
    if grads is None:
        raise ValueError(
            "TensorFlow stores no gradients on its variables: use sgd(params, grads, lr, batch_size) "
            "with grads = tape.gradient(loss, params)"
        )
    checks.gradients(params, grads, "was it used inside the GradientTape?")
    for param, grad in zip(params, grads):
        param.assign_sub(lr * grad / batch_size)


class Updater(training.Updater):
    sgd = staticmethod(sgd)


# --- Fashion-MNIST ----------------------------------------------------------------------------------


def load_data_fashion_mnist(batch_size, resize=None, *, root=None, seed=None, device=None):
    checks.positive_int("batch_size", batch_size)
    train, test = read_fashion_mnist(resize, root, device)
    return train.loader(batch_size, True, seed), test.loader(batch_size, False, seed)


def read_fashion_mnist(resize, root, device):
    """The training set and the test set."""

    def images(pixels, labels, matrices):
        matrices = [tensor(matrix, device=device) for matrix in matrices]
        return Images(tensor(pixels, device=device), tensor(labels, int32, device), matrices)

    return fashion_mnist.datasets(images, resize, root)


class Images(tuple):
    """Images kept as bytes, and their labels; pixels are made of the bytes when they are asked for."""

    def __new__(cls, images, labels, matrices):
        self = super().__new__(cls, (images, labels))
        self.matrices = matrices
        return self

    def loader(self, batch_size, shuffle, seed):
        return ArrayLoader(self, batch_size, shuffle, seed, lambda X, y: (_pixels(X, self.matrices), y))


def _pixels(X, matrices):
    """Bytes (b, h, w) as float32 in [0, 1], (b, h, w, 1), resized if there are matrices."""
    X = tf.cast(X, float32)
    if matrices:
        rows, columns = matrices
        X = tf.floor(tf.matmul(X, columns, transpose_b=True) + 0.5)
        X = tf.floor(tf.matmul(rows, X) + 0.5)
    return tf.expand_dims(X / 255, -1)


# --- Training and evaluation ----------------------------------------------------------------------


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


def _correct(y_hat, y):
    """How many predictions are right, as a 0-d tensor that nobody has to wait for."""
    if len(y_hat.shape) > 1 and y_hat.shape[1] > 1:
        y = tf.argmax(y, 1) if y.shape == y_hat.shape else y
        y_hat = tf.argmax(y_hat, 1)
    checks.same_size(y_hat.shape, y.shape)
    y = _wide(tf.reshape(y, [-1]))
    right = tf.reshape(tf.cast(y_hat, y.dtype), [-1]) == y
    return tf.reduce_sum(tf.cast(right, int32))


def _wide(y):
    """Labels in a dtype that holds the number of any class."""
    return tf.cast(y, int64) if y.dtype.size < 4 and not y.dtype.is_floating else y


def accuracy(y_hat, y):
    return float(_correct(_tensor(y_hat), _tensor(y)))


def _loss(loss, y_hat, y):
    """Keras losses take (y, y_hat), all others (y_hat, y)."""
    by_keras = isinstance(loss, tf.keras.losses.Loss)
    call = (lambda y_hat, y: loss(y, y_hat)) if by_keras else loss
    by_element = loss is squared_loss or isinstance(loss, _ELEMENTWISE)
    return training.loss(call, y_hat, y, by_element, _like)


def _predict(net, X, training):
    """Keras models are told whether they train; a plain function is just called."""
    return net(X, training=training) if isinstance(net, tf.keras.layers.Layer) else net(X)


def evaluate_accuracy(net, data_iter):
    metric = Accumulator(2)  # correct predictions, number of examples
    for X, y in training.pairs(data_iter, "data_iter"):
        y_hat = _predict(net, X, training=False)
        checks.outputs_fit(y_hat, y)
        metric.add_own(_correct(y_hat, y), len(X))
    return training.mean(metric[0], metric[1], "data_iter")


def evaluate_loss(net, data_iter, loss):
    metric = Accumulator(2)  # sum of losses, number of values
    for X, y in training.pairs(data_iter, "data_iter"):
        y_hat = _predict(net, X, training=False)
        l = _loss(loss, y_hat, y)
        metric.add_own(tf.reduce_sum(l) * training.weight(loss, l, len(X)), training.num_values(l, len(X)))
    return training.mean(metric[0], metric[1], "data_iter")


def _train_step(net, loss, updater, X, y):
    """Update once; return the sum of the losses, over how many values, correct predictions, and examples."""
    num_examples = tf.shape(X)[0] if X.shape[0] is None else X.shape[0]
    by_keras = isinstance(updater, tf.keras.optimizers.Optimizer)
    with tf.GradientTape() as tape:
        y_hat = _predict(net, X, training=True)
        l = _loss(loss, y_hat, y)
        total = tf.reduce_sum(l) * tf.cast(training.weight(loss, l, num_examples), l.dtype)
        target = tf.reduce_mean(l) if by_keras else total
    if by_keras:
        params = net.trainable_variables
        updater.apply_gradients(zip(tape.gradient(target, params), params))
    else:
        updater(num_examples, tape.gradient(target, updater.params))
    num_values = tf.size(l) if len(l.shape) else num_examples
    return total, num_values, _correct(y_hat, y), num_examples


def train_epoch_ch3(net, train_iter, loss, updater):
    forks.check()
    _check_updater(net, updater)
    compiled = _compiled_epoch(net, train_iter, loss, updater)
    if compiled is not None:
        sums = [float(value) for value in compiled(train_iter)]
    else:
        metric = Accumulator(4)  # sum of losses, number of values, correct predictions, number of examples
        for X, y in training.pairs(train_iter, "train_iter"):
            metric.add_own(*_train_step(net, loss, updater, X, y))
        sums = metric.data
    loss_sum, num_values, num_correct, num_examples = sums
    return training.mean(loss_sum, num_values, "train_iter"), num_correct / num_examples


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


# Compiling saves two thirds of an epoch's time and costs some tenths of a second, so it is done for nets that
# train on and on, and only where it cannot change what happens: parts of Keras itself, which hold their
# variables and run no code of the user's. A function over global variables is never compiled.
_COMPILE_AFTER = 100  # batches trained eagerly
_epochs = weakref.WeakKeyDictionary()  # net -> what it was trained with, for how many batches, compiled


def _compiled_epoch(net, train_iter, loss, updater):
    """A function of the loader that trains for an epoch in one graph, or None while that does not pay."""
    if not isinstance(train_iter, tf.data.Dataset) or not _is_pure_keras(net, loss, updater):
        return None
    # Refs, so that nothing here keeps a net alive; the settings, because a graph has them built in.
    parts = tuple(map(weakref.ref, (net, loss, updater)))
    settings = repr((net.get_config(), loss.get_config(), {**updater.get_config(), "learning_rate": None}))
    known = _epochs.get(net)
    if known is None or known[0] != (parts, settings):
        known = _epochs[net] = [(parts, settings), 0, None]
    known[1] += max(1, int(train_iter.cardinality()))  # negative where it is unknown
    if known[2] is None and known[1] > _COMPILE_AFTER and updater.built:
        known[2] = _compile_epoch(*parts)
    return known[2]


def _compile_epoch(net, loss, updater):
    def add(sums, X, y):
        step = _train_step(net(), loss(), updater(), X, y)
        return tuple(sum + tf.cast(value, sum.dtype) for sum, value in zip(sums, step))

    @tf.function
    def over_dataset(sums, dataset):
        for X, y in dataset:
            sums = add(sums, X, y)
        return sums

    @tf.function
    def over_block(sums, batch_size, X, y):
        for start in tf.range(0, tf.shape(X)[0], batch_size):
            sums = add(sums, X[start : start + batch_size], y[start : start + batch_size])
        return sums

    zeros = tuple(tf.zeros((), dtype) for dtype in (float64, int64, int64, int64))

    @functools.cache
    def graph(*batch):
        """For blocks of any length, as the batches of a loader are."""
        block = [tf.TensorSpec((None, *spec.shape[1:]), spec.dtype) for spec in batch]
        return over_block.get_concrete_function(zeros, tf.TensorSpec((), int32), *block)

    def epoch(train_iter):
        if not isinstance(train_iter, ArrayLoader):
            return over_dataset(zeros, train_iter)
        over, sums, batch_size = graph(*train_iter.element_spec), zeros, tf.constant(train_iter.batch_size)
        for X, y in train_iter.blocks(train_iter.orders.next()):
            interrupts.check()
            sums = over(sums, batch_size, X, y)
        return sums

    return epoch


def _is_pure_keras(net, loss, updater):
    return (
        type(net) in (tf.keras.Sequential, tf.keras.Model)
        and _layers_from_keras(net)
        and _from_keras(loss)
        and _optimiser_from_keras(updater)
    )


def _layers_from_keras(net):
    return all(
        _from_keras(layer)
        and not isinstance(layer, tf.keras.layers.Lambda)
        and all(_from_keras(value) for value in vars(layer).values() if callable(value))
        for layer in net._flatten_layers()
    )


def _optimiser_from_keras(optimiser):
    """Its learning rate may be a schedule of Keras's, which counts steps, but no function of the user's."""
    rate = getattr(optimiser, "_learning_rate", None)
    return _from_keras(optimiser) and (not callable(rate) or _from_keras(rate))


def _from_keras(part):
    module = getattr(part, "__module__", None) or type(part).__module__
    return module.split(".")[0] in ("keras", "tensorflow")


def train_ch3(net, train_iter, test_iter, loss, num_epochs, updater):
    return training.train_ch3(
        num_epochs,
        Animator,
        train_epoch=lambda: train_epoch_ch3(net, train_iter, loss, updater),
        test_accuracy=lambda: evaluate_accuracy(net, test_iter),
        train_iter=train_iter,
    )


def predict_ch3(net, test_iter, n=6):
    X, y = training.first_batch(test_iter, "test_iter")
    y_hat = _predict(net, X, training=False)
    checks.outputs_fit(y_hat, y)
    predicted = tf.argmax(y_hat, 1)
    names = zip(get_fashion_mnist_labels(y[:n]), get_fashion_mnist_labels(predicted[:n]))
    show_images(X[:n], 1, n, titles=[f"{true}\n{guess}" for true, guess in names])


# --- Object-oriented design -----------------------------------------------------------------------


class Module(objects.Module, tf.keras.Model):
    kept = Accumulator.kept
    training = None

    def __init__(self, plot_train_per_epoch=2, plot_valid_per_epoch=1):
        super().__init__(plot_train_per_epoch, plot_valid_per_epoch)
        self.autocast = False  # float64 stays float64
        del self.loss  # Keras's is None, and would hide the method

    def __setattr__(self, name, value):
        """Keras knows its own variables only; here a ``tf.Variable`` is a weight like any other."""
        before = self.__dict__.get(name)
        super().__setattr__(name, value)
        for weight in self.weights if isinstance(before, tf.Variable) else ():
            if weight.value is before:
                self._untrack_variable(weight)
        if isinstance(value, tf.Variable):
            locked = self._tracker.locked
            self._tracker.unlock()
            self._track_variable(tf.keras.Variable(value, trainable=value.trainable, name=name))
            if locked:
                self._tracker.lock()

    def __call__(self, *inputs, **kwargs):
        kwargs.setdefault("training", self.training)
        return super().__call__(*inputs, **kwargs)

    def call(self, X, *inputs, training=None):
        if training is not None:
            self.training = training
        return self.forward(X, *inputs)

    def plot(self, key, value, train):
        if not tf.inside_function():
            super().plot(key, value, train)
        elif getattr(self.trainer, "plotted", None) is not None:
            self.trainer.plotted[key] = value
        else:
            raise ValueError(
                "plot() was called in a tf.function of your own, where there is no value yet: "
                "plot what that function returns"
            )

    def configure_optimizers(self):
        return tf.keras.optimizers.SGD(checks.learning_rate(self.lr))

    def apply_init(self, inputs, init=None):
        self(*inputs)
        if init is not None:
            for layer in self.net._flatten_layers():
                init(layer)


class DataModule(objects.DataModule):
    load_array = staticmethod(load_array)
    synthetic_data = staticmethod(synthetic_data)
    count_workers = staticmethod(get_dataloader_workers)

    @staticmethod
    def take(tensor, rows):
        return (
            tensor[rows] if isinstance(rows, slice) or not tf.is_tensor(tensor) else tf.gather(tensor, rows)
        )


class TrainerInGraphs(trainer.Trainer):
    """Runs many steps in one graph, as `train_epoch_ch3` does, where no code of the user's runs in a step."""

    SECONDS = 0.1  # how long a graph runs before it is time to draw, or to stop
    IN_A_STEP = (
        "__call__",
        "call",
        "forward",
        "loss",
        "accuracy",
        "plot",
        "training_step",
        "validation_step",
    )
    plotted = None  # what a step plots while it becomes a graph, by key

    def prepare_model(self, model):
        forks.check()
        super().prepare_model(model)
        self._graphs = {}

    def train_epoch(self):
        if not self._is_compiled():
            return super().train_epoch()
        self.mode(training=True)
        for plotted in self._steps(self.train_dataloader, self.update):
            for key, value in plotted.items():
                self.model.plot(key, value, train=True)
            self.train_batch_idx += 1

    def validate(self):
        if not self._is_compiled():
            return super().validate()
        self.mode(training=False)
        for plotted in self._steps(self.val_dataloader, self.model.validation_step):
            for key, value in plotted.items():
                self.model.plot(key, value, train=False)
            self.val_batch_idx += 1

    def _is_compiled(self):
        loaders = [loader for loader in (self.train_dataloader, self.val_dataloader) if loader is not None]
        methods = [getattr(self.model, name) for name in self.IN_A_STEP if hasattr(self.model, name)]
        methods += [self.update, self.clip_gradients, self.prepare_batch]
        net = getattr(self.model, "net", None)
        return (
            self.num_train_batches * self.max_epochs > _COMPILE_AFTER
            and all(isinstance(loader, tf.data.Dataset) for loader in loaders)
            and all(method.__module__.startswith("d2l_multi.") for method in methods)
            and (net is None or _layers_from_keras(net))
            and (type(self.optim) is SGD or _optimiser_from_keras(self.optim))
        )

    def _steps(self, loader, step):
        """Run a step on each batch of a loader, many in one graph; yield what each of them plots, by key."""
        iterator, left = iter(loader), len(loader)
        if step.__name__ not in self._graphs:
            (batch,) = self.batches([next(iterator)])  # eagerly: what is not built yet is built now
            step(batch)
            left -= 1
            yield {}
            self._graphs[step.__name__] = self._graph(loader, step)
        keys, run = self._graphs[step.__name__]
        number = 10
        while left:
            interrupts.check()
            start = time.perf_counter()
            sizes, *values = (column.numpy() for column in run(iterator, tf.constant(min(number, left))))
            rate = len(sizes) / (time.perf_counter() - start)
            number, left = max(1, int(rate * self.SECONDS)), left - len(sizes)
            for row in zip(sizes, *values):
                self._num_examples = int(row[0])
                yield dict(zip(keys, row[1:]))
        interrupts.check()

    def _graph(self, loader, step):
        """The keys that a step plots, and a function of an iterator and a number of batches to run it on."""

        @tf.function
        def one(*batch):
            self.plotted = {}
            step(self.prepare_batch(batch))
            plotted, self.plotted = self.plotted, None
            return tf.shape(batch[-1])[0], {key: tf.cast(value, float64) for key, value in plotted.items()}

        one = one.get_concrete_function(*loader.element_spec)
        keys = list(one.structured_outputs[1])

        @tf.function
        def many(iterator, number):
            sizes = tf.TensorArray(int32, number)
            columns = [tf.TensorArray(float64, number) for _ in keys]
            for i in tf.range(number):
                size, plotted = one(*next(iterator))
                sizes = sizes.write(i, size)
                columns = [column.write(i, plotted[key]) for key, column in zip(keys, columns)]
            return [sizes.stack(), *(column.stack() for column in columns)]

        return keys, many


class Trainer(TrainerInGraphs):
    backend = "tensorflow"
    gpu, count_gpus, to = staticmethod(gpu), staticmethod(num_gpus), staticmethod(to)
    tensor = staticmethod(tensor)

    def mode(self, training):
        self.model.training = training

    def update(self, batch):
        with tf.GradientTape() as tape:
            loss = self.model.training_step(batch)
        variables = self.model.trainable_variables
        grads = tape.gradient(loss, variables)
        if self.gradient_clip_val > 0:
            grads = self.clip_gradients(self.gradient_clip_val, grads)
        self.optim.apply_gradients(zip(grads, variables))

    def clip_gradients(self, grad_clip_val, grads):
        return tf.clip_by_global_norm(grads, grad_clip_val)[0]

    def move(self, model, device):
        pass  # TensorFlow makes variables on the GPU where there is one

    def model_state(self):
        return {f"{i}.{variable.name}": variable for i, variable in enumerate(self.model.variables)}

    def set_model_state(self, arrays):
        for name, variable in self.model_state().items():
            variable.assign(arrays[name])

    def optim_state(self):
        return list(self.optim.variables) if _optimiser_from_keras(self.optim) else None

    def set_optim_state(self, state):
        if state is not None:
            self.optim.build(self.model.trainable_variables)
            for variable, value in zip(self.optim.variables, state, strict=True):
                variable.assign(value)


# --- Object-oriented linear regression ------------------------------------------------------------


class SyntheticRegressionData(objects.SyntheticRegressionData, DataModule):
    pass


class SGD(objects.SGD):
    def __init__(self, params, lr=None):
        params, lr = ((), params) if lr is None else (params, lr)
        super().__init__(params, lr)

    def apply_gradients(self, grads_and_vars):
        grads, params = zip(*grads_and_vars)
        sgd(params, grads, self.lr, 1)


class LinearRegressionScratch(Module):
    def __init__(self, num_inputs, lr, sigma=0.01):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        self.w = tf.Variable(normal(0, sigma, (num_inputs, 1), dtype=self.variable_dtype))
        self.b = tf.Variable(zeros(1, dtype=self.variable_dtype))

    def forward(self, X):
        return linreg(X, self.w, self.b)

    def loss(self, y_hat, y):
        return tf.reduce_mean(squared_loss(y_hat, y))

    def configure_optimizers(self):
        return SGD([self.w, self.b], self.lr)


class LinearRegression(Module):
    def __init__(self, lr):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = layers.Dense(1, kernel_initializer=tf.keras.initializers.RandomNormal(stddev=0.01))

    def loss(self, y_hat, y):
        return tf.reduce_mean((y_hat - _like(y, y_hat)) ** 2)

    def get_w_b(self):
        return tf.identity(self.net.kernel), tf.identity(self.net.bias)


# --- Object-oriented classification ---------------------------------------------------------------


def _classes(Y_hat, Y):
    """Scores (n, classes) and a class for each, looked at where no device has to be waited for."""
    checks.rows_of_scores(Y_hat.shape, Y.shape)
    if tf.executing_eagerly() and ("CPU" in Y.device or not _is_whole(Y)):
        checks.classes(to_host(Y), Y_hat.shape[-1])
    return tf.reshape(Y_hat, (-1, Y_hat.shape[-1])), tf.cast(tf.reshape(Y, [-1]), int64)


class Classifier(objects.Classifier, Module):
    def accuracy(self, Y_hat, Y, averaged=True):
        checks.rows_of_scores(Y_hat.shape, Y.shape)
        Y = _wide(tf.reshape(Y, [-1]))
        Y_hat = tf.reshape(Y_hat, (-1, Y_hat.shape[-1]))
        right = tf.cast(tf.cast(tf.argmax(Y_hat, 1), Y.dtype) == Y, float32)
        return tf.reduce_mean(right) if averaged else right

    def loss(self, Y_hat, Y, averaged=True):
        Y_hat, Y = _classes(Y_hat, Y)
        l = tf.nn.sparse_softmax_cross_entropy_with_logits(Y, Y_hat)
        return tf.reduce_mean(l) if averaged else l


class FashionMNIST(objects.FashionMNIST, DataModule):
    read, loader = staticmethod(read_fashion_mnist), staticmethod(Images.loader)


class SoftmaxRegression(Classifier):
    def __init__(self, num_outputs, lr):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = tf.keras.Sequential([layers.Flatten(), layers.Dense(num_outputs)])


# --- Parameters that travel -----------------------------------------------------------------------

# Layer types, the kind of each, and which attribute holds what; a convolution is stored (h, w, in, out) here.
_LAYERS = [
    (layers.Dense, "dense", {"weight": "kernel", "bias": "bias"}),
    ((layers.Conv1D, layers.Conv2D, layers.Conv3D), "conv", {"weight": "kernel", "bias": "bias"}),
    (
        layers.BatchNormalization,
        "batch_norm",
        {"gamma": "gamma", "beta": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"},
    ),
    (layers.Embedding, "embedding", {"weight": "embeddings"}),
]


# What comes of these has channels last, where the canonical layout has them first.
_WITH_CHANNELS = (
    *(layers.Conv1D, layers.Conv2D, layers.Conv3D),
    *(layers.MaxPooling1D, layers.MaxPooling2D, layers.MaxPooling3D),
    *(layers.AveragePooling1D, layers.AveragePooling2D, layers.AveragePooling3D),
)


def _layers(net):
    """The kind and the parameters of each layer, in order of registration."""
    if not isinstance(net, layers.Layer):
        return parameters.own(checks.tensors(net, tf.Variable))
    found = _flat(net)
    images = _flattened(found)
    slots = lambda layer, attributes: _slots(layer, attributes, images.get(id(layer)))  # noqa: E731
    return parameters.of_layers(found, _LAYERS, slots, lambda layer: layer._trainable_variables, "keras")


def _flat(net):
    """A net and all layers in it, each once, outer before inner, in order of registration."""
    inner = net._flatten_layers(include_self=False, recursive=False)
    return list(dict.fromkeys([net, *(layer for child in inner for layer in _flat(child))]))


def _flattened(found):
    """By layer, (h, w, c) or of other axes, what its inputs were before they were flattened."""
    images, image, with_channels = {}, None, False
    for layer in found:
        if isinstance(layer, layers.Flatten) and layer.data_format == "channels_last":
            shape = tuple((layer._build_shapes_dict or {}).get("input_shape", ()))[1:]
            # Images without a convolution have channels, too; a sequence, as of an embedding, has none.
            image = shape if len(shape) > 2 or (len(shape) == 2 and with_channels) else None
        elif isinstance(layer, (layers.Dense, layers.BatchNormalization)):
            images[id(layer)] = image
        with_channels = with_channels or isinstance(layer, _WITH_CHANNELS)
        if isinstance(layer, (layers.Dense, layers.Embedding)):
            image, with_channels = None, False
    return images


def _slots(layer, attributes, image):
    if not layer.built:
        raise parameters.uninitialised(f"build the layer {layer.name!r}")
    stored = [(role, getattr(layer, name)) for role, name in attributes.items()]
    return [_slot(layer, role, param, image) for role, param in stored if param is not None]


def _slot(layer, role, param, image):
    if isinstance(layer, (layers.Dense, layers.BatchNormalization)):
        return Slot(role, param, image=image if role != "bias" else None)
    if isinstance(layer, layers.Embedding) or role == "bias":
        return Slot(role, param)
    sides = len(param.shape) - 2
    return Slot(role, param, axes=(sides + 1, sides, *range(sides)))


def _assign(param, array):
    param.assign(array)


def get_parameters(net):
    return parameters.get(_layers(net), numpy)


def set_parameters(net, arrays):
    parameters.put(_layers(net), arrays, numpy, _assign)


def save_parameters(net, path):
    parameters.save(get_parameters(net), path)


def load_parameters(net, path):
    set_parameters(net, parameters.load(path))


__all__ = contract._complete(globals())
