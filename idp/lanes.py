"""Who waits behind whom: threads for people, for applications and for who watches.

A storm of people at the pages must not hold up applications that renew tokens, nor
either of them who asks whether we live (REL-008, REL-065). What a request means is not
known here, only the end of its path.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

WATCHERS = (b"/healthz", b"/readyz", b"/metrics")
APPLICATIONS = (
    *(b"/token", b"/userinfo", b"/introspect", b"/revoke", b"/par", b"/jwks.json"),
    *(b"/openid-configuration", b"/oauth-authorization-server"),
)
THREADS_FOR_APPLICATIONS = 6
THREADS_FOR_WATCHERS = 2


class NotServedError(Exception):
    """The request is not passed on; ``status`` says why, ``wait`` for how long."""

    def __init__(self, status: int, *, wait: int | None = None) -> None:
        """Takes the HTTP status and seconds for ``Retry-After``."""
        super().__init__(status)
        self.status = status
        self.wait = wait


class Lane:
    """Threads for one kind of request, and a bound on how many wait for them."""

    def __init__(self, threads: int, waiting: int) -> None:
        """Takes how many are served at once, and how many more may wait."""
        self._threads = ThreadPoolExecutor(threads)
        self._most = threads + waiting
        self._busy = 0

    async def run(self, function: Callable[[], T]) -> T:
        """Runs a function in its turn; raises NotServedError where too many wait."""
        if self._busy >= self._most:
            raise NotServedError(503, wait=2)
        self._busy += 1
        try:
            return await self.go_on(function)
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
    """The three of a worker."""

    def __init__(self, threads: int, *, waiting: int) -> None:
        """Takes the threads for people, and how many may wait in each lane."""
        self.people = Lane(threads, waiting)
        self._applications = Lane(THREADS_FOR_APPLICATIONS, waiting)
        self._watchers = Lane(THREADS_FOR_WATCHERS, waiting)

    def of(self, path: bytes) -> Lane:
        """Returns the lane of a request by its path."""
        if path.endswith(WATCHERS):
            return self._watchers
        return self._applications if path.endswith(APPLICATIONS) else self.people

    def close(self) -> None:
        """Ends after what is running."""
        for lane in (self.people, self._applications, self._watchers):
            lane.close()
