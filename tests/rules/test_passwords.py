"""Passwords: every byte counts, odd input costs the same, weak ones are named."""

from collections.abc import Iterator
from contextlib import contextmanager

import bcrypt
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from idp.rules import guessable
from idp.rules import passwords

COST = 4
PEPPER = b"p" * 32
OLD_PEPPER = b"o" * 32
GOOD = "kx9 Trouble Lamp Sea"
PERSON = ("alice", "Alice Liddell", "alice.l@wonder.example", "Ostiary", "")


def stored(text: str, *, pepper: bytes = PEPPER, cost: int = COST) -> str:
    return passwords.hash_password(text, cost=cost, pepper=pepper)


def test_a_password_is_recognised_and_another_is_not() -> None:
    hashed = stored(GOOD)

    assert passwords.verify(GOOD, hashed, peppers=[PEPPER])
    assert not passwords.verify(GOOD + " ", hashed, peppers=[PEPPER])
    assert not passwords.verify(GOOD.lower(), hashed, peppers=[PEPPER])


def test_two_passwords_that_differ_after_72_bytes_are_different() -> None:
    first, second = "x" * 72 + "a", "x" * 72 + "b"

    assert passwords.verify(first, stored(first), peppers=[PEPPER])
    assert not passwords.verify(second, stored(first), peppers=[PEPPER])


def test_bytes_behind_a_nul_of_the_digest_count() -> None:
    # bcrypt stops at a NUL; the digest is in base64 because one in eight holds one.
    for number in range(40):
        hashed = stored(f"{GOOD}{number}")
        assert not passwords.verify(f"{GOOD}{number}!", hashed, peppers=[PEPPER])


@pytest.mark.parametrize(
    "text",
    [
        "a",
        " leading and trailing ",
        "x" * 1024,
        "\U0001f511" * 64,
        "\u65e5\u672c\u8a9e\u306e\u5408\u8a00\u8449",
        "tab\tand\nline",
        "\ufdfa" * 1024,
    ],
)
def test_any_text_can_be_a_password(text: str) -> None:
    assert passwords.verify(text, stored(text), peppers=[PEPPER])


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("the\u0301 vert", "th\u00e9 vert"),
        ("\uff30\uff41ss", "Pass"),
        ("\u212bngstr\u00f6m", "\u00c5ngstro\u0308m"),
    ],
)
def test_spellings_that_keyboards_differ_in_are_the_same(typed: str, same: str) -> None:
    assert passwords.normalise(typed) == passwords.normalise(same)
    assert passwords.verify(typed, stored(same), peppers=[PEPPER])


IMPOSSIBLE = ["", "x" * 1025, "nul\0nul", "lone \ud800 surrogate"]


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_what_cannot_be_a_password_is_never_stored(text: str) -> None:
    assert passwords.normalise(text) is None
    with pytest.raises(ValueError, match="not a possible password"):
        stored(text)


