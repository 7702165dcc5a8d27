"""Ctrl-C and SIGTERM that wait for the end of a step, so that a checkpoint can be written."""

import contextlib
import signal
import threading


@contextlib.contextmanager
def stopping_between_steps():
    """Yields a function that says whether SIGINT or SIGTERM came; a second SIGINT interrupts at once."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    came = []

    def note(number, frame):
        if came:
            raise KeyboardInterrupt
        came.append(number)

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
