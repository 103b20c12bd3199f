"""Waits for what another process does: asks again and again, but not for ever."""

import time
from collections.abc import Callable

LIMIT = 60.0  # seconds after which the awaited thing counts as broken
PAUSE = 0.02  # seconds between two questions


def until(happened: Callable[[], bool], what: str, *, limit: float = LIMIT) -> None:
    """Returns as soon as it happened; fails, naming it, after `limit` seconds."""
    end = time.monotonic() + limit
    while not happened():
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit:.0f} s: {what}")
        time.sleep(PAUSE)
