"""*Dive into Deep Learning* in PyTorch: ``from d2l_multi import torch as d2l``."""

import warnings
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
from d2l_multi.common.cores import get_dataloader_workers
from d2l_multi.common.downloads import DATA_HUB, DATA_URL, download, download_extract
from d2l_multi.common.hyperparameters import HyperParameters, add_to_class
from d2l_multi.common.images import get_fashion_mnist_labels, show_images
from d2l_multi.common.metrics import Timer
from d2l_multi.common.parameters import Slot
from d2l_multi.common.plotting import lazy_pyplot as __getattr__
from d2l_multi.common.plotting import plot, set_axes, set_figsize, use_svg_display
from d2l_multi.common.training import ConvergenceWarning, DivergenceWarning, InterruptedWarning
from d2l_multi.compat import forks

with compat.framework("torch"):
    import torch
    from torch import nn
    from torch.utils import data

    if not torch.cuda.device_count():
        torch.cuda.is_available()  # warns where there is no GPU but TensorFlow looked for one; once is enough

forks.in_child(lambda: torch.set_num_threads(1))

# --- Devices ------------------------------------------------------------------------------------


def cpu():
    return torch.device("cpu")


def gpu(i=0):
    return torch.device(f"cuda:{checks.device_index(i)}")


def num_gpus():
    return torch.cuda.device_count()


def try_gpu(i=0):
    return gpu(i) if checks.device_index(i) < num_gpus() else cpu()


def try_all_gpus():
    return [gpu(i) for i in range(num_gpus())] or [cpu()]


# --- Tensor vocabulary ----------------------------------------------------------------------------

nn_Module = nn.Module
int32, int64 = torch.int32, torch.int64
float32, float64 = torch.float32, torch.float64


_DTYPES = dtypes.of(torch)


def _dtype(dtype):
    return None if dtype is None else _DTYPES[dtypes.name(dtype, _DTYPES)]


def _tensor(x):
    return x if isinstance(x, torch.Tensor) else tensor(x)


def _float(x):
    x = _tensor(x)
    return x if x.is_floating_point() or x.is_complex() else x.to(float32)


def _is_whole(x):
    return not x.is_floating_point() and not x.is_complex()


def _alike(tensors):
    """Tensors in the dtype that they have in common."""
    tensors = [_tensor(x) for x in tensors]
    if len({x.dtype for x in tensors}) < 2:
        return tensors
    dtype = _DTYPES[dtypes.common((x.dtype for x in tensors), _DTYPES)]
    return [x.to(dtype) for x in tensors]


def tensor(data, dtype=None, device=None, **native):
    if isinstance(data, torch.Tensor):
        copy = data.detach().clone().to(device=device, dtype=_dtype(dtype))
        return copy.requires_grad_(native.get("requires_grad", False))
    values = dtypes.host_array(data, dtype, "int64", _DTYPES)
    return torch.tensor(values, dtype=_dtype(dtype), device=device, **native)


def ones(*shape, dtype=None, device=None, **native):
    return torch.ones(shapes.sides(shape, native), dtype=_dtype(dtype), device=device, **native)


def zeros(*shape, dtype=None, device=None, **native):
    return torch.zeros(shapes.sides(shape, native), dtype=_dtype(dtype), device=device, **native)


def arange(start, stop=None, step=1, dtype=None, device=None, **native):
    values = dtypes.host_numbers(host_range(start, stop, step), dtype, "int64", _DTYPES)
    return tensor(values, dtype, device, **native)


def linspace(start, stop, num=50, dtype=None, device=None, **native):
    values = dtypes.host_numbers(dtypes.host_linspace(start, stop, num, dtype), dtype, "int64", _DTYPES)
    return tensor(values, dtype, device, **native)


def meshgrid(*tensors, indexing="xy"):
    tensors = _alike(tensors)
    shapes.vectors([x.shape for x in tensors])
    return torch.meshgrid(*tensors, indexing=checks.one_of("indexing", indexing, ("xy", "ij")))


