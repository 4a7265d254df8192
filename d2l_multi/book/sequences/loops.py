"""What training and prediction of language models share in every framework."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from d2l_multi.arrays import to_host
from d2l_multi.book.sequences import arguments, checks
from d2l_multi.book.training import loops
from d2l_multi.book.training.history import History
from d2l_multi.checks import positive_int, whole


class Epoch(NamedTuple):
    """What one epoch came to."""

    perplexity: float
    tokens_per_second: float


def perplexity(loss_sum: float, num_tokens: float) -> float:
    """The exponential of the mean loss of a token; infinite where no float is as large."""
    l = loops.mean(loss_sum, num_tokens, "train_iter")
    return math.exp(l) if l < 700 else l * math.inf


def train_ch8(
    num_epochs: int,
    animator: Callable[..., Any],
    train_epoch: Callable[[], tuple[float, float]],
    predict: Callable[[str], str],
    device: Any,
) -> History:
    """The epochs of ``train_ch8``, drawn as they come; the net writes every 10 of them and at the end."""
    positive_int("num_epochs", num_epochs)
    chart = animator(xlabel="epoch", ylabel="perplexity", legend=["train"], xlim=[1, max(2, num_epochs)])

    def show(number: int, epoch: Epoch) -> None:
        chart.add(number, [epoch.perplexity])
        if number % 10 == 0:
            print(predict("time traveller"))

    history = loops.epochs(
        num_epochs, chart, lambda _: Epoch(*train_epoch()), show, data={}, loss="perplexity"
    )
    if len(history) == num_epochs:
        reached, speed = history[-1]
        print(f"perplexity {reached:.1f}, {speed:.1f} tokens/sec on {device}")
        print(predict("time traveller"))
        print(predict("traveller"))
    return history


def written(
    prefix: Any, num_preds: int, vocab: Any, state: Any, step: Callable[[int, Any], tuple[Any, Any]]
) -> str:
    """The prefix, and what comes after it, token by token.

    ``step(token, state)`` gives the scores of the next token and the state after this one.
    """
    outputs = [vocab[prefix[0]]]
    for token in prefix[1:]:  # warming up: the state learns what was said
        _, state = step(outputs[-1], state)
        outputs.append(vocab[token])
    for _ in range(num_preds):
        scores, state = step(outputs[-1], state)
        outputs.append(int(np.argmax(to_host(scores))))
    return "".join(vocab.idx_to_token[i] for i in outputs)


def check_prediction(prefix: Any, num_preds: Any, net: Any, vocab: Any) -> None:
    """Whether ``predict_ch8`` was given what it takes."""
    checks.net(net)
    checks.prefix(prefix, vocab)
    whole("num_preds", num_preds, 0)


def mapped(function: Callable[[Any], Any], state: Any) -> Any:
    """A state with a function of each tensor in its place: one tensor, or tuples and lists of them."""
    if isinstance(state, (list, tuple)):
        parts = [mapped(function, part) for part in state]
        return parts if isinstance(state, list) else tuple(parts)
    return None if state is None else function(state)


class RNNModelScratch:
    """A backend's subclass says in which ``form`` its readers leave out the device, and encodes tokens."""

    form = arguments.MODEL_WITHOUT_DEVICE

    def __init__(self, *args, **kwargs):
        given = arguments.bound("RNNModelScratch", [arguments.MODEL, self.form], args, kwargs)
        self.vocab_size = positive_int("vocab_size", given["vocab_size"])
        self.num_hiddens = positive_int("num_hiddens", given["num_hiddens"])
        self.init_state, self.forward_fn = given["init_state"], given["forward_fn"]
        self.device = [given["device"]] if "device" in given else []  # functions without one are given none
        self.params = given["get_params"](self.vocab_size, self.num_hiddens, *self.device)

    def begin_state(self, *args, **kwargs):
        batch_size, device = arguments.of_state(args, kwargs)
        chosen = [own if device is None else device for own in self.device]
        return self.init_state(batch_size, self.num_hiddens, *chosen)
