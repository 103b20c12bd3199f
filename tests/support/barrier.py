"""Does many things at the same moment.

Each runs in a thread of its own; all are released by one barrier.
"""

import threading
from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

LIMIT = 60  # seconds for all threads to arrive


def at_once(actions: Sequence[Callable[[], T]]) -> list[T]:
    """Runs all actions at once, gives results in order, raises the first error."""
    barrier = threading.Barrier(len(actions), timeout=LIMIT)

    def run(action: Callable[[], T]) -> T:
        barrier.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))
