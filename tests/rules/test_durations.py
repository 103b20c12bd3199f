"""Durations as people write them (``interface.md`` section 3)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1", 1),
        ("90", 90),
        ("90s", 90),
        ("10m", 600),
        ("12h", 43_200),
        ("30d", 2_592_000),
        ("12H", 43_200),
        (" 10m ", 600),
        ("10 m", 600),
        ("007", 7),
        ("3650d", 315_360_000),
    ],
)
def test_a_number_is_seconds_or_has_a_unit(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "m",
        "0",
        "0s",
        "-1",
        "+1",
        "1.5h",
        "1e3",
        "1,000",
        "10 minutes",
        "10ms",
        "1h30m",
        "1w",
        "ten",
        "\u0661\u0660m",
        "10\u00b5",
        "3651d",
        "999999999",
        "9999999999",
        "9" * 5000,
    ],
)
def test_anything_else_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    parse_duration(text)
