"""Failed attempts per source, by the ``limits`` library: in Valkey, or in this process.

Without Valkey, or while it is away, each process counts for itself and is stricter, so
that a fault never means "unlimited" (REL-005). Successes are never counted.
"""

import math
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from limits import RateLimitItem
from limits import WindowStats
from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from limits.strategies import MovingWindowRateLimiter
from valkey.exceptions import AuthenticationError
from valkey.exceptions import InvalidResponse
from valkey.exceptions import NoPermissionError
from valkey.exceptions import OutOfMemoryError
from valkey.exceptions import ReadOnlyError
from valkey.exceptions import ResponseError
from valkey.exceptions import TimeoutError as AnsweredTooLate
from valkey.exceptions import ValkeyError

from idp.errors import Misconfigured
from idp.store.valkey_line import TIMEOUT_SECONDS
from idp.store.valkey_line import pool

T = TypeVar("T")
OFF = "0"
NAMESPACE = "idp-source"
STARTS = "idp-starts"
STARTS_PER_FAILURE = 50
"""A crowd behind one address begins many logins; only a machine begins more."""

SILENT_SECONDS = 5
"""How long a Valkey that did not answer in time is left alone."""

SCHEMES = {"redis": "valkey", "rediss": "valkeys"}
"""The client speaks to either server; ``limits`` looks it up by the newer name."""

NO_SOURCE = "check"
"""Whom a count is for that is only tried out."""

COMPLAINTS = (
    (AnsweredTooLate, "no answer in time"),
    (AuthenticationError, "it refuses the password, or asks for one"),
    (InvalidResponse, "it does not speak as Valkey does"),
    (ReadOnlyError, "it is a replica and takes no counts"),
    (OutOfMemoryError, "it is full and takes no counts"),
    (NoPermissionError, "its user has no right to count"),
    (ResponseError, "it takes no counts"),
)


class SourceRate:
    """The budget of failures that each source has over all endpoints."""

    def __init__(self, limit: str, valkey_url: str | None = None) -> None:
        """Takes a limit such as ``60/minute``; ``0`` switches counting off."""
        self._item = None if limit == OFF else parse(limit)
        self._starts = _times(self._item, STARTS_PER_FAILURE)
        memory = MemoryStorage()
        self._local = MovingWindowRateLimiter(memory)
        self._local_starts = FixedWindowRateLimiter(memory)
        self.is_alone = False
        """Whether Valkey did not count when it was last asked, so that we do alone."""
        self._refuses = False
        self._silent_until = 0.0
        self._shared: MovingWindowRateLimiter | None = None
        self._shared_starts: FixedWindowRateLimiter | None = None
        if valkey_url:
            self._shared, self._shared_starts = _connect(valkey_url)

    def allowed(self, source: str) -> bool:
        """Tells whether the source may try; counts nothing.

        What this process has counted itself binds in any case, because Valkey may have
        been emptied. A Valkey that is read but takes no counts is as good as away.
        """
        if self._item is None:
            return True
        own = self._local.get_window_stats(self._item, NAMESPACE, source).remaining
        shared = self._shared
        if shared is None:
            return own > 0
        item = self._item
        found = self._ask(lambda: shared.test(item, NAMESPACE, source))
        self.is_alone = found is None or self._refuses
        if self.is_alone:
            return item.amount - own < max(1, item.amount // 2)
        return own > 0 and found is True

    def count(self, source: str) -> None:
        """Counts one failure of the source."""
        if self._item is None:
            return
        item, shared = self._item, self._shared
        self._local.hit(item, NAMESPACE, source)
        if shared is not None:
            self._ask(lambda: shared.hit(item, NAMESPACE, source), counts=True)

    def start(self, source: str) -> bool:
        """Counts a login begun without proof; tells whether there may be more."""
        if self._starts is None:
            return True
        item, shared = self._starts, self._shared_starts
        if shared is not None:
            began = self._ask(lambda: shared.hit(item, STARTS, source))
            if began is not None:
                return began
        return self._local_starts.hit(item, STARTS, source)

    def retry_after(self, source: str) -> int:
        """Returns the whole seconds after which the source may try again."""
        if self._item is None:
            return 1
        wait = self._stats(self._item, source).reset_time - time.time()
        return max(1, math.ceil(wait))

    def complaint(self) -> str | None:
        """Says why Valkey does not count, where there is one; counts for nobody."""
        item, shared = self._item, self._shared
        if item is None or shared is None:
            return None
        try:
            shared.hit(item, NAMESPACE, NO_SOURCE)
        except StorageError as refusal:
            return _in_words(refusal.storage_error)
        return None

    def _stats(self, item: RateLimitItem, source: str) -> WindowStats:
        local = self._local.get_window_stats(item, NAMESPACE, source)
        shared = self._shared
        if shared is None or self.is_alone:
            return local
        found = self._ask(lambda: shared.get_window_stats(item, NAMESPACE, source))
        return local if found is None else max(found, local, key=_end)

    def _ask(self, ask: Callable[[], T], *, counts: bool = False) -> T | None:
        """Asks Valkey; None where it is away or takes no counts.

        One that was silent is left alone for a while, but for one caller at a time, so
        that not every request waits for it.
        """
        began = time.monotonic()
        if began < self._silent_until:
            return None
        if self._silent_until:
            self._silent_until = began + SILENT_SECONDS
        try:
            found = ask()
        except StorageError as fault:
            if counts:
                self._refuses = isinstance(fault.storage_error, ResponseError)
            if time.monotonic() - began >= TIMEOUT_SECONDS:
                self._silent_until = time.monotonic() + SILENT_SECONDS
            return None
        self._silent_until = 0.0
        if counts:
            self._refuses = False
        return found


def _end(stats: WindowStats) -> float:
    return stats.reset_time


def _in_words(fault: Exception) -> str:
    """Says what is wrong in words of ours; an answer may hold anything."""
    for kind, words in COMPLAINTS:
        if isinstance(fault, kind):
            return words
    return f"no connection: {type(fault.__context__ or fault).__name__}"


def _times(item: RateLimitItem | None, factor: int) -> RateLimitItem | None:
    return item and type(item)(item.amount * factor, item.multiples)


def _connect(url: str) -> tuple[MovingWindowRateLimiter, FixedWindowRateLimiter]:
    scheme = urlsplit(url).scheme
    address = SCHEMES.get(scheme, scheme) + url.removeprefix(scheme)
    try:
        connections = pool(address)
    except (TypeError, ValueError, ValkeyError):
        words = "IDP_VALKEY_URL: has an option that is not known, or a wrong value"
        raise Misconfigured([words]) from None
    storage = storage_from_string(
        address, wrap_exceptions=True, connection_pool=connections
    )
    return MovingWindowRateLimiter(storage), FixedWindowRateLimiter(storage)
