"""``acr_values`` by the row: what a client asks, what is demanded, what is told."""

import pytest

from idp.rules import acr
from idp.rules.acr import Reach
from idp.rules.factors import Level

SFA = "https://refeds.org/profile/sfa"
MFA = "https://refeds.org/profile/mfa"
ALIASES = {SFA: "pwd", MFA: "mfa", "gold": "mfa", "lead": "pb"}

ENROLLED = Reach(second_factor=True, enrolment=False)
MAY_ENROL = Reach(second_factor=False, enrolment=True)
NEITHER = Reach(second_factor=False, enrolment=False)


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("pwd", Level.PWD),
        ("mfa", Level.MFA),
        (SFA, Level.PWD),
        (MFA, Level.MFA),
        ("gold", Level.MFA),
        ("lead", None),
        ("silver", None),
        ("MFA", None),
        (MFA + "/", None),
        ("", None),
    ],
)
def test_a_word_names_a_level_itself_or_by_alias(
    word: str, level: Level | None
) -> None:
    assert acr.level_of(word, ALIASES) is level


# what is asked, who is asked, and the level that a voluntary list demands
VOLUNTARY = [
    # nothing asked, or nothing known: as if absent
    ("", ENROLLED, Level.PWD),
    ("", NEITHER, Level.PWD),
    ("silver", ENROLLED, Level.PWD),
    ("silver lead", NEITHER, Level.PWD),
    # the first that asking can reach, in the client's order
    ("pwd", ENROLLED, Level.PWD),
    ("mfa", ENROLLED, Level.MFA),
    ("mfa pwd", ENROLLED, Level.MFA),
    ("pwd mfa", ENROLLED, Level.PWD),
    (f"silver {MFA} {SFA}", ENROLLED, Level.MFA),
    (f"silver {SFA} {MFA}", ENROLLED, Level.PWD),
    # who has no second factor enrols, unless a password will do
    ("mfa", MAY_ENROL, Level.MFA),
    ("gold mfa", MAY_ENROL, Level.MFA),
    ("mfa pwd", MAY_ENROL, Level.PWD),
    ("mfa silver pwd", MAY_ENROL, Level.PWD),
    ("mfa pwd", NEITHER, Level.PWD),
    # only what cannot be reached remains
    ("mfa", NEITHER, None),
    (f"{MFA} silver", NEITHER, None),
]


@pytest.mark.parametrize(("asked", "reach", "level"), VOLUNTARY)
def test_a_wish_takes_the_first_value_that_can_be_reached(
    asked: str, reach: Reach, level: Level | None
) -> None:
    demanded = acr.asked_level(
        asked.split(), aliases=ALIASES, reach=reach, essential=False
    )
    assert demanded is level


@pytest.mark.parametrize(
    ("asked", "reach", "level"),
    [row for row in VOLUNTARY if row[0] not in ("silver", "silver lead")]
    + [
        ("silver", ENROLLED, None),
        ("silver lead", MAY_ENROL, None),
        ("silver mfa", ENROLLED, Level.MFA),
    ],
)
def test_a_must_takes_unknown_values_for_unreachable(
    asked: str, reach: Reach, level: Level | None
) -> None:
    demanded = acr.asked_level(
        asked.split(), aliases=ALIASES, reach=reach, essential=True
    )
    assert demanded is level


@pytest.mark.parametrize(
    ("level", "asked", "told"),
    [
        (Level.MFA, "", "mfa"),
        (Level.PWD, "", "pwd"),
        (Level.MFA, "mfa", "mfa"),
        (Level.MFA, MFA, MFA),
        (Level.PWD, SFA, SFA),
        (Level.MFA, f"{MFA} mfa", MFA),
        (Level.MFA, f"mfa {MFA}", "mfa"),
        (Level.MFA, f"{SFA} {MFA}", MFA),
        # more was proved than asked: the alias's level is met all the same
        (Level.MFA, SFA, SFA),
        (Level.MFA, f"silver {SFA} pwd", SFA),
        (Level.MFA, "pwd", "mfa"),
        # less was proved than wished: never the word for more
        (Level.PWD, MFA, "pwd"),
        (Level.PWD, "mfa gold silver", "pwd"),
        (Level.NONE, "lead silver", ""),
    ],
)
def test_the_level_is_told_in_the_word_that_was_asked_for(
    level: Level, asked: str, told: str
) -> None:
    stated = acr.stated_acr(level, asked.split(), ALIASES, essential=False)
    assert stated == told


@pytest.mark.parametrize(
    ("level", "asked", "told"),
    [
        (Level.MFA, "pwd", "pwd"),
        (Level.MFA, SFA, SFA),
        (Level.MFA, f"silver pwd {SFA}", "pwd"),
        (Level.MFA, "pwd mfa", "mfa"),
        (Level.PWD, MFA, "pwd"),
    ],
)
def test_what_was_a_must_is_told_in_one_of_its_own_words(
    level: Level, asked: str, told: str
) -> None:
    assert acr.stated_acr(level, asked.split(), ALIASES, essential=True) == told
