"""Backup codes: their shape, how people type them, and how they are compared."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules import backup_codes

CODE = "0123-4567-89AB-CDEF"
PLAIN = "0123456789ABCDEF"
LETTERS = "GHJK-MNPQ-RSTV-WXYZ"


def test_a_set_is_ten_different_codes_in_groups_of_four() -> None:
    codes = backup_codes.generate()

    assert len(set(codes)) == 10
    group = "[0-9A-HJKMNP-TV-Z]{4}"
    assert all(re.fullmatch(rf"{group}(-{group}){{3}}", code) for code in codes)


def test_a_code_has_80_bits() -> None:
    assert len(set(backup_codes.ALPHABET)) ** backup_codes.SYMBOLS == 2**80


def test_every_symbol_occurs() -> None:
    symbols = set("".join(backup_codes.generate(200)))

    assert symbols == {*backup_codes.ALPHABET, "-"}


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        PLAIN,
        "0123 4567 89ab cdef",
        f"  {CODE}\r\n",
        f"\t{CODE}\t",
        f"{CODE}.",
        f"{CODE}. ",
        "0123\n4567\n89AB\nCDEF",
        CODE.replace("-", "\u00a0"),
        CODE.replace("-", "\u202f"),
        CODE.replace("-", "\u2010"),
        CODE.replace("-", "\u2011"),
        CODE.replace("-", "\u2013"),
        CODE.replace("-", "\u2014"),
        CODE.replace("-", "\u2212"),
        "O123-4567-89AB-CDEF",
        "oi23-4567-89ab-cdef",
        "0l23-4567-89ab-cdef",
        "-0-1-2-3-4-5-6-7-8-9-A-B-C-D-E-F-",
        CODE + " " * 109,
    ],
)
def test_every_spelling_of_a_code_is_the_same_code(typed: str) -> None:
    assert backup_codes.normalise(typed) == PLAIN


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "123456",
        PLAIN[:-1],
        PLAIN + "0",
        "U123-4567-89AB-CDEF",
        "0123.4567.89AB.CDEF",
        "0123-4567-89AB-CDEF..",
        "0123-4567-89AB-CDE!",
        "0123-4567-89AB-CDE\0",
        "0123-4567-89AB-CDE\u0131",
        "0123-4567-89AB-CDE\uff26",
        "\u00df123-4567-89AB-CDE",
        "\ud800123-4567-89AB-CDEF",
        CODE + " " * 110,
    ],
)
def test_anything_else_is_no_code(typed: str) -> None:
    assert backup_codes.normalise(typed) is None


def test_a_fresh_code_is_read_as_printed() -> None:
    for code in (*backup_codes.generate(), LETTERS):
        assert backup_codes.normalise(code) == code.replace("-", "")


@given(st.text())
def test_whatever_is_typed_the_spelling_is_stable(typed: str) -> None:
    spelt = backup_codes.normalise(typed)

    assert spelt is None or backup_codes.normalise(spelt) == spelt


def test_no_two_sets_have_the_same_salt() -> None:
    assert len(backup_codes.new_salt()) == 16
    assert backup_codes.new_salt() != backup_codes.new_salt()


def _scrypt(salt: bytes, power: int) -> bytes:
    code = PLAIN.encode()
    return hashlib.scrypt(code, salt=salt, n=2**power, r=8, p=1, maxmem=2**26, dklen=32)


@pytest.mark.parametrize("password_cost", [12, 13, 16])
def test_the_cost_is_full_wherever_that_of_passwords_is(password_cost: int) -> None:
    """SEC-047"""
    salt = backup_codes.new_salt(password_cost)

    assert len(salt) == 16
    assert backup_codes.digest(PLAIN, salt) == _scrypt(salt, 14)


@pytest.mark.parametrize("password_cost", [4, 6, 11])
def test_cheap_passwords_make_cheap_codes(password_cost: int) -> None:
    salt = backup_codes.new_salt(password_cost)

    assert backup_codes.digest(PLAIN, salt) == _scrypt(salt, password_cost + 2)


@pytest.mark.parametrize(("planted", "power"), [(0, 1), (15, 14), (255, 14)])
def test_a_planted_cost_is_bounded(planted: int, power: int) -> None:
    salt = bytes(16) + bytes([planted])

    assert backup_codes.digest(PLAIN, salt) == _scrypt(salt, power)


def test_a_digest_depends_on_code_and_salt() -> None:
    digest = backup_codes.digest(PLAIN, b"a" * 16)

    assert len(digest) == 32
    assert digest == backup_codes.digest(PLAIN, b"a" * 16)
    assert digest != backup_codes.digest(PLAIN, b"b" * 16)
    assert digest != backup_codes.digest(PLAIN[::-1], b"a" * 16)


@pytest.mark.parametrize(
    ("candidate", "owner"),
    [(b"one", 1), (b"two", 2), (b"three", 3), (b"", None), (b"tw", None)],
)
def test_a_digest_is_found_wherever_it_stands(
    candidate: bytes, owner: int | None
) -> None:
    digests = ((1, b"one"), (2, b"two"), (3, b"three"))

    assert backup_codes.matching(candidate, digests) == owner


def test_in_an_empty_set_nothing_is_found() -> None:
    assert backup_codes.matching(b"one", ()) is None


def test_all_digests_are_looked_at_after_a_match() -> None:
    digests = iter(((1, b"one"), (2, b"two")))

    assert backup_codes.matching(b"one", digests) == 1
    assert list(digests) == []
