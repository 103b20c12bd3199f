"""Resolving names, and connecting to their addresses, within given seconds.

The machine's resolver has no time limit, so it is asked in threads; each kind of caller
has a few of its own, so that names that never resolve hold nobody else up. Which
addresses may be reached is not judged here.
"""

import socket
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

Endpoint = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]


class Lookups:
    """The look-ups of one kind of caller; a limited number may hang at once."""

    def __init__(self, most: int) -> None:
        """Takes how many threads may wait for the resolver."""
        self.most = most
        self._places = threading.BoundedSemaphore(most)

    def endpoints(self, host: str, port: int, within: float) -> list[Endpoint]:
        """Looks a host up; raises TimeoutError, OSError or UnicodeError.

        A thread that hangs keeps its place until the resolver gives up, so that their
        number is bounded; whoever finds no place in time is told the same.
        """
        until = time.monotonic() + within
        if not self._places.acquire(timeout=max(0.0, within)):
            raise TimeoutError
        answer: Future[list[Any]] = Future()

        def look_up() -> None:
            try:
                answer.set_result(
                    socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                )
            except (OSError, ValueError) as fault:
                answer.set_exception(fault)
            finally:
                self._places.release()

        try:
            threading.Thread(target=look_up, name="lookup", daemon=True).start()
        except RuntimeError:
            self._places.release()
            raise TimeoutError from None
        found = answer.result(max(0.0, until - time.monotonic()))
        return [(family, where) for family, _, _, _, where in found]

    def connected(self, host: str, port: int, within: float) -> socket.socket:
        """Looks a host up and connects to it; raises like ``endpoints``."""
        until = time.monotonic() + within
        return connected(self.endpoints(host, port, within), until)


def connected(endpoints: Iterable[Endpoint], until: float) -> socket.socket:
    """Connects to the first that answers by a moment of the monotonic clock.

    Raises OSError, of which TimeoutError is one.
    """
    fault: OSError = OSError()
    for family, where in endpoints:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(left(until))
            connection.connect(where)
        except OSError as failure:
            connection.close()
            fault = failure
        else:
            return connection
    raise fault


def left(until: float) -> float:
    """Returns the seconds until a moment; raises TimeoutError after it."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
