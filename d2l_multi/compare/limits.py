"""What a framework is known not to keep: the reason, and by how much its steps may differ for it.

A limit only counts where a step is beyond what rounding explains; one that no framework needs any more fails
the suite.
"""

from dataclasses import dataclass
from typing import Any

from d2l_multi.compare.reference.model import Model


@dataclass(frozen=True)
class KnownLimit:
    backend: str
    dtype: str
    experiments: tuple[str, ...]
    reason: str
    # How far these may be off: relative to them, but for log_softmax, where it is so for probabilities.
    learning_rate: float = 0.0
    batch_size: float = 0.0
    log_softmax: float = 0.0

    def widen(self, model: Model, lr: float, epsilon: float) -> Any:
        """Let a model of the reference, and the learning rate that is returned, bear the limit's error."""
        if self.batch_size:
            model.rescaling = model.rounded(1.0, self.batch_size, epsilon)
        if self.log_softmax:
            model.blur = model.rounded(1.0, self.log_softmax, epsilon)
        return model.rounded(lr, lr * self.learning_rate, epsilon) if self.learning_rate else lr


KNOWN_LIMITS = [
    KnownLimit(
        backend="mxnet",
        dtype="float64",
        experiments=(
            "linear-regression-concise",
            "polynomial",
            "polynomial-underfitting",
            "polynomial-overfitting",
            "weight-decay-concise",
            "softmax-regression-concise",
            "mlp-concise",
            "convolution",
            "batch-normalisation",
            "residual",
            "rnn-concise",
            "gru",
            "lstm",
        ),
        reason="MXNet's optimisers round the learning rate and 1 / batch size to float32, so that an update "
        "may be off by 1.2e-7 of itself; powers of 2 are kept exactly",
        learning_rate=2.0**-24,
        batch_size=2.0**-24,
    ),
    KnownLimit(
        backend="mxnet",
        dtype="float32",
        experiments=(
            "softmax-regression-concise",
            "mlp-concise",
            "convolution",
            "batch-normalisation",
            "residual",
        ),
        reason="MXNet's log_softmax (oneDNN) is coarse in float32 and may be off by 1e-5; made of exp, sum "
        "and log, as Classifier.loss is, it is not",
        log_softmax=1e-5,
    ),
]


def known_limit(backend: str, experiment: str, dtype: str) -> KnownLimit | None:
    for limit in KNOWN_LIMITS:
        if (limit.backend, limit.dtype) == (backend, dtype) and experiment in limit.experiments:
            return limit
    return None
