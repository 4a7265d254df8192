import os
import shutil
from pathlib import Path

import tensorflow as tf

from d2l_multi.compare.concise import tensorflow as concise

BATCH, SMALL = 256, 10


def wait(tensor):
    tensor.numpy()


def offline(files):
    """Keras takes files that lie in its own folder as they are."""
    folder = Path(os.environ["KERAS_HOME"]) / "datasets" / "fashion-mnist"
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy(file, folder)


def model(hidden):
    widths = [784, 256, 10] if hidden else [784, 10]
    dense = concise.net(widths, True, "float32", tf.device("CPU")).layers
    net = tf.keras.Sequential([tf.keras.layers.Flatten(), *dense])
    return net, concise.cross_entropy(), tf.keras.optimizers.SGD(0.1)


def resnet(d2l):
    """A small ResNet for images of 96 by 96."""
    return tf.keras.Sequential(
        [
            tf.keras.layers.Conv2D(16, 7, strides=2, padding="same"),
            tf.keras.layers.BatchNormalization(),
            tf.keras.layers.ReLU(),
            tf.keras.layers.MaxPool2D(3, 2, padding="same"),
            d2l.Residual(16),
            d2l.Residual(32, use_1x1conv=True, strides=2),
            d2l.Residual(32),
            tf.keras.layers.GlobalAvgPool2D(),
            tf.keras.layers.Dense(10),
        ]
    )


def trained_by(net):
    """A loss and an optimiser for a net that has seen a batch."""
    return tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), tf.keras.optimizers.SGD(0.1)


class Bare:
    def __init__(self, arrays):
        self.X, self.y = tf.constant(arrays["train_images"]), tf.cast(arrays["train_labels"], tf.int32)
        self.X_val, self.y_val = tf.constant(arrays["test_images"]), tf.cast(arrays["test_labels"], tf.int32)
        self.rows, self.targets = tf.random.normal((20_000, 10)), tf.random.normal((20_000, 1))
        self.compiled = {}

    def batches(self):
        def gather(rows):
            return tf.cast(tf.gather(self.X, rows), tf.float32)[..., None] / 255, tf.gather(self.y, rows)

        order = tf.random.shuffle(tf.range(len(self.X)))
        full = len(order) // BATCH * BATCH
        batches = tf.data.Dataset.from_tensor_slices(tf.reshape(order[:full], (-1, BATCH)))
        batches = batches.concatenate(tf.data.Dataset.from_tensors(order[full:]))
        return batches.map(gather).prefetch(tf.data.AUTOTUNE)

    def iterate(self):
        for _ in self.batches():
            pass

    def epoch(self, net, loss, optimiser):
        if id(net) not in self.compiled:
            net(tf.zeros((1, *self.X.shape[1:], 1)))
            optimiser.build(net.trainable_variables)
            self.compiled[id(net)] = self.compile(net, loss, optimiser)
        total, correct = self.compiled[id(net)](self.batches())
        return float(total), int(correct)

    def compile(self, net, loss, optimiser):
        """The whole epoch in one graph, the fastest that plain TensorFlow does."""

        @tf.function
        def epoch(batches):
            total, correct = tf.zeros(()), tf.zeros((), tf.int64)
            for X, y in batches:
                with tf.GradientTape() as tape:
                    y_hat = net(X, training=True)
                    l = loss(y, y_hat)
                gradients = tape.gradient(l, net.trainable_variables)
                optimiser.apply_gradients(zip(gradients, net.trainable_variables))
                total += l * tf.cast(tf.size(y), tf.float32)
                correct += tf.reduce_sum(tf.cast(tf.argmax(y_hat, 1, tf.int32) == y, tf.int64))
            return total, correct

        return epoch

    def validate(self, net, loss):
        if (id(net), "validate") not in self.compiled:
            self.compiled[id(net), "validate"] = self.compile_validation(net, loss)
        batches = tf.data.Dataset.from_tensor_slices((self.X_val, self.y_val)).batch(BATCH)
        batches = batches.map(lambda X, y: (tf.cast(X, tf.float32)[..., None] / 255, y))
        total, correct = self.compiled[id(net), "validate"](batches.prefetch(tf.data.AUTOTUNE))
        return float(total), int(correct)

    def compile_validation(self, net, loss):
        @tf.function
        def validate(batches):
            total, correct = tf.zeros(()), tf.zeros((), tf.int64)
            for X, y in batches:
                y_hat = net(X, training=False)
                total += loss(y, y_hat) * tf.cast(tf.size(y), tf.float32)
                correct += tf.reduce_sum(tf.cast(tf.argmax(y_hat, 1, tf.int32) == y, tf.int64))
            return total, correct

        return validate

    def small_batches(self, rows):
        order = tf.random.shuffle(tf.range(rows))
        data = tf.data.Dataset.from_tensor_slices(
            (tf.gather(self.rows, order), tf.gather(self.targets, order))
        )
        for _ in data.batch(SMALL).prefetch(tf.data.AUTOTUNE):
            pass
