"""The pool in which passwords and backup codes are hashed: few threads, low priority.

A bcrypt round takes a quarter of a second; in the threads that answer requests a storm
of logins would starve everything else (``performance.md`` section 7). Callers wait
outside any transaction. What to hash is not known here.
"""

import logging
import math
import os
import threading
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from typing import TypeVar

from idp import tracing
from idp.errors import Crowded

T = TypeVar("T")

log = logging.getLogger("idp.server")

NICENESS = 10
SECONDS_PER_HASH = 0.3

Run = Callable[..., Any]
"""The way into the pool: a function and its arguments in, what it returns out."""


class Hashing:
    """Runs slow functions one after the other, with a bound on how many may wait.

    ``waiting`` counts those begun and not done, ``refused`` those that found no room.
    From a refusal until half of the places are free the pool is overrun: whoever came
    meanwhile to begin a login would find no room either.
    """

    def __init__(self, *, workers: int = 1, waiting: int = 8) -> None:
        """Makes the pool; threads start with the first hash, so after any fork."""
        self._pool = ThreadPoolExecutor(
            workers, thread_name_prefix="hashing", initializer=_lower_priority
        )
        self._places = threading.BoundedSemaphore(workers + waiting)
        self.waiting = 0
        self.refused = 0
        self._overrun = False
        self._half = (workers + waiting) // 2
        self._counting = threading.Lock()
        self._retry_after = math.ceil((workers + waiting) * SECONDS_PER_HASH / workers)

    def run(self, function: Callable[..., T], *args: object, **kwargs: object) -> T:
        """Returns what the function returns; raises Crowded when too many wait."""
        with tracing.block("hash"):
            return self.start(function, *args, **kwargs).result()

    @contextmanager
    def place(self) -> Iterator[Run]:
        """Keeps a place for one hash; raises Crowded when too many wait.

        For what spends a code before it hashes: who would find no room is told so while
        the code still counts, and no thread waits for a place that may never come free.
        """
        self._take()
        unused = [True]

        def run(function: Callable[..., T], *args: object, **kwargs: object) -> T:
            unused.pop()
            with tracing.block("hash"):
                return self._begin(function, *args, **kwargs).result()

        try:
            yield run
        finally:
            if unused:
                self._places.release()

    def start(
        self, function: Callable[..., T], *args: object, **kwargs: object
    ) -> Future[T]:
        """Begins and does not wait; raises Crowded when too many wait."""
        self._take()
        return self._begin(function, *args, **kwargs)

    def _take(self) -> None:
        if not self._places.acquire(blocking=False):
            self._count(refused=1)
            raise self._full()

    def _begin(
        self, function: Callable[..., T], *args: object, **kwargs: object
    ) -> Future[T]:
        """Begins in a place that is taken."""
        try:
            begun = self._pool.submit(function, *args, **kwargs)
        except BaseException:
            self._places.release()
            raise
        self._count(waiting=1)
        begun.add_done_callback(self._done)
        return begun

    def check_room(self) -> None:
        """Raises Crowded while a login that is begun could not be finished."""
        if self._overrun and self.waiting > self._half:
            raise self._full()

    def _full(self) -> Crowded:
        return Crowded("hashing queue is full", retry_after=self._retry_after)

    def _done(self, _: Future[Any]) -> None:
        self._count(waiting=-1)
        self._places.release()

    def _count(self, *, waiting: int = 0, refused: int = 0) -> None:
        with self._counting:
            self.waiting += waiting
            self.refused += refused
            held = self.waiting > self._half
            self._overrun = bool(refused) or (self._overrun and held)

    def close(self) -> None:
        """Ends the threads after the hash that is running."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _lower_priority() -> None:
    """Gives way to threads that answer requests; Linux keeps priority per thread.

    Where that is forbidden (a filter of system calls, a process that gives way to more
    than this already) hashes run as they are: a thread that fails here fails them all.
    """
    if not (hasattr(os, "setpriority") and hasattr(threading, "get_native_id")):
        return
    thread = threading.get_native_id()
    try:
        if os.getpriority(os.PRIO_PROCESS, thread) < NICENESS:
            os.setpriority(os.PRIO_PROCESS, thread, NICENESS)
    except OSError:
        log.warning("hashes may not be given a lower priority: other requests wait")
