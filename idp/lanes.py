"""Threads kept apart for people, for applications and for monitoring.

A storm of people at the pages must not hold up applications that renew tokens, nor
health checks (REL-008, REL-065); and what is answered from memory never queues behind
what waits for the database (REL-001). What a request means is not known here, only the
end of its path.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

FROM_MEMORY = (
    *(b"/healthz", b"/jwks.json"),
    *(b"/openid-configuration", b"/oauth-authorization-server"),
)
WATCHERS = (b"/readyz", b"/metrics")
APPLICATIONS = (b"/token", b"/userinfo", b"/introspect", b"/revoke", b"/par")
THREADS_FOR_APPLICATIONS = 6
THREADS_FOR_WATCHERS = 2
THREADS_FOR_MEMORY = 2
"""One that reads the keys anew may have to wait for the database; the other goes on."""
AGAIN_SECONDS = 5


class NotServedError(Exception):
    """The request is not passed on; ``status`` says why, ``wait`` for how long."""

    def __init__(self, status: int, *, wait: int | None = None) -> None:
        """Takes the HTTP status and seconds for ``Retry-After``."""
        super().__init__(status)
        self.status = status
        self.wait = wait


class Lane:
    """Threads for one kind of request, and a bound on how many wait for them."""

    def __init__(self, threads: int, waiting: int, turn_within: float) -> None:
        """Takes how many are served at once, how many more may wait, and how long."""
        self._threads = ThreadPoolExecutor(threads)
        self._most = threads + waiting
        self._turn_within = turn_within
        self._busy = 0

    async def run(self, function: Callable[[], T]) -> T:
        """Runs a function in its turn.

        Raises NotServedError where too many wait, or one for too long; it is not begun.
        """
        if self._busy >= self._most:
            raise NotServedError(503, wait=2)
        self._busy += 1
        try:
            turn = self._threads.submit(function)
            done = asyncio.wrap_future(turn)
            await asyncio.wait({done}, timeout=self._turn_within)
            if turn.cancel():  # never of one that has begun
                raise NotServedError(503, wait=AGAIN_SECONDS)
            return await done
        finally:
            self._busy -= 1

    async def go_on(self, function: Callable[[], T]) -> T:
        """Runs what belongs to a request that had its turn."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, function)

    def close(self) -> None:
        """Ends after what is running."""
        self._threads.shutdown()


class Lanes:
    """The four of a worker."""

    def __init__(self, threads: int, *, waiting: int, turn_within: float) -> None:
        """Takes the threads for people, and how many may wait in each lane how long."""
        self.people = Lane(threads, waiting, turn_within)
        self._applications = Lane(THREADS_FOR_APPLICATIONS, waiting, turn_within)
        self._watchers = Lane(THREADS_FOR_WATCHERS, waiting, turn_within)
        self._memory = Lane(THREADS_FOR_MEMORY, waiting, turn_within)

    def of(self, path: bytes) -> Lane:
        """Returns the lane of a request by its path."""
        if path.endswith(FROM_MEMORY):
            return self._memory
        if path.endswith(WATCHERS):
            return self._watchers
        return self._applications if path.endswith(APPLICATIONS) else self.people

    def close(self) -> None:
        """Ends after what is running."""
        for lane in (self.people, self._applications, self._watchers, self._memory):
            lane.close()