def eye(n, m=None, dtype=None, device=None, **native):
    n, m = checks.whole("n", n, 0), checks.whole("m", n if m is None else m, 0)
    return torch.eye(n, m, dtype=_dtype(dtype), device=device, **native)


def normal(mean=0.0, std=1.0, shape=(), *, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    mean, std, shape = normal_arguments(mean, std, shape, native)
    return torch.normal(mean, std, shape, dtype=_dtype(dtype), device=device, **native)


def rand(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    return torch.rand(shapes.sides(shape, native), dtype=_dtype(dtype), device=device, **native)


def randn(*shape, dtype=None, device=None, **native):
    dtypes.floating(dtype)
    return torch.randn(shapes.sides(shape, native), dtype=_dtype(dtype), device=device, **native)


def sin(x):
    return torch.sin(_float(x))


def cos(x):
    return torch.cos(_float(x))


def sinh(x):
    return torch.sinh(_float(x))


def cosh(x):
    return torch.cosh(_float(x))


def tanh(x):
    return torch.tanh(_float(x))


def exp(x):
    return torch.exp(_float(x))


def log(x):
    return torch.log(_float(x))


def abs(x):
    x = _tensor(x)
    return x if x.dtype == torch.bool else torch.abs(x)


def matmul(x, y):
    x, y = _tensor(x), _tensor(y)
    shapes.product(x.shape, y.shape)
    return _product(x, y)


def _product(x, y):
    """The product in the dtype that both have in common; of integers as int64, which does not wrap around."""
    if x.dtype != y.dtype or not x.is_floating_point():
        x, y = _alike((x, y))
        x, y = (x.to(int64), y.to(int64)) if _is_whole(x) else (x, y)
    return torch.matmul(x, y)


def concat(tensors, axis=0, **native):
    tensors = _alike(tensors)
    axis = shapes.joined("concat", [x.shape for x in tensors], native.pop("dim", axis))
    return torch.cat(tensors, axis, **native)


def stack(tensors, axis=0, **native):
    tensors = _alike(tensors)
    axis = shapes.joined("stack", [x.shape for x in tensors], native.pop("dim", axis))
    return torch.stack(tensors, axis, **native)


def reshape(x, *shape):
    x = _tensor(x)
    return x.reshape(shapes.reshaped(x.shape, shape))


def transpose(x, axes=None):
    x = _tensor(x)
    return x.permute(shapes.permutation(x.shape, axes))


def reduce_sum(x, axis=None, keepdims=False, **native):
    x = _tensor(x)
    return torch.sum(x, **shapes.reduced(x.shape, axis, keepdims, native))


def reduce_mean(x, axis=None, keepdims=False, **native):
    x = _float(x)
    return torch.mean(x, **shapes.averaged(x.shape, axis, keepdims, native))


def argmax(x, axis=None, **native):
    x = _tensor(x)
    x = x.to(torch.uint8) if x.dtype == torch.bool else x
    return torch.argmax(x, shapes.indexed(x.shape, native.pop("dim", axis)), **native)


def astype(x, dtype):
    return _tensor(x).to(_dtype(dtype))


def size(x):
    return _tensor(x).numel()


def to(x, device):
    return x.to(device)


def numpy(x):
    return np.array(to_host(x))  # a copy: the next step of training changes the tensor in place


@to_host.register
def _host(x: torch.Tensor):
    x = x.detach().cpu()
    return x.float().numpy() if x.dtype == torch.bfloat16 else x.resolve_conj().resolve_neg().numpy()


def as_parameter(array, device=None):
    param = tensor(array, device=device)
    dtypes.trainable(param.dtype)
    return param.requires_grad_()


# --- Measuring ------------------------------------------------------------------------------------


class Accumulator(metrics.Accumulator):
    tensor_type = torch.Tensor

    @staticmethod
    def keep(value):
        value = value.detach().clone()
        return value if value.ndim == 0 else value.reshape(())

    @staticmethod
    def read(values):
        if len({value.dtype for value in values}) > 1:  # stacked they would all be float32
            return [value.item() for value in values]
        return torch.stack(values).tolist()  # one transfer


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
    y = matmul(X, w.reshape(-1, 1)) + b
    y += normal(0, noise, y.shape, dtype=w.dtype, device=w.device)
    return X, y


def data_iter(batch_size, features, labels, *, shuffle=True, seed=None):
    return iter(load_array((features, labels), batch_size, shuffle, seed=seed))


class ArrayLoader(data.DataLoader):
    """A DataLoader over arrays in memory: it gathers blocks of rows, not one example after another."""

    def __init__(self, dataset, batch_size, shuffle, seed):
        super().__init__(dataset, int(batch_size), shuffle)
        self.orders = sampling.Orders(len(dataset), shuffle, seed, torch.randperm)

    def __iter__(self):
        arrays = self.dataset.tensors
        order = torch.as_tensor(self.orders.next(), device=arrays[0].device)
        gather = lambda rows: tuple(x.index_select(0, rows.to(x.device)) for x in arrays)  # noqa: E731
        blocks = sampling.blocks(order, self.batch_size, arrays)
        batches = sampling.batches(blocks, self.batch_size, gather)
        prepare = getattr(self.dataset, "prepare", None)
        return batches if prepare is None else (prepare(*batch) for batch in batches)

    def unshuffled(self):
        """Another loader over the same examples, as they are stored; passes over this one do not count it."""
        return ArrayLoader(self.dataset, self.batch_size, False, None)


def load_array(data_arrays, batch_size, is_train=True, *, seed=None):
    arrays = [_unread(array) for array in checks.array_list(data_arrays)]
    checks.same_length(arrays)
    checks.positive_int("batch_size", batch_size)
    return ArrayLoader(data.TensorDataset(*arrays), batch_size, is_train, seed)


def _unread(array):
    """A memmap as a tensor over the same memory: no more of it is read than the rows asked for."""
    if not isinstance(array, np.memmap):
        return _tensor(array)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")  # nor do we write
        return torch.from_numpy(checks.mapped(array))


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
    return y.reshape(y_hat.shape).to(y_hat.dtype)


def sgd(*args, **kwargs):
    params, grads, lr, batch_size = training.sgd_arguments(args, kwargs)
    stored = grads is None
    grads = [param.grad for param in params] if stored else grads
    checks.gradients(params, grads, "call backward() on the loss first")
    with torch.no_grad():
        for param, grad in zip(params, grads):
            param -= lr * grad / batch_size
            if stored:
                grad.zero_()


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


class Images(data.TensorDataset):
    """Images kept as bytes, and their labels; pixels are made of the bytes when they are asked for."""

    def __init__(self, images, labels, matrices):
        super().__init__(images, labels)
        self.matrices = matrices

    def __getitem__(self, i):
        X, y = super().__getitem__(i)
        return _pixels(X[None], self.matrices)[0], y

    def prepare(self, X, y):
        return _pixels(X, self.matrices), y


def _pixels(X, matrices):
    """Bytes (b, h, w) as float32 in [0, 1], (b, 1, h, w), resized if there are matrices."""
    X = X.to(float32)
    if matrices:
        rows, columns = matrices
        X = torch.floor(X @ columns.T + 0.5)
        X = torch.floor(rows @ X + 0.5)
    return X.div_(255).unsqueeze(1)


# --- Training and evaluation ----------------------------------------------------------------------


# Losses of each output by itself.
_ELEMENTWISE = (nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss, nn.BCELoss, nn.BCEWithLogitsLoss)


def _loss(loss, y_hat, y):
    by_element = loss is squared_loss or isinstance(loss, _ELEMENTWISE)
    return training.loss(loss, y_hat, y, by_element, _like)


def _correct(y_hat, y):
    """How many predictions are right, as a 0-d tensor that nobody has to wait for."""
    if y_hat.ndim > 1 and y_hat.shape[1] > 1:
        y = y.argmax(1) if y.shape == y_hat.shape else y
        y_hat = y_hat.argmax(1)
    else:
        y_hat = y_hat.to(y.dtype)
    checks.same_size(y_hat.shape, y.shape)
    return (y_hat.reshape(-1) == y.reshape(-1)).sum()


def accuracy(y_hat, y):
    return float(_correct(_tensor(y_hat), _tensor(y)))


@contextmanager
def _evaluation(net):
    """Evaluation mode without gradients; every module's own mode comes back afterwards."""
    modules = list(net.modules()) if isinstance(net, nn.Module) else []
    modes = [module.training for module in modules]
    for module in modules:
        module.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        for module, mode in zip(modules, modes):
            module.training = mode


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
    if isinstance(net, nn.Module):
        net.train()
    metric = Accumulator(4)  # sum of losses, number of values, correct predictions, number of examples
    for X, y in training.pairs(train_iter, "train_iter"):
        y_hat = net(X)
        l = _loss(loss, y_hat, y)
        if isinstance(updater, torch.optim.Optimizer):
            updater.zero_grad()
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


class Module(objects.Module, nn.Module):
    kept = Accumulator.kept

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=checks.learning_rate(self.lr))

    def apply_init(self, inputs, init=None):
        with torch.no_grad():
            self.forward(*inputs)
        if init is not None:
            self.net.apply(init)


class DataModule(objects.DataModule):
    take = staticmethod(lambda tensor, rows: tensor[rows])
    load_array = staticmethod(load_array)
    synthetic_data = staticmethod(synthetic_data)
    count_workers = staticmethod(get_dataloader_workers)


class Trainer(trainer.Trainer):
    backend = "torch"
    gpu, count_gpus, to = staticmethod(gpu), staticmethod(num_gpus), staticmethod(to)
    tensor, no_grad = staticmethod(tensor), staticmethod(torch.no_grad)

    def mode(self, training):
        self.model.train(training)

    def update(self, batch):
        loss = self.model.training_step(batch)
        self.optim.zero_grad()
        loss.backward()
        with torch.no_grad():  # an optimiser from scratch changes leaves of the graph in place
            if self.gradient_clip_val > 0:
                self.clip_gradients(self.gradient_clip_val, self.model)
            self.optim.step()

    def clip_gradients(self, grad_clip_val, model):
        params = [*model.parameters(), *_unregistered(model).values()]
        nn.utils.clip_grad_norm_(params, grad_clip_val)

    def move(self, model, device):
        model.to(device)
        for module in model.modules():
            for name, value in _attributes(module).items():
                setattr(module, name, value.detach().to(device).requires_grad_())

    def model_state(self):
        return {**self.model.state_dict(), **_unregistered(self.model)}

    def set_model_state(self, arrays):
        with torch.no_grad():
            for name, value in self.model_state().items():
                value.copy_(tensor(arrays[name]))

    def optim_state(self):
        return self.optim.state_dict() if hasattr(self.optim, "state_dict") else None

    def set_optim_state(self, state):
        if state is not None:
            self.optim.load_state_dict(state)


def _unregistered(model):
    """Tensors that a module from scratch trains, and PyTorch does not know: plain attributes."""
    return {
        f"{path}.{name}".lstrip("."): value
        for path, module in model.named_modules()
        for name, value in _attributes(module).items()
    }


def _attributes(module):
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, torch.Tensor) and value.requires_grad
    }


