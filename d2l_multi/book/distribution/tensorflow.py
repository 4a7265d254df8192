"""Several workers in TensorFlow: the collectives of MultiWorkerMirroredStrategy; variables stay plain."""

import numpy as np

from d2l_multi.book.distribution import gradients, workers
from d2l_multi.compat import framework

with framework("tensorflow"):
    import tensorflow as tf

_strategy = None


def join(pulse=None):
    """Connect this process with the others, as TF_CONFIG says. Before TensorFlow computes anything."""
    global _strategy
    _strategy = tf.distribute.MultiWorkerMirroredStrategy()
    cluster = _strategy.cluster_resolver
    number = cluster.cluster_spec().num_tasks("worker")
    workers.joined(workers.Engine(number, cluster.task_id, _total), pulse)
    gradients.guard(tf.keras.optimizers.Optimizer, "apply")


def leave():
    pass


def seed(number):
    tf.keras.utils.set_random_seed(number)


@tf.function(autograph=False, reduce_retracing=True)
def _all_reduced(flat):
    """The sum over all workers of a flat tensor. In a graph: eagerly a strategy takes ten times as long."""

    def all_reduce(flat):
        flat = tf.identity(flat)  # on the device of this replica
        return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, flat)

    return _strategy.run(all_reduce, (flat,))


def _total(numbers):
    return _all_reduced(tf.constant(numbers)).numpy()


def summed(tensors, numbers):
    """The sums of tensors, and of numbers, over all workers, sent as one."""
    if not tensors:
        return [], workers.total(numbers)
    with workers.together():
        dtype = max((tensor.dtype for tensor in tensors), key=lambda dtype: dtype.size)
        flat = [
            tf.cast(tf.reshape(tensor, [-1]), dtype) for tensor in (*tensors, tf.constant(numbers, dtype))
        ]
        sizes = [part.shape[0] for part in flat]
        *sums, numbers = tf.split(_all_reduced(tf.concat(flat, 0)), sizes)
        sums = [tf.cast(tf.reshape(sum, tensor.shape), tensor.dtype) for sum, tensor in zip(sums, tensors)]
        return sums, numbers.numpy().tolist()


_alike = gradients.Known()


def start_alike(params):
    """Give every worker the parameters of worker 0, the first time that these are trained."""
    if not workers.alone() and _alike.new(params):
        firsts = [tf.identity(param) if workers.is_first() else tf.zeros_like(param) for param in params]
        for param, first in zip(params, summed(firsts, [0])[0]):
            param.assign(first)


def average_gradients(grads, num_examples):
    """Gradients of means over each worker's examples, as those of the mean over all workers'."""
    if workers.alone():
        return grads
    return gradients.averaged([tf.convert_to_tensor(grad) for grad in grads], num_examples, summed)


def add_gradients(grads):
    """Gradients of sums over each worker's examples, as those of the sum over all workers'."""
    if workers.alone():
        return grads
    return gradients.added([tf.convert_to_tensor(grad) for grad in grads], 1, summed)[0]


def of_batch(params, grads, batch_size):
    """The gradients and the batch size that ``sgd`` takes, of all workers."""
    if not workers.alone():
        start_alike(params)
        grads = [tf.convert_to_tensor(grad) for grad in grads]
    return gradients.of_batch(grads, batch_size, summed)


def trained(value):
    """The host arrays of what a value of the user's trains, if it does."""
    if isinstance(value, tf.keras.layers.Layer):
        return [np.asarray(variable) for variable in value.trainable_variables]
    if isinstance(value, tf.Variable) and value.trainable:
        return [value.numpy()]
    return []
