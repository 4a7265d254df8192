"""The object-oriented edition in MXNet: models, data and the steps of a trainer."""

from d2l_multi.book import contracts
from d2l_multi.book.data.mxnet import (
    ArrayLoader,
    get_dataloader_workers,
    load_array,
    read_fashion_mnist,
    synthetic_data,
)
from d2l_multi.book.distribution import workers
from d2l_multi.book.distribution.mxnet import average_gradients
from d2l_multi.book.object_oriented import contract, modules, trainer
from d2l_multi.book.object_oriented.native import Native
from d2l_multi.book.parameters.mxnet import own_arrays, trained_arrays, unregistered
from d2l_multi.book.tensors import shapes
from d2l_multi.book.tensors.mxnet import (
    as_parameter,
    float32,
    float64,
    gpu,
    normal,
    num_gpus,
    randn,
    tensor,
    to,
    zeros,
)
from d2l_multi.book.training import checks
from d2l_multi.book.training.mxnet import (
    Accumulator,
    check_classes,
    clipping_factor,
    like,
    linreg,
    sgd,
    squared_loss,
)
from d2l_multi.compat import framework, private

with framework("mxnet"):
    from mxnet import MXNetError, autograd, gluon, initializer, npx
    from mxnet import np as mxnp
    from mxnet.gluon import nn


NATIVE = Native(
    name="mxnet",
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
    layers=lambda net: list(net) if isinstance(net, (nn.Sequential, nn.HybridSequential)) else None,
    errors_of_shape=(MXNetError, ValueError),
)


class Module(modules.Module, gluon.Block):
    _native = NATIVE

    def __setattr__(self, name, value):
        """Gluon knows the blocks that are attributes; here those in a list are part of the model, too."""
        super().__setattr__(name, value)
        for i, block in enumerate(value if isinstance(value, (list, tuple)) else ()):
            if isinstance(block, gluon.Block):
                self.register_child(block, f"{name}.{i}")

    def parameters(self):
        """Gluon's parameters, a ParameterDict; from scratch a list of arrays with gradients."""
        params = self.collect_params()
        if isinstance(params, gluon.ParameterDict) and not params.keys():
            params = list(unregistered(self).values())
        return params

    def get_scratch_params(self):
        """The arrays that this model and those in it hold as attributes, with gradients or not yet."""
        return [array for _, _, array in own_arrays(self)]

    def cast(self, dtype):
        super().cast(dtype)
        for block, name, array in trained_arrays(self):
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

    def set_scratch_params_device(self, device):
        for block, name, array in trained_arrays(self):
            setattr(block, name, as_parameter(array.asnumpy(), device))

    def _spread(self, devices, call, inputs, kwargs):
        outputs = []
        for device, rows in zip(devices, shapes.shards(len(inputs[0]), len(devices))):
            outputs.append(call(*(X[rows].as_in_ctx(device) for X in inputs), **kwargs))
        outputs[0] = outputs[0] + nothing_of(call, inputs[0], devices[len(outputs) :])
        return mxnp.concatenate([Y.as_in_ctx(devices[0]) for Y in outputs])


def nothing_of(net, X, devices):
    """Zero, computed on devices that a short batch leaves without work: a step wants gradients on each."""
    return sum(0 * net(X[:1].as_in_ctx(device)).sum().as_in_ctx(X.ctx) for device in devices)


def _trained(model):
    """The arrays that are trained, each with its copies on all devices."""
    params = model.parameters()
    if isinstance(params, gluon.ParameterDict):
        return [param.list_data() for param in params.values() if param.grad_req != "null"]
    return [[param] for param in params]


class DataModule(modules.DataModule):
    _native = NATIVE