@contextmanager
def counted_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Counts bcrypt computations, and how many bytes each was given."""
    sizes: list[int] = []
    real = bcrypt.hashpw

    def hashpw(password: bytes, salt: bytes) -> bytes:
        sizes.append(len(password))
        return real(password, salt)

    with monkeypatch.context() as patch:
        patch.setattr(bcrypt, "hashpw", hashpw)
        yield sizes


NOT_STORED = [
    "",
    "x",
    "\u00e9",
    "b1$00000000$" + "$2b$04$" + "z" * 22 + "x" * 31,
    "b1$00000000$" + "$2b$31$" + "." * 53,
    "b1$00000000$" + "$2b$04$" + "." * 53 + "\n",
    "$2b$04$" + "." * 53,
]


@pytest.mark.parametrize("text", [*IMPOSSIBLE, "wrong", "x" * 5_000_000])
@pytest.mark.parametrize(
    "hashed", [stored(GOOD), passwords.decoy(COST)], ids=["stored", "decoy"]
)
def test_whatever_is_typed_one_hash_of_a_digest_is_computed(
    monkeypatch: pytest.MonkeyPatch, text: str, hashed: str
) -> None:
    with counted_hashes(monkeypatch) as sizes:
        assert not passwords.verify(text, hashed, peppers=[PEPPER, OLD_PEPPER])

    assert sizes == [44]


@pytest.mark.parametrize("hashed", NOT_STORED[:4])
def test_a_stored_value_that_is_none_costs_one_hash_too(
    monkeypatch: pytest.MonkeyPatch, hashed: str
) -> None:
    with counted_hashes(monkeypatch) as sizes:
        assert not passwords.verify(GOOD, hashed, peppers=[PEPPER])

    assert sizes == [44]


def test_the_hash_of_nothing_does_not_let_the_empty_password_in() -> None:
    empty = bcrypt.hashpw(passwords._keyed("", PEPPER), bcrypt.gensalt(COST)).decode()
    planted = f"b1${passwords._pepper_id(PEPPER)}${empty}"

    assert not passwords.verify("", planted, peppers=[PEPPER])
    assert not passwords.verify("nul\0", planted, peppers=[PEPPER])


def test_an_old_pepper_goes_on_working_and_costs_one_hash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed = stored(GOOD, pepper=OLD_PEPPER)
    with counted_hashes(monkeypatch) as sizes:
        assert passwords.verify(GOOD, hashed, peppers=[PEPPER, OLD_PEPPER])

    assert len(sizes) == 1


@pytest.mark.parametrize("peppers", [[], [PEPPER]])
def test_without_its_pepper_a_password_is_not_recognised(peppers: list[bytes]) -> None:
    assert not passwords.verify(GOOD, stored(GOOD, pepper=OLD_PEPPER), peppers=peppers)


def test_without_a_key_no_pepper_is_assumed() -> None:
    bare = bcrypt.hashpw(passwords._keyed(GOOD, b""), bcrypt.gensalt(COST)).decode()

    assert not passwords.verify(GOOD, f"b1$00000000${bare}", peppers=[PEPPER])


def test_the_same_password_never_looks_the_same() -> None:
    assert stored(GOOD) != stored(GOOD)
    assert GOOD not in stored(GOOD)


@pytest.mark.parametrize(
    ("hashed", "cost", "due"),
    [
        (passwords.decoy(5), 5, False),
        (passwords.decoy(5), 4, False),
        (passwords.decoy(5), 6, True),
        (passwords.decoy(12), 12, False),
        *((text, 4, True) for text in NOT_STORED),
    ],
    ids=[str(number) for number in range(4 + len(NOT_STORED))],
)
def test_a_hash_is_renewed_when_its_cost_or_scheme_is_old(
    *, hashed: str, cost: int, due: bool
) -> None:
    assert passwords.needs_rehash(hashed, cost=cost) is due


def test_a_decoy_is_kept_and_has_the_shape_of_the_real_thing() -> None:
    decoy = passwords.decoy(COST)

    assert passwords.decoy(COST) == decoy
    assert len(decoy) == len(stored(GOOD))
    assert decoy[:12] == "b1$00000000$"
    assert decoy[12:19] == stored(GOOD)[12:19] == "$2b$04$"


@pytest.mark.parametrize(
    ("text", "minimum", "said"),
    [
        (GOOD, 15, ()),
        ("kx9 Trouble", 8, ()),
        ("kx9 Trouble", 15, ("too-short",)),
        ("kx9-Tru", 8, ("too-short",)),
        ("", 8, ("too-short",)),
        ("x" * 1025, 8, ("too-long",)),
        ("Zanzibar-4-Teapots" + "y" * 1006, 8, ()),
        ("nul\0nul-Zanzibar-4", 8, ("unusable",)),
        ("\ud800 Zanzibar-4", 8, ("unusable",)),
        ("\ufdfa", 8, ("too-short",)),
        ("e\u0301\u0300\u0302o\u0308u\u0308a", 8, ("too-short",)),
        ("pass", 8, ("too-short", "common")),
        ("Password123!", 8, ("common",)),
        ("\uff30assword123!", 8, ("common",)),
        ("alice-liddell", 8, ("context",)),
        ("AliceLiddell!!1", 8, ("context",)),
        ("Wonder Example 9", 8, ("context",)),
        ("liddell 1415926", 8, ()),
        ("malice and spite 77", 8, ()),
        ("ostiary-ostiary", 8, ("common", "context")),
        ("liddell-summer2024", 8, ("context",)),
    ],
)
def test_a_new_password_is_told_what_is_wrong(
    text: str, minimum: int, said: tuple[str, ...]
) -> None:
    assert passwords.complaints(text, context=PERSON, minimum=minimum) == said


def test_nothing_is_asked_of_the_kinds_of_signs() -> None:
    text = "zanzibar teapots slumber"

    assert passwords.complaints(text, context=PERSON, minimum=15) == ()


def test_a_short_name_is_not_looked_for_in_everything() -> None:
    assert passwords.complaints("do re mi fa so", context=["do", "re"], minimum=8) == ()


def test_the_blocklist_holds_more_than_3000_that_the_minimum_would_allow() -> None:
    allowed = [text for text in guessable._LISTED if len(text) >= 8]

    assert len(allowed) > 3000
    assert all(text == text.casefold().strip() for text in guessable._LISTED)


@pytest.mark.parametrize(
    "text",
    [
        "password",
        "p@ssw0rd",
        "passw0rd!",
        "1password",
        "$ecret99",
        "h3ll0",
        "pass word",
        "pass.word_2026",
        "password20261231",
        "passwordpassword",
        "password1password1",
        "letmeinletmein1",
        "dragon monkey 123",
        "correct horse battery staple",
        "abcdefghijklmno",
        "onmlkjihgfedcba",
        "qwertyuiopasdfgh",
        "1qaz2wsx3edc4rfv",
        "qazwsxedcrfvtgb",
        "123456789012345",
        "987654321098765",
        "abc123qweasd",
        "aaaaaaaaaaaaaaa",
        "abababababababab",
        "abcabcabcabcabca",
        "1a2b1a2b1a2b1a2b",
        "112233112233311",
        "",
        "     ",
    ],
)
def test_what_attackers_try_first_is_common(text: str) -> None:
    assert guessable.is_guessable(text)


@pytest.mark.parametrize(
    "text",
    [
        "kx9 trouble lamp sea",
        "zanzibar teapots slumber",
        "password 8471926350",
        "dragon lamp monkey",
        "qwerty teapot",
        "abcd efgh zanzibar",
        "1793 2846 5061 9",
        "tr0ub4dor&3 zanzibar",
    ],
)
def test_what_is_unlike_the_list_is_not(text: str) -> None:
    assert not guessable.is_guessable(text)


@settings(max_examples=300)
@given(st.text(max_size=1100))
def test_no_text_at_all_makes_trouble(text: str) -> None:
    said = passwords.complaints(text, context=PERSON, minimum=8)

    assert set(said) <= {"too-short", "too-long", "unusable", "common", "context"}
    spelt = passwords.normalise(text)
    assert spelt is None or passwords.normalise(spelt) in (spelt, None)
