"""*Dive into Deep Learning* in PyTorch: ``from d2l_multi import torch as d2l``."""

import warnings
from contextlib import contextmanager

import numpy as np

from d2l_multi import compat, contract
from d2l_multi.common import checks, fashion_mnist, metrics, objects, parameters, sampling, trainer, training
from d2l_multi.common.animator import Animator
from d2l_multi.common.arrays import (
    axis_arguments,
    by_default,
    host_range,
    host_values,
    normal_arguments,
    shape_from,
    to_host,
)
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


def _dtype(dtype):
    return getattr(torch, dtype) if isinstance(dtype, str) else dtype


def _tensor(x):
    return x if isinstance(x, torch.Tensor) else tensor(x)


def _float(x):
    x = _tensor(x)
    return x if x.is_floating_point() else x.to(float32)


def tensor(data, dtype=None, device=None, **native):
    if isinstance(data, torch.Tensor):
        copy = data.detach().clone().to(device=device, dtype=_dtype(dtype))
        return copy.requires_grad_(native.get("requires_grad", False))
    return torch.tensor(host_values(data, np.int64, dtype), dtype=_dtype(dtype), device=device, **native)


def ones(*shape, dtype=None, device=None, **native):
    return torch.ones(shape_from(shape, native), dtype=_dtype(dtype), device=device, **native)


def zeros(*shape, dtype=None, device=None, **native):
    return torch.zeros(shape_from(shape, native), dtype=_dtype(dtype), device=device, **native)


def arange(start, stop=None, step=1, dtype=None, device=None, **native):
    return tensor(by_default(host_range(start, stop, step), np.int64, dtype), dtype, device, **native)


def linspace(start, stop, num=50, dtype=None, device=None, **native):
    return tensor(by_default(np.linspace(start, stop, num), np.int64, dtype), dtype, device, **native)


def meshgrid(*tensors, indexing="xy"):
    return torch.meshgrid(*map(_tensor, tensors), indexing=indexing)


def eye(n, m=None, dtype=None, device=None, **native):
    return torch.eye(n, n if m is None else m, dtype=_dtype(dtype), device=device, **native)


def normal(mean=0.0, std=1.0, shape=(), *, dtype=None, device=None, **native):
    mean, std, shape = normal_arguments(mean, std, shape, native)
    return torch.normal(float(mean), float(std), shape, dtype=_dtype(dtype), device=device, **native)


def rand(*shape, dtype=None, device=None, **native):
    return torch.rand(shape_from(shape, native), dtype=_dtype(dtype), device=device, **native)


def randn(*shape, dtype=None, device=None, **native):
    return torch.randn(shape_from(shape, native), dtype=_dtype(dtype), device=device, **native)


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
    return torch.abs(_tensor(x))


def matmul(x, y):
    return torch.matmul(x, y)


def concat(tensors, axis=0, **native):
    return torch.cat(tuple(map(_tensor, tensors)), native.pop("dim", axis), **native)


def stack(tensors, axis=0, **native):
    return torch.stack(tuple(map(_tensor, tensors)), native.pop("dim", axis), **native)


def reshape(x, *shape):
    return _tensor(x).reshape(*shape)


def transpose(x, axes=None):
    x = _tensor(x)
    return x.permute(tuple(axes) if axes is not None else tuple(reversed(range(x.ndim))))


def reduce_sum(x, axis=None, keepdims=False, **native):
    return torch.sum(_tensor(x), **axis_arguments(axis, keepdims, native))


def reduce_mean(x, axis=None, keepdims=False, **native):
    return torch.mean(_float(x), **axis_arguments(axis, keepdims, native))


def argmax(x, axis=None, **native):
    return torch.argmax(_tensor(x), native.pop("dim", axis), **native)


def astype(x, dtype):
    return _tensor(x).to(_dtype(dtype))


def size(x):
    return _tensor(x).numel()


def to(x, device):
    return x.to(device)


def numpy(x):
    if not isinstance(x, torch.Tensor):
        return to_host(x)
    x = x.detach().cpu()
    return x.float().numpy() if x.dtype == torch.bfloat16 else x.resolve_conj().resolve_neg().numpy()


to_host.register(torch.Tensor, numpy)


def as_parameter(array, device=None):
    return tensor(array, device=device, requires_grad=True)


# --- Measuring ------------------------------------------------------------------------------------


