"""User names: what is shown, what is compared, what cannot be one."""

import unicodedata

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st

from idp.rules import names

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("typed", "shown", "compared"),
    [
        ("ana", "ana", "ana"),
        ("  Ana\u00a0", "Ana", "ana"),
        ("ANA Lee", "ANA Lee", "ana lee"),
        ("ana@Example.ORG", "ana@Example.ORG", "ana@example.org"),
        ("Stra\u00dfe", "Stra\u00dfe", "strasse"),
        ("\u0130pek", "\u0130pek", "i\u0307pek"),
        ("\uff21\uff4e\uff41", "\uff21\uff4e\uff41", "ana"),
        ("\ufb01n", "\ufb01n", "fin"),
        ("e\u0301va", "e\u0301va", "\u00e9va"),
        ("\u03a3\u03b1\u03c2", "\u03a3\u03b1\u03c2", "\u03c3\u03b1\u03c3"),
        ("x" * 128, "x" * 128, "x" * 128),
        (" " + "x" * 128 + " ", "x" * 128, "x" * 128),
        ("a&issuer=Evil", "a&issuer=Evil", "a&issuer=evil"),
        ("\u00b4ana", "\u00b4ana", "\u0301ana"),
        (FAMILY, FAMILY, "\U0001f468\U0001f469\U0001f467"),
        (ENGLAND, ENGLAND, "\U0001f3f4"),
        ("\u2764\ufe0f", "\u2764\ufe0f", "\u2764"),
        ("\u0645\u06cc\u200c\u0634\u0648\u062f",) * 2
        + ("\u0645\u06cc\u0634\u0648\u062f",),
    ],
)
def test_a_name_is_shown_as_typed_and_compared_folded(
    typed: str, shown: str, compared: str
) -> None:
    assert names.display_username(typed) == shown
    assert names.canonical_username(typed) == compared


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "x" * 129,
        "a\0b",
        "a\nb",
        "a\tb",
        "a\x7fb",
        "a\x85b",
        "a\u2028b",
        "a\u2029b",
        "a\ud800",
    ],
)
def test_an_impossible_name_is_none(typed: str) -> None:
    assert names.display_username(typed) is None
    assert names.canonical_username(typed) is None


@pytest.mark.parametrize(
    "invisible",
    [
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
        *"\u200b\u200e\u200f\u061c\u2060\u2061\u206a\ufeff\u00ad\u180e\ufff9",
        "\U000e0001",
        "\U000e0067\U000e007f",
        "\u200d\u200d",
        " \u200d",
        "1\u200c",
    ],
)
def test_no_name_holds_what_misleads_the_eye(invisible: str) -> None:
    """AC-150, SEC-119: it cannot be given, and typed by accident it finds its owner"""
    assert names.display_username(f"ad{invisible}min") is None
    plain = invisible.strip().strip("\u200c\u200d")
    seen = "ad" + (" " if " " in invisible else "") + ("1" if "1" in plain else "")
    assert names.canonical_username(f"ad{invisible}min") == f"{seen}min"


@pytest.mark.parametrize("typed", ["\u200dana", "ana\u200d", "\u3164", "\ufe0f\u115f"])
def test_no_name_begins_ends_or_consists_of_nothing(typed: str) -> None:
    assert names.display_username(typed) is None


def test_two_names_that_look_the_same_are_one() -> None:
    for hidden in ("\u200c", "\u200d", "\ufe0f", "\u034f", "\U000e0100"):
        assert names.display_username(f"ali{hidden}ce"), ascii(hidden)
        assert names.canonical_username(f"ali{hidden}ce") == "alice", ascii(hidden)


@pytest.mark.parametrize("typed", ["\u00df" * 65, "\ufdfa" * 8])
def test_a_name_that_grows_too_long_when_folded_is_none(typed: str) -> None:
    assert names.display_username(typed) == typed
    assert names.canonical_username(typed) is None


@given(st.text(max_size=140))
@example("\u00a8a")
@example("\u0345\u0301")
@example("\u1fb7")
def test_a_canonical_name_is_its_own_canonical_name(typed: str) -> None:
    canonical = names.canonical_username(typed)

    assert canonical is None or names.canonical_username(canonical) == canonical


@given(st.text(min_size=1, max_size=40))
def test_spellings_that_look_the_same_are_one_name(typed: str) -> None:
    canonical = names.canonical_username(typed)

    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert names.canonical_username(unicodedata.normalize(form, typed)) in (
            canonical,
            None,
        )


def test_control_characters_are_told_from_signs_that_only_look_empty() -> None:
    assert names.has_control_characters("a\x1bb")
    assert not names.has_control_characters("a\u200db\u00a0")


WORDS = [
    ((), ()),
    ((None, ""), ()),
    (("mia", None), ("mia",)),
    (("Mia.Maier_500", "mia@b.example"), ("500", "b", "example", "maier", "mia")),
    (("Zoë MÜLLER-Ⅳ", "straße"), ("iv", "müller", "strasse", "zoë")),
    (("%", "_", "' OR 1=1 --"), ("1", "or")),
    (("x" * 100,), ("x" * 64,)),
    (("\x00\udcff 💶",), ()),
]


@pytest.mark.parametrize(("texts", "words"), WORDS)
def test_people_are_found_by_the_words_of_their_names(
    texts: tuple[str | None, ...], words: tuple[str, ...]
) -> None:
    assert names.words_of(*texts) == words


def test_the_words_of_a_person_are_bounded() -> None:
    assert len(names.words_of(" ".join(map(str, range(1000))))) == 40


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", True),
        ("Zo\u00eb\n", True),
        (r"a\u0000b", True),
        ("\U0001f600", True),
        ("a\0b", False),
        ("\ud83d", False),
        ("a\udfff", False),
    ],
)
def test_a_text_can_be_kept_unless_a_sign_is_none(text: str, kept: bool) -> None:
    """SEC-287: what a database or a log could stumble over"""
    assert names.is_text(text) is kept


def test_names_and_texts_are_found_however_deep_they_lie() -> None:
    value = {"a": ["b", {"c": "d"}, 5, None, True], "e": []}
    assert sorted(names.texts_within(value, deepest=3)) == ["a", "b", "c", "d", "e"]
    with pytest.raises(ValueError, match="deep"):
        list(names.texts_within(value, deepest=2))


def test_a_value_can_be_kept_if_all_its_names_and_texts_can() -> None:
    assert names.is_all_text({"a": ["b", 5, None], "c": {"d": "e"}})
    assert not names.is_all_text({"a": ["b\0"]})
    assert not names.is_all_text({"a\ud83d": "b"})
    within: object = "a"
    for _ in range(names.DEEPEST):
        within = [within]
    assert names.is_all_text(within)
    with pytest.raises(ValueError, match="deep"):
        names.is_all_text([within])
