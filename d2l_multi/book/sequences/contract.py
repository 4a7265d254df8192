"""Text and recurrent networks (book sections: Text Preprocessing; Language Models; Recurrent Neural Networks,
from scratch and concise; Gated Recurrent Units; Long Short-Term Memory; Deep and Bidirectional Networks).

Readers of the four frameworks write some calls in different ways. Each backend takes its own readers' form
and the common one, which is stated here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from d2l_multi.book.object_oriented.contract import Classifier, DataModule, Module
from d2l_multi.book.types import (
    BACKEND,
    ArrayLike,
    Batches,
    DeviceLike,
    Loader,
    Loss,
    NativeModule,
    Optimizer,
    Parameter,
    Shaped,
    Tensor,
    TensorLike,
    of_subclasses,
)

if TYPE_CHECKING:
    from d2l_multi.book.training.history import History

__all__ = [
    "read_time_machine",
    "tokenize",
    "count_corpus",
    "Vocab",
    "load_corpus_time_machine",
    "seq_data_iter_random",
    "seq_data_iter_sequential",
    "SeqDataLoader",
    "load_data_time_machine",
    "RNNModelScratch",
    "RNNModel",
    "predict_ch8",
    "grad_clipping",
    "train_epoch_ch8",
    "train_ch8",
    "TimeMachine",
    "check_len",
    "check_shape",
    "RNNScratch",
    "RNNLMScratch",
    "RNN",
    "RNNLM",
    "GRU",
]


def read_time_machine() -> list[str]:
    """The lines of *The Time Machine*, lower-case letters and single spaces (list of str).

    Raises:
        OSError: as `download`, whose ``"time_machine"`` it is.
    """


def tokenize(lines: Iterable[str], token: str = "word") -> list[list[str]]:
    """The tokens of each line: its words, or with ``token="char"`` its characters.

    Raises:
        ValueError: ``token`` is neither.
        TypeError: ``lines`` is no list of str.
    """


def count_corpus(tokens: Sequence[Any] | None) -> Counter[Any]:
    """How often each token comes; ``tokens`` is a list of tokens or of such lists.

    Raises:
        TypeError: anything else, such as a list that holds both.
    """


class Vocab:
    """The tokens of a text, numbered: ``"<unk>"`` is 0, then reserved tokens, then the most frequent first.

    ``vocab[token]`` is the number of a token, that of ``"<unk>"`` for one that is not there;
    ``vocab[tokens]`` the numbers of a list of any depth. ``len(vocab)``, ``token in vocab`` and a loop over
    the tokens work. Both editions' sections take it; only the numbers of tokens differ from the English one.
    """

    token_freqs: list[tuple[Any, int]]
    """Each token of the text, and how often it comes, the most frequent first."""
    idx_to_token: list[Any]
    """The tokens in order; may be changed."""
    token_to_idx: dict[Any, int]
    """The number of each token; may be changed."""

    def __init__(
        self,
        tokens: Sequence[Any] | None = None,
        min_freq: int = 0,
        reserved_tokens: Sequence[Hashable] | None = None,
    ) -> None:
        """``tokens``: as in `count_corpus`; those that come less than ``min_freq`` times are left out.

        ``reserved_tokens``: such as ``["<pad>", "<bos>"]``, right after ``"<unk>"``.
        """

    def __len__(self) -> int:
        """How many tokens there are."""

    def __iter__(self) -> Iterator[Any]:
        """The tokens in order."""

    def __contains__(self, token: Hashable) -> bool:
        """Whether a token has a number of its own."""

    def __getitem__(self, tokens: Any) -> Any:
        """The number of a token, or of each in a list or tuple."""

    def to_tokens(self, indices: ArrayLike) -> Any:
        """The token of a number, or those of a list, an array or a tensor, as lists of the same shape.

        Raises:
            ValueError: a number that no token has.
            TypeError: no whole numbers.
        """

    @property
    def unk(self) -> int:
        """The number of ``"<unk>"``."""


def load_corpus_time_machine(max_tokens: int = -1) -> tuple[list[int], Vocab]:
    """*The Time Machine* as numbers of characters (list of int), and the vocabulary of all of it.

    ``max_tokens``: how many characters to take; -1 or 0 for all.
    """


def seq_data_iter_random(
    corpus: ArrayLike, batch_size: int, num_steps: int, *, seed: int | None = None, epoch: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches ``(X, Y)`` of subsequences in random order, both (batch_size, num_steps).

    The subsequences lie one after the other from a random offset below ``num_steps`` on, and what is left
    over is left out. Y is X one token later. Numbers are int64, in TensorFlow and MXNet int32.

    Args:
        corpus: the numbers of a text's tokens, a list or one-dimensional array.
        seed: an integer for the same subsequences in every backend; None for the framework's generator.
        epoch: which pass of that seed.

    Raises:
        ValueError: ``corpus`` has not enough tokens for a batch wherever it begins, or a number is below 1.
        TypeError: ``corpus`` is no list of whole numbers.
    """


