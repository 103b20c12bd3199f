"""Failed attempts per source, by the ``limits`` library: in Valkey, or in this process.

Without Valkey, or while it is away, each process counts for itself and is stricter, so
that a fault never means "unlimited" (REL-005). Successes are never counted.
"""

import math
import time

from limits import RateLimitItem
from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

OFF = "0"
NAMESPACE = "idp-source"


class SourceRate:
    """The budget of failures that each source has over all endpoints."""

    def __init__(self, limit: str, valkey_url: str | None = None) -> None:
        """Takes a limit such as ``60/minute``; ``0`` switches counting off."""
        self._item = None if limit == OFF else parse(limit)
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._shared = _connect(valkey_url) if valkey_url else None

    def allowed(self, source: str) -> bool:
        """Tells whether the source may try; counts nothing."""
        if self._item is None:
            return True
        if self._shared is not None:
            try:
                return self._shared.test(self._item, NAMESPACE, source)
            except StorageError:
                return self._local.test(_half(self._item), NAMESPACE, source)
        return self._local.test(self._item, NAMESPACE, source)

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

    def retry_after(self, source: str) -> int:
        """Returns the whole seconds after which the source may try again."""
        if self._item is None:
            return 1
        stats = self._local.get_window_stats(self._item, NAMESPACE, source)
        return max(1, math.ceil(stats.reset_time - time.time()))


def _connect(url: str) -> MovingWindowRateLimiter:
    storage = storage_from_string(url, wrap_exceptions=True)
    return MovingWindowRateLimiter(storage)


def _half(item: RateLimitItem) -> RateLimitItem:
    return type(item)(max(1, item.amount // 2), item.multiples)