# --- Object-oriented linear regression ------------------------------------------------------------


class SyntheticRegressionData(objects.SyntheticRegressionData, DataModule):
    pass


class SGD(objects.SGD):
    def step(self):
        sgd(self.params, [param.grad for param in self.params], self.lr, 1)

    def zero_grad(self):
        for param in self.params:
            if param.grad is not None:
                param.grad.zero_()


class LinearRegressionScratch(Module):
    def __init__(self, num_inputs, lr, sigma=0.01):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        self.w = nn.Parameter(normal(0, sigma, (num_inputs, 1)))
        self.b = nn.Parameter(zeros(1))

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
        self.net = LinearLayer(1)

    def loss(self, y_hat, y):
        return nn.functional.mse_loss(y_hat, _like(y, y_hat))

    def get_w_b(self):
        return self.net.weight.data, self.net.bias.data


class LinearLayer(nn.LazyLinear):
    """A linear layer that starts as linear regression does: w from N(0, 0.01²), b at zero."""

    def reset_parameters(self):
        if self.in_features and not self.has_uninitialized_params():
            nn.init.normal_(self.weight, std=0.01)
            nn.init.zeros_(self.bias)


# --- Object-oriented classification ---------------------------------------------------------------


def _classes(Y_hat, Y):
    """Scores (n, classes) and a class for each, looked at where no device has to be waited for."""
    checks.rows_of_scores(Y_hat.shape, Y.shape)
    if Y.is_cpu or Y.is_floating_point():
        checks.classes(to_host(Y), Y_hat.shape[-1])
    return Y_hat.reshape(-1, Y_hat.shape[-1]), Y.reshape(-1).to(int64)


