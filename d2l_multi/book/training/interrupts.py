"""Ctrl-C, and a notebook's stop button, at a good moment: between two steps, or between two workers."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_asked = False


@contextmanager
def between_steps() -> Iterator[None]:
    """While this lasts an interrupt waits for `check`, or the end; a second one does not wait."""
    global _asked
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield  # Python interrupts its main thread only, and nobody a program that ignores it
        return

    def ask(number, frame):
        global _asked
        if _asked:
            raise KeyboardInterrupt
        _asked = True

    _asked = False
    signal.signal(signal.SIGINT, ask)
    try:
        yield
        check()  # one that came after the last check
    finally:
        signal.signal(signal.SIGINT, before)
        _asked = False


def check() -> None:
    """Between two steps: the place to stop, if that was asked for."""
    if _asked:
        raise KeyboardInterrupt


@contextmanager
def noted() -> Iterator[Callable[[], bool]]:
    """While this lasts Ctrl-C and SIGTERM are only noted, for who asks; a second one does not wait."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    asked = False

    def note(number, frame):
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    try:
        for number, handler in before.items():
            if callable(handler):  # a program that ignores it, as under nohup, goes on doing so
                signal.signal(number, note)
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
