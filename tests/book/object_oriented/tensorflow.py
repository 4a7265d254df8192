import tensorflow as tf
from tensorflow.keras import Sequential, layers


def own_loop(d2l, Trainer):
    @d2l.add_to_class(Trainer)
    def fit_epoch(self):
        self.model.training = True
        for batch in self.train_dataloader:
            with tf.GradientTape() as tape:
                loss = self.model.training_step(self.prepare_batch(batch))
            grads = tape.gradient(loss, self.model.trainable_variables)
            self.optim.apply_gradients(zip(grads, self.model.trainable_variables))
            self.train_batch_idx += 1
        self.model.training = False
        for batch in self.val_dataloader:
            self.model.validation_step(self.prepare_batch(batch))
            self.val_batch_idx += 1


def own_sgd(d2l):
    class Descent(d2l.HyperParameters):
        def __init__(self, lr):
            self.save_hyperparameters()

        def apply_gradients(self, grads_and_vars):
            for grad, param in grads_and_vars:
                param.assign_sub(self.lr * grad)

    return lambda params, lr: Descent(lr)


def parameter(d2l, shape, std):
    return tf.Variable(d2l.normal(0, std, shape))


def decayed(d2l, wd):
    class WeightDecay(d2l.LinearRegression):
        def __init__(self, lr):
            super().__init__(lr)
            self.net = tf.keras.layers.Dense(1, kernel_regularizer=tf.keras.regularizers.l2(wd / 2))

        def loss(self, y_hat, y):
            return super().loss(y_hat, y) + self.net.losses

    return WeightDecay


def perceptron(dropout):
    return Sequential(
        [
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(10),
        ]
    )


def classifier_from_scratch(d2l, make):
    class Scratch(d2l.Classifier):
        def __init__(self, lr):
            super().__init__()
            self.save_hyperparameters()
            self.W, self.b = make((784, 10), 0.01), make((10,), 0)

    return Scratch


def picked(y_hat, y):
    return tf.boolean_mask(y_hat, tf.one_hot(y, depth=y_hat.shape[-1]))
