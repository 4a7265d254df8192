"""*Dive into Deep Learning* in PaddlePaddle: ``from d2l_multi import paddle as d2l``."""

import os
from contextlib import contextmanager

import numpy as np

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
from d2l_multi.common.cores import no_dataloader_workers as get_dataloader_workers
from d2l_multi.common.cores import num_cores
from d2l_multi.common.downloads import DATA_HUB, DATA_URL, download, download_extract
from d2l_multi.common.hyperparameters import HyperParameters, add_to_class
from d2l_multi.common.images import get_fashion_mnist_labels, show_images
from d2l_multi.common.metrics import Timer
from d2l_multi.common.parameters import Slot
from d2l_multi.common.plotting import lazy_pyplot as __getattr__
from d2l_multi.common.plotting import plot, set_axes, set_figsize, use_svg_display
from d2l_multi.common.training import ConvergenceWarning, DivergenceWarning, InterruptedWarning

# Paddle starts with one thread, and says so in the environment; a user who said it first is heeded.
THREADS_CHOSEN = {"OMP_NUM_THREADS", "FLAGS_paddle_num_threads"} & os.environ.keys()

with compat.framework("paddle"):
    import paddle
    from paddle import nn

    if not THREADS_CHOSEN:  # within the block: it is the first to use OpenMP (see compat.spinning)
        paddle.base.core.set_num_threads(num_cores())

# --- Devices ------------------------------------------------------------------------------------


def cpu():
    return paddle.CPUPlace()


def gpu(i=0):
    checks.device_index(i)
    if not paddle.is_compiled_with_cuda():
        raise ValueError(
            f"gpu({i}): this build of PaddlePaddle knows no GPUs; install paddlepaddle-gpu, or use try_gpu()"
        )
    return paddle.CUDAPlace(i)


def num_gpus():
    return paddle.device.cuda.device_count()


def try_gpu(i=0):
    return gpu(i) if checks.device_index(i) < num_gpus() else cpu()


def try_all_gpus():
    return [gpu(i) for i in range(num_gpus())] or [cpu()]


# --- Tensor vocabulary ----------------------------------------------------------------------------

nn_Module = nn.Layer
int32, int64 = paddle.int32, paddle.int64
float32, float64 = paddle.float32, paddle.float64


_DTYPES = dtypes.of(paddle)


def _dtype(dtype):
    return None if dtype is None else _DTYPES[dtypes.name(dtype, _DTYPES)]


def _on(device, x):
    return x if device is None else x.to(device)


def _tensor(x):
    return x if isinstance(x, paddle.Tensor) else tensor(x)


def _float(x):
    x = _tensor(x)
    return x if x.is_floating_point() or x.is_complex() else x.astype(float32)


def _is_whole(x):
    return not x.is_floating_point() and not x.is_complex()


_SMALL = frozenset((paddle.bool, paddle.uint8, paddle.int8, paddle.int16))


def _wide(x):
    """Small integers as int64: Paddle lacks many functions of them, and they do not count every class."""
    return x.astype(int64) if x.dtype in _SMALL else x


def _alike(tensors):
    """Tensors in the dtype that they have in common."""
    tensors = [_tensor(x) for x in tensors]
    if len({x.dtype for x in tensors}) < 2:
        return tensors
    dtype = _DTYPES[dtypes.common((x.dtype for x in tensors), _DTYPES)]
    return [x.astype(dtype) for x in tensors]


def tensor(data, dtype=None, device=None, **native):
    if isinstance(data, paddle.Tensor):
        copy = _on(device, data.detach().clone()).astype(_dtype(dtype) or data.dtype)
        copy.stop_gradient = native.get("stop_gradient", True)
        return copy
    values = dtypes.host_array(data, dtype, "int64", _DTYPES)
    return paddle.to_tensor(values, _dtype(dtype), device, **native)


def ones(*shape, dtype=None, device=None, **native):
    return _on(device, paddle.ones(shapes.sides(shape, native), _dtype(dtype), **native))


def zeros(*shape, dtype=None, device=None, **native):
    return _on(device, paddle.zeros(shapes.sides(shape, native), _dtype(dtype), **native))