def seq_data_iter_sequential(
    corpus: ArrayLike, batch_size: int, num_steps: int, *, seed: int | None = None, epoch: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """As `seq_data_iter_random`, but each row of a batch goes on where that of the batch before ended."""


class SeqDataLoader:
    """Batches of subsequences of *The Time Machine*: each pass over it begins at another offset.

    The passes of a ``seed`` are the same in every backend.
    """

    data_iter_fn: Callable[..., Any]
    corpus: Any
    vocab: Vocab
    batch_size: int
    num_steps: int
    seed: int | None

    def __init__(
        self,
        batch_size: int,
        num_steps: int,
        use_random_iter: bool,
        max_tokens: int,
        *,
        seed: int | None = None,
    ) -> None:
        """Over `seq_data_iter_random` or `seq_data_iter_sequential`; the rest as there."""

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The next pass."""


def load_data_time_machine(
    batch_size: int,
    num_steps: int,
    use_random_iter: bool = False,
    max_tokens: int = 10000,
    *,
    seed: int | None = None,
) -> tuple[SeqDataLoader, Vocab]:
    """A `SeqDataLoader` over the first characters of *The Time Machine*, and the vocabulary."""


class RNNModelScratch:
    """A recurrent language model of three functions that a reader has written.

    ``net(X, state)``, with tokens ``X`` (n, steps), gives ``(Y, state)``, scores ``Y`` (steps · n, tokens) of
    the next tokens, step by step. Its parameters are ``params``, in TensorFlow ``trainable_variables``, too.
    """

    vocab_size: int
    num_hiddens: int
    params: list[Any]
    """What ``get_params`` made."""
    init_state: Callable[..., Any]
    forward_fn: Callable[..., Any]
    if BACKEND == "tensorflow":
        trainable_variables: list[Any]
        """The same."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """``RNNModelScratch(vocab_size, num_hiddens, device, get_params, init_state, forward_fn)``.

        Without a device, readers of Paddle write ``(vocab_size, num_hiddens, get_params, init_state,
        forward_fn)``, those of TensorFlow ``(vocab_size, num_hiddens, init_state, forward_fn, get_params)``.

        Args:
            get_params: ``get_params(vocab_size, num_hiddens, device)`` makes the list of parameters.
            init_state: ``init_state(batch_size, num_hiddens, device)`` makes the first state.
            forward_fn: ``forward_fn(inputs, state, params)``, with one-hot ``inputs`` (steps, n, tokens),
                gives the scores and the next state. Functions are given no device where the model has none.

        Raises:
            TypeError: the arguments fit none of these forms.
        """

    def __call__(self, X: TensorLike, state: Any) -> tuple[Tensor, Any]:
        """The scores, and the state after the last step.

        Raises:
            ValueError: ``X`` is no batch of tokens that exist, or the state is one for another batch size.
        """

    def begin_state(self, *args: Any, **kwargs: Any) -> Any:
        """``begin_state(batch_size, device)``: the first state; by default on the model's device.

        ``ctx=`` for ``device=`` and ``dtype=`` are taken, too, as readers of MXNet and TensorFlow write them.
        """


class RNNModel(NativeModule):
    """A recurrent language model of a layer of the framework's and a dense one.

    ``net(X, state)`` is as in `RNNModelScratch`. The layer may be deep and go in both directions, and take
    batches or steps first, as it was made. In MXNet, whose readers do not, the net initialises itself in
    `train_ch8` as far as it is not initialised.
    """

    rnn: Any
    vocab_size: int

    def __init__(self, rnn_layer: Any, vocab_size: int, **kwargs: Any) -> None:
        """``rnn_layer``: the framework's RNN, GRU or LSTM. ``kwargs`` are for the framework's base class.

        In TensorFlow the layer gives sequences and states (``return_sequences``, ``return_state``).
        """

    def begin_state(self, *args: Any, **kwargs: Any) -> Any:
        """``begin_state(batch_size, device)`` in either order: zeros, as the layer's state is."""


def predict_ch8(prefix: Any, num_preds: int, net: Any, vocab: Vocab, device: DeviceLike = None) -> str:
    """The prefix, and ``num_preds`` tokens that a language model writes after it (str).

    ``net`` is one such as `RNNModel` or `RNNModelScratch`: called as ``net(X, state)``, with ``begin_state``.
    It reads the prefix token by token, and then each time what it has found to be likeliest.

    Raises:
        ValueError: an empty prefix, or a token in it that ``vocab`` does not know.
        TypeError: ``net`` is no such thing.
    """


def grad_clipping(net: Any, theta: float) -> Any:
    """Scale the gradients of a net in place, so that the norm of all of them is at most ``theta``.

    ``net``: a module of the framework, or anything with a list ``params``. In TensorFlow, which stores no
    gradients, it is the list of them, and the list of those scaled is returned.

    Raises:
        ValueError: ``theta`` is no finite number above 0.
    """


def train_epoch_ch8(
    net: Any,
    train_iter: Batches,
    loss: Loss,
    updater: Optimizer | Callable[..., Any],
    device: DeviceLike = None,
    use_random_iter: bool = False,
) -> tuple[float, float]:
    """Train a language model for one pass; return ``(perplexity, tokens per second)``, both float.

    The state goes on from batch to batch, detached, unless ``use_random_iter``: then each batch begins anew.
    Gradients are clipped to a norm of 1. ``loss`` and ``updater`` are as in `train_epoch_ch3`, the loss
    averaged over the tokens of a batch; a callable is called as ``updater(batch_size=1)``. Readers of
    TensorFlow leave out the device.

    Raises:
        ValueError: ``train_iter`` yields no batch.
        TypeError: ``net`` is no language model.
    """


def train_ch8(
    net: Any,
    train_iter: Batches,
    vocab: Vocab,
    lr: float,
    num_epochs: int,
    device: DeviceLike = None,
    use_random_iter: bool = False,
) -> History:
    """Train a language model by SGD with `train_epoch_ch8`, draw its perplexity, and let it write on the way.

    Every 10 epochs, and at the end, what it writes after "time traveller" is printed. Returns the history:
    for each epoch ``(perplexity, tokens_per_second)``. For interrupts, errors, and what else a history has,
    see `train_ch3`. ``device`` may be a strategy of TensorFlow's.

    Warns:
        DivergenceWarning: the perplexity became infinite or NaN, at the end of the epoch in which it did.
        InterruptedWarning: training was interrupted.

    Raises:
        ValueError: ``num_epochs`` below 1, a learning rate that is none, or as `train_epoch_ch8`.
    """


class TimeMachine(DataModule):
    """*The Time Machine* as a `DataModule`: ``X`` and ``Y`` (n, num_steps), one row from each character on.

    ``Y`` is ``X`` one character later. The first ``num_train`` rows are for training, the next ``num_val`` to
    validate.
    """

    X: Tensor
    Y: Tensor
    vocab: Vocab
    batch_size: int
    num_steps: int
    num_train: int
    num_val: int
    seed: int | None

    def __init__(
        self,
        batch_size: int,
        num_steps: int,
        num_train: int = 10000,
        num_val: int = 5000,
        *,
        root: str | PathLike[str] | None = None,
        seed: int | None = None,
    ) -> None:
        """``root``: the folder of the file. ``seed`` fixes the order of the batches in every backend.

        Raises:
            ValueError: a number below 1, or more subsequences than the text has.
        """

    @of_subclasses
    def _download(self) -> str:
        """The text as it is (str)."""

    @of_subclasses
    def _preprocess(self, text: str) -> str:
        """Lower-case letters and single spaces."""

    @of_subclasses
    def _tokenize(self, text: str) -> Any:
        """The tokens of a text, its characters (list of str)."""

    @of_subclasses
    def build(self, raw_text: str, vocab: Vocab | None = None) -> Any:
        """The numbers of a text's tokens (list of int), and the vocabulary, made of it if none is given."""

    def get_dataloader(self, train: bool) -> Loader:
        """The loader of the training set, shuffled, or of the validation set."""


def check_len(a: Any, n: int) -> None:
    """Raise an AssertionError unless ``len(a)`` is ``n``."""


def check_shape(a: Shaped, shape: Sequence[int]) -> None:
    """Raise an AssertionError unless ``a`` has this shape."""


class RNNScratch(Module):
    """A recurrent layer from scratch: ``H = tanh(X W_xh + H W_hh + b_h)`` at each step."""

    W_xh: Parameter
    W_hh: Parameter
    b_h: Parameter
    num_inputs: int
    num_hiddens: int
    sigma: float

    def __init__(self, num_inputs: int, num_hiddens: int, sigma: float = 0.01) -> None:
        """Weights are drawn from N(0, sigma²), ``b_h`` is zero."""

    @of_subclasses
    def forward(self, inputs: TensorLike | Sequence[Any], state: Any = None) -> tuple[list[Tensor], Tensor]:
        """The states after each step (list of tensors (n, num_hiddens)), and the last one.

        ``inputs``: (steps, n, num_inputs), or the steps one by one; ``state``: (n, num_hiddens), by itself or
        alone in a tuple, by default zeros.

        Raises:
            ValueError: a state for another batch size.
        """


class RNNLMScratch(Classifier):
    """A language model of a recurrent layer such as `RNNScratch` and a dense one; perplexity is plotted."""

    rnn: Any
    vocab_size: int
    lr: float

    def __init__(self, rnn: Any, vocab_size: int, lr: float = 0.01) -> None:
        """``rnn``: called as ``rnn(inputs, state)``, with ``num_hiddens`` and ``sigma``."""

    @of_subclasses
    def init_params(self) -> None:
        """Make the parameters of the dense layer, ``W_hq`` and ``b_q``, as those of ``rnn`` are."""

    def one_hot(self, X: TensorLike) -> Tensor:
        """Tokens (n, steps) as vectors (steps, n, vocab_size).

        Raises:
            ValueError: ``X`` is no batch of tokens that exist.
        """

    @of_subclasses
    def output_layer(self, rnn_outputs: Any) -> Tensor:
        """Scores (n, steps, vocab_size) of the states at each step, a list or a tensor."""

    @of_subclasses
    def forward(self, X: TensorLike, state: Any = None) -> Tensor:
        """Scores (n, steps, vocab_size) of the token after each one of ``X`` (n, steps)."""

    def predict(self, prefix: Any, num_preds: int, vocab: Vocab, device: DeviceLike = None) -> str:
        """The prefix, and ``num_preds`` tokens that the model writes after it (str); see `predict_ch8`."""


class RNN(Module):
    """A recurrent layer of the framework's, steps first; to be subclassed with another one as ``rnn``."""

    rnn: Any
    num_hiddens: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """``RNN(num_inputs, num_hiddens)``; readers of TensorFlow and MXNet write ``RNN(num_hiddens)``."""

    @of_subclasses
    def forward(self, inputs: TensorLike, H: Any = None) -> Any:
        """The states after each step (steps, n, num_hiddens), and the last one, as the layer has it."""


class RNNLM(RNNLMScratch):
    """The language model of the framework's own parts; its dense layer is ``linear``."""

    linear: Any


class GRU(RNN):
    """Gated recurrent units, ``num_layers`` deep, with dropout between layers while it trains."""

    num_layers: int
    dropout: float

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """``GRU(num_inputs, num_hiddens, num_layers, dropout=0)``.

        Readers of TensorFlow and MXNet write ``GRU(num_hiddens, num_layers, dropout=0)``.
        """
