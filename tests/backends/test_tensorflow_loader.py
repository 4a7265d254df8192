"""A loader in TensorFlow: batches cut in Python, and a Dataset like any other wherever a graph is."""

import threading
import weakref

import numpy as np
import pytest
import tensorflow as tf

from d2l_multi import tensorflow as d2l
from d2l_multi.book.data import sampling, tensorflow_loader
from d2l_multi.book.training import tensorflow_graphs

pytestmark = pytest.mark.xdist_group("tensorflow")

COUNT, SIZE = 25, 10


def order(epoch):
    return sampling.order(COUNT, 3, epoch).tolist()


@pytest.fixture
def loader():
    return d2l.load_array((tf.range(COUNT),), SIZE, seed=3)


def values(batches):
    return [int(value) for (batch,) in batches for value in batch]


@tf.function
def taken(iterator):
    return next(iterator)[0]


@tf.function
def total(batches):
    total = 0
    for (batch,) in batches:
        total += tf.reduce_sum(batch)
    return total


WAYS = {
    "eager": lambda loader: loader,
    "prefetched": lambda loader: loader.prefetch(2),
    "with options": lambda loader: loader.with_options(tf.data.Options()),
    "mapped": lambda loader: loader.map(lambda batch: (batch,)),
    "NumPy": lambda loader: loader.as_numpy_iterator(),
    "chained": lambda loader: loader.concatenate(loader.take(0)),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_every_way_to_pass_over_it_is_one_epoch(loader, way):
    assert [values(way(loader)) for _ in range(3)] == [order(0), order(1), order(2)]
    assert loader.orders.epoch == 3


def test_what_a_dataset_says_of_itself(loader):
    assert len(loader) == int(loader.cardinality()) == 3
    assert loader.element_spec == (tf.TensorSpec((None,), tf.int32),) == iter(loader).element_spec
    assert isinstance(loader, tf.data.Dataset) and isinstance(iter(loader), tf.data.Iterator)
    assert loader.options().autotune.enabled is False
    assert values(loader.unshuffled()) == list(range(COUNT)) and loader.orders.epoch == 0


def test_a_graph_passes_over_it(loader):
    for epoch in range(3):
        assert int(total(loader)) == int(total(iter(loader))) == sum(range(COUNT))
        assert loader.orders.epoch == 2 * (epoch + 1)


@pytest.mark.parametrize("before", range(4))
def test_a_graph_goes_on_where_python_stopped(loader, before):
    iterator = iter(loader)
    got = [next(iterator)[0].numpy() for _ in range(before)]
    while len(got) < 3:
        got.append(taken(iterator).numpy())
        if len(got) < 3:
            got.append(next(iterator)[0].numpy())  # and Python where the graph did
    assert np.concatenate(got).tolist() == order(0)
    with pytest.raises(tf.errors.OutOfRangeError):
        taken(iterator)
    with pytest.raises(StopIteration):
        next(iterator)
    assert loader.orders.epoch == 1


def test_an_iterator_around_a_graph_is_seen_in_it(loader):
    for before in range(3):
        iterator = iter(loader)
        seen = values(next(iterator) for _ in range(before))

        @tf.function
        def rest(outer=iterator):
            return [next(outer)[0], outer.get_next()[0]]

        @tf.function
        def left(outer=iterator):
            count = 0
            for _ in outer:
                count += 1
            return count

        if before < 2:
            seen += [int(value) for batch in rest() for value in batch]
            assert seen == order(before)[: len(seen)]
        assert int(left()) == 3 - before - 2 * (before < 2)


def test_tensorflows_own_methods(loader):
    iterator = iter(loader)
    seen = [iterator.get_next()[0], iterator.get_next_as_optional().get_value()[0], iterator.get_next()[0]]
    assert tf.concat(seen, 0).numpy().tolist() == order(0)
    assert not iterator.get_next_as_optional().has_value()
    iterator = iter(loader)
    assert len([iterator.get_next() for _ in range(3)]) == 3
    with pytest.raises(tf.errors.OutOfRangeError):
        iterator.get_next()


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_keras_fits_on_it(run_eagerly):
    X = np.random.RandomState(0).normal(size=(COUNT, 2)).astype("float32")
    loader = d2l.load_array((X, X @ np.float32([[2.0], [-3.4]])), SIZE, seed=0)
    net = tf.keras.Sequential([tf.keras.layers.Dense(1)])
    net.compile(tf.keras.optimizers.SGD(0.1), "mse", run_eagerly=run_eagerly)
    losses = net.fit(loader, epochs=20, validation_data=loader.unshuffled(), verbose=0).history
    assert losses["loss"][-1] < losses["loss"][0] / 20 and losses["val_loss"][-1] < 0.1
    assert loader.orders.epoch == 20
    assert net.predict(loader, verbose=0).shape == (COUNT, 1)


@pytest.mark.parametrize("cut", [1, 4, tensorflow_loader.ArrayLoader.CUT])
def test_blocks_are_cut_into_the_same_batches(monkeypatch, cut):
    """However many rows are gathered, and batches cut, at a time: ragged ones, many, all."""
    monkeypatch.setattr(tensorflow_loader.ArrayLoader, "CUT", cut)
    X = np.random.RandomState(0).normal(size=(103, 4)).astype("float32")
    passes = []
    for numbers in (8, 64, 200, 10**6):
        monkeypatch.setattr(sampling, "BLOCK", numbers)
        loader = d2l.load_array((X, np.arange(103)), 7, seed=1)
        for batches in (loader, loader.prefetch(1)):
            sampling.begin_at(loader, 0)
            passes.append([(x.numpy().tobytes(), y.numpy().tolist()) for x, y in batches])
    assert all(one == passes[0] for one in passes)
    assert [len(labels) for _, labels in passes[0]] == [7] * 14 + [5]


def test_a_batch_keeps_no_more_alive_than_its_block(monkeypatch):
    """An iterator holds the block it cuts up, not those before it."""
    blocks = []
    gather = tensorflow_loader._gather

    def watched(*arguments):
        gathered = gather(*arguments)
        blocks.append(weakref.ref(gathered[0]))
        return gathered

    monkeypatch.setattr(sampling, "BLOCK", 2)  # eight numbers a block, four batches
    loader = d2l.load_array((tf.range(100),), 2)
    monkeypatch.setattr(tensorflow_loader, "_gather", watched)
    for number, _ in enumerate(loader):
        assert len(blocks) == number // 4 + 1 and sum(block() is not None for block in blocks) <= 2


def test_arrays_larger_than_memory_are_read_block_by_block(monkeypatch, tmp_path):
    rows = []

    class Counted(np.memmap):
        def __getitem__(self, index):
            rows.append(len(index))
            return np.asarray(super().__getitem__(index))

    np.arange(100, dtype="float32").tofile(tmp_path / "numbers")
    mapped = np.memmap(tmp_path / "numbers", "float32", "r", shape=(100, 1)).view(Counted)
    monkeypatch.setattr(sampling, "BLOCK", 5)
    loader = d2l.load_array((mapped,), 5, seed=0)
    iterator = iter(loader)
    next(iterator)
    assert rows == [20]
    assert len(list(iterator)) == 19 and rows == [20] * 5


def test_threads_share_an_iterator():
    loader = d2l.load_array((tf.range(2000),), 2, seed=0)
    iterator, seen = iter(loader), []

    def take():
        for (batch,) in iterator:
            seen.extend(batch.numpy().tolist())

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(seen) == list(range(2000)) and loader.orders.epoch == 1


def test_the_compiled_epoch_passes_over_it_once(monkeypatch):
    monkeypatch.setattr(tensorflow_graphs, "COMPILE_AFTER", 0)
    X = np.arange(23, dtype="float32").reshape(-1, 1)
    loader = d2l.load_array((X, X), 5, seed=0)
    net, optimiser = tf.keras.Sequential([tf.keras.layers.Dense(1)]), tf.keras.optimizers.SGD(0.0)
    net.build((None, 1))
    optimiser.build(net.trainable_variables)
    for weight in net.trainable_variables:
        weight.assign(tf.zeros_like(weight))
    for numbers in (2, 10**6):  # blocks of eight batches or fewer, and one of all
        monkeypatch.setattr(sampling, "BLOCK", numbers)
        before = loader.orders.epoch
        loss, _ = d2l.train_epoch_ch3(net, loader, tf.keras.losses.MeanSquaredError(), optimiser)
        assert loader.orders.epoch == before + 1
        np.testing.assert_allclose(loss, np.mean(X**2), rtol=1e-6)
    assert tensorflow_graphs.trainings[net].epoch is not None
