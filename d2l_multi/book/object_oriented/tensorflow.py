"""The object-oriented edition in TensorFlow: models, data and the steps of a trainer."""

from d2l_multi.arrays import to_host
from d2l_multi.book import contracts
from d2l_multi.book.data.tensorflow import (
    Images,
    get_dataloader_workers,
    load_array,
    read_fashion_mnist,
    synthetic_data,
)
from d2l_multi.book.distribution.tensorflow import average_gradients
from d2l_multi.book.object_oriented import contract, modules
from d2l_multi.book.object_oriented.native import Native
from d2l_multi.book.object_oriented.tensorflow_graphs import TrainerInGraphs
from d2l_multi.book.tensors import shapes
from d2l_multi.book.tensors.tensorflow import (
    float32,
    gpu,
    int64,
    is_integral,
    normal,
    num_gpus,
    on,
    randn,
    tensor,
    to,
    zeros,
)
from d2l_multi.book.training import checks
from d2l_multi.book.training.tensorflow import (
    Accumulator,
    clip_by_norm,
    like,
    linreg,
    sgd,
    squared_loss,
    widened,
)
from d2l_multi.book.training.tensorflow_graphs import optimiser_from_keras
from d2l_multi.compat import framework, private

with framework("tensorflow"):
    import tensorflow as tf
    from tensorflow.keras import layers


def _rows(tensor, rows):
    return tensor[rows] if isinstance(rows, slice) or not tf.is_tensor(tensor) else tf.gather(tensor, rows)


NATIVE = Native(
    name="tensorflow",
    tensor=tensor,
    to=to,
    gpu=gpu,
    num_gpus=num_gpus,
    kept=Accumulator.kept,
    rows=_rows,
    load_array=load_array,
    synthetic_data=synthetic_data,
    get_dataloader_workers=get_dataloader_workers,
    read_fashion_mnist=read_fashion_mnist,
    load_images=Images.loader,
    randn=randn,
    layers=lambda net: net.layers if isinstance(net, tf.keras.Sequential) else None,
    errors_of_shape=(ValueError, tf.errors.InvalidArgumentError),
)


class Module(modules.Module, tf.keras.Model):
    _native = NATIVE
    training = None

    def __init__(self, plot_train_per_epoch=2, plot_valid_per_epoch=1):
        super().__init__(plot_train_per_epoch, plot_valid_per_epoch)
        self.autocast = False  # float64 stays float64
        del self.loss  # Keras's is None, and would hide the method

    def __setattr__(self, name, value):
        """Keras knows its own variables only; here a ``tf.Variable`` is a weight like any other."""
        before = self.__dict__.get(name)
        super().__setattr__(name, value)
        private.keras_track_variable(self, name, before, value)

    def __call__(self, *inputs, **kwargs):
        kwargs.setdefault("training", self.training)
        return super().__call__(*inputs, **kwargs)

    def build(self, input_shape):
        """Nothing: what is in it builds itself. Keras would try ``call`` with names, and warn."""

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
            for layer in private.keras_flatten_layers(self.net):
                init(layer)

    def set_scratch_params_device(self, device):
        for layer in private.keras_flatten_layers(self):
            for name, value in list(vars(layer).items()):
                if isinstance(value, tf.Variable):
                    with on(device):
                        setattr(layer, name, tf.Variable(value))

    def _spread(self, devices, call, inputs, kwargs):
        outputs = []
        for device, rows in zip(devices, shapes.shards(len(inputs[0]), len(devices))):
            with on(device):
                outputs.append(call(*(X[rows] for X in inputs), **kwargs))
        return tf.concat(outputs, 0)


class DataModule(modules.DataModule):
    _native = NATIVE


class SGD(modules.SGD):
    def __init__(self, params, lr=None):
        params, lr = ((), params) if lr is None else (params, lr)
        super().__init__(params, lr)

    def apply_gradients(self, grads_and_vars):
        """Update each parameter once, by the gradient beside it."""
        grads, params = zip(*grads_and_vars)
        sgd(params, grads, self.lr, 1)


class Trainer(TrainerInGraphs):
    _native = NATIVE
    scratch_optimiser = SGD

    def mode(self, training):
        self.model.training = training

    def update(self, batch):
        with tf.GradientTape() as tape:
            loss = self.model.training_step(batch)
        variables = self.model.trainable_variables
        grads = average_gradients(tape.gradient(loss, variables), self._num_examples)
        if self.gradient_clip_val > 0:
            grads = self.clip_gradients(self.gradient_clip_val, grads)
        self.optim.apply_gradients(zip(grads, variables))

    def clip_gradients(self, grad_clip_val, grads):
        return clip_by_norm(grads, grad_clip_val)

    def move(self, model, devices):
        pass  # TensorFlow makes variables on the GPU where there is one, and copies them if another asks

    def model_state(self):
        return {f"{i}.{variable.name}": variable for i, variable in enumerate(self.model.variables)}

    def set_model_state(self, arrays):
        for name, variable in self.model_state().items():
            variable.assign(arrays[name])

    def optim_state(self):
        return list(self.optim.variables) if optimiser_from_keras(self.optim) else None

    def set_optim_state(self, state):
        if state is not None:
            self.optim.build(self.model.trainable_variables)
            for variable, value in zip(self.optim.variables, state, strict=True):
                variable.assign(value)


class SyntheticRegressionData(modules.SyntheticRegressionData, DataModule):
    pass


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
        return tf.reduce_mean((y_hat - like(y, y_hat)) ** 2)

    def get_w_b(self):
        return tf.identity(self.net.kernel), tf.identity(self.net.bias)


def cross_entropy(Y_hat, Y, averaged=True):
    """The cross-entropy of the softmax of scores; classes are looked at where no device is waited for."""
    checks.rows_of_scores(Y_hat.shape, Y.shape)
    if tf.executing_eagerly() and ("CPU" in Y.device or not is_integral(Y)):
        checks.classes(to_host(Y), Y_hat.shape[-1])
    Y_hat, Y = tf.reshape(Y_hat, (-1, Y_hat.shape[-1])), tf.cast(tf.reshape(Y, [-1]), int64)
    l = tf.nn.sparse_softmax_cross_entropy_with_logits(Y, Y_hat)
    return tf.reduce_mean(l) if averaged else l


class Classifier(modules.Classifier, Module):
    def accuracy(self, Y_hat, Y, averaged=True):
        checks.rows_of_scores(Y_hat.shape, Y.shape)
        Y = widened(tf.reshape(Y, [-1]))
        Y_hat = tf.reshape(Y_hat, (-1, Y_hat.shape[-1]))
        right = tf.cast(tf.cast(tf.argmax(Y_hat, 1), Y.dtype) == Y, float32)
        return tf.reduce_mean(right) if averaged else right

    def loss(self, Y_hat, Y, averaged=True):
        return cross_entropy(Y_hat, Y, averaged)


class FashionMNIST(modules.FashionMNIST, DataModule):
    pass


class SoftmaxRegression(Classifier):
    def __init__(self, num_outputs, lr):
        super().__init__()
        checks.learning_rate(lr)
        self.save_hyperparameters()
        self.net = tf.keras.Sequential([layers.Flatten(), layers.Dense(num_outputs)])


__all__ = contracts.offered(contract, globals())
