"""Moments in the forms that people and programs write, and how far clocks may differ.

ISO 8601, with or without a time.
"""

from datetime import UTC
from datetime import datetime
from datetime import timedelta

CLOCKS_MAY_DIFFER = timedelta(seconds=60)
"""What one machine notes may lie so far ahead of the next one's clock (REL-032)."""


def parse_moment(text: str) -> datetime | None:
    """Reads a date or a moment into UTC; without a zone it is UTC, None if neither."""
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
