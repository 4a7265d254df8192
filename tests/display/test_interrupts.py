"""An interrupt ends training between two steps, in every framework, whenever it comes."""

import os
import signal
import threading

import numpy as np
import pytest

from d2l_multi.book.training import interrupts
from tests.native import native


@pytest.fixture(autouse=True)
def interruptible():
    """As a program started by hand is; one started in the background may ignore the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_program_that_ignores_interrupts_goes_on_doing_so():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts.between_steps():
        os.kill(os.getpid(), signal.SIGINT)
        interrupts.check()


def test_an_interrupt_waits_for_the_check():
    with pytest.raises(KeyboardInterrupt), interrupts.between_steps():
        os.kill(os.getpid(), signal.SIGINT)
        reached = True
        interrupts.check()
        reached = False
    assert reached
    interrupts.check()  # what is over is over


def test_a_second_interrupt_does_not_wait():
    with pytest.raises(KeyboardInterrupt), interrupts.between_steps():
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        pytest.fail("the second interrupt came to nothing")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_other_threads_are_let_through():
    def run():
        with interrupts.between_steps():
            passed.append(True)

    passed = []
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert passed == [True]


def test_the_net_is_as_the_last_step_left_it(d2l, d2l_backend, d2l_device):
    """The interrupt comes in the middle of a step: of the eighth, the third of the second epoch."""
    batches = [(d2l.ones(4, 2, device=d2l_device), d2l.ones(4, 1, device=d2l_device))] * 5
    losses = []

    def interrupting_loss(y_hat, y):
        losses.append(1)
        if len(losses) == 8:
            os.kill(os.getpid(), signal.SIGINT)
        return d2l.squared_loss(y_hat, y)

    net, _, optimiser = native(d2l_backend).linear_training(lr=0.1)
    with pytest.warns(d2l.InterruptedWarning, match="interrupted in epoch 2; the net is as the last step"):
        history = d2l.train_ch3(net, batches, batches, interrupting_loss, 10, optimiser)
    assert len(losses) == 8
    assert len(history) == 1 and list(history.fig.axes[0].get_lines()[0].get_xdata()) == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    expected, _, optimiser = native(d2l_backend).linear_training(lr=0.1)
    d2l.train_epoch_ch3(expected, batches + batches[:3], d2l.squared_loss, optimiser)
    for actual, stepped in zip(d2l.get_parameters(net).values(), d2l.get_parameters(expected).values()):
        np.testing.assert_array_equal(actual, stepped)
