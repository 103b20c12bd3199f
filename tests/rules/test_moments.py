"""Moments are read into UTC, and what is none is not guessed at."""

from datetime import UTC
from datetime import datetime

import pytest

from idp.rules.moments import parse_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-02T04:05:06Z", datetime(2026, 3, 2, 4, 5, 6, tzinfo=UTC)),
        ("2026-03-02T04:05:06.7", datetime(2026, 3, 2, 4, 5, 6, 700000, tzinfo=UTC)),
        ("2026-03-02T04:05+05:45", datetime(2026, 3, 1, 22, 20, tzinfo=UTC)),
        ("9999-12-31", datetime(9999, 12, 31, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_into_utc(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "1740000000", "2026-13-01", "0001-01-01T00:00+01:00", "2026"],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    """The last but one would lie before the first year"""
    assert parse_moment(text) is None
