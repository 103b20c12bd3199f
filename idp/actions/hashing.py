"""The pool in which passwords and backup codes are hashed: few threads, low priority.

A bcrypt round takes a quarter of a second; in the threads that answer requests a storm
of logins would starve everything else (``performance.md`` section 7). Callers wait
outside any transaction. What to hash is not known here.
"""

import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from typing import TypeVar

from idp import tracing
from idp.errors import Crowded

T = TypeVar("T")

NICENESS = 10
SECONDS_PER_HASH = 0.3
PATIENCE_SECONDS = 10


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
        return self._run(0, function, *args, **kwargs)

    def run_in_turn(
        self, function: Callable[..., T], *args: object, **kwargs: object
    ) -> T:
        """Waits for a place: for work whose code is spent, so that nobody can flood."""
        return self._run(PATIENCE_SECONDS, function, *args, **kwargs)

    def start(
        self, function: Callable[..., T], *args: object, **kwargs: object
    ) -> Future[T]:
        """Begins and does not wait; raises Crowded when too many wait."""
        return self._begin(0, function, *args, **kwargs)

    def _run(
        self,
        patience: float,
        function: Callable[..., T],
        *args: object,
        **kwargs: object,
    ) -> T:
        with tracing.block("hash"):
            return self._begin(patience, function, *args, **kwargs).result()

    def _begin(
        self,
        patience: float,
        function: Callable[..., T],
        *args: object,
        **kwargs: object,
    ) -> Future[T]:
        if not self._places.acquire(timeout=patience):
            self._count(refused=1)
            raise self._full()
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
    """Gives way to threads that answer requests; Linux keeps priority per thread."""
    if hasattr(os, "setpriority") and hasattr(threading, "get_native_id"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
