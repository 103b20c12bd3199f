"""Proofs as values: their order, and what is read back from the database."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules import factors
from idp.rules.factors import Factor
from idp.rules.factors import Level
from idp.rules.factors import Proof

NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)
PASSWORD = Proof(Factor.PASSWORD, NOON)
CODE = Proof(Factor.TOTP, NOON)

SOME_PROOFS = st.lists(
    st.builds(Proof, st.sampled_from(Factor), st.datetimes(timezones=st.just(UTC)))
)
WORDS = st.sampled_from(["totp", "2026-03-29T12:00:00+00:00", "0001-01-01", None, 7])
NEARLY = st.lists(st.lists(WORDS | st.text(max_size=20), max_size=3), max_size=3)


def test_levels_rise_from_nothing_over_the_password_to_mfa() -> None:
    assert sorted(Level) == [Level.NONE, Level.PWD, Level.MFA]


def test_every_factor_but_the_password_may_stand_second() -> None:
    assert frozenset(Factor) - {Factor.PASSWORD} == factors.SECOND_FACTORS


@pytest.mark.parametrize(
    ("latest", "then"),
    [
        (Proof(Factor.TOTP, LATER), Proof(Factor.PASSWORD, NOON)),
        (Proof(Factor.PASSWORD, LATER), Proof(Factor.TOTP, NOON)),
        (Proof(Factor.BACKUP_CODE, LATER), Proof(Factor.TOTP, NOON)),
    ],
)
def test_the_latest_proof_comes_first(latest: Proof, then: Proof) -> None:
    for given_order in permutations((latest, then)):
        assert factors.latest_first(given_order) == (latest, then)


@pytest.mark.parametrize("second", sorted(factors.SECOND_FACTORS, key=str))
def test_of_one_instant_the_second_factor_came_after_the_password(
    second: Factor,
) -> None:
    code = Proof(second, NOON)
    for given_order in permutations((PASSWORD, code)):
        assert factors.latest_first(given_order) == (code, PASSWORD)


@given(SOME_PROOFS)
def test_proofs_are_read_back_as_they_were_stored(proofs: list[Proof]) -> None:
    assert factors.from_stored(factors.as_stored(proofs)) == tuple(proofs)


def test_the_stored_form_is_pairs_of_word_and_time() -> None:
    assert factors.as_stored((PASSWORD, CODE)) == [
        ["password", "2026-03-29T12:00:00+00:00"],
        ["totp", "2026-03-29T12:00:00+00:00"],
    ]


def test_a_time_of_another_zone_is_read_as_utc() -> None:
    stored = [["totp", "2026-03-29T14:00:00+02:00"]]
    assert factors.from_stored(stored) == (CODE,)
    assert factors.from_stored(stored)[0].at.tzinfo is UTC


GOOD = ["password", "2026-03-29T12:00:00+00:00"]


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "",
        0,
        {},
        {"password": "2026-03-29T12:00:00+00:00"},
        tuple(GOOD),
        GOOD,
        [GOOD, None],
        [GOOD, []],
        [GOOD, ["totp"]],
        [GOOD, [*GOOD, "more"]],
        [GOOD, ["fingerprint", GOOD[1]]],
        [GOOD, ["TOTP", GOOD[1]]],
        [GOOD, [None, GOOD[1]]],
        [GOOD, [["totp"], GOOD[1]]],
        [GOOD, ["totp", None]],
        [GOOD, ["totp", 1774785600]],
        [GOOD, ["totp", "soon"]],
        [GOOD, ["totp", "2026-03-29T12:00:00"]],
        [GOOD, ["totp", "0001-01-01T00:00:00+23:59"]],
        [GOOD, ["totp", "9999-12-31T23:59:59-23:59"]],
    ],
)
def test_what_cannot_be_read_is_no_proof_at_all(stored: object) -> None:
    assert factors.from_stored(stored) == ()


@given(NEARLY)
def test_no_stored_value_is_an_error(stored: object) -> None:
    assert isinstance(factors.from_stored(stored), tuple)


def test_a_moment_keeps_its_instant_whatever_its_zone() -> None:
    tokyo = Proof(Factor.TOTP, NOON.astimezone(timezone(timedelta(hours=9))))
    assert factors.from_stored(factors.as_stored([tokyo])) == (CODE,)
