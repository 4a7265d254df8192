"""TensorFlow's loader of arrays: Python cuts batches up where code runs eagerly, TensorFlow in a graph."""

import functools
import threading

import numpy as np

from d2l_multi.book.data import sampling
from d2l_multi.book.distribution import sharing
from d2l_multi.book.tensors.tensorflow import int64
from d2l_multi.compat import forks, framework, private

with framework("tensorflow"):
    import tensorflow as tf


class ArrayLoader(tf.data.Dataset):
    """A Dataset of batches: eagerly Python cuts up what it gathers at a time, in a graph TensorFlow does."""

    CUT = 250  # batches at a time: with more new tensors at once Python would look for garbage each time

    def __init__(self, arrays, batch_size, shuffle, seed, prepare=None):
        self.arrays, self.batch_size, self.prepare = arrays, int(batch_size), prepare
        self.orders = sampling.Orders(len(arrays[0]), shuffle, seed, permutation)
        self.in_graph = self.batches_in_graph(self.orders.next)
        super().__init__(tf.data.experimental.to_variant(self.in_graph))

    def _inputs(self):
        return [self.in_graph]

    @property
    def element_spec(self):
        return self.in_graph.element_spec

    def __iter__(self):
        return Pass(self) if tf.executing_eagerly() else super().__iter__()

    def blocks(self, order, batch_size, most=None):
        """The examples in an order, some batches at a time (``most`` at most), gathered and prepared."""
        numbers = 4 * sampling.BLOCK  # a call costs more here than in the other frameworks
        size = sampling.block_size(self.element_spec, batch_size, numbers)
        size = size if most is None else min(size, most * batch_size)
        for start in range(0, len(order), size):
            yield _gather(self.arrays, tf.constant(order[start : start + size]), self.prepare)

    def batches_in_graph(self, next_order):
        return _batches_in_graph(self.arrays, self.batch_size, self.prepare, next_order)

    def unshuffled(self):
        """Another loader over the same examples, as they are stored; passes over this one do not count it."""
        return ArrayLoader(self.arrays, self.batch_size, False, None, self.prepare)


def permutation(n):
    """An order of ``range(n)``, of the framework's generator, for the host."""
    return tf.random.shuffle(np.arange(n, dtype=np.int64)).numpy()


class Pass(private.tensorflow_iterator()):
    """One pass over an ArrayLoader: in Python, until a graph that it is handed to goes on with the rest."""

    _dataset = None  # of which a checkpoint could be made; Python's order is in none

    def __init__(self, loader):
        self._loader, self._order, self._taken = loader, None, 0
        self._batches = sharing.handed_out(self._cut(), len(loader.arrays[0]), loader.batch_size)
        self._lock = threading.Lock()  # threads may share it, as they may TensorFlow's own

    def _cut(self):
        forks.check()
        self._order = self._loader.orders.next()
        rows, batch_size = sharing.share(self._order, self._loader.batch_size)
        for block in self._loader.blocks(rows, batch_size, self._loader.CUT):
            full, rest = divmod(len(block[0]), batch_size)
            sizes = [*[batch_size] * full, rest] if rest else full
            for batch in zip(*(tf.split(part, sizes) for part in block)):
                self._taken += 1
                yield batch

    def __next__(self):
        if not tf.executing_eagerly():
            return next(self._native)
        with self._lock:
            return next(self._batches)

    def get_next(self):
        try:
            return next(self)
        except StopIteration:
            raise tf.errors.OutOfRangeError(None, None, "End of sequence") from None

    @functools.cached_property
    def _native(self):
        """TensorFlow's own iterator over the rest of this pass, made when a graph asks for it."""
        with self._lock, tf.init_scope():
            rest, order = self._loader.in_graph, self._order
            if order is not None:  # else it will draw one itself
                rest = self._loader.batches_in_graph(lambda: order).skip(self._taken)
            self._batches = iter(rest)
        return self._batches

    @property
    def _iterator_resource(self):
        return self._native._iterator_resource

    @property
    def element_spec(self):
        return self._loader.element_spec


def _batches_in_graph(arrays, batch_size, prepare, next_order):
    """A Dataset of batches: Python draws the order of a pass, TensorFlow gathers blocks and cuts them up."""
    num_examples = len(arrays[0])
    num_full = num_examples // batch_size * batch_size
    block = sampling.block_size(arrays, batch_size)

    def gather(rows):
        return _gather(arrays, rows, prepare)

    def cut(*parts):
        shapes = [(-1, batch_size, *part.shape[1:]) for part in parts]
        return tf.data.Dataset.from_tensor_slices(tuple(map(tf.reshape, parts, shapes)))

    def draw():
        forks.check()
        return next_order()

    @tf.autograph.experimental.do_not_convert
    def one_pass(_):
        order = tf.ensure_shape(tf.numpy_function(draw, [], int64), (num_examples,))
        if block < 8 * batch_size:  # cutting blocks up would cost what they save
            starts = tf.data.Dataset.range(0, num_examples, batch_size)
            return starts.map(lambda start: gather(order[start : start + batch_size])).prefetch(2)
        starts = tf.data.Dataset.range(0, num_full, block)
        blocks = starts.map(lambda start: gather(order[start : tf.minimum(start + block, num_full)]))
        batches = blocks.prefetch(2).flat_map(cut)
        if num_full < num_examples:
            batches = batches.concatenate(tf.data.Dataset.from_tensors(order[num_full:]).map(gather))
        return batches

    options = tf.data.Options()
    options.autotune.enabled = False  # there is nothing to tune, and it costs a fifth of a small batch
    batches = tf.data.Dataset.range(1).flat_map(one_pass).with_options(options)
    return batches.apply(tf.data.experimental.assert_cardinality(-(-num_examples // batch_size)))


def _gather(arrays, rows, prepare):
    """The given rows of the arrays, prepared."""
    gathered = tuple(_rows(array, rows) for array in arrays)
    return gathered if prepare is None else prepare(*gathered)


def _rows(array, rows):
    """The given rows of a tensor, or of a memmap, which is read no further than that."""
    if not isinstance(array, np.memmap):
        return tf.raw_ops.GatherV2(params=array, indices=rows, axis=0)  # tf.gather is it, and 20 µs
    read = tf.numpy_function(array.__getitem__, [rows], tf.as_dtype(array.dtype))
    return tf.ensure_shape(read, (None, *array.shape[1:]))
