"""What is said about a session: acr, amr and auth_time (SEC-095, 096, 102, 105).

``5P 3T 1B`` is a password five minutes ago, a code of the app three minutes ago and a
backup code one minute ago; a minus sign is a moment that has not come yet.
"""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules import assurance
from idp.rules.factors import SECOND_FACTORS
from idp.rules.factors import Factor
from idp.rules.factors import Level
from idp.rules.factors import Proof
from idp.rules.factors import Proofs
from idp.rules.moments import CLOCKS_MAY_DIFFER

NOW = datetime(2026, 3, 29, 12, 0, 0, 750_000, tzinfo=UTC)
FACTORS = {"P": Factor.PASSWORD, "T": Factor.TOTP, "B": Factor.BACKUP_CODE}
TOTP_ONLY = frozenset({Factor.TOTP})
PWD = ("pwd",)
OTP = ("pwd", "otp", "mfa")
BACKUP = ("pwd", "mfa", "backup_code")


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def proofs(story: str) -> Proofs:
    return tuple(
        Proof(FACTORS[word[-1]], NOW - minutes(float(word[:-1])))
        for word in story.split()
    )


@pytest.mark.parametrize(
    ("story", "acr", "amr", "ago"),
    [
        ("5P", "pwd", PWD, 5),
        ("5P 3T", "mfa", OTP, 3),
        ("3T 5P", "mfa", OTP, 3),
        ("5P 3B", "mfa", BACKUP, 3),
        # the last of two second factors is the one that is told
        ("5P 3T 1B", "mfa", BACKUP, 1),
        ("5P 3B 1T", "mfa", OTP, 1),
        ("5P 3T 1T", "mfa", OTP, 1),
        # a code in the instant of the password came after it
        ("5P 5T", "mfa", OTP, 5),
        # a step-up: an old password and a new code
        ("600P 0T", "mfa", OTP, 0),
        # a password starts afresh
        ("5P 3T 1P", "pwd", PWD, 1),
        ("5P 3T 1P 0B", "mfa", BACKUP, 0),
        ("9P 1P", "pwd", PWD, 1),
        # what lies in the future does not count
        ("5P -2T", "pwd", PWD, 5),
        ("5P 3T -2P", "mfa", OTP, 3),
        # but for a clock that is a little ahead
        ("5P -1T", "mfa", OTP, -1),
        ("5P 3T -1P", "pwd", PWD, -1),
    ],
)
def test_a_session_is_worth_what_was_proved_from_its_last_password_on(
    story: str, acr: str, amr: tuple[str, ...], ago: float
) -> None:
    told = assurance.describe(proofs(story), NOW)
    assert (told.acr, told.amr, told.moment) == (acr, amr, NOW - minutes(ago))


@pytest.mark.parametrize("story", ["", "3T", "3B", "3T 1B", "-2P", "3T -2P"])
def test_without_a_password_nothing_was_proved(story: str) -> None:
    told = assurance.describe(proofs(story), NOW)
    assert (told.level, told.acr, told.amr) == (Level.NONE, "", ())
    assert (told.moment, told.auth_time) == (None, None)


@pytest.mark.parametrize(
    ("story", "acr", "amr", "ago"),
    [
        ("90P 59T", "mfa", OTP, 59),
        ("90P 60T", "pwd", PWD, 90),
        ("90P 61T", "pwd", PWD, 90),
        ("90P 70T 10B", "mfa", BACKUP, 10),
        ("90P 70B", "pwd", PWD, 90),
        ("90P", "pwd", PWD, 90),
    ],
)
def test_at_the_freshness_limit_the_level_falls_back_to_the_password(
    story: str, acr: str, amr: tuple[str, ...], ago: float
) -> None:
    told = assurance.describe(proofs(story), NOW, freshness=minutes(60))
    assert (told.acr, told.amr, told.moment) == (acr, amr, NOW - minutes(ago))


@pytest.mark.parametrize(
    ("story", "acr", "amr", "ago"),
    [
        ("5P 3T", "mfa", OTP, 3),
        ("5P 3B", "pwd", PWD, 5),
        ("5P 3T 1B", "mfa", OTP, 3),
        ("5P 3B 1T", "mfa", OTP, 1),
        ("90P 70T 1B", "pwd", PWD, 90),
    ],
)
def test_whoever_takes_no_backup_codes_is_told_of_none(
    story: str, acr: str, amr: tuple[str, ...], ago: float
) -> None:
    told = assurance.describe(
        proofs(story), NOW, freshness=minutes(60), accepts=TOTP_ONLY
    )
    assert (told.acr, told.amr, told.moment) == (acr, amr, NOW - minutes(ago))


