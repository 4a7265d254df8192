"""The loop of the object-oriented edition's ``Trainer``, the same in every framework."""

import math
import re
import warnings
from collections import namedtuple
from collections.abc import Iterator
from copy import copy
from functools import lru_cache
from typing import Any

from d2l_multi.arrays import to_host
from d2l_multi.book.data.sampling import begin_at
from d2l_multi.book.distribution import sharing, workers
from d2l_multi.book.object_oriented import checkpoints, checks, modules
from d2l_multi.book.object_oriented.board import Point
from d2l_multi.book.object_oriented.hyperparameters import HyperParameters
from d2l_multi.book.object_oriented.native import Native
from d2l_multi.book.training import divergence, interrupts
from d2l_multi.book.training.history import (
    DivergenceWarning,
    History,
    InterruptedWarning,
    hand_over,
    interrupted,
)
from d2l_multi.book.training.metrics import Late, Mean
from d2l_multi.checks import positive_int


@lru_cache
def _epoch_type(names: tuple[str, ...]) -> Any:
    """One class for all epochs with the same values: a class takes more memory than thousands of numbers."""
    return namedtuple("Epoch", names, rename=True)


@lru_cache
def _say_once(message: str) -> None:
    """Warn the first time in this process: a book's every section may ask for what is not there."""
    warnings.warn(message, stacklevel=3)


def _found(backend: str, gpus: int, used: int) -> str:
    if used < gpus:
        return f"{backend} trains on one GPU in a process: training on the first"
    if gpus:
        found, those = ("one GPU", "that") if gpus == 1 else (f"{gpus} GPUs", "those")
        return f"{backend} finds {found} on this machine: training on {those}"
    return f"{backend} finds no GPU on this machine: training on the CPU"


