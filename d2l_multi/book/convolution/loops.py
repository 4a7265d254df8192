"""The loops of ``train_ch6`` and ``train_ch13``, which are the same in every framework."""

from collections.abc import Callable, Iterable
from typing import Any

from d2l_multi.book.convolution import checks
from d2l_multi.book.data.sampling import begin_at
from d2l_multi.book.distribution import workers
from d2l_multi.book.training import Timer
from d2l_multi.book.training.history import Epoch, History
from d2l_multi.book.training.loops import LEGEND, epochs, first_batch, mean, pairs
from d2l_multi.checks import positive_int

# What a step comes to: sum of losses, number of values, correct predictions, number of labels, of examples.
SUMS = 5


class Points:
    """The points of one epoch on a chart, five at most before it is over."""

    def __init__(self, chart: Any, epoch: int, num_batches: int | None) -> None:
        self.chart, self.epoch, self.num_batches = chart, epoch, num_batches
        self.drawn = 0

    def after(self, done: int, sums: Any) -> None:
        """So many batches are done; what they came to is read only if it is time for a point."""
        if self.num_batches is None or done >= self.num_batches:
            return
        fifth = 5 * done // self.num_batches
        if fifth > self.drawn:
            self.drawn = fifth
            loss_sum, num_values, num_correct, num_labels = workers.total([float(sums[i]) for i in range(4)])
            point = (loss_sum / num_values, num_correct / num_labels, None)
            self.chart.add(self.epoch + done / self.num_batches, point)


def one_epoch(metric: Any, train_iter: Iterable, step: Callable[[Any, Any], tuple], points: Points) -> Any:
    """Train on each batch by ``step(X, y)``; ``metric`` accumulates what it returns."""
    for done, (X, y) in enumerate(pairs(train_iter, "train_iter"), 1):
        metric.add_own(*step(X, y))
        points.after(done, metric)
    return metric.data


def train(
    num_epochs: int,
    chart: Callable[..., Any],
    train_iter: Any,
    test_iter: Any,
    train_epoch: Callable[[Points], Any],
    test_accuracy: Callable[[], float],
    device: Any,
) -> History:
    """Train, evaluate and draw, and print what came of it; ``train_epoch`` returns the sums of its steps."""
    positive_int("num_epochs", num_epochs)
    num_batches = checks.has_batches("train_iter", train_iter)
    checks.has_batches("test_iter", test_iter)
    animator = chart(xlabel="epoch", xlim=[0, num_epochs], legend=LEGEND)
    timer, seen = Timer(), 0.0

    def timed(epoch: int) -> tuple[float, float]:
        nonlocal seen
        timer.start()
        loss_sum, num_values, num_correct, num_labels, num_examples = train_epoch(
            Points(animator, epoch, num_batches)
        )
        timer.stop()
        num_correct, num_labels, num_examples = workers.total([num_correct, num_labels, num_examples])
        seen += num_examples
        return mean(loss_sum, num_values, "train_iter"), num_correct / num_labels

    history = epochs(
        num_epochs,
        animator,
        train_epoch=lambda epoch: Epoch(*timed(epoch), test_accuracy()),
        show=animator.add,
        data={"training": train_iter},
    )
    if history:
        told(history[-1], seen / timer.sum(), device)
    return history


def told(epoch: Any, rate: float, device: Any) -> None:
    """Print the last epoch, and how many examples were trained on in a second."""
    loss, train_acc, test_acc = epoch
    print(f"loss {loss:.3f}, train acc {train_acc:.3f}, test acc {test_acc:.3f}")
    print(f"{rate:.1f} examples/sec on {device}")


def glimpse(train_iter: Any) -> tuple[Any, Any]:
    """The first batch of a loader's next pass, which a loader of ours yields once more."""
    orders = getattr(train_iter, "orders", None)
    epoch = 0 if orders is None else orders.epoch
    batch = first_batch(train_iter, "train_iter")
    begin_at(train_iter, epoch)
    return batch


class TrainCallback:
    """Draws and prints for a loop of one's own; a backend says how to evaluate ``net``."""

    animator_type: Callable[..., Any]
    accuracy: Callable[..., float]

    def __init__(self, net, train_iter, test_iter, num_epochs, device_name):
        super().__init__()
        self.net, self.train_iter, self.test_iter = net, train_iter, test_iter
        self.num_epochs, self.device_name = positive_int("num_epochs", num_epochs), device_name
        self.timer = Timer()
        self.animator = self.animator_type(xlabel="epoch", xlim=[0, num_epochs], legend=LEGEND)

    def on_epoch_begin(self, epoch, logs=None):
        self.timer.start()

    def on_epoch_end(self, epoch, logs=None):
        self.timer.stop()
        logs = logs or {}
        test_acc = type(self).accuracy(self.net, self.test_iter)
        point = (logs.get("loss"), logs.get("accuracy"), test_acc)
        self.animator.add(epoch + 1, point)
        if epoch == self.num_epochs - 1:
            self.animator.finish()
            batch_size = len(first_batch(self.train_iter, "train_iter")[1])
            num_examples = batch_size * len(self.train_iter) * len(self.timer.times)
            latest = [float("nan") if value is None else float(value) for value in point]
            told(latest, num_examples / self.timer.sum(), self.device_name)
