"""What a framework keeps to itself and this package needs, each in a function that says why and until when.

The functions are called after the framework's import: nothing here imports one.
"""


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