class Trainer(HyperParameters):
    """A backend adds the methods that say how to train and what to save."""

    _native: Native
    gradient_clip_val: float
    gpus: list[Any]
    spread_over: list[Any]  # the devices among which each batch is divided, while `fit` runs on several
    history: History
    _means: dict[str, Mean]

    def __new__(cls, *args, **kwargs):
        """With all that a run needs, also where a reader's cell defines another ``__init__``."""
        self = super().__new__(cls)
        self.gpus = []
        self.spread_over = []
        self.gradient_clip_val = 0
        self.history = History()
        self.epoch = self.train_batch_idx = self.val_batch_idx = 0
        self._means = {}
        self._num_examples = 1
        return self

    def __init__(self, max_epochs, num_gpus=0, gradient_clip_val=0):
        positive_int("max_epochs", max_epochs)
        there = self._native.num_gpus()
        used = checks.gpus_to_use(num_gpus, min(there, self._native.most_gpus))
        checks.clipping(gradient_clip_val)
        if used < num_gpus:
            _say_once(f"num_gpus={num_gpus}, but {_found(self._native.name, there, used)}")
        self.save_hyperparameters(ignore=["there", "used"])
        self.gpus = [self._native.gpu(i) for i in range(used)]

    # Before training

    def prepare_data(self, data):
        self.train_dataloader, self.val_dataloader = checks.loaders(data)
        self.num_train_batches = checks.num_batches("training", self.train_dataloader)
        validates = self.val_dataloader is not None
        self.num_val_batches = checks.num_batches("validation", self.val_dataloader) if validates else 0

    def prepare_model(self, model):
        checks.trainable(model, modules.Module)
        model.trainer = self
        model.board.xlim = [0, self.max_epochs]
        if self.gpus:
            self.move(model, self.gpus)
        self.model = model

    def prepare_batch(self, batch):
        return [self._native.to(array, self.gpus[0]) for array in batch] if self.gpus else batch

    def move(self, model, devices):
        """Put a model's parameters on the first of these devices, or on each that must have its own."""
        raise NotImplementedError

    def complete(self, model):
        """What a model lacks that an optimiser asks for; `prepare_model` may be a reader's own."""

    # Training

    def fit(self, model, data, *, resume=False, checkpoint=None):
        resume = checks.resume(resume)
        before = vars(self).copy()
        try:
            self._prepare(model, data, resume)
        except BaseException:  # nothing was trained: the run before can still go on
            vars(self).clear()
            vars(self).update(before)
            raise
        try:
            for epoch in range(len(self.history), self.max_epochs):
                self.epoch, self._means = epoch, {}
                model.board.raw_points.clear()  # no point is a mean over two epochs
                self.fit_epoch()
                self._end_epoch()
                if checkpoint is not None:
                    self.save_checkpoint(checkpoint)
        except KeyboardInterrupt:
            message = (
                f"{interrupted(self.history, self.max_epochs)}; the model is as the last step left "
                "it, and fit(model, data, resume=True) goes on after the last complete epoch"
            )
            warnings.warn(message, InterruptedWarning, stacklevel=2)
        except Exception as error:
            hand_over(self.history, error, "; fit(model, data, resume=True) goes on after them")
            raise
        finally:
            if self.spread_over:
                self.spread_over = []
                self.move(model, self.gpus[:1])
            model.board.finish()
            self.history.chart = copy(model.board)  # the board itself goes on to another chart
        return self.history

    def _prepare(self, model: Any, data: Any, resume: Any) -> None:
        if resume is True:
            self._check_known(model)
        self.prepare_data(data)
        self.prepare_model(model)
        self.spread_over = self.gpus if len(self.gpus) > 1 else []
        self.complete(model)
        if resume is not True:
            self.optim = checks.optimiser(model, model.configure_optimizers())
            run = self._load_checkpoint(resume) if resume is not False else {"history": [], "board": {}}
            self.history = History(_epoch_type(tuple(epoch))(**epoch) for epoch in run["history"])
            model.board.clear()
            for label, points in run["board"].items():
                model.board.data[label] = [Point(*point) for point in points]
            self._start_alike()
        self._continue()

    def _start_alike(self) -> None:
        """Give every worker the parameters of worker 0."""
        if not workers.alone():
            self.build()
            state = {name: to_host(value) for name, value in self.model_state().items()}
            self.set_model_state({name: workers.of_first(array) for name, array in state.items()})

    def _check_known(self, model: Any) -> None:
        if getattr(self, "model", None) is not model:
            raise ValueError(
                "resume=True continues the run of this Trainer, which has not trained this model; "
                "resume=PATH continues the run that save_checkpoint(PATH) saved"
            )

    def _continue(self) -> None:
        """Set the counters to the beginning of the epoch after the last complete one."""
        self.epoch = len(self.history)
        self.train_batch_idx = self.epoch * self.num_train_batches
        self.val_batch_idx = self.epoch * self.num_val_batches
        self._num_examples = 1
        if self.epoch:
            begin_at(self.train_dataloader, self.epoch)
        self.model.board.rewind(self.epoch)

    def fit_epoch(self):
        with interrupts.between_steps():
            self.train_epoch()
            if self.val_dataloader is not None:
                self.validate()

    def train_epoch(self):
        """One pass over the training set."""
        self.mode(training=True)
        for batch in self.batches(self.train_dataloader):
            self.update(batch)
            self.train_batch_idx += 1

    def validate(self):
        """One pass over the validation set."""
        self.mode(training=False)
        with self._native.no_grad():
            for batch in self.batches(self.val_dataloader):
                self.model.validation_step(batch)
                self.val_batch_idx += 1

    def batches(self, loader: Any) -> Iterator[Any]:
        """The batches of a loader where the model is, with a place to stop before each."""
        for batch in loader:
            interrupts.check()
            self._num_examples = sharing.count(checks.num_examples(batch))
            yield self.prepare_batch(batch)
        interrupts.check()

    def mode(self, training):
        """Tell the model whether it trains."""
        raise NotImplementedError

    def update(self, batch):
        """Change the model's parameters once."""
        raise NotImplementedError

    # What came of it

    def record(self, label: str, value: Late, num_examples: int) -> None:
        """Take a value of a batch into the mean of the epoch over its examples."""
        self._means.setdefault(label, Mean()).add(value, num_examples)

    def _end_epoch(self) -> None:
        names = tuple(re.sub(r"\W", "_", label) for label in self._means)
        sums = workers.total([number for mean in self._means.values() for number in mean.sums()])
        epoch = _epoch_type(names)(*(sum / weight for sum, weight in zip(sums[::2], sums[1::2])))
        self.history.append(epoch)
        bad = [name for name, value in epoch._asdict().items() if not math.isfinite(value)]
        before = self.history[-2] if len(self.history) > 1 else ()
        if bad and all(map(math.isfinite, before)):
            what = f"{bad[0]} became {getattr(epoch, bad[0])}"
            data = {"training": self.train_dataloader, "validation": self.val_dataloader}
            warnings.warn(divergence.reason(what, self.epoch + 1, data), DivergenceWarning, stacklevel=3)

    # Checkpoints

    def save_checkpoint(self, path):
        if getattr(self, "model", None) is None:
            raise ValueError("there is nothing to save yet: fit(model, data) has not been called")
        run = {
            "backend": self._native.name,
            "optimiser": self._optimiser_name(),
            "history": [epoch._asdict() for epoch in self.history],
            "board": self.model.board.data,
        }
        model, optim = self.model_state(), self.optim_state()
        if workers.is_first():
            checkpoints.save(path, model, optim, run)
        workers.barrier()  # nobody reads it before it is there

    def _load_checkpoint(self, path: Any) -> dict:
        """Take over a model's and an optimiser's state; return the rest of the run."""
        arrays, optim, run = checkpoints.load(path, self._native.tensor)
        if run["backend"] != (backend := self._native.name):
            raise ValueError(f"{path} was saved in {run['backend']}, which {backend} cannot continue")
        if run["optimiser"] != (made := self._optimiser_name()):
            raise ValueError(
                f"{path} was saved with the optimiser {run['optimiser']}, and configure_optimizers() of "
                f"{type(self.model).__name__} makes {made}"
            )
        self.build()
        checkpoints.fitting(self.model_state(), arrays, path)
        self.set_optim_state(optim)
        self.set_model_state(arrays)
        return run

    def build(self):
        """Show the model a batch, so that parameters of layers that infer their size exist."""
        begin_at(self.train_dataloader, 0)
        batch = self.prepare_batch(next(iter(self.train_dataloader)))
        begin_at(self.train_dataloader, 0)
        self.mode(training=False)
        with self._native.no_grad():
            self.model(*batch[:-1])

    def model_state(self):
        """The tensors of the model by name."""
        raise NotImplementedError

    def set_model_state(self, arrays):
        raise NotImplementedError

    def _optimiser_name(self) -> str:
        return type(self.optim).__name__

    def optim_state(self):
        """The state of the optimiser: dicts, lists, tensors and plain values; None where there is none."""
        raise NotImplementedError

    def set_optim_state(self, state):
        raise NotImplementedError
