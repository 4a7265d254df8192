"""Steps of a language model in a TensorFlow graph, where nobody can tell but by the time they take.

Keras goes through a sequence step by step, eagerly with a call into TensorFlow for each product. A graph is
10 to 30 times as fast and takes a second to make. So it is made for nets that train on and on, and only
where it cannot change what happens: `RNNModel` over layers of Keras's own, which run no code of the user's.
Functions that a reader has written are never compiled.
"""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from d2l_multi.book.distribution import num_workers
from d2l_multi.book.object_oriented.checks import ours
from d2l_multi.book.training import tensorflow_graphs as graphs
from d2l_multi.compat import framework

with framework("tensorflow"):
    import tensorflow as tf

COMPILE_AFTER = 1  # batches trained eagerly: the first, which makes the variables


@dataclass
class Training:
    """What a net was trained with, for how many batches, and its steps as graphs once that pays."""

    parts: tuple  # weak references: nothing here keeps a net alive
    settings: str  # of these, which a graph has built in
    batches: int = 0
    step: Callable[[Any, Any, Any], Any] | None = None
    forward: Callable[[Any, Any], Any] | None = None


trainings: weakref.WeakKeyDictionary[Any, Training] = weakref.WeakKeyDictionary()  # by net


def steps(train_step, net, loss, updater):
    """A function ``(X, Y, state)`` that calls ``train_step(net, loss, updater, X, Y, state)``."""

    def eagerly(X, Y, state):
        return train_step(net, loss, updater, X, Y, state)

    if num_workers() > 1 or not _runs_no_code_of_the_users(net, loss, updater):
        return eagerly
    parts = _references(net, loss, updater)
    settings = repr((net.rnn.get_config(), {**updater.get_config(), "learning_rate": None}))
    known = trainings.get(net)
    if known is None or (known.parts, known.settings) != (parts, settings):
        known = trainings[net] = Training(parts, settings)

    def step(X, Y, state):
        known.batches += 1
        if known.step is None and known.batches > COMPILE_AFTER and updater.built:
            _compile(known, train_step, *map(weakref.ref, (net, loss, updater)))
        return (known.step or eagerly)(X, Y, state)

    return step


def forward(net):
    """A function ``(X, state)`` that calls the net, in a graph if it is trained in one."""
    known = trainings.get(net) if isinstance(net, tf.keras.Model) else None
    current = known is not None and known.parts[:3] == _references(net)
    return (known.forward if current else None) or net


def _references(net, *others):
    return tuple(map(weakref.ref, (net, net.rnn, net.dense, *others)))


def _compile(known, train_step, net, loss, updater):
    @tf.function
    def step(X, Y, state):
        return train_step(net(), loss(), updater(), X, Y, state)

    @tf.function
    def forward(X, state):
        return net()(X, state)

    known.step, known.forward = step, forward


def _runs_no_code_of_the_users(net, loss, updater):
    return (
        isinstance(net, tf.keras.Model)
        and ours(type(net))
        and all(map(ours, (net.call, net.begin_state)))
        and graphs.layers_from_keras(net.rnn)
        and graphs.layers_from_keras(net.dense)
        and (ours(loss) or graphs.from_keras(loss))
        and isinstance(updater, tf.keras.optimizers.Optimizer)
        and graphs.optimiser_from_keras(updater)
    )
