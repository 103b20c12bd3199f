"""What is said about a session: acr, amr and auth_time (SEC-095, 096, 102, 105).

``5P 3T 1B`` is a password five minutes ago, a code of the app three minutes ago and a
backup code one minute ago; a minus sign is a moment that has not come yet.
"""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from itertools import product

import pytest

from idp.rules import assurance
from idp.rules.factors import SECOND_FACTORS
from idp.rules.factors import Factor
from idp.rules.factors import Level
from idp.rules.factors import Proof
from idp.rules.factors import Proofs

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