class Trainer(trainer.Trainer):
    _native = NATIVE

    def mode(self, training):
        pass  # autograd.record() is what tells layers that they train

    def update(self, batch):
        with autograd.record():
            loss = self.model.training_step(batch)
        loss.backward()
        if not workers.alone():
            params = [array for copies in _trained(self.model) for array in copies]
            average_gradients(params, self._num_examples)
        if self.gradient_clip_val > 0:
            self.clip_gradients(self.gradient_clip_val, self.model)
        self.optim.step(1)  # the loss is a mean already

    def clip_gradients(self, grad_clip_val, model):
        grads = [[array.grad for array in copies] for copies in _trained(model)]
        home = grads[0][0].ctx  # a gradient is the sum of those on all devices
        sums = [sum(part.as_in_ctx(home) for part in parts) for parts in grads]
        factor = clipping_factor(sums, grad_clip_val)
        for parts in grads:
            for part in parts:
                part *= factor.as_in_ctx(part.ctx)

    def move(self, model, devices):
        gluon.Block.collect_params(model).reset_ctx(devices)
        model.set_scratch_params_device(devices[0])

    def model_state(self):
        named = private.gluon_parameters_by_path(self.model)
        return {**{name: param.list_data()[0] for name, param in named.items()}, **unregistered(self.model)}

    def set_model_state(self, arrays):
        for name, param in private.gluon_parameters_by_path(self.model).items():
            param.set_data(tensor(arrays[name]))  # on each device
        for name, value in unregistered(self.model).items():
            value[()] = tensor(arrays[name])

    def _optimiser_name(self):
        optimiser = self.optim.optimizer if isinstance(self.optim, gluon.Trainer) else self.optim
        return type(optimiser).__name__

    def optim_state(self):
        if not isinstance(self.optim, gluon.Trainer):
            return None
        updater = private.gluon_updaters(self.optim)[0]  # they are alike
        optimiser = updater.optimizer
        counts = {"num_update": optimiser.num_update, "each": private.gluon_update_counts(optimiser)}
        return {"states": updater.states, "counts": counts}

    def set_optim_state(self, state):
        if state is None:
            return
        updaters = private.gluon_updaters(self.optim)
        for updater in updaters:
            updater.states = {index: _as_state(value) for index, value in state["states"].items()}
            updater.states_synced = dict.fromkeys(updater.states, len(updaters) == 1)
            updater.optimizer.num_update = state["counts"]["num_update"]
            private.gluon_update_counts(updater.optimizer).update(state["counts"]["each"])


def _as_state(value):
    """MXNet's optimisers keep tensors of its older kind, several in a tuple; a checkpoint has lists."""
    if isinstance(value, list):
        return tuple(map(_as_state, value))
    return value.as_nd_ndarray() if isinstance(value, mxnp.ndarray) else value


class SyntheticRegressionData(modules.SyntheticRegressionData, DataModule):
    pass


class SGD(modules.SGD):
    def step(self, batch_size):
        """Update the parameters once, by the gradients that the framework stored on them."""
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
        return gluon.loss.L2Loss(weight=2)(y_hat, like(y, y_hat)).mean()  # it has a factor 1/2 of its own

    def get_w_b(self):
        return self.net.weight.data(), self.net.bias.data()


def cross_entropy(Y_hat, Y, averaged=True):
    """The cross-entropy of the softmax of scores, of classes that exist.

    Not Gluon's loss, whose log-softmax is off by 1e-4 in float32.
    """
    checks.rows_of_scores(Y_hat.shape, Y.shape)
    check_classes(Y, Y_hat.shape[-1])
    Y_hat, Y = Y_hat.reshape(-1, Y_hat.shape[-1]), Y.reshape(-1)
    Y_hat = Y_hat - Y_hat.max(1, keepdims=True).detach()
    l = mxnp.log(mxnp.exp(Y_hat).sum(1)) - npx.pick(Y_hat, Y)
    return l.mean() if averaged else l


class Classifier(modules.Classifier, Module):
    def accuracy(self, Y_hat, Y, averaged=True):
        checks.rows_of_scores(Y_hat.shape, Y.shape)
        Y_hat = Y_hat.reshape(-1, Y_hat.shape[-1])
        right = (Y_hat.argmax(1).astype(float64) == Y.reshape(-1).astype(float64)).astype(float32)
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
        self.net = nn.Dense(num_outputs)  # which flattens
        self.net.initialize()


__all__ = contracts.offered(contract, globals())