@pytest.mark.parametrize(
    ("story", "accepts", "younger_than", "found"),
    [
        ("5P", SECOND_FACTORS, None, None),
        ("5P 3T", SECOND_FACTORS, None, "3T"),
        ("5P 3T 1B", SECOND_FACTORS, None, "1B"),
        ("5P 3T 1B", TOTP_ONLY, None, "3T"),
        ("5P 3B", TOTP_ONLY, None, None),
        ("5P 3T", SECOND_FACTORS, minutes(3), None),
        ("5P 3T", SECOND_FACTORS, minutes(3.01), "3T"),
        ("3T", SECOND_FACTORS, None, None),
        ("3T 1P", SECOND_FACTORS, None, None),
        ("5P -2T", SECOND_FACTORS, None, None),
    ],
)
def test_the_second_factor_that_counts_is_the_latest_that_will_do(
    story: str,
    accepts: frozenset[Factor],
    younger_than: timedelta | None,
    found: str | None,
) -> None:
    assert assurance.second_factor(
        proofs(story), NOW, accepts=accepts, younger_than=younger_than
    ) == (proofs(found)[0] if found else None)


@pytest.mark.parametrize(
    ("story", "factor", "asked", "proved"),
    [
        ("", "P", None, "0P"),
        ("5P", "T", None, "5P 0T"),
        ("5P", "B", None, "5P 0B"),
        ("9P 5B", "T", None, "9P 5B 0T"),
        ("5P 3T", "P", None, "0P"),
        ("", "P", 3, "0P"),
        ("5P", "T", 9, "5P 0T"),
        # noted by a machine whose clock is a little ahead
        ("-0.7P", "T", None, "-0.7P -0.7T"),
        ("-0.7P", "B", 0.5, "-0.7P -0.7B"),
        ("5P -1T", "T", None, "5P -1T -1T"),
        ("5P -0.5B", "T", -1, "5P -0.5B -1T"),
        ("5P -0.5T", "P", None, "-0.5P"),
        ("", "P", -1, "-1P"),
        # by one that was wrong: what does not count is not followed
        ("5P -1.01T", "T", None, "5P -1.01T 0T"),
        ("5P -1.01T -0.5T", "T", None, "5P -1.01T -0.5T -0.5T"),
        ("-1.01P", "P", None, "0P"),
        ("", "P", -1.01, "0P"),
    ],
)
def test_what_is_proved_is_no_older_than_what_led_to_it(
    story: str, factor: str, asked: float | None, proved: str
) -> None:
    """REL-032"""
    after = [] if asked is None else [NOW - minutes(asked)]
    found = assurance.with_proof(proofs(story), FACTORS[factor], NOW, after=after)
    assert found == proofs(proved)


@given(
    factor=st.sampled_from(Factor),
    seconds=st.lists(st.integers(-300, 300), max_size=5),
    asked=st.lists(st.integers(-300, 300), max_size=2),
)
def test_the_moment_of_a_proof_is_one_that_some_clock_has_shown(
    factor: Factor, seconds: list[int], asked: list[int]
) -> None:
    """So nothing is fresher than the clock that is furthest ahead says"""
    before = tuple(Proof(Factor.TOTP, NOW + timedelta(seconds=at)) for at in seconds)
    after = [NOW + timedelta(seconds=at) for at in asked]
    moment = assurance.with_proof(before, factor, NOW, after=after)[-1].at
    assert moment in {NOW, *after, *(one.at for one in before)}
    assert NOW <= moment <= NOW + CLOCKS_MAY_DIFFER


def test_auth_time_is_the_whole_second_and_never_later_than_the_factor() -> None:
    told = assurance.describe(proofs("5P 0T"), NOW)
    assert told.moment == NOW
    assert told.auth_time == NOW.replace(microsecond=0)


def test_the_words_of_the_levels_are_the_documented_ones() -> None:
    assert assurance.ACR == {Level.NONE: "", Level.PWD: "pwd", Level.MFA: "mfa"}
    assert {"pwd": Level.PWD, "mfa": Level.MFA} == assurance.LEVEL_OF_ACR


def test_every_second_factor_has_its_words() -> None:
    assert set(assurance.AMR_OF_SECOND_FACTOR) == SECOND_FACTORS


def test_only_a_young_code_after_the_last_password_looks_like_fresh_mfa() -> None:
    """All orders of up to five proofs, of which only the last one is recent."""
    orders = [order for size in range(1, 6) for order in product("PT", repeat=size)]
    assert len(orders) == 62
    for order in orders:
        old = [f"{100 - index}{letter}" for index, letter in enumerate(order)]
        story = " ".join([*old[:-1], f"1{order[-1]}"])
        told = assurance.describe(proofs(story), NOW, freshness=minutes(5))
        stepped_up = order[-1] == "T" and "P" in order
        assert (told.level is Level.MFA) == stepped_up, story
