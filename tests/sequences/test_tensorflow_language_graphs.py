"""Language models trained in graphs: the same numbers as eagerly, and no code of a reader's compiled."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.keras import layers

from d2l_multi import tensorflow as d2l
from d2l_multi.book.sequences import tensorflow_graphs as graphs

FULL = {"return_sequences": True, "return_state": True}


def trained(make, epochs=2, lr=0.5):
    tf.keras.utils.set_random_seed(0)
    train_iter, vocab = d2l.load_data_time_machine(4, 5, seed=0)
    net = d2l.RNNModel(make(), len(vocab))
    history = d2l.train_ch8(net, train_iter, vocab, lr, epochs)
    return net, history.column("perplexity"), d2l.predict_ch8("time", 20, net, vocab)


@pytest.mark.parametrize(
    "make", [lambda: layers.GRU(6, **FULL), lambda: layers.RNN(layers.LSTMCell(6), time_major=True, **FULL)]
)
def test_a_graph_gives_the_same_numbers(make, monkeypatch):
    net, perplexities, text = trained(make)
    assert graphs.trainings[net].step is not None and graphs.forward(net) is not net
    monkeypatch.setattr(graphs, "COMPILE_AFTER", 10**9)
    other, right, text_right = trained(make)
    assert graphs.forward(other) is other
    assert np.allclose(perplexities, right, rtol=1e-4) and text == text_right


def test_code_of_a_readers_is_never_compiled(monkeypatch):
    monkeypatch.setattr(graphs, "COMPILE_AFTER", 0)
    calls = []

    class Cell(layers.GRUCell):
        def call(self, *inputs, **kwargs):
            calls.append(tf.executing_eagerly())
            return super().call(*inputs, **kwargs)

    net, *_ = trained(lambda: layers.RNN(Cell(3), unroll=True, **FULL), epochs=1)
    assert net not in graphs.trainings and calls and all(calls)


def test_training_again_has_its_own_rate():
    net, *_ = trained(lambda: layers.GRU(3, **FULL), epochs=1)
    train_iter, vocab = d2l.load_data_time_machine(4, 5, seed=0)
    before = [weight.numpy() for weight in net.weights]
    d2l.train_ch8(net, train_iter, vocab, 0, 1)
    assert all(np.array_equal(one, other.numpy()) for one, other in zip(before, net.weights))