def arange(start, stop=None, step=1, dtype=None, device=None, **native):
    values = dtypes.host_numbers(host_range(start, stop, step), dtype, "int64", _DTYPES)
    return tensor(values, dtype, device, **native)


def linspace(start, stop, num=50, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_linspace(start, stop, num, dtype), dtype, "int64", _DTYPES)
    return tensor(values, dtype, device, **native)


def meshgrid(*tensors, indexing="xy"):
    checks.one_of("indexing", indexing, ("xy", "ij"))
    tensors = _alike(tensors)
    shapes.vectors([x.shape for x in tensors])
    grids = paddle.meshgrid(*map(_wide, tensors))  # Paddle knows "ij" only, and no small integers
    grids = [grid.astype(x.dtype) for grid, x in zip(grids, tensors)]
    return [grid.swapaxes(0, 1) for grid in grids] if indexing == "xy" and len(grids) > 1 else grids


def eye(n, m=None, dtype=None, device=None, **native):
    n, m = checks.whole("n", n, 0), checks.whole("m", n if m is None else m, 0)
    eye = _on(device, paddle.eye(n, m, float32, **native))
    return eye if dtype is None else eye.astype(_dtype(dtype))  # Paddle makes none of small integers


def normal(mean=0.0, std=1.0, shape=(), *, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    mean, std, shape = normal_arguments(mean, std, shape, native)
    return mean + std * randn(shape, dtype=dtype, device=device, **native)


def rand(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    return _on(device, paddle.rand(shapes.sides(shape, native), _dtype(dtype), **native))


def randn(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    return _on(device, paddle.randn(shapes.sides(shape, native), _dtype(dtype), **native))


def sin(x):
    return paddle.sin(_float(x))


def cos(x):
    return paddle.cos(_float(x))


def sinh(x):
    return paddle.sinh(_float(x))


def cosh(x):
    return paddle.cosh(_float(x))


def tanh(x):
    return paddle.tanh(_float(x))


def exp(x):
    return paddle.exp(_float(x))


def log(x):
    return paddle.log(_float(x))


def abs(x):
    x = _tensor(x)
    wide = _wide(x)
    return paddle.abs(x) if wide is x else paddle.abs(wide).astype(x.dtype)


def matmul(x, y):
    x, y = _tensor(x), _tensor(y)
    shapes.product(x.shape, y.shape)
    return _product(x, y)


def _product(x, y):
    """The product in the dtype that both have in common; of integers as int64, which does not wrap around."""
    if not x.dtype is y.dtype is float32:
        x, y = _alike((x, y))
        x, y = (x.astype(int64), y.astype(int64)) if _is_whole(x) else (x, y)
    return paddle.matmul(x, y)


def concat(tensors, axis=0, **native):
    tensors = _alike(tensors)
    return paddle.concat(tensors, shapes.joined("concat", [x.shape for x in tensors], axis), **native)


def stack(tensors, axis=0, **native):
    tensors = _alike(tensors)
    return paddle.stack(tensors, shapes.joined("stack", [x.shape for x in tensors], axis), **native)


def reshape(x, *shape):
    x = _tensor(x)
    if not x.size:  # in Paddle's own words a side of 0 is a side that stays
        return paddle.zeros(shapes.reshaped(x.shape, shape), x.dtype)
    return x.reshape(shapes.reshaped(x.shape, shape))


def transpose(x, axes=None):
    x = _tensor(x)
    return x.transpose(shapes.permutation(x.shape, axes))


def reduce_sum(x, axis=None, keepdims=False, **native):
    x = _tensor(x)
    axes = shapes.reduced(x.shape, axis, keepdims, native)
    return paddle.sum(x.astype(int64) if _is_whole(x) else x, keepdim=axes.pop("keepdims"), **axes)


def reduce_mean(x, axis=None, keepdims=False, **native):
    x = _float(x)
    axes = shapes.averaged(x.shape, axis, keepdims, native)
    return paddle.mean(x, keepdim=axes.pop("keepdims"), **axes)


def argmax(x, axis=None, **native):
    x = _wide(_tensor(x))
    axis = shapes.indexed(x.shape, axis)
    found = paddle.argmax(x, axis, **native)
    if x.is_floating_point():  # NaN is the largest, as in NumPy; Paddle passes over it
        nan = paddle.isnan(x).astype(int32)
        with_nan = paddle.any(nan.astype("bool"), axis, keepdim=native.get("keepdim", False))
        found = paddle.where(with_nan, paddle.argmax(nan, axis, **native), found)
    return found


def astype(x, dtype):
    return _tensor(x).astype(_dtype(dtype))


def size(x):
    return int(_tensor(x).size)


def to(x, device):
    return x.to(device)


def numpy(x):
    return np.array(to_host(x))  # a copy: the next step of training changes the tensor in place


@to_host.register
def _host(x: paddle.Tensor):
    return (x.astype(float32) if x.dtype == paddle.bfloat16 else x).numpy()


def as_parameter(array, device=None):
    param = tensor(array, device=device)
    dtypes.trainable(param.dtype)
    param.stop_gradient = False
    return param


# --- Measuring ------------------------------------------------------------------------------------


class Accumulator(metrics.Accumulator):
    tensor_type = paddle.Tensor

    @staticmethod
    def keep(value):
        return value.detach().clone().reshape([])

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
        return tensor(X, device=w.place), tensor(y, device=w.place)
    X = normal(0, 1, (num_examples, num_inputs), dtype=w.dtype, device=w.place)
    y = matmul(X, w.reshape((-1, 1))) + b
    y += normal(0, noise, y.shape, dtype=w.dtype, device=w.place)
    return X, y


def data_iter(batch_size, features, labels, *, shuffle=True, seed=None):
    return iter(load_array((features, labels), batch_size, shuffle, seed=seed))


class ArrayLoader(paddle.io.DataLoader):
    """A DataLoader over arrays in memory: it gathers blocks of rows, not one example after another."""

    def __init__(self, rows, batch_size, shuffle, seed):
        super().__init__(rows, batch_size=int(batch_size), shuffle=shuffle)
        self.orders = sampling.Orders(len(rows), shuffle, seed, lambda n: paddle.randperm(n).numpy())

    def __iter__(self):
        rows = self.dataset
        blocks = sampling.blocks(tensor(self.orders.next()), self.batch_size, rows.arrays)
        batches = sampling.batches(blocks, self.batch_size, rows.gather)
        prepare = getattr(rows, "prepare", None)
        return batches if prepare is None else (prepare(*batch) for batch in batches)

    def unshuffled(self):
        """Another loader over the same examples, as they are stored; passes over this one do not count it."""
        return ArrayLoader(self.dataset, self.batch_size, False, None)


class Rows(paddle.io.Dataset):
    """Examples along the first axis of tensors, or of memmaps, which are read no further than asked."""

    def __init__(self, arrays):
        self.arrays = arrays

    def __len__(self):
        return len(self.arrays[0])

    def __getitem__(self, i):
        return tuple(x[0] for x in self.gather(tensor([i])))

    def gather(self, rows):
        return tuple(_rows(x, rows) for x in self.arrays)


def _rows(array, rows):
    """The given rows of a tensor, or of a memmap, which is read no further than that."""
    if isinstance(array, np.memmap):
        return tensor(array[rows.numpy()])
    return paddle.gather(array, _on(array.place, rows))


def load_array(data_arrays, batch_size, is_train=True, *, seed=None):
    arrays = [
        checks.mapped(array) if isinstance(array, np.memmap) else _tensor(array)
        for array in checks.array_list(data_arrays)
    ]
    checks.same_length(arrays)
    return ArrayLoader(Rows(arrays), checks.positive_int("batch_size", batch_size), is_train, seed)


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
    y = y if y.shape == y_hat.shape else y.reshape(y_hat.shape)
    return y if y.dtype == y_hat.dtype else y.astype(y_hat.dtype)


def sgd(*args, **kwargs):
    params, grads, lr, batch_size = training.sgd_arguments(args, kwargs)
    stored = grads is None
    grads = [param.grad for param in params] if stored else grads
    checks.gradients(params, grads, "call backward() on the loss first")
    with paddle.no_grad():
        for param, grad in zip(params, grads):
            param.subtract_(lr * grad / batch_size)
            if stored:
                param.clear_gradient()


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
        return Images(tensor(pixels, device=device), tensor(labels, int64, device), matrices)

    return fashion_mnist.datasets(images, resize, root)


class Images(Rows):
    """Images kept as bytes, and their labels; pixels are made of the bytes when they are asked for."""

    def __init__(self, images, labels, matrices):
        super().__init__((images, labels))
        self.matrices = matrices

    def __getitem__(self, i):
        X, y = super().__getitem__(i)
        return _pixels(X.unsqueeze(0), self.matrices)[0], y

    def prepare(self, X, y):
        return _pixels(X, self.matrices), y


def _pixels(X, matrices):
    """Bytes (b, h, w) as float32 in [0, 1], (b, 1, h, w), resized if there are matrices."""
    X = X.astype(float32)
    if matrices:
        rows, columns = matrices
        X = paddle.floor(X @ columns.T + 0.5)
        X = paddle.floor(rows @ X + 0.5)
    return (X / 255).unsqueeze(1)


# --- Training and evaluation ----------------------------------------------------------------------


# Losses of each output by itself.
_ELEMENTWISE = (nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.BCELoss, nn.BCEWithLogitsLoss)


def _loss(loss, y_hat, y):
    by_element = loss is squared_loss or isinstance(loss, _ELEMENTWISE)
    return training.loss(loss, y_hat, y, by_element, _like)


def _correct(y_hat, y):
    """How many predictions are right, as a 0-d tensor that nobody has to wait for."""
    if y_hat.ndim > 1 and y_hat.shape[1] > 1:
        y = y.argmax(1) if y.shape == y_hat.shape else y
        y_hat = y_hat.argmax(1)
    checks.same_size(y_hat.shape, y.shape)
    y = _wide(y if y.shape == y_hat.shape else y.reshape(y_hat.shape))
    return (y_hat.astype(y.dtype) == y).sum()


def accuracy(y_hat, y):
    return float(_correct(_tensor(y_hat), _tensor(y)))


@contextmanager
def _evaluation(net):
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
    weight = training.weight(loss, l, num_examples)
    return l.sum() if weight == 1 else l.sum() * weight


def evaluate_accuracy(net, data_iter):
    metric = Accumulator(2)  # correct predictions, number of examples
    with _evaluation(net):
        for X, y in training.pairs(data_iter, "data_iter"):
            y_hat = net(X)
            checks.outputs_fit(y_hat, y)
            metric.add_own(_correct(y_hat, y), len(X))
    return training.mean(metric[0], metric[1], "data_iter")


def evaluate_loss(net, data_iter, loss):
    metric = Accumulator(2)  # sum of losses, number of values
    with _evaluation(net):
        for X, y in training.pairs(data_iter, "data_iter"):
            y_hat = net(X)
            l = _loss(loss, y_hat, y)
            metric.add_own(_total(loss, l, len(X)), training.num_values(l, len(X)))
    return training.mean(metric[0], metric[1], "data_iter")


def train_epoch_ch3(net, train_iter, loss, updater):
    if isinstance(net, nn.Layer):
        net.train()
    metric = Accumulator(4)  # sum of losses, number of values, correct predictions, number of examples
    for X, y in training.pairs(train_iter, "train_iter"):
        y_hat = net(X)
        l = _loss(loss, y_hat, y)
        if isinstance(updater, paddle.optimizer.Optimizer):
            updater.clear_grad()
            l.mean().backward()
            updater.step()
        else:
            _total(loss, l, len(X)).backward()
            updater(len(X))
        metric.add_own(
            _total(loss, l.detach(), len(X)), training.num_values(l, len(X)), _correct(y_hat, y), len(X)
        )
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
    with _evaluation(net):
        y_hat = net(X)
    checks.outputs_fit(y_hat, y)
    predicted = y_hat.argmax(1)
    names = zip(get_fashion_mnist_labels(y[:n]), get_fashion_mnist_labels(predicted[:n]))
    show_images(X[:n], 1, n, titles=[f"{true}\n{guess}" for true, guess in names])


# --- Object-oriented design -----------------------------------------------------------------------


class Module(objects.Module, nn.Layer):
    kept = Accumulator.kept

    def configure_optimizers(self):
        return paddle.optimizer.SGD(checks.learning_rate(self.lr), parameters=self.parameters())

    def apply_init(self, inputs, init=None):
        with paddle.no_grad():
            self.forward(*inputs)
        if init is not None:
            self.net.apply(init)


class DataModule(objects.DataModule):
    take = staticmethod(lambda tensor, rows: tensor[rows])
    load_array = staticmethod(load_array)
    synthetic_data = staticmethod(synthetic_data)
    count_workers = staticmethod(get_dataloader_workers)


class Trainer(trainer.Trainer):
    backend = "paddle"
    gpu, count_gpus, to = staticmethod(gpu), staticmethod(num_gpus), staticmethod(to)
    tensor, no_grad = staticmethod(tensor), staticmethod(paddle.no_grad)

    def prepare_model(self, model):
        super().prepare_model(model)
        if any(isinstance(layer, LazyLinear) and layer.weight is None for layer in model.sublayers()):
            self.build()  # an optimiser wants to know the parameters when it is made

    def mode(self, training):
        self.model.train() if training else self.model.eval()

    def update(self, batch):
        loss = self.model.training_step(batch)
        self.optim.clear_grad()
        loss.backward()
        with paddle.no_grad():  # an optimiser from scratch changes leaves of the graph in place
            if self.gradient_clip_val > 0:
                self.clip_gradients(self.gradient_clip_val, self.model)
            self.optim.step()

    def clip_gradients(self, grad_clip_val, model):
        nn.utils.clip_grad_norm_(_trained(model), grad_clip_val)

    def move(self, model, device):
        unregistered = list(_unregistered(model))
        model.to(device)
        for name, buffer in model.named_buffers():
            buffer.stop_gradient = name not in unregistered

    def model_state(self):
        return {**self.model.state_dict(), **_unregistered(self.model)}

    def set_model_state(self, arrays):
        for name, value in self.model_state().items():
            value.set_value(arrays[name])

    def optim_state(self):
        if not hasattr(self.optim, "state_dict"):
            return None
        state = dict(self.optim.state_dict())
        scheduler = state.pop("LR_Scheduler", None)
        # Their names hold numbers that count what the process made before, so the order must do.
        return {"scheduler": scheduler, "tensors": list(state.values())}

    def set_optim_state(self, state):
        if state is None:
            return
        # A step without gradients, after which the optimiser has its tensors; the weights are set later.
        sum((param * 0).sum() for param in _trained(self.model)).backward()
        self.optim.step()
        self.optim.clear_grad()
        made = dict(self.optim.state_dict())
        made.pop("LR_Scheduler", None)
        for value, saved in zip(made.values(), state["tensors"], strict=True):
            value.set_value(saved)
        if state["scheduler"] is not None:
            self.optim._learning_rate.set_state_dict(state["scheduler"])


def _unregistered(model):
    """Tensors that a layer from scratch trains but that are no Parameters: Paddle takes them for buffers."""
    return {name: buffer for name, buffer in model.named_buffers() if not buffer.stop_gradient}


def _trained(model):
    return [*model.parameters(), *_unregistered(model).values()]


# --- Object-oriented linear regression ------------------------------------------------------------


class SyntheticRegressionData(objects.SyntheticRegressionData, DataModule):
    pass


class SGD(objects.SGD):
    def step(self):
        sgd(self.params, [param.grad for param in self.params], self.lr, 1)

    def clear_grad(self):
        for param in self.params:
            param.clear_gradient()


class LinearRegressionScratch(Module):
    def __init__(self, num_inputs, lr, sigma=0.01):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        weights, zero = nn.initializer.Normal(0, sigma), nn.initializer.Constant(0.0)
        self.w = self.create_parameter([num_inputs, 1], default_initializer=weights)
        self.b = self.create_parameter([1], default_initializer=zero)

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
        self.net = LazyLinear(1, paddle.ParamAttr(initializer=nn.initializer.Normal(0, 0.01)))

    def loss(self, y_hat, y):
        return nn.functional.mse_loss(y_hat, _like(y, y_hat))

    def get_w_b(self):
        return self.net.weight.detach(), self.net.bias.detach()


class LazyLinear(nn.Linear):
    """A linear layer that infers the number of its inputs from the first batch, as PyTorch has it."""

    def __init__(self, out_features, weight_attr=None, bias_attr=None):
        nn.Layer.__init__(self)
        self.out_features, self.attributes = out_features, (weight_attr, bias_attr)
        self.weight = self.bias = self.name = None

    def forward(self, X):
        if self.weight is None:
            of_weight, of_bias = self.attributes
            self.weight = self.create_parameter([X.shape[-1], self.out_features], of_weight, X.dtype)
            self.bias = self.create_parameter([self.out_features], of_bias, X.dtype, is_bias=True)
        return super().forward(X)

    def extra_repr(self):
        return f"out_features={self.out_features}" if self.weight is None else super().extra_repr()


# --- Object-oriented classification ---------------------------------------------------------------


def _classes(Y_hat, Y):
    """Scores (n, classes) and classes (n, 1), looked at where no device has to be waited for."""
    checks.rows_of_scores(Y_hat.shape, Y.shape)
    if Y.place.is_cpu_place() or Y.is_floating_point():
        checks.classes(to_host(Y), Y_hat.shape[-1])
    return Y_hat.reshape([-1, Y_hat.shape[-1]]), Y.reshape([-1, 1]).astype(int64)


class Classifier(objects.Classifier, Module):
    def accuracy(self, Y_hat, Y, averaged=True):
        checks.rows_of_scores(Y_hat.shape, Y.shape)
        Y = _wide(Y.reshape([-1]))
        right = (Y_hat.reshape([-1, Y_hat.shape[-1]]).argmax(1).astype(Y.dtype) == Y).astype(float32)
        return right.mean() if averaged else right

    def loss(self, Y_hat, Y, averaged=True):
        # Not Paddle's loss, which stops at 64 on a CPU.
        Y_hat, Y = _classes(Y_hat, Y)
        l = paddle.logsumexp(Y_hat, 1) - paddle.take_along_axis(Y_hat, Y, 1).flatten()
        return l.mean() if averaged else l


class FashionMNIST(objects.FashionMNIST, DataModule):
    read, loader = staticmethod(read_fashion_mnist), ArrayLoader


class SoftmaxRegression(Classifier):
    def __init__(self, num_outputs, lr):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Flatten(), LazyLinear(num_outputs))


# --- Parameters that travel -----------------------------------------------------------------------

# Layer types, the kind of each, and which attribute holds what; all stored as the canonical layout has them.
_LAYERS = [
    (nn.Linear, "dense", {"weight": "weight", "bias": "bias"}),
    ((nn.Conv1D, nn.Conv2D, nn.Conv3D), "conv", {"weight": "weight", "bias": "bias"}),
    (
        (nn.BatchNorm, nn.BatchNorm1D, nn.BatchNorm2D, nn.BatchNorm3D),
        "batch_norm",
        {"gamma": "weight", "beta": "bias", "running_mean": "_mean", "running_var": "_variance"},
    ),
    (nn.Embedding, "embedding", {"weight": "weight"}),
]


def _layers(net):
    """The kind and the parameters of each layer, in order of registration."""
    if not isinstance(net, nn.Layer):
        return parameters.own(checks.tensors(net, paddle.Tensor))
    return parameters.of_layers(net.sublayers(include_self=True), _LAYERS, _slots, _own, "paddle")


def _slots(layer, attributes):
    stored = [(role, getattr(layer, name)) for role, name in attributes.items()]
    return [Slot(role, param) for role, param in stored if param is not None]


def _own(layer):
    scratch = [buffer for buffer in layer.buffers(include_sublayers=False) if not buffer.stop_gradient]
    return [*layer.parameters(include_sublayers=False), *scratch]


def _assign(param, array):
    param.set_value(array)


def get_parameters(net):
    return parameters.get(_layers(net), numpy)


def set_parameters(net, arrays):
    parameters.put(_layers(net), arrays, numpy, _assign)


def save_parameters(net, path):
    parameters.save(get_parameters(net), path)


def load_parameters(net, path):
    set_parameters(net, parameters.load(path))


__all__ = contract._complete(globals())
