"""Epochs of many steps in one TensorFlow graph, where nobody can tell but by the time they take.

Compiling saves two thirds of an epoch's time and costs some tenths of a second, so it is done for nets that
train on and on, and only where it cannot change what happens: parts of Keras itself, which hold their
variables and run no code of the user's. A function over global variables is never compiled.
"""

import functools
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from d2l_multi.book.data.tensorflow_loader import ArrayLoader
from d2l_multi.book.distribution import num_workers
from d2l_multi.book.tensors.tensorflow import float64, int32, int64
from d2l_multi.book.training import interrupts
from d2l_multi.checks import is_code_of
from d2l_multi.compat import framework, private

with framework("tensorflow"):
    import tensorflow as tf

COMPILE_AFTER = 100  # batches trained eagerly


@dataclass
class Training:
    """What a net was trained with, for how many batches, and its epoch as a graph once that pays."""

    parts: tuple  # weak references to net, loss and updater: nothing here keeps a net alive
    settings: str  # of these, which a graph has built in
    batches: int = 0
    epoch: Callable[[Any], tuple] | None = None


trainings: weakref.WeakKeyDictionary[Any, Training] = weakref.WeakKeyDictionary()  # by net


def compiled_epoch(train_step, net, train_iter, loss, updater):
    """A function of the loader that trains for an epoch in one graph, or None while that does not pay.

    ``train_step(net, loss, updater, X, y)`` trains once and returns what is summed up.
    """
    together = num_workers() > 1  # whose gradients are summed between two steps
    if together or not isinstance(train_iter, tf.data.Dataset) or not _is_pure_keras(net, loss, updater):
        return None
    parts = tuple(map(weakref.ref, (net, loss, updater)))
    settings = repr((net.get_config(), loss.get_config(), {**updater.get_config(), "learning_rate": None}))
    known = trainings.get(net)
    if known is None or (known.parts, known.settings) != (parts, settings):
        known = trainings[net] = Training(parts, settings)
    known.batches += max(1, int(train_iter.cardinality()))  # negative where it is unknown
    if known.epoch is None and known.batches > COMPILE_AFTER and updater.built:
        known.epoch = _compile(train_step, *parts)
    return known.epoch


def _compile(train_step, net, loss, updater):
    return in_graphs(lambda X, y: train_step(net(), loss(), updater(), X, y), 4)


def in_graphs(step, number):
    """A function of a loader that sums up, in graphs, the so many values of ``step(X, y)`` of each batch.

    ``after(done, sums)`` is called where a graph ends and others follow.
    """

    def add(sums, X, y):
        return tuple(sum + tf.cast(value, sum.dtype) for sum, value in zip(sums, step(X, y)))

    @tf.function
    def over_dataset(sums, dataset):
        for X, y in dataset:
            sums = add(sums, X, y)
        return sums

    @tf.function
    def over_block(sums, batch_size, X, y):
        for start in tf.range(0, tf.shape(X)[0], batch_size):
            sums = add(sums, X[start : start + batch_size], y[start : start + batch_size])
        return sums

    zeros = tuple(tf.zeros((), dtype) for dtype in [float64, *[int64] * (number - 1)])

    @functools.cache
    def graph(*batch):
        """For blocks of any length, as the batches of a loader are."""
        block = [tf.TensorSpec((None, *spec.shape[1:]), spec.dtype) for spec in batch]
        return over_block.get_concrete_function(zeros, tf.TensorSpec((), int32), *block)

    def epoch(train_iter, after=None):
        if not isinstance(train_iter, ArrayLoader):
            return over_dataset(zeros, train_iter)
        over, sums, batch_size = graph(*train_iter.element_spec), zeros, tf.constant(train_iter.batch_size)
        done = 0
        for X, y in train_iter.blocks(train_iter.orders.next(), train_iter.batch_size):
            interrupts.check()
            sums = over(sums, batch_size, X, y)
            done += -(-len(y) // train_iter.batch_size)
            if after is not None:
                after(done, sums)
        return sums

    return epoch


def _is_pure_keras(net, loss, updater):
    return (
        type(net) in (tf.keras.Sequential, tf.keras.Model)
        and layers_from_keras(net)
        and from_keras(loss)
        and optimiser_from_keras(updater)
    )


def layers_from_keras(net):
    """Whether all layers of a net are Keras's own, and hold no function of the user's."""
    return all(
        from_keras(layer)
        and not isinstance(layer, tf.keras.layers.Lambda)
        and all(from_keras(value) for value in vars(layer).values() if callable(value))
        for layer in private.keras_flatten_layers(net)
    )


def optimiser_from_keras(optimiser):
    """Its learning rate may be a schedule of Keras's, which counts steps, but no function of the user's."""
    rate = private.keras_learning_rate(optimiser)
    return from_keras(optimiser) and (not callable(rate) or from_keras(rate))


def from_keras(part):
    return is_code_of(part, "keras", "tensorflow")
