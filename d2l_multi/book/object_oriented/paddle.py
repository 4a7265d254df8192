"""The object-oriented edition in PaddlePaddle: models, data and the steps of a trainer."""

from contextlib import contextmanager

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.data.paddle import (
    ArrayLoader,
    get_dataloader_workers,
    load_array,
    read_fashion_mnist,
    synthetic_data,
)
from d2l_multi.book.distribution import workers
from d2l_multi.book.distribution.paddle import average_gradients
from d2l_multi.book.object_oriented import contract, modules, trainer
from d2l_multi.book.object_oriented.native import Native
from d2l_multi.book.object_oriented.paddle_layers import LazyLinear, is_unbuilt, kernels_checked
from d2l_multi.book.parameters.paddle import trained, unregistered
from d2l_multi.book.tensors.paddle import (
    as_parameter,
    float32,
    gpu,
    int64,
    num_gpus,
    randn,
    tensor,
    to,
    widened,
)
from d2l_multi.book.training import checks
from d2l_multi.book.training.paddle import (
    Accumulator,
    clip_by_norm,
    evaluation,
    like,
    linreg,
    sgd,
    squared_loss,
)
from d2l_multi.compat import framework, private

with framework("paddle"):
    import paddle
    from paddle import nn


@contextmanager
def shown(model):
    """Evaluation mode for a model that may see images for the first time."""
    with kernels_checked(model), evaluation(model):
        yield


NATIVE = Native(
    name="paddle",
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
    layers=lambda net: list(net.children()) if isinstance(net, nn.Sequential) else None,
    errors_of_shape=(ValueError, RuntimeError),
    evaluation=shown,
    no_grad=paddle.no_grad,
    most_gpus=1,  # its data parallelism is of processes: python -m paddle.distributed.launch
)


class Module(modules.Module, nn.Layer):
    _native = NATIVE

    def configure_optimizers(self):
        return paddle.optimizer.SGD(checks.learning_rate(self.lr), parameters=self.parameters())

    def apply_init(self, inputs, init=None):
        with paddle.no_grad():
            self.forward(*inputs)
        if init is not None:
            self.net.apply(init)

    def set_scratch_params_device(self, device):
        for layer in self.sublayers(include_self=True):
            for name, buffer in layer.named_buffers(include_sublayers=False):
                if not buffer.stop_gradient:
                    setattr(layer, name, as_parameter(buffer, device))


class DataModule(modules.DataModule):
    _native = NATIVE


class Trainer(trainer.Trainer):
    _native = NATIVE

    def complete(self, model):
        if any(map(is_unbuilt, model.sublayers())):
            self.build()  # an optimiser wants to know the parameters when it is made

    def mode(self, training):
        self.model.train() if training else self.model.eval()

    def update(self, batch):
        loss = self.model.training_step(batch)
        self.optim.clear_grad()
        loss.backward()
        with paddle.no_grad():  # an optimiser from scratch changes leaves of the graph in place
            if not workers.alone():
                average_gradients(trained(self.model), self._num_examples)
            if self.gradient_clip_val > 0:
                self.clip_gradients(self.gradient_clip_val, self.model)
            self.optim.step()

    def clip_gradients(self, grad_clip_val, model):
        clip_by_norm([param.grad for param in trained(model) if param.grad is not None], grad_clip_val)

    def move(self, model, devices):
        ours = list(unregistered(model))
        model.to(devices[0])
        for name, buffer in model.named_buffers():
            buffer.stop_gradient = name not in ours

    def model_state(self):
        return {**self.model.state_dict(), **unregistered(self.model)}

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
        sum((param * 0).sum() for param in trained(self.model)).backward()
        self.optim.step()
        self.optim.clear_grad()
        made = dict(self.optim.state_dict())
        made.pop("LR_Scheduler", None)
        for value, saved in zip(made.values(), state["tensors"], strict=True):
            value.set_value(saved)
        if state["scheduler"] is not None:
            private.paddle_learning_rate(self.optim).set_state_dict(state["scheduler"])


class SyntheticRegressionData(modules.SyntheticRegressionData, DataModule):
    pass


class SGD(modules.SGD):
    def step(self):
        """Update the parameters once, by the gradients that the framework stored on them."""
        sgd(self.params, [param.grad for param in self.params], self.lr, 1)

    def clear_grad(self):
        """Forget the gradients."""
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
        return nn.functional.mse_loss(y_hat, like(y, y_hat))

    def get_w_b(self):
        return self.net.weight.detach(), self.net.bias.detach()


def cross_entropy(Y_hat, Y, averaged=True):
    """The cross-entropy of the softmax of scores, classes being looked at where no device is waited for.

    Not Paddle's loss, which stops at 64 on a CPU.
    """
    checks.rows_of_scores(Y_hat.shape, Y.shape)
    if Y.place.is_cpu_place() or Y.is_floating_point():
        checks.classes(to_host(Y), Y_hat.shape[-1])
    Y_hat, Y = Y_hat.reshape([-1, Y_hat.shape[-1]]), Y.reshape([-1, 1]).astype(int64)
    l = paddle.logsumexp(Y_hat, 1) - paddle.take_along_axis(Y_hat, Y, 1).flatten()
    return l.mean() if averaged else l


class Classifier(modules.Classifier, Module):
    def accuracy(self, Y_hat, Y, averaged=True):
        checks.rows_of_scores(Y_hat.shape, Y.shape)
        Y = widened(Y.reshape([-1]))
        right = (Y_hat.reshape([-1, Y_hat.shape[-1]]).argmax(1).astype(Y.dtype) == Y).astype(float32)
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
        self.net = nn.Sequential(nn.Flatten(), LazyLinear(num_outputs))


__all__ = contracts.offered(contract, globals())