class Classifier(objects.Classifier, Module):
    def accuracy(self, Y_hat, Y, averaged=True):
        checks.rows_of_scores(Y_hat.shape, Y.shape)
        right = (Y_hat.reshape(-1, Y_hat.shape[-1]).argmax(1) == Y.reshape(-1)).to(float32)
        return right.mean() if averaged else right

    def loss(self, Y_hat, Y, averaged=True):
        Y_hat, Y = _classes(Y_hat, Y)
        return nn.functional.cross_entropy(Y_hat, Y, reduction="mean" if averaged else "none")


class FashionMNIST(objects.FashionMNIST, DataModule):
    read, loader = staticmethod(read_fashion_mnist), ArrayLoader


class SoftmaxRegression(Classifier):
    def __init__(self, num_outputs, lr):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Flatten(), nn.LazyLinear(num_outputs))


# --- Parameters that travel -----------------------------------------------------------------------

# Layer types, the kind of each, and which attribute holds what; a dense weight is stored (out, in) here.
_LAYERS = [
    (nn.Linear, "dense", {"weight": ("weight", (1, 0)), "bias": ("bias", None)}),
    ((nn.Conv1d, nn.Conv2d, nn.Conv3d), "conv", {"weight": ("weight", None), "bias": ("bias", None)}),
    (
        (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d),
        "batch_norm",
        {
            "gamma": ("weight", None),
            "beta": ("bias", None),
            "running_mean": ("running_mean", None),
            "running_var": ("running_var", None),
        },
    ),
    (nn.Embedding, "embedding", {"weight": ("weight", None)}),
]


def _layers(net):
    """The kind and the parameters of each layer, in order of registration."""
    if not isinstance(net, nn.Module):
        return parameters.own(checks.tensors(net, torch.Tensor))
    return parameters.of_layers(net.modules(), _LAYERS, _slots, _own, "torch")


def _slots(layer, attributes):
    stored = [(role, getattr(layer, name), axes) for role, (name, axes) in attributes.items()]
    return [Slot(role, param, axes) for role, param, axes in stored if param is not None]


def _own(module):
    return [*module.parameters(recurse=False), *_attributes(module).values()]


def _read(param):
    if nn.parameter.is_lazy(param):
        raise parameters.uninitialised("it has lazy layers")
    return numpy(param)


def _assign(param, array):
    with torch.no_grad():
        param.copy_(torch.from_numpy(array))


def get_parameters(net):
    return parameters.get(_layers(net), _read)


def set_parameters(net, arrays):
    parameters.put(_layers(net), arrays, _read, _assign)


def save_parameters(net, path):
    parameters.save(get_parameters(net), path)


def load_parameters(net, path):
    set_parameters(net, parameters.load(path))


__all__ = contract._complete(globals())
