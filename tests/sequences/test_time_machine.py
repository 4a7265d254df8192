"""From a file to batches: what is read, how it is numbered and cut, the same in every backend."""

import hashlib
import pickle
from itertools import pairwise

import numpy as np
import pytest

from d2l_multi.book.data import downloads, sampling
from tests.data.test_fashion_mnist import mirror  # noqa: F401
from tests.native import native
from tests.texts import LINES, TEXT, publish

LETTERS = "".join(
    " ".join("".join(c if c.isascii() and c.isalpha() else " " for c in line).split()).lower()
    for line in LINES
)


def test_lines_are_letters_and_single_spaces(d2l):
    lines = d2l.read_time_machine()
    assert lines[0] == "the clock in the kitchen" and lines[1] == ""
    assert lines[3] == "nobody minded my aunt zo said that time ran faster near the stove"
    assert len(lines) == len(LINES)


def test_the_text_is_downloaded_once(d2l, tmp_path, mirror, monkeypatch):  # noqa: F811
    served = tmp_path / "served"
    served.mkdir()
    (served / "timemachine.txt").write_bytes(TEXT.encode())
    server = mirror(served)
    sha1 = hashlib.sha1(TEXT.encode()).hexdigest()
    monkeypatch.setitem(downloads.DATA_HUB, "time_machine", (f"{server.url}timemachine.txt", sha1))
    monkeypatch.setenv("D2L_MULTI_DATA", str(tmp_path / "empty"))
    assert d2l.read_time_machine() == d2l.read_time_machine()
    assert len(server.asked) == 1


@pytest.mark.parametrize("max_tokens", [-1, 0, 10, 10**6])
def test_a_corpus_is_as_long_as_asked_and_its_vocabulary_is_of_the_whole_text(d2l, max_tokens):
    corpus, vocab = d2l.load_corpus_time_machine(max_tokens)
    wanted = LETTERS[:max_tokens] if max_tokens > 0 else LETTERS
    assert "".join(vocab.to_tokens(corpus)) == wanted
    assert set(vocab) == {"<unk>", *LETTERS} and vocab.idx_to_token[1] == " "
    with pytest.raises(TypeError, match="max_tokens"):
        d2l.load_corpus_time_machine(1.5)


def test_a_vocabulary_may_be_changed_and_reads_tensors(d2l):
    vocab = d2l.Vocab([["time", "flies"], ["time"]], reserved_tokens=["<pad>"])
    assert vocab.idx_to_token == ["<unk>", "<pad>", "time", "flies"] and vocab.token_freqs[0] == ("time", 2)
    vocab.idx_to_token.append("back")
    vocab.token_to_idx["back"] = 4
    assert vocab["back"] == 4 and vocab.to_tokens(4) == "back" and len(vocab) == 5
    X = d2l.tensor([[2, 3], [0, 4]])
    assert vocab.to_tokens(X) == [["time", "flies"], ["<unk>", "back"]]
    assert vocab.to_tokens(X[0][0]) == "time" and vocab.to_tokens([3]) == ["flies"]
    assert vocab[[["time"], ("x", "flies")]] == [[2], [0, 3]]
    with pytest.raises(ValueError, match="tokens 0 to 4, and none is number 5"):
        vocab.to_tokens([1, 5])


def test_word_pairs_are_tokens(d2l):
    words = [word for line in d2l.tokenize(d2l.read_time_machine()) for word in line]
    vocab = d2l.Vocab(list(pairwise(words)))
    (pair, freq), *_ = vocab.token_freqs
    assert vocab.idx_to_token[1] == pair and freq > 1


@pytest.mark.parametrize("use_random_iter", [False, True])
def test_passes_of_a_seed_go_on_and_each_is_another(d2l, use_random_iter):
    train_iter, vocab = d2l.load_data_time_machine(4, 5, use_random_iter, 200, seed=3)
    passes = [[d2l.numpy(X).tolist() for X, _ in train_iter] for _ in range(3)]
    again, _ = d2l.load_data_time_machine(4, 5, use_random_iter, 200, seed=3)
    assert passes == [[d2l.numpy(X).tolist() for X, _ in again] for _ in range(3)]
    assert passes[0] != passes[1]
    cut = d2l.seq_data_iter_random if use_random_iter else d2l.seq_data_iter_sequential
    assert passes[2] == [d2l.numpy(X).tolist() for X, _ in cut(train_iter.corpus, 4, 5, seed=3, epoch=2)]
    assert vocab is train_iter.vocab


