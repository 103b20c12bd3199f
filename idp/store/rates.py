"""Failed attempts per source, by the ``limits`` library: in Valkey, or in this process.

Without Valkey, or while it is away, each process counts for itself and is stricter, so
that a fault never means "unlimited" (REL-005). Successes are never counted.
"""

import math
import time
from urllib.parse import urlsplit

from limits import RateLimitItem
from limits import WindowStats
from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from limits.strategies import MovingWindowRateLimiter

OFF = "0"
NAMESPACE = "idp-source"
STARTS = "idp-starts"
STARTS_PER_FAILURE = 50
"""A crowd behind one address begins many logins; only a machine begins more."""

VALKEY_TIMEOUT_SECONDS = 1
SCHEMES = {"redis": "valkey", "rediss": "valkeys"}
"""The client speaks to either server; ``limits`` looks it up by the newer name."""


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
        """Whether Valkey was away when it was last asked, so that we counted alone."""
        self._shared: MovingWindowRateLimiter | None = None
        self._shared_starts: FixedWindowRateLimiter | None = None
        if valkey_url:
            self._shared, self._shared_starts = _connect(valkey_url)

    def allowed(self, source: str) -> bool:
        """Tells whether the source may try; counts nothing."""
        if self._item is None:
            return True
        if self._shared is None:
            return self._local.test(self._item, NAMESPACE, source)
        try:
            allowed = self._shared.test(self._item, NAMESPACE, source)
            self.is_alone = False
            return allowed
        except StorageError:
            self.is_alone = True
            left = self._local.get_window_stats(self._item, NAMESPACE, source).remaining
            return self._item.amount - left < max(1, self._item.amount // 2)

    def count(self, source: str) -> None:
        """Counts one failure of the source."""
        if self._item is None:
            return
        self._local.hit(self._item, NAMESPACE, source)
        if self._shared is not None:
            try:
                self._shared.hit(self._item, NAMESPACE, source)
            except StorageError:
                return

    def start(self, source: str) -> bool:
        """Counts a login begun without proof; tells whether there may be more."""
        if self._starts is None:
            return True
        if self._shared_starts is not None:
            try:
                return self._shared_starts.hit(self._starts, STARTS, source)
            except StorageError:
                pass
        return self._local_starts.hit(self._starts, STARTS, source)

    def retry_after(self, source: str) -> int:
        """Returns the whole seconds after which the source may try again."""
        if self._item is None:
            return 1
        wait = self._stats(self._item, source).reset_time - time.time()
        return max(1, math.ceil(wait))

    def _stats(self, item: RateLimitItem, source: str) -> WindowStats:
        if self._shared is not None:
            try:
                return self._shared.get_window_stats(item, NAMESPACE, source)
            except StorageError:
                pass
        return self._local.get_window_stats(item, NAMESPACE, source)


def _times(item: RateLimitItem | None, factor: int) -> RateLimitItem | None:
    return item and type(item)(item.amount * factor, item.multiples)


def _connect(url: str) -> tuple[MovingWindowRateLimiter, FixedWindowRateLimiter]:
    scheme = urlsplit(url).scheme
    address = SCHEMES.get(scheme, scheme) + url.removeprefix(scheme)
    storage = storage_from_string(
        address,
        wrap_exceptions=True,
        socket_timeout=VALKEY_TIMEOUT_SECONDS,
        socket_connect_timeout=VALKEY_TIMEOUT_SECONDS,
    )
    return MovingWindowRateLimiter(storage), FixedWindowRateLimiter(storage)
