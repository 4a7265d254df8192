"""Deliberate faults, one line each, that the suite must catch.

``where`` is a file of the package, ``before`` stands in it exactly once (a test sees to that) and becomes
``after``. ``backend`` is the one that the suite is run in, ``tests`` the part of the suite.
"""

from typing import NamedTuple


class Fault(NamedTuple):
    name: str
    where: str
    before: str
    after: str
    backend: str
    tests: str = "tests/parity"


PARAMETERS = "tests/backends/test_parameters.py"
LOADER = "tests/backends/test_tensorflow_loader.py"
COMPILED = "tests/backends/test_tensorflow_compiled.py"
TRAINING = "tests/backends/test_training.py"
TRAINER = "tests/objects/test_trainer.py"
CHECKPOINTS = "tests/objects/test_checkpoints.py"
FIRE = "tests/faults/test_comparison_under_fire.py"
DOWNLOADS = "tests/faults/test_downloads.py"
FILES = "tests/faults/test_files.py"
FAULTY_TRAINING = "tests/faults/test_training_faults.py"

FAULTS = [
    # Losses and metrics
    Fault("half a square lacks its half", "torch.py", "** 2 / 2", "** 2", "torch"),
    Fault("a sign in the loss", "mxnet.py", "(y_hat - y.reshape", "(y_hat + y.reshape", "mxnet"),
    Fault(
        "a loss averaged twice",
        "torch.py",
        "return l.sum() if weight == 1",
        "return l.mean() if weight == 1",
        "torch",
    ),
    Fault(
        "a mean loss taken for a sum",
        "common/training.py",
        "return num_examples if averaged else 1",
        "return 1",
        "torch",
    ),
    Fault(
        "the mean of means of ragged batches",
        "common/training.py",
        "return math.prod(l.shape) if len(l.shape) else num_examples",
        "return 1",
        "paddle",
    ),
    Fault(
        "Keras losses get their arguments swapped",
        "tensorflow.py",
        "return loss(y, y_hat) if",
        "return loss(y_hat, y) if",
        "tensorflow",
    ),
    Fault(
        "the least likely class is predicted",
        "torch.py",
        "        y_hat = y_hat.argmax(1)\n",
        "        y_hat = y_hat.argmin(1)\n",
        "torch",
    ),
    Fault(
        "a share of correct predictions, not their number",
        "paddle.py",
        "y.reshape(y_hat.shape))).sum()",
        "y.reshape(y_hat.shape))).astype('float32').mean()",
        "paddle",
    ),
    Fault(
        "the Accumulator overwrites",
        "common/metrics.py",
        "self._sums[i] += value",
        "self._sums[i] = value",
        "mxnet",
    ),
    Fault(
        "the Accumulator counts twice what was read once",
        "common/metrics.py",
        "self._sums[i] += sum(self.read(self._pending[i]))\n            self._pending[i] = []",
        "self._sums[i] += sum(self.read(self._pending[i]))",
        "torch",
    ),
    # Steps
    Fault(
        "no division by the batch size",
        "torch.py",
        "param -= lr * grad / batch_size",
        "param -= lr * grad",
        "torch",
    ),
    Fault("uphill", "paddle.py", "param.subtract_(", "param.add_(", "paddle"),
    Fault("uphill in TensorFlow", "tensorflow.py", "param.assign_sub(", "param.assign_add(", "tensorflow"),
    Fault(
        "gradients are not cleared",
        "torch.py",
        "                grad.zero_()",
        "                pass",
        "torch",
    ),
    Fault("gradients are not cleared in MXNet", "mxnet.py", "grad[:] = 0", "pass", "mxnet"),
    Fault(
        "gradients are not cleared in Paddle",
        "paddle.py",
        "    if stored:\n                param.clear_gradient()",
        "    pass",
        "paddle",
    ),
    Fault("the optimiser's gradients pile up", "torch.py", "            updater.zero_grad()\n", "", "torch"),
    Fault(
        "a new tensor instead of an update",
        "mxnet.py",
        "        param -= lr * grad / batch_size",
        "        param = param - lr * grad / batch_size",
        "mxnet",
    ),
    Fault(
        "the updater trains a copy of W",
        "common/training.py",
        "self.params = list(params)",
        "self.params = [type(p)(p.numpy() if hasattr(p, 'assign') else p) for p in params]",
        "tensorflow",
    ),
    Fault(
        "the gradients of the first step for ever",
        "common/training.py",
        "gradients = () if grads is None else (grads,)",
        "self.old = getattr(self, 'old', grads)\n        gradients = () if grads is None else (self.old,)",
        "tensorflow",
    ),
    Fault(
        "an optimiser of the mean gets the sum",
        "torch.py",
        "l.mean().backward()",
        "l.sum().backward()",
        "torch",
    ),
    Fault(
        "an optimiser of the mean gets the sum in TensorFlow",
        "tensorflow.py",
        "target = tf.reduce_mean(l) if by_keras else total",
        "target = total",
        "tensorflow",
    ),
    Fault("a step for one example", "mxnet.py", "update(len(X))", "update(1)", "mxnet"),
    # Data
    Fault(
        "the last batch is dropped",
        "common/sampling.py",
        "range(0, len(gathered[0]), batch_size)",
        "range(0, len(gathered[0]) - batch_size + 1, batch_size)",
        "torch",
    ),
    Fault(
        "the last batch is dropped in TensorFlow",
        "tensorflow.py",
        "if num_full < num_examples:",
        "if False:",
        "tensorflow",
        LOADER,
    ),
    Fault(
        "the rest of a block is dropped in TensorFlow",
        "tensorflow.py",
        "for batch in zip(*(tf.split(part, sizes) for part in block)):",
        "for batch in list(zip(*(tf.split(part, sizes) for part in block)))[:full]:",
        "tensorflow",
        LOADER,
    ),
    Fault(
        "a graph in TensorFlow goes over the whole pass again",
        "tensorflow.py",
        ".skip(self._taken)",
        "",
        "tensorflow",
        LOADER,
    ),
    Fault(
        "a graph in TensorFlow goes on in an order of its own",
        "tensorflow.py",
        "lambda: order",
        "self._loader.orders.next",
        "tensorflow",
        LOADER,
    ),
    Fault(
        "examples move together instead of one by one",
        "torch.py",
        "shuffle, seed, torch.randperm)",
        "shuffle, seed, lambda n: torch.arange(n).roll(int(torch.randint(n, (1,)))))",
        "torch",
    ),
    Fault(
        "seeded examples move together",
        "common/sampling.py",
        "return stream(seed, ORDER, epoch).permutation(num_examples).astype(np.int64)",
        "return np.roll(np.arange(num_examples), stream(seed, ORDER, epoch).randint(num_examples))",
        "paddle",
    ),
    Fault(
        "every epoch in the same order",
        "common/sampling.py",
        "self.epoch = self.epoch, self.epoch + 1",
        "self.epoch = self.epoch, self.epoch",
        "paddle",
    ),
    Fault(
        "shuffled when it should not be", "common/sampling.py", "if not self.shuffle:", "if False:", "mxnet"
    ),
    Fault(
        "a loader ignores its seed",
        "paddle.py",
        "sampling.Orders(len(rows), shuffle, seed, ",
        "sampling.Orders(len(rows), shuffle, None, ",
        "paddle",
    ),
    Fault(
        "data ignore their seed",
        "tensorflow.py",
        "    if seed is not None:\n        X, y = sampling",
        "    if False:\n        X, y = sampling",
        "tensorflow",
    ),
    Fault(
        "single precision where double came in",
        "mxnet.py",
        "    param = tensor(array, device=device)",
        "    param = tensor(array, 'float32', device)",
        "mxnet",
    ),
    Fault(
        "data in single precision",
        "common/sampling.py",
        "return X, y.astype(w.dtype).reshape(-1, 1)",
        "return X.astype('float32'), y.astype('float32').reshape(-1, 1)",
        "torch",
    ),
    Fault(
        "variance for standard deviation",
        "torch.py",
        "y += normal(0, noise, y.shape",
        "y += normal(0, noise**2, y.shape",
        "torch",
    ),
    Fault(
        "the bias is forgotten",
        "paddle.py",
        "    y = matmul(X, w.reshape((-1, 1))) + b",
        "    y = matmul(X, w.reshape((-1, 1)))",
        "paddle",
    ),
    Fault(
        "labels off by one",
        "mxnet.py",
        "tensor(labels, int32, device)",
        "tensor(labels + 1, int32, device)",
        "mxnet",
    ),
    Fault(
        "the test set is shuffled",
        "torch.py",
        "ArrayLoader(test, batch_size, False, seed)",
        "ArrayLoader(test, batch_size, True, seed)",
        "torch",
    ),
    # Vocabulary
    Fault(
        "a mean is a sum",
        "paddle.py",
        "return paddle.mean(_float(x)",
        "return paddle.sum(_float(x)",
        "paddle",
    ),
    Fault(
        "axes in the wrong order",
        "torch.py",
        "tuple(reversed(range(x.ndim)))",
        "tuple(range(x.ndim))",
        "torch",
    ),
    Fault(
        "an axis is ignored",
        "tensorflow.py",
        "tf.concat(list(map(_tensor, tensors)), axis,",
        "tf.concat(list(map(_tensor, tensors)), 0,",
        "tensorflow",
    ),
    # Parameters that travel
    Fault(
        "a weight is not transposed",
        "mxnet.py",
        '"dense", {"weight": ("weight", (1, 0))',
        '"dense", {"weight": ("weight", None)',
        "mxnet",
    ),
    Fault(
        "running mean and variance change places",
        "paddle.py",
        '"running_mean": "_mean", "running_var": "_variance"',
        '"running_mean": "_variance", "running_var": "_mean"',
        "paddle",
        PARAMETERS,
    ),
    Fault(
        "channels stay last after Flatten",
        "tensorflow.py",
        "image = tuple(shape[1:]) if len(shape) == 4 else None",
        "image = None",
        "tensorflow",
        PARAMETERS,
    ),
    Fault(
        "what is returned goes on training",
        "common/parameters.py",
        'return np.array(array, order="C")',
        "return array",
        "torch",
        PARAMETERS,
    ),
    # Compiling
    Fault(
        "a compiled net keeps a layer's old activation",
        "tensorflow.py",
        "if known is None or known[0] != (parts, settings):",
        "if known is None:",
        "tensorflow",
        COMPILED,
    ),
    Fault(
        "a compiled epoch in TensorFlow drops the rest of a block",
        "tensorflow.py",
        "tf.range(0, tf.shape(X)[0], batch_size)",
        "tf.range(0, tf.shape(X)[0] - batch_size + 1, batch_size)",
        "tensorflow",
        LOADER,
    ),
    Fault(
        "evaluation drops units as training does",
        "torch.py",
        "        module.training = False\n",
        "        pass\n",
        "torch",
        TRAINING,
    ),
    # The object-oriented edition
    Fault(
        "gradients of the step before are kept",
        "torch.py",
        "        self.optim.zero_grad()\n",
        "",
        "torch",
    ),
    Fault(
        "a mean is divided by the batch once more",
        "mxnet.py",
        "self.optim.step(1)",
        "self.optim.step(len(batch[0]))",
        "mxnet",
    ),
    Fault(
        "half the square, as Gluon has it",
        "mxnet.py",
        "gluon.loss.L2Loss(weight=2)(y_hat, y).mean()",
        "gluon.loss.L2Loss()(y_hat, y).mean()",
        "mxnet",
    ),
    Fault(
        "the history averages batches, not examples",
        "common/metrics.py",
        "self._sum += sum(float(value) * weight for",
        "self._sum += sum(float(value) * 8 for",
        "torch",
        TRAINER,
    ),
    Fault(
        "gradients are clipped to another norm",
        "paddle.py",
        "clip_grad_norm_(_trained(model), grad_clip_val)",
        "clip_grad_norm_(_trained(model), 2 * grad_clip_val)",
        "paddle",
        TRAINER,
    ),
    Fault(
        "a resumed run begins again with the first order",
        "common/trainer.py",
        "begin_at(self.train_dataloader, self.epoch)",
        "begin_at(self.train_dataloader, 0)",
        "torch",
        TRAINER,
    ),
    Fault(
        "a checkpoint forgets the optimiser",
        "tensorflow.py",
        "            for variable, value in zip(self.optim.variables, state, strict=True):\n"
        "                variable.assign(value)\n",
        "",
        "tensorflow",
        CHECKPOINTS,
    ),
    Fault(
        "values of a graph change places",
        "tensorflow.py",
        "yield dict(zip(keys, row[1:]))",
        "yield dict(zip(keys, row[:0:-1]))",
        "tensorflow",
        "tests/backends/test_tensorflow_trainer.py",
    ),
    # The machine
    Fault(
        "OpenMP's threads are left to spin",
        "compat/spinning.py",
        "    os.environ.update(SHORT)\n",
        "",
        "torch",
        "tests/living/test_spinning.py",
    ),
    # The world around a comparison
    Fault(
        "two runs write to one folder at once",
        "common/files.py",
        '        with one_at_a_time(folder, "a report"):\n            for',
        "        if True:\n            for",
        "mxnet",
        f"{FIRE}::test_files_that_belong_together_stay_together",
    ),
    Fault(
        "a worker does not notice that its parent is gone",
        "common/processes.py",
        "    threading.Thread(target=wait, daemon=True).start()",
        "    pass",
        "mxnet",
        f"{FIRE}::test_no_worker_outlives_a_parent_that_was_killed",
    ),
    Fault(
        "memory is not watched",
        "common/processes.py",
        'return "memory" if memory_mib(self.process.pid) > self.memory_mib else None',
        "return None",
        "mxnet",
        f"{FIRE}::test_memory_without_end",
    ),
    Fault(
        "a message that was written into is believed",
        "common/wire.py",
        "if zlib.crc32(content) != int(header[2], 16):",
        "if False:",
        "mxnet",
        f"{FIRE}::test_no_bytes_can_harm_the_reader",
    ),
    Fault(
        "what a framework calls itself is taken for markup",
        "compare/cli.py",
        'Text(o.version or "")',
        'o.version or ""',
        "mxnet",
        "tests/faults/test_reports.py::test_what_a_framework_says_is_shown_as_it_is",
    ),
    # Networks, disks, files
    Fault(
        "a checksum that nobody compares",
        "common/downloads.py",
        "        if found == self.digest.lower():",
        "        if True:",
        "mxnet",
        DOWNLOADS,
    ),
    Fault(
        "everybody downloads at once",
        "common/downloads.py",
        '        with one_at_a_time(folder, "a download"):',
        "        if True:",
        "mxnet",
        f"{DOWNLOADS}::test_eight_processes_download_each_file_once",
    ),
    Fault(
        "a file has its name before it is whole",
        "common/downloads.py",
        'part = path.with_name(f".{path.name}.part")',
        "part = path",
        "mxnet",
        DOWNLOADS,
    ),
    Fault(
        "encryption is given up on the way",
        "common/downloads.py",
        'hooks={"response": _stays_encrypted},',
        "",
        "mxnet",
        f"{DOWNLOADS}::test_redirections_stay_encrypted",
    ),
    Fault(
        "memory for whatever a header says",
        "common/data_files.py",
        "(most := path.stat().st_size * (MOST_PACKED if _is_packed(path) else 1))",
        "(most := LARGEST)",
        "mxnet",
        f"{FILES}::test_absurd_dimensions",
    ),
    Fault(
        "links in an archive are followed",
        "common/archives.py",
        "        if not plain:",
        "        if False:",
        "mxnet",
        FILES,
    ),
    Fault(
        "a folder is there before it is whole",
        "common/archives.py",
        "    if not target.exists():\n        os.replace(content, target)\n        return\n",
        "",
        "mxnet",
        FILES,
    ),
    # Training
    Fault(
        "bad data are blamed on the learning rate",
        "common/divergence.py",
        "        if found is not None:",
        "        if False:",
        "mxnet",
        FAULTY_TRAINING,
    ),
    Fault(
        "an error takes the history with it",
        "common/training.py",
        "        error.history = history  # type: ignore[attr-defined]",
        "        pass",
        "mxnet",
        FAULTY_TRAINING,
    ),
]
