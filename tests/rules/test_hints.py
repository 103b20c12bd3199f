"""What is no guess is told by kind, and every guess is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules import backup_codes
from idp.rules import hints
from idp.rules import totp

CODE = "0123-4567-89ab-cdef"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", "empty"),
        (" \n\u00a0", "empty"),
        ("123456", None),
        (" 123 456\n", None),
        ("12345", "not-six-digits"),
        ("1234567", "not-six-digits"),
        ("password", "not-six-digits"),
        ("\u0661\u0662\u0663\u0664\u0665\u0666", "not-six-digits"),
        ("9" * 5000, "not-six-digits"),
        (CODE, "looks-like-backup-code"),
        (CODE.upper().replace("-", " "), "looks-like-backup-code"),
    ],
)
def test_the_field_for_digits(typed: str, expected: str | None) -> None:
    assert hints.of_code(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", "empty"),
        ("\t ", "empty"),
        ("123 456", "looks-like-code"),
        (CODE, None),
        (CODE[:-1], None),
        ("what", None),
    ],
)
def test_the_field_for_backup_codes(typed: str, expected: str | None) -> None:
    assert hints.of_backup_code(typed) == expected


@given(st.text(max_size=40))
def test_nothing_that_could_be_right_goes_uncounted(typed: str) -> None:
    assert (hints.of_code(typed) is None) == (totp.clean(typed) is not None)
    if backup_codes.normalise(typed) is not None:
        assert hints.of_backup_code(typed) is None
