"""What a framework is told once, as soon as it is there, so that it suits a notebook.

Called while the framework is being loaded, silently: some of this complains where there is no GPU.
"""

import os

from d2l_multi.compat import forks, keras_time_major, private
from d2l_multi.compat.cores import num_cores


def threads_chosen() -> bool:
    """Whether the user said how many threads Paddle computes with. Asked before Paddle says it itself."""
    return not {"OMP_NUM_THREADS", "FLAGS_paddle_num_threads"}.isdisjoint(os.environ)


def torch() -> None:
    import torch

    if not torch.cuda.device_count():
        torch.cuda.is_available()  # warns where there is no GPU but TensorFlow looked for one; once is enough
    forks.in_child(lambda: torch.set_num_threads(1))


def tensorflow() -> None:
    import tensorflow as tf

    tf.config.list_physical_devices()  # complains on stderr where there is no GPU; once is enough
    forks.refuse_if(private.tensorflow_is_used)
    keras_time_major.install()


def mxnet() -> None:
    from mxnet import npx

    npx.set_np()  # says so in the log, once


def paddle() -> None:
    """Paddle starts with one thread."""
    private.paddle_set_num_threads(num_cores())
