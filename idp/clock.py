"""The wall clock: the one place in the program that reads it (SEC-034, REL-033)."""

from datetime import UTC
from datetime import datetime


def now() -> datetime:
    """Returns the present moment, aware and in UTC."""
    return datetime.now(UTC)
