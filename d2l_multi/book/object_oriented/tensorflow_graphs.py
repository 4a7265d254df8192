"""A trainer that runs many steps in one TensorFlow graph, where no code of the user's runs in a step."""

import time

from d2l_multi.book.distribution import num_workers
from d2l_multi.book.object_oriented import checks, trainer
from d2l_multi.book.tensors.tensorflow import float64, int32
from d2l_multi.book.training import interrupts
from d2l_multi.book.training import tensorflow_graphs as graphs
from d2l_multi.compat import forks, framework, private

with framework("tensorflow"):
    import tensorflow as tf


class TrainerInGraphs(trainer.Trainer):
    """Runs many steps in one graph, as `train_epoch_ch3` does, where no code of the user's runs in a step."""

    SECONDS = 0.1  # how long a graph runs before it is time to draw, or to stop
    IN_A_STEP = (
        "__call__",
        "call",
        "forward",
        "loss",
        "accuracy",
        "plot",
        "training_step",
        "validation_step",
    )
    scratch_optimiser: type  # of ours, which runs no code of the user's
    plotted = None  # what a step plots while it becomes a graph, by key

    def complete(self, model):
        forks.check()
        self._graphs = {}

    def train_epoch(self):
        if not self._is_compiled():
            return super().train_epoch()
        self.mode(training=True)
        for plotted in self._steps(self.train_dataloader, self.update):
            for key, value in plotted.items():
                self.model.plot(key, value, train=True)
            self.train_batch_idx += 1

    def validate(self):
        if not self._is_compiled():
            return super().validate()
        self.mode(training=False)
        for plotted in self._steps(self.val_dataloader, self.model.validation_step):
            for key, value in plotted.items():
                self.model.plot(key, value, train=False)
            self.val_batch_idx += 1

    def _is_compiled(self):
        loaders = [loader for loader in (self.train_dataloader, self.val_dataloader) if loader is not None]
        methods = [getattr(self.model, name) for name in self.IN_A_STEP if hasattr(self.model, name)]
        methods += [self.update, self.clip_gradients, self.prepare_batch]
        net = getattr(self.model, "net", None)
        return (
            num_workers() == 1  # gradients of several are summed between two steps
            and not self.spread_over  # devices are chosen while code runs
            and self.num_train_batches * self.max_epochs > graphs.COMPILE_AFTER
            and all(isinstance(loader, tf.data.Dataset) for loader in loaders)
            and all(map(checks.ours, methods))
            and (net is None or graphs.layers_from_keras(net))
            and all(_is_known(layer) for layer in private.keras_flatten_layers(self.model)[1:])
            and (type(self.optim) is self.scratch_optimiser or graphs.optimiser_from_keras(self.optim))
        )

    def _steps(self, loader, step):
        """Run a step on each batch of a loader, many in one graph; yield what each of them plots, by key."""
        iterator, left = iter(loader), len(loader)
        if step.__name__ not in self._graphs:
            (batch,) = self.batches([next(iterator)])  # eagerly: what is not built yet is built now
            step(batch)
            left -= 1
            yield {}
            self._graphs[step.__name__] = self._graph(loader, step)
        keys, run = self._graphs[step.__name__]
        number = 10
        while left:
            interrupts.check()
            start = time.perf_counter()
            sizes, *values = (column.numpy() for column in run(iterator, tf.constant(min(number, left))))
            rate = len(sizes) / (time.perf_counter() - start)
            number, left = max(1, int(rate * self.SECONDS)), left - len(sizes)
            for row in zip(sizes, *values):
                self._num_examples = int(row[0])
                yield dict(zip(keys, row[1:]))
        interrupts.check()

    def _graph(self, loader, step):
        """The keys that a step plots, and a function of an iterator and a number of batches to run it on."""

        @tf.function
        def one(*batch):
            self.plotted = {}
            step(self.prepare_batch(batch))
            plotted, self.plotted = self.plotted, None
            return tf.shape(batch[-1])[0], {key: tf.cast(value, float64) for key, value in plotted.items()}

        one = one.get_concrete_function(*loader.element_spec)
        keys = list(one.structured_outputs[1])

        @tf.function
        def many(iterator, number):
            sizes = tf.TensorArray(int32, number)
            columns = [tf.TensorArray(float64, number) for _ in keys]
            for i in tf.range(number):
                size, plotted = one(*next(iterator))
                sizes = sizes.write(i, size)
                columns = [column.write(i, plotted[key]) for key, column in zip(keys, columns)]
            return [sizes.stack(), *(column.stack() for column in columns)]

        return keys, many


def _is_known(layer):
    """Whether a layer in a model is Keras's own, or this package's with no method of the user's."""
    if not checks.ours(type(layer)):
        return graphs.layers_from_keras(layer)
    bases = [base for base in type(layer).__mro__ if checks.ours(base)]
    return all(checks.ours(method) for base in bases for method in vars(base).values() if callable(method))
