"""That a process will be stopped soon, and is not to be counted on (REL-090).

The parent says so by a signal; what asks for readiness looks here. Nothing is stopped.
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
