"""The object-oriented edition in PyTorch: models, data and the steps of a trainer."""

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.data.torch import (
    ArrayLoader,
    get_dataloader_workers,
    load_array,
    read_fashion_mnist,
    synthetic_data,
)
from d2l_multi.book.distribution import workers
from d2l_multi.book.distribution.torch import average_gradients
from d2l_multi.book.object_oriented import contract, modules, trainer
from d2l_multi.book.object_oriented.native import Native
from d2l_multi.book.parameters.torch import own_tensors, unregistered
from d2l_multi.book.tensors.torch import (
    float32,
    gpu,
    int64,
    normal,
    num_gpus,
    randn,
    tensor,
    to,
    zeros,
)
from d2l_multi.book.training import checks
from d2l_multi.book.training.torch import (
    Accumulator,
    clip_by_norm,
    evaluation,
    like,
    linreg,
    sgd,
    squared_loss,
)
from d2l_multi.compat import framework

with framework("torch"):
    import torch
    from torch import nn


NATIVE = Native(
    name="torch",
    tensor=tensor,
    to=to,
    gpu=gpu,
    num_gpus=num_gpus,
    kept=Accumulator.kept,
    rows=lambda tensor, rows: tensor[rows],
    load_array=load_array,
    synthetic_data=synthetic_data,
    get_dataloader_workers=get_dataloader_workers,
    read_fashion_mnist=read_fashion_mnist,
    load_images=ArrayLoader,
    randn=randn,
    layers=lambda net: list(net) if isinstance(net, nn.Sequential) else None,
    errors_of_shape=(RuntimeError, ValueError),
    evaluation=evaluation,
    no_grad=torch.no_grad,
)


class Module(modules.Module, nn.Module):
    _native = NATIVE

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=checks.learning_rate(self.lr))

    def apply_init(self, inputs, init=None):
        with torch.no_grad():
            self.forward(*inputs)
        if init is not None:
            self.net.apply(init)

    def set_scratch_params_device(self, device):
        for module in self.modules():
            for name, value in own_tensors(module).items():
                setattr(module, name, value.detach().to(device).requires_grad_())

    def _spread(self, devices, call, inputs, kwargs):
        return nn.parallel.data_parallel(Forward(self), inputs, devices, module_kwargs=kwargs)


class Forward(nn.Module):
    """A model's forward pass alone: of a copy on each device, PyTorch calls that."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *inputs, **kwargs):
        return self.model.forward(*inputs, **kwargs)


def _params(model):
    return [*model.parameters(), *unregistered(model).values()]


class DataModule(modules.DataModule):
    _native = NATIVE


class Trainer(trainer.Trainer):
    _native = NATIVE

    def mode(self, training):
        self.model.train(training)

    def update(self, batch):
        loss = self.model.training_step(batch)
        self.optim.zero_grad()
        loss.backward()
        with torch.no_grad():  # an optimiser from scratch changes leaves of the graph in place
            if not workers.alone():
                average_gradients(_params(self.model), self._num_examples)
            if self.gradient_clip_val > 0:
                self.clip_gradients(self.gradient_clip_val, self.model)
            self.optim.step()

    def clip_gradients(self, grad_clip_val, model):
        clip_by_norm([param.grad for param in _params(model) if param.grad is not None], grad_clip_val)

    def move(self, model, devices):
        model.to(devices[0])
        model.set_scratch_params_device(devices[0])

    def model_state(self):
        return {**self.model.state_dict(), **unregistered(self.model)}

    def set_model_state(self, arrays):
        with torch.no_grad():
            for name, value in self.model_state().items():
                value.copy_(tensor(arrays[name]))

    def optim_state(self):
        return self.optim.state_dict() if hasattr(self.optim, "state_dict") else None

    def set_optim_state(self, state):
        if state is not None:
            self.optim.load_state_dict(state)


class SyntheticRegressionData(modules.SyntheticRegressionData, DataModule):
    pass


class SGD(modules.SGD):
    def step(self):
        """Update the parameters once, by the gradients that the framework stored on them."""
        sgd(self.params, [param.grad for param in self.params], self.lr, 1)

    def zero_grad(self):
        """Set the gradients to zero."""
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
        return nn.functional.mse_loss(y_hat, like(y, y_hat))

    def get_w_b(self):
        return self.net.weight.data, self.net.bias.data


class LinearLayer(nn.LazyLinear):
    """A linear layer that starts as linear regression does: w from N(0, 0.01²), b at zero."""

    def reset_parameters(self):
        if self.in_features and not self.has_uninitialized_params():
            nn.init.normal_(self.weight, std=0.01)
            nn.init.zeros_(self.bias)


def cross_entropy(Y_hat, Y, averaged=True):
    """The cross-entropy of the softmax of scores; classes are looked at where no device is waited for."""
    checks.rows_of_scores(Y_hat.shape, Y.shape)
    if Y.is_cpu or Y.is_floating_point():
        checks.classes(to_host(Y), Y_hat.shape[-1])
    Y_hat, Y = Y_hat.reshape(-1, Y_hat.shape[-1]), Y.reshape(-1).to(int64)
    return nn.functional.cross_entropy(Y_hat, Y, reduction="mean" if averaged else "none")


class Classifier(modules.Classifier, Module):
    def accuracy(self, Y_hat, Y, averaged=True):
        checks.rows_of_scores(Y_hat.shape, Y.shape)
        right = (Y_hat.reshape(-1, Y_hat.shape[-1]).argmax(1) == Y.reshape(-1)).to(float32)
        return right.mean() if averaged else right

    def loss(self, Y_hat, Y, averaged=True):
        return cross_entropy(Y_hat, Y, averaged)


class FashionMNIST(modules.FashionMNIST, DataModule):
    pass


class SoftmaxRegression(Classifier):
    def __init__(self, num_outputs, lr):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Flatten(), nn.LazyLinear(num_outputs))


__all__ = contracts.offered(contract, globals())
