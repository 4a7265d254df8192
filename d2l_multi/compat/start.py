"""What a framework is told once, as soon as it is there, so that it suits a notebook.

Each surrounds the import of its framework, which is silent: some of this complains where there is no GPU.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from d2l_multi.compat import forks, keras_time_major, private
from d2l_multi.compat.cores import num_cores


@contextmanager
def torch() -> Iterator[None]:
    yield
    import torch

    if not torch.cuda.device_count():
        torch.cuda.is_available()  # warns where there is no GPU but TensorFlow looked for one; once is enough
    forks.in_child(lambda: torch.set_num_threads(1))


@contextmanager
def tensorflow() -> Iterator[None]:
    yield
    import tensorflow as tf

    tf.config.list_physical_devices()  # complains on stderr where there is no GPU; once is enough
    forks.refuse_if(private.tensorflow_is_used)
    keras_time_major.install()


@contextmanager
def mxnet() -> Iterator[None]:
    yield
    from mxnet import npx

    npx.set_np()  # says so in the log, once


@contextmanager
def paddle() -> Iterator[None]:
    """Paddle starts with one thread, where the user has not said how many."""
    chosen = {"OMP_NUM_THREADS", "FLAGS_paddle_num_threads"} & os.environ.keys()  # its import sets the first
    yield
    if not chosen:
        private.paddle_set_num_threads(num_cores())