def test_without_a_seed_the_frameworks_generator_decides(d2l, backend):
    train_iter, _ = d2l.load_data_time_machine(4, 5, True, 200)
    passes = []
    for number in (1, 1, 2):
        native(backend).set_seed(number)
        passes.append([d2l.numpy(X).tolist() for X, _ in train_iter])
    assert passes[0] == passes[1] != passes[2]


def test_each_row_goes_on_in_the_next_batch(d2l):
    batches = [map(d2l.numpy, batch) for batch in d2l.seq_data_iter_sequential(range(100), 3, 4)]
    rows = [np.concatenate(parts, 1) for parts in zip(*batches)]
    assert (np.diff(rows[0], axis=1) == 1).all() and (rows[1] == rows[0] + 1).all()


def test_a_corpus_too_short_says_how_many_tokens_it_takes(d2l):
    with pytest.raises(ValueError, match=r"4 subsequences of 5 steps at random take 25 tokens, .* has 24"):
        d2l.seq_data_iter_random(list(range(24)), 4, 5)
    with pytest.raises(ValueError, match="one after the other take 26 tokens, and the corpus has 25"):
        d2l.seq_data_iter_sequential(list(range(25)), 4, 5)
    train_iter, _ = d2l.load_data_time_machine(1000, 5)
    with pytest.raises(ValueError, match="1000 subsequences of 5 steps"):
        iter(train_iter)
    with pytest.raises(TypeError, match="numbers of tokens"):
        d2l.seq_data_iter_random(["a", "b"], 1, 1)


def test_what_a_loader_was_made_of_may_be_replaced(d2l):
    train_iter, _ = d2l.load_data_time_machine(2, 5, max_tokens=50)
    train_iter.corpus = list(range(1000, 1100))
    assert min(d2l.numpy(X).min() for X, _ in train_iter) >= 1000
    train_iter.data_iter_fn = lambda corpus, batch_size, num_steps: iter([(batch_size, num_steps)])
    assert list(train_iter) == [(2, 5)]


# --- The English edition ------------------------------------------------------------------------------------


def test_rows_begin_at_each_character(d2l):
    data = d2l.TimeMachine(batch_size=8, num_steps=6, num_train=40, num_val=20, seed=5)
    text = data._preprocess(data._download())
    assert text.startswith("the clock in the kitchen every morning") and data._tokenize("ab") == ["a", "b"]
    assert "".join(data.vocab.to_tokens(d2l.numpy(data.X)[3])) == text[3:9]
    assert "".join(data.vocab.to_tokens(d2l.numpy(data.Y)[3])) == text[4:10]
    X = np.concatenate([d2l.numpy(X) for X, _ in data.train_dataloader()])
    assert np.array_equal(X, d2l.numpy(data.X)[sampling.order(40, 5)])
    X = np.concatenate([d2l.numpy(X) for X, _ in data.val_dataloader()])
    assert np.array_equal(X, d2l.numpy(data.X)[40:60])
    corpus, vocab = data.build("Time!", data.vocab)
    assert vocab is data.vocab and vocab.to_tokens(corpus) == list("time ")


def test_a_text_of_a_readers_own(d2l, tmp_path, monkeypatch):
    class Words(d2l.TimeMachine):
        def _tokenize(self, text):
            return text.split()

    data = Words(batch_size=2, num_steps=3, num_train=10, num_val=5)
    assert "kitchen" in data.vocab
    with pytest.raises(ValueError, match="10000 subsequences of 3 steps to train on and 5000 to validate"):
        d2l.TimeMachine(batch_size=2, num_steps=3)
    other = tmp_path / "other"
    other.mkdir()
    publish(monkeypatch, other, "ab" * 50)
    assert len(d2l.TimeMachine(2, 3, 10, 5, root=other).vocab) == 3


def test_a_loader_can_be_sent_elsewhere(d2l, backend):
    train_iter, vocab = d2l.load_data_time_machine(2, 5, max_tokens=50, seed=1)
    assert pickle.loads(pickle.dumps(vocab)).idx_to_token == vocab.idx_to_token
    sent = pickle.loads(pickle.dumps(train_iter))
    assert d2l.numpy(next(iter(sent))[0]).tolist() == d2l.numpy(next(iter(train_iter))[0]).tolist()
