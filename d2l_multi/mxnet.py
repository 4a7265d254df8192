"""*Dive into Deep Learning* in MXNet: ``from d2l_multi import mxnet as d2l``."""

from collections import defaultdict, deque

import numpy as host

from d2l_multi import compat, contract
from d2l_multi.common import (
    checks,
    dtypes,
    fashion_mnist,
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
from d2l_multi.common.cores import get_dataloader_workers
from d2l_multi.common.downloads import DATA_HUB, DATA_URL, download, download_extract
from d2l_multi.common.hyperparameters import HyperParameters, add_to_class
from d2l_multi.common.images import get_fashion_mnist_labels, show_images
from d2l_multi.common.metrics import Timer
from d2l_multi.common.parameters import Slot
from d2l_multi.common.plotting import lazy_pyplot as __getattr__
from d2l_multi.common.plotting import plot, set_axes, set_figsize, use_svg_display
from d2l_multi.common.training import ConvergenceWarning, DivergenceWarning, InterruptedWarning

with compat.framework("mxnet"):
    from mxnet import autograd, gluon, initializer, ndarray, np, npx
    from mxnet.gluon import nn

    npx.set_np()  # says so in the log, once

# --- Devices ------------------------------------------------------------------------------------


def cpu():
    return npx.cpu()


def gpu(i=0):
    return npx.gpu(checks.device_index(i))


def num_gpus():
    return npx.num_gpus()


def try_gpu(i=0):
    return gpu(i) if checks.device_index(i) < num_gpus() else cpu()


def try_all_gpus():
    return [gpu(i) for i in range(num_gpus())] or [cpu()]


# --- Tensor vocabulary ----------------------------------------------------------------------------

nn_Module = gluon.Block
int32, int64 = np.int32, np.int64
float32, float64 = np.float32, np.float64


_DTYPES = {
    name: getattr(np, name)
    for name in ("bool", "uint8", "int8", "int32", "int64", "float16", "float32", "float64")
}


def _dtype(dtype):
    return None if dtype is None else _DTYPES[dtypes.name(dtype, _DTYPES)]


def _tensor(x):
    return x if isinstance(x, np.ndarray) else tensor(x)


def _float(x):
    x = _tensor(x)
    return x if x.dtype.kind == "f" else x.astype(float32)


def _is_whole(x):
    return x.dtype.kind != "f"


def _alike(tensors):
    """Tensors in the dtype that they have in common."""
    tensors = [_tensor(x) for x in tensors]
    if len({x.dtype for x in tensors}) < 2:
        return tensors
    dtype = _DTYPES[dtypes.common((x.dtype for x in tensors), _DTYPES)]
    return [x.astype(dtype) for x in tensors]


def tensor(data, dtype=None, device=None, **native):
    if isinstance(data, np.ndarray):
        return data.detach().as_in_ctx(device or data.ctx).astype(_dtype(dtype) or data.dtype)
    values = dtypes.host_array(data, dtype, "int32", _DTYPES)
    return np.array(values, dtype=values.dtype, ctx=device, **native)


def ones(*shape, dtype=None, device=None, **native):
    return np.ones(shapes.sides(shape, native), dtype=_dtype(dtype) or float32, ctx=device, **native)


def zeros(*shape, dtype=None, device=None, **native):
    return np.zeros(shapes.sides(shape, native), dtype=_dtype(dtype) or float32, ctx=device, **native)


def arange(start, stop=None, step=1, dtype=None, device=None, **native):
    values = dtypes.host_numbers(host_range(start, stop, step), dtype, "int32", _DTYPES)
    return tensor(values, dtype, device, **native)


def linspace(start, stop, num=50, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_linspace(start, stop, num, dtype), dtype, "int32", _DTYPES)
    return tensor(values, dtype, device, **native)


def meshgrid(*tensors, indexing="xy"):
    tensors = _alike(tensors)
    shapes.vectors([x.shape for x in tensors])
    return np.meshgrid(*tensors, indexing=checks.one_of("indexing", indexing, ("xy", "ij")))


def eye(n, m=None, dtype=None, device=None, **native):
    n, m = checks.whole("n", n, 0), checks.whole("m", n if m is None else m, 0)
    eye = np.eye(n, m, dtype=float32, ctx=device, **native)
    return eye if dtype is None else eye.astype(_dtype(dtype))  # MXNet makes none of booleans


def normal(mean=0.0, std=1.0, shape=(), *, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    mean, std, shape = normal_arguments(mean, std, shape, native)
    return np.random.normal(mean, std, shape, dtype=_dtype(dtype) or float32, ctx=device, **native)


def rand(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    sides, dtype = shapes.sides(shape, native), _dtype(dtype) or float32
    return np.random.uniform(0, 1, sides, dtype=dtype, ctx=device, **native)


def randn(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    sides, dtype = shapes.sides(shape, native), _dtype(dtype) or float32
    return np.random.normal(0, 1, sides, dtype=dtype, ctx=device, **native)


def sin(x):
    return np.sin(_float(x))


def cos(x):
    return np.cos(_float(x))


def sinh(x):
    return np.sinh(_float(x))


def cosh(x):
    return np.cosh(_float(x))


def tanh(x):
    return np.tanh(_float(x))


def exp(x):
    return np.exp(_float(x))


def log(x):
    return np.log(_float(x))


def abs(x):
    x = _tensor(x)
    if _is_whole(x):  # which MXNet would take for floats, and booleans not at all
        return x if x.dtype in (bool, np.uint8) else np.where(x < 0, -x, x)
    return np.abs(x)


def matmul(x, y):
    x, y = _tensor(x), _tensor(y)
    shapes.product(x.shape, y.shape)
    return _product(x, y)


def _product(x, y):
    """The product in the dtype that both have in common; of integers as int64, which does not wrap around."""
    if x.dtype != y.dtype:
        x, y = _alike((x, y))
    if x.dtype in (float32, float64):
        return np.matmul(x, y)
    if _is_whole(x):  # of which MXNet has no products, nor of half precision on a CPU
        return np.matmul(x.astype(float64), y.astype(float64)).astype(int64)
    return np.matmul(x.astype(float32), y.astype(float32)).astype(np.float16)


def concat(tensors, axis=0, **native):
    tensors = _alike(tensors)
    return np.concatenate(tensors, shapes.joined("concat", [x.shape for x in tensors], axis), **native)


def stack(tensors, axis=0, **native):
    tensors = _alike(tensors)
    return np.stack(tensors, shapes.joined("stack", [x.shape for x in tensors], axis), **native)


def reshape(x, *shape):
    x = _tensor(x)
    return x.reshape(shapes.reshaped(x.shape, shape))


def transpose(x, axes=None):
    x = _tensor(x)
    axes = shapes.permutation(x.shape, axes)
    if not axes:
        return x
    if x.dtype == bool:  # which MXNet cannot turn
        return np.transpose(x.astype(np.uint8), axes).astype(bool)
    return np.transpose(x, axes)


def reduce_sum(x, axis=None, keepdims=False, **native):
    x = _tensor(x)
    x = x.astype(int64) if _is_whole(x) else x
    axes = shapes.reduced(x.shape, axis, keepdims, native)
    return np.sum(x, **axes) if x.size else _of_nothing(x, axes)


def reduce_mean(x, axis=None, keepdims=False, **native):
    x = _float(x)
    axes = shapes.averaged(x.shape, axis, keepdims, native)
    return np.mean(x, **axes) if x.size else _of_nothing(x, axes)


def _of_nothing(x, axes):
    """Sums of no elements are zero; MXNet's own fail, and later at that."""
    return zeros(host.zeros(x.shape).sum(**axes).shape, dtype=x.dtype, device=x.ctx)


def argmax(x, axis=None, **native):
    x = _tensor(x)
    x = x.astype(int32) if x.dtype == bool else x
    return np.argmax(x, shapes.indexed(x.shape, axis), **native)


def astype(x, dtype):
    return _tensor(x).astype(_dtype(dtype))


def size(x):
    return _tensor(x).size


def to(x, device):
    return x.as_in_ctx(device)


def numpy(x):
    return host.array(to_host(x))  # a copy: the next step of training changes the tensor in place


to_host.register(np.ndarray, lambda x: x.asnumpy())
to_host.register(ndarray.NDArray, lambda x: x.asnumpy())  # MXNet's older kind


def as_parameter(array, device=None):
    param = tensor(array, device=device)
    dtypes.trainable(param.dtype)
    param.attach_grad()
    return param


# --- Measuring ------------------------------------------------------------------------------------


class Accumulator(metrics.Accumulator):
    tensor_type = np.ndarray

    @staticmethod
    def keep(value):
        return value.detach().copy().reshape(())

    @staticmethod
    def read(values):
        if len({value.dtype for value in values}) > 1:
            return [float(value) for value in values]
        return np.stack(values).asnumpy().tolist()  # one transfer


# --- Linear regression ----------------------------------------------------------------------------


def synthetic_data(w, b, num_examples, *, noise=0.01, seed=None):
    w = _float(w)
    num_inputs = checks.weight_length(w.shape)
    b = one_number("b", b)
    num_examples = checks.positive_int("num_examples", num_examples)
    noise = checks.deviation("noise", noise)
    if seed is not None:
        X, y = sampling.regression_data(numpy(w), b, num_examples, noise, seed)
        return tensor(X, device=w.ctx), tensor(y, device=w.ctx)
    X = normal(0, 1, (num_examples, num_inputs), dtype=w.dtype, device=w.ctx)
    y = matmul(X, w.reshape(-1, 1)) + b
    y += normal(0, noise, y.shape, dtype=w.dtype, device=w.ctx)
    return X, y


def data_iter(batch_size, features, labels, *, shuffle=True, seed=None):
    return iter(load_array((features, labels), batch_size, shuffle, seed=seed))


class ArrayLoader(gluon.data.DataLoader):
    """A DataLoader over arrays in memory: it gathers blocks of rows, not one example after another."""

    def __init__(self, dataset, batch_size, shuffle, seed):
        super().__init__(dataset, int(batch_size), shuffle)
        self.dataset, self.batch_size = dataset, int(batch_size)
        self.orders = sampling.Orders(len(dataset), shuffle, seed, _permutation)

    def __iter__(self):
        arrays = self.dataset.arrays
        gather = lambda rows: tuple(_rows(x, rows) for x in arrays)  # noqa: E731
        blocks = sampling.blocks(self.orders.next(), self.batch_size, arrays)
        # All at once: a copy from the host waits for what is being computed.
        blocks = [np.array(rows, dtype=int64) for rows in blocks]
        batches = sampling.batches(blocks, self.batch_size, gather)
        prepare = getattr(self.dataset, "prepare", None)
        return _close(batches if prepare is None else (prepare(*batch) for batch in batches))

    def unshuffled(self):
        """Another loader over the same examples, as they are stored; passes over this one do not count it."""
        return ArrayLoader(self.dataset, self.batch_size, False, None)


class Rows(gluon.data.ArrayDataset):
    """Examples along the first axis of arrays, which stay as they are."""

    def __init__(self, *arrays):
        super().__init__(*arrays)
        self.arrays = arrays


def _close(batches, ahead=4):
    """Let MXNet gather a few batches ahead, no more: they stay in the cache, and memory stays flat."""
    recent = deque()
    for batch in batches:
        recent.append(batch[0])
        if len(recent) > ahead:
            recent.popleft().wait_to_read()
        yield batch


def _permutation(n):
    order = np.arange(n, dtype=int64)
    np.random.shuffle(order)
    return order.asnumpy()


def _rows(array, rows):
    """The given rows of a tensor, or of a memmap, which is read no further than that."""
    if isinstance(array, host.memmap):
        return tensor(array[rows.asnumpy()])
    return np.take(array, rows.as_in_ctx(array.ctx), axis=0)


def load_array(data_arrays, batch_size, is_train=True, *, seed=None):
    arrays = [
        checks.mapped(array) if isinstance(array, host.memmap) else _tensor(array)
        for array in checks.array_list(data_arrays)
    ]
    checks.same_length(arrays)
    return ArrayLoader(Rows(*arrays), checks.positive_int("batch_size", batch_size), is_train, seed)


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
    return y.reshape(y_hat.shape).astype(y_hat.dtype, copy=False)


def sgd(*args, **kwargs):
    params, grads, lr, batch_size = training.sgd_arguments(args, kwargs)
    stored = grads is None
    grads = [param.grad for param in params] if stored else grads
    checks.gradients(params, grads, "call attach_grad() on it before autograd.record()")
    for param, grad in zip(params, grads):
        param -= lr * grad / batch_size
        if stored:
            grad[()] = 0


class Updater(training.Updater):
    sgd = staticmethod(sgd)


# --- Fashion-MNIST ----------------------------------------------------------------------------------


def load_data_fashion_mnist(batch_size, resize=None, *, root=None, seed=None, device=None):
    checks.positive_int("batch_size", batch_size)
    train, test = read_fashion_mnist(resize, root, device)
    return ArrayLoader(train, batch_size, True, seed), ArrayLoader(test, batch_size, False, seed)


def read_fashion_mnist(resize, root, device):
    """The training set and the test set."""

    def images(pixels, labels, matrices):
        matrices = [tensor(matrix, device=device) for matrix in matrices]
        return Images(tensor(pixels, device=device), tensor(labels, int32, device), matrices)

    return fashion_mnist.datasets(images, resize, root)


class Images(Rows):
    """Images kept as bytes, and their labels; pixels are made of the bytes when they are asked for."""

    def __init__(self, images, labels, matrices):
        super().__init__(images, labels)
        self.matrices = matrices

    def __getitem__(self, i):
        X, y = super().__getitem__(i)
        return _pixels(np.expand_dims(X, 0), self.matrices)[0], y

    def prepare(self, X, y):
        return _pixels(X, self.matrices), y


def _pixels(X, matrices):
    """Bytes (b, h, w) as float32 in [0, 1], (b, 1, h, w), resized if there are matrices."""
    X = X.astype(float32)
    if matrices:
        rows, columns = matrices
        X = np.floor(np.matmul(X, columns.T) + 0.5)
        X = np.floor(np.matmul(rows, X) + 0.5)
    return np.expand_dims(X / 255, 1)


# --- Training and evaluation ----------------------------------------------------------------------


# Losses of each output by itself.
_ELEMENTWISE = (
    gluon.loss.L2Loss,
    gluon.loss.L1Loss,
    gluon.loss.HuberLoss,
    gluon.loss.LogisticLoss,
    gluon.loss.SigmoidBinaryCrossEntropyLoss,
)


def _loss(loss, y_hat, y):
    by_element = loss is squared_loss or isinstance(loss, _ELEMENTWISE)
    return training.loss(loss, y_hat, y, by_element, _like)


def _check_classes(labels, num_classes):
    """Whether these classes exist, for which MXNet takes the nearest; asked where no device is waited for."""
    if labels.ctx.device_type == "cpu" or not _is_whole(labels):
        checks.classes(to_host(labels), num_classes)


def _check_epoch(loss, y_hat, labels):
    """The same for all labels that Gluon's cross-entropy saw; to look at each batch is to wait for it."""
    if labels and isinstance(loss, gluon.loss.SoftmaxCrossEntropyLoss) and y_hat.ndim > labels[0].ndim:
        alike = defaultdict(list)  # to be read in one transfer
        for y in labels:
            alike[y.shape[1:]].append(y)
        for group in alike.values():
            _check_classes(concat(group), y_hat.shape[-1])


def _correct(y_hat, y):
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
    return float(_correct(_tensor(y_hat), _tensor(y)))


def _total(loss, l, num_examples):
    """The loss summed over the examples of a batch."""
    weight = training.weight(loss, l, num_examples)
    return l.sum() if weight == 1 else l.sum() * weight


def evaluate_accuracy(net, data_iter):
    metric = Accumulator(2)  # correct predictions, number of examples
    for X, y in training.pairs(data_iter, "data_iter"):
        y_hat = net(X)
        checks.outputs_fit(y_hat, y)
        metric.add_own(_correct(y_hat, y), len(X))
    return training.mean(metric[0], metric[1], "data_iter")


def evaluate_loss(net, data_iter, loss):
    metric = Accumulator(2)  # sum of losses, number of values
    seen, y_hat = [], None
    for X, y in training.pairs(data_iter, "data_iter"):
        y_hat = net(X)
        l = _loss(loss, y_hat, y)
        seen.append(y)
        metric.add_own(_total(loss, l, len(X)), training.num_values(l, len(X)))
    _check_epoch(loss, y_hat, seen)
    return training.mean(metric[0], metric[1], "data_iter")


def train_epoch_ch3(net, train_iter, loss, updater):
    metric = Accumulator(4)  # sum of losses, number of values, correct predictions, number of examples
    seen, y_hat = [], None
    for X, y in training.pairs(train_iter, "train_iter"):
        with autograd.record():
            y_hat = net(X)
            l = _loss(loss, y_hat, y)
            seen.append(y)
            weight = training.weight(loss, l, len(X))
            target = l if weight == 1 else l * weight
        target.backward()
        update = updater.step if isinstance(updater, gluon.Trainer) else updater
        update(len(X))
        metric.add_own(target.sum(), training.num_values(l, len(X)), _correct(y_hat, y), len(X))
    _check_epoch(loss, y_hat, seen)
    loss_sum, num_values, num_correct, num_examples = metric.data
    return training.mean(loss_sum, num_values, "train_iter"), num_correct / num_examples


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
    y_hat = net(X)
    checks.outputs_fit(y_hat, y)
    predicted = y_hat.argmax(1)
    names = zip(get_fashion_mnist_labels(y[:n]), get_fashion_mnist_labels(predicted[:n]))
    show_images(X[:n], 1, n, titles=[f"{true}\n{guess}" for true, guess in names])


# --- Object-oriented design -----------------------------------------------------------------------


class Module(objects.Module, gluon.Block):
    kept = Accumulator.kept

    def parameters(self):
        """Gluon's parameters, a ParameterDict; of a model from scratch a list of arrays with gradients."""
        params = self.collect_params()
        if isinstance(params, gluon.ParameterDict) and not params.keys():
            params = list(_unregistered(self).values())
        return params

    def get_scratch_params(self):
        """The arrays that this model and those in it hold as attributes, with gradients or not yet."""
        return [array for _, _, array in _arrays(self)]

    def cast(self, dtype):
        super().cast(dtype)
        for block, name, array in _scratch(self):
            setattr(block, name, as_parameter(array.asnumpy().astype(dtype), array.ctx))

    def configure_optimizers(self):
        params = self.parameters()
        if isinstance(params, list):
            return SGD(params, self.lr)
        return gluon.Trainer(params, "sgd", {"learning_rate": checks.learning_rate(self.lr)})

    def apply_init(self, inputs, init=None):
        self.forward(*inputs)
        if isinstance(init, initializer.Initializer):
            self.net.initialize(init, force_reinit=True)
        elif init is not None:
            self.net.apply(init)


class DataModule(objects.DataModule):
    take = staticmethod(lambda tensor, rows: tensor[rows])
    load_array = staticmethod(load_array)
    synthetic_data = staticmethod(synthetic_data)
    count_workers = staticmethod(get_dataloader_workers)


class Trainer(trainer.Trainer):
    backend = "mxnet"
    gpu, count_gpus, to = staticmethod(gpu), staticmethod(num_gpus), staticmethod(to)
    tensor = staticmethod(tensor)

    def mode(self, training):
        pass  # autograd.record() is what tells layers that they train

    def update(self, batch):
        with autograd.record():
            loss = self.model.training_step(batch)
        loss.backward()
        if self.gradient_clip_val > 0:
            self.clip_gradients(self.gradient_clip_val, self.model)
        self.optim.step(1)  # the loss is a mean already

    def clip_gradients(self, grad_clip_val, model):
        params = model.parameters()
        if isinstance(params, gluon.ParameterDict):
            params = [param.data() for param in params.values() if param.grad_req != "null"]
        grads = [param.grad for param in params]
        norm = np.sqrt(sum((grad**2).sum() for grad in grads))
        factor = np.minimum(1, grad_clip_val / (norm + 1e-6))
        for grad in grads:
            grad *= factor

    def move(self, model, device):
        gluon.Block.collect_params(model).reset_ctx(device)
        for block, name, array in _scratch(model):
            setattr(block, name, as_parameter(array.asnumpy(), device))

    def model_state(self):
        named = self.model._collect_params_with_prefix()
        return {**{name: param.data() for name, param in named.items()}, **_unregistered(self.model)}

    def set_model_state(self, arrays):
        for name, value in self.model_state().items():
            value[()] = tensor(arrays[name])

    def optim_state(self):
        if not isinstance(self.optim, gluon.Trainer):
            return None
        (updater,) = self.optim._updaters
        counts = {"num_update": updater.optimizer.num_update, "each": updater.optimizer._index_update_count}
        return {"states": updater.states, "counts": counts}

    def set_optim_state(self, state):
        if state is None:
            return
        (updater,) = self.optim._updaters
        updater.states = {index: _as_state(value) for index, value in state["states"].items()}
        updater.states_synced = dict.fromkeys(updater.states, True)
        updater.optimizer.num_update = state["counts"]["num_update"]
        updater.optimizer._index_update_count.update(state["counts"]["each"])


def _arrays(model):
    """Arrays that a block, and those in it, hold as attributes: (block, name, array) of each."""
    for name, value in vars(model).items():
        if isinstance(value, np.ndarray):
            yield model, name, value
    for child in model._children.values():
        yield from _arrays(child)


def _scratch(model):
    """Those that a block from scratch trains: arrays with gradients."""
    return [found for found in _arrays(model) if found[2].grad is not None]


def _unregistered(model):
    return {f"{number}.{name}": array for number, (_, name, array) in enumerate(_scratch(model))}


def _as_state(value):
    """MXNet's optimisers keep tensors of its older kind, several in a tuple; a checkpoint has lists."""
    if isinstance(value, list):
        return tuple(map(_as_state, value))
    return value.as_nd_ndarray() if isinstance(value, np.ndarray) else value


# --- Object-oriented linear regression ------------------------------------------------------------


class SyntheticRegressionData(objects.SyntheticRegressionData, DataModule):
    pass


class SGD(objects.SGD):
    def step(self, batch_size):
        sgd(self.params, [param.grad for param in self.params], self.lr, 1)


class LinearRegressionScratch(Module):
    def __init__(self, num_inputs, lr, sigma=0.01):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        self.w = normal(0, sigma, (num_inputs, 1))
        self.b = zeros(1)
        self.w.attach_grad()
        self.b.attach_grad()

    def forward(self, X):
        return linreg(X, self.w, self.b)

    def loss(self, y_hat, y):
        return squared_loss(y_hat, y).mean()

    def configure_optimizers(self):
        return SGD([self.w, self.b], self.lr)


class LinearRegression(Module):
    def __init__(self, lr):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = nn.Dense(1)
        self.net.initialize(initializer.Normal(0.01))

    def loss(self, y_hat, y):
        return gluon.loss.L2Loss(weight=2)(y_hat, _like(y, y_hat)).mean()  # it has a factor 1/2 of its own

    def get_w_b(self):
        return self.net.weight.data(), self.net.bias.data()


# --- Object-oriented classification ---------------------------------------------------------------


def _classes(Y_hat, Y):
    """Scores (n, classes) and a class for each, which exists."""
    checks.rows_of_scores(Y_hat.shape, Y.shape)
    _check_classes(Y, Y_hat.shape[-1])
    return Y_hat.reshape(-1, Y_hat.shape[-1]), Y.reshape(-1)


class Classifier(objects.Classifier, Module):
    def accuracy(self, Y_hat, Y, averaged=True):
        checks.rows_of_scores(Y_hat.shape, Y.shape)
        Y_hat = Y_hat.reshape(-1, Y_hat.shape[-1])
        right = (Y_hat.argmax(1).astype(float64) == Y.reshape(-1).astype(float64)).astype(float32)
        return right.mean() if averaged else right

    def loss(self, Y_hat, Y, averaged=True):
        # Not Gluon's loss, whose log-softmax is off by 1e-4 in float32.
        Y_hat, Y = _classes(Y_hat, Y)
        Y_hat = Y_hat - Y_hat.max(1, keepdims=True).detach()
        l = np.log(np.exp(Y_hat).sum(1)) - npx.pick(Y_hat, Y)
        return l.mean() if averaged else l


class FashionMNIST(objects.FashionMNIST, DataModule):
    read, loader = staticmethod(read_fashion_mnist), ArrayLoader


class SoftmaxRegression(Classifier):
    def __init__(self, num_outputs, lr):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = nn.Dense(num_outputs)  # which flattens
        self.net.initialize()


# --- Parameters that travel -----------------------------------------------------------------------

# Layer types, the kind of each, and which attribute holds what; a dense weight is stored (out, in) here.
_LAYERS = [
    (nn.Dense, "dense", {"weight": ("weight", (1, 0)), "bias": ("bias", None)}),
    ((nn.Conv1D, nn.Conv2D, nn.Conv3D), "conv", {"weight": ("weight", None), "bias": ("bias", None)}),
    (
        nn.BatchNorm,
        "batch_norm",
        {name: (name, None) for name in ("gamma", "beta", "running_mean", "running_var")},
    ),
    (nn.Embedding, "embedding", {"weight": ("weight", None)}),
]


def _layers(net):
    """The kind and the parameters of each layer, in order of registration."""
    if not isinstance(net, gluon.Block):
        return parameters.own(checks.tensors(net, np.ndarray))
    return parameters.of_layers(_blocks(net), _LAYERS, _slots, _own, "mxnet")


def _blocks(net):
    """A net and all blocks in it, outer before inner."""
    yield net
    for child in net._children.values():
        yield from _blocks(child)


def _slots(block, attributes):
    stored = [(role, getattr(block, name), axes) for role, (name, axes) in attributes.items()]
    return [Slot(role, param, axes) for role, param, axes in stored if param is not None]


def _own(block):
    return [*block._reg_params.values(), *(array for owner, _, array in _scratch(block) if owner is block)]


def _read(param):
    try:
        return numpy(param if isinstance(param, np.ndarray) else param.data())
    except (gluon.parameter.DeferredInitializationError, RuntimeError):
        raise parameters.uninitialised("initialize() the net") from None


def _assign(param, array):
    if isinstance(param, np.ndarray):
        param[()] = np.array(array, dtype=array.dtype)
    else:
        param.set_data(np.array(array, dtype=array.dtype))


def get_parameters(net):
    return parameters.get(_layers(net), _read)


def set_parameters(net, arrays):
    parameters.put(_layers(net), arrays, _read, _assign)


def save_parameters(net, path):
    parameters.save(get_parameters(net), path)


def load_parameters(net, path):
    set_parameters(net, parameters.load(path))


__all__ = contract._complete(globals())
