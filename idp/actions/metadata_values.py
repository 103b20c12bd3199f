"""Values of an application's metadata, read strictly: each reader takes one kind.

A reader gives the value as the record keeps it, or raises ValueError with what it must
be; the name of the member is put before that by ``actions.client_metadata``.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

MOST_ENTRIES = 100
LONGEST_SECONDS = 366 * 24 * 3600


def text(value: object) -> str:
    """Reads a text, which is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be text")
    return value.strip()


def texts(value: object) -> tuple[str, ...]:
    """Reads a list of texts; one that is said twice counts once."""
    if not isinstance(value, list | tuple) or len(value) > MOST_ENTRIES:
        raise ValueError(f"must be a list of up to {MOST_ENTRIES} entries")
    return tuple(dict.fromkeys(text(one) for one in value))


def words(value: object) -> tuple[str, ...]:
    """Reads words with spaces between them."""
    if not isinstance(value, str):
        raise ValueError("must be words with spaces between them")
    found = tuple(dict.fromkeys(value.split()))
    if len(found) > MOST_ENTRIES:
        raise ValueError(f"must be at most {MOST_ENTRIES} words")
    return found


def switch(value: object) -> bool:
    """Reads true or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def wanted(value: object) -> bool | None:
    """Reads a switch among the details, which hold only what is there."""
    return switch(value) or None


def duration(value: object) -> timedelta:
    """Reads a length of time: whole seconds, at least one."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be whole seconds")
    if not 1 <= value <= LONGEST_SECONDS:
        raise ValueError("must be between a second and a year")
    return timedelta(seconds=value)


def age(value: object) -> int:
    """Reads an age in seconds; 0 is one, too: nothing is as young (SEC-101)."""
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be whole seconds")
    if not 0 <= value <= LONGEST_SECONDS:
        raise ValueError("must be between 0 seconds and a year")
    return value


def listed(value: object) -> list[str]:
    """Reads a list of texts for the details, which are kept as JSON."""
    return list(texts(value))


def json_object(value: object) -> dict[str, Any]:
    """Reads an object of JSON."""
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return value


def or_none(reader: Callable[[object], Any]) -> Callable[[object], Any]:
    """Lets a reader take null as well, which is None."""
    return lambda value: None if value is None else reader(value)