class Accumulator(metrics.Accumulator):
    tensor_type = torch.Tensor

    @staticmethod
    def keep(value):
        value = value.detach().clone()
        return value if value.ndim == 0 else value.reshape(())

    @staticmethod
    def read(values):
        return torch.stack(values).tolist()


# --- Linear regression ----------------------------------------------------------------------------


def synthetic_data(w, b, num_examples, *, noise=0.01, seed=None):
    w = _float(w)
    num_inputs = checks.weight_length(w.shape)
    checks.positive_int("num_examples", num_examples)
    checks.noise_level(noise)
    if seed is not None:
        X, y = sampling.regression_data(numpy(w), float(b), num_examples, noise, seed)
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
        super().__init__(dataset, batch_size, shuffle)
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
        return torch.from_numpy(array)


def linreg(X, w, b):
    checks.linear_shapes(X.shape, w.shape)
    return matmul(X, w) + b


def squared_loss(y_hat, y):
    checks.same_size(y_hat.shape, y.shape)
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


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


def _correct(y_hat, y):
    """How many predictions are right, as a 0-d tensor that nobody has to wait for."""
    if y_hat.ndim > 1 and y_hat.shape[1] > 1:
        y = y.argmax(1) if y.shape == y_hat.shape else y
        y_hat = y_hat.argmax(1)
    checks.same_size(y_hat.shape, y.shape)
    return (y_hat.to(y.dtype).reshape(-1) == y.reshape(-1)).sum()


def accuracy(y_hat, y):
    return float(_correct(y_hat, y))


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
            metric.add_own(_correct(net(X), y), len(X))
    return training.mean(metric[0], metric[1], "data_iter")


def evaluate_loss(net, data_iter, loss):
    metric = Accumulator(2)  # sum of losses, number of values
    with _evaluation(net):
        for X, y in training.pairs(data_iter, "data_iter"):
            y_hat = net(X)
            l = loss(y_hat, y.reshape(y_hat.shape) if y.numel() == y_hat.numel() else y)
            metric.add_own(_total(loss, l, len(X)), training.num_values(l, len(X)))
    return training.mean(metric[0], metric[1], "data_iter")


def train_epoch_ch3(net, train_iter, loss, updater):
    if isinstance(net, nn.Module):
        net.train()
    metric = Accumulator(4)  # sum of losses, number of values, correct predictions, number of examples
    for X, y in training.pairs(train_iter, "train_iter"):
        y_hat = net(X)
        checks.outputs_fit(y_hat.shape, y.shape)
        l = loss(y_hat, y)
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
        predicted = net(X).argmax(1)
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
        return nn.functional.mse_loss(y_hat, y)

    def get_w_b(self):
        return self.net.weight.data, self.net.bias.data


class LinearLayer(nn.LazyLinear):
    """A linear layer that starts as linear regression does: w from N(0, 0.01²), b at zero."""

    def reset_parameters(self):
        if self.in_features and not self.has_uninitialized_params():
            nn.init.normal_(self.weight, std=0.01)
            nn.init.zeros_(self.bias)


# --- Object-oriented classification ---------------------------------------------------------------


class Classifier(objects.Classifier, Module):
    def accuracy(self, Y_hat, Y, averaged=True):
        Y_hat = Y_hat.reshape(-1, Y_hat.shape[-1])
        right = (Y_hat.argmax(1).to(Y.dtype) == Y.reshape(-1)).to(float32)
        return right.mean() if averaged else right

    def loss(self, Y_hat, Y, averaged=True):
        Y_hat = Y_hat.reshape(-1, Y_hat.shape[-1])
        return nn.functional.cross_entropy(Y_hat, Y.reshape(-1), reduction="mean" if averaged else "none")


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
        yield from (("parameter", [Slot("value", param)]) for param in checks.tensors(net, torch.Tensor))
        return
    for module in net.modules():
        for types, kind, attributes in _LAYERS:
            if isinstance(module, types):
                stored = [(role, getattr(module, name), axes) for role, (name, axes) in attributes.items()]
                yield kind, [Slot(role, param, axes) for role, param, axes in stored if param is not None]
                break
        else:
            own = [*module.parameters(recurse=False), *_attributes(module).values()]
            if own and type(module).__module__.startswith("torch."):
                raise parameters.unsupported(module)
            yield from (("parameter", [Slot("value", param)]) for param in own)


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
