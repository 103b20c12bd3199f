"""Whether this process will be stopped soon, so that readiness can say no (REL-090).

The parent announces it by a signal. Nothing is stopped here.
"""

import signal
import threading

SIGNAL = signal.SIGUSR1

OF_PARENT = (signal.SIGTERM, signal.SIGINT, SIGNAL)
"""What a parent sends its workers; held back until a new one can hear it."""

_due = threading.Event()


def listen() -> None:
    """Lets the signal of the parent be heard in this process."""
    signal.signal(SIGNAL, lambda *_: _due.set())


def is_due() -> bool:
    """Tells whether this process is about to stop."""
    return _due.is_set()
