"""What a framework keeps to itself and this package needs, each in a function that says why and until when.

The functions are called after the framework's import: nothing here imports one.
"""

from typing import Any


def tensorflow_iterator() -> type:
    """The class of ``iter(dataset)`` in TensorFlow.

    Needed: for an iterator that goes over small batches in Python, where TensorFlow's own takes 20 to 40 ms
        a pass over a pipeline with functions, and that can still be handed to a ``tf.function``, which takes
        the public ``tf.data.Iterator`` for any Python object.
    Can go: when ``tf.function`` and AutoGraph accept subclasses of ``tf.data.Iterator``, or when a pass over
        a hundred rows takes TensorFlow's own iterator a millisecond.
    """
    from tensorflow.python.data.ops.iterator_ops import OwnedIterator

    return OwnedIterator


def tensorflow_is_used() -> bool:
    """Whether TensorFlow has started its runtime in this process.

    Needed: a process forked afterwards hangs in it (see `forks`), one forked before does not.
    Can go: when TensorFlow survives a fork, or says in public whether it runs.
    """
    from tensorflow.python.eager.context import context

    return getattr(context(), "_initialized", False)


def paddle_set_num_threads(number: int) -> None:
    """How many threads Paddle computes with on a CPU.

    Needed: Paddle starts with one, and reads its environment variable at import only.
    Can go: when Paddle has a public function for it, or takes the cores that there are.
    """
    from paddle.base import core

    core.set_num_threads(number)


def keras_flatten_layers(net: Any, *, recursive: bool = True) -> list:
    """A Keras model or layer and all layers in it; not recursive: the layers directly in it.

    Needed: ``layers`` of a model has no layers of layers, and a layer of the user's own has no ``layers``.
    Can go: when Keras has a public way to walk all layers.
    """
    return list(net._flatten_layers(include_self=recursive, recursive=recursive))


def keras_learning_rate(optimiser: Any) -> Any:
    """What a Keras optimiser was given as its learning rate: a variable, a schedule, or a function.

    Needed: the public ``learning_rate`` is the value that a schedule or a function has now.
    Can go: when Keras says in public which of these it is.
    """
    return getattr(optimiser, "_learning_rate", None)
