"""REL-033, SEC-096: what columns keep comes back the same on both databases."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.exc import StatementError

from idp.rules.factors import Factor
from idp.rules.factors import Level
from idp.rules.policy import Demand
from idp.rules.requests import AuthorizationRequest
from idp.store import clients
from idp.store import codes
from idp.store import grants
from idp.store import logins
from idp.store import sessions
from idp.store import users
from idp.store.base import new_id
from idp.store.sessions import SessionTable
from idp.store.transactions import Database
from tests.store import samples
from tests.store.samples import NOW

KATHMANDU = timezone(timedelta(hours=5, minutes=45))
MOMENTS = [
    NOW,
    NOW.astimezone(KATHMANDU),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),  # Central Europe skips an hour here
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # and has one twice here
    datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(9999, 1, 1, tzinfo=UTC),
]


def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database) -> None:
    with database.writing() as db:
        for number, moment in enumerate(MOMENTS):
            samples.user(db, f"u{number}", last_login_at=moment)
    with database.reading() as db:
        for number, moment in enumerate(MOMENTS):
            found = users.find_user(db, f"u{number}")
            assert found is not None
            assert found.last_login_at == moment
            assert found.last_login_at.tzinfo is UTC


def test_moments_are_compared_as_moments_whatever_their_zone(
    database: Database,
) -> None:
    """Text on SQLite sorts like time only when all of it is in one zone"""
    with database.writing() as db:
        samples.family(db)
        samples.code(db, "c2", expires_at=NOW + timedelta(microseconds=1))
        early, late = NOW.astimezone(KATHMANDU), NOW + timedelta(microseconds=1)
        assert not codes.claim_code(db, "c2", now=late.astimezone(KATHMANDU))
        assert codes.claim_code(db, "c2", now=early)


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError, match="zone"), database.writing() as db:
        samples.user(db, last_login_at=naive)


def test_proofs_come_back_as_they_were(database: Database) -> None:
    with database.writing() as db:
        samples.user(db)
        samples.session(db)
        samples.session(db, "s2", proofs=())
    with database.reading() as db:
        first, second = sessions.find_by_sid(db, "s1"), sessions.find_by_sid(db, "s2")
    assert first is not None
    assert second is not None
    assert (first.proofs, second.proofs) == (samples.PROOFS, ())


UNDECODABLE = [
    "null",
    "{}",
    "7",
    '"totp"',
    '[["totp"]]',
    '[["passkey", "2026-03-02T10:00:00+00:00"]]',
    '[["totp", "2026-03-02T10:00:00"]]',
    '[["totp", 7]]',
    '[[["totp"], null]]',
    '[["password", "2026-03-02T10:00:00+00:00"], ["totp", "soon"]]',
    '[["totp", "0001-01-01T00:00:00+14:00"]]',
]


def test_undecodable_proofs_read_as_none(database: Database) -> None:
    """SEC-096: all of them, not only the part that does not decode"""
    with database.writing() as db:
        samples.user(db)
        samples.session(db)
    spoilt = list(UNDECODABLE)
    if database.engine.dialect.name == "sqlite":
        spoilt += ["no JSON", ""]  # PostgreSQL keeps nothing of the kind
    for stored in spoilt:
        with database.writing() as db:
            db.execute(text("UPDATE sessions SET proofs = :p"), {"p": stored})
            found = sessions.find_by_sid(db, "s1")
        assert found is not None
        assert found.proofs == (), stored


def test_one_spoilt_row_does_not_hide_the_others(database: Database) -> None:
    with database.writing() as db:
        samples.user(db)
        samples.session(db)
        samples.session(db, "s2")
        db.execute(
            update(SessionTable).where(SessionTable.sid == "s1").values(proofs=())
        )
        assert [s.proofs for s in sessions.list_of_user(db, "u1")] == [
            (),
            samples.PROOFS,
        ]


REQUESTS = [
    AuthorizationRequest("wiki", "https://wiki.example/cb", NOW),
    AuthorizationRequest(
        "wiki",
        "https://wiki.example/cb?a=b",
        NOW,
        scopes=("openid", "groups"),
        response_mode="form_post",
        state="\u2603 \\ \" ' ; -- \n",
        nonce="",
        code_challenge="x" * 43,
        prompt=("login", "consent"),
        max_age=0,
        acr_values=("https://refeds.org/profile/mfa", "pwd"),
        acr_essential=True,
        subject="u1",
        login_hint="alice",
        ui_locales=("de-CH", "en"),
        id_token_claims=("email",),
        userinfo_claims=("name",),
        audience="https://api.example",
    ),
]
DEMANDS = [
    Demand(),
    Demand(
        level=Level.MFA,
        max_age=timedelta(minutes=5),
        second_factor_age=timedelta(seconds=0.5),
        accepts=frozenset({Factor.TOTP}),
        may_enrol=False,
    ),
    Demand(accepts=frozenset()),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_stored_request_comes_back_byte_for_byte(
    database: Database, request_: AuthorizationRequest
) -> None:
    """SEC-007, SEC-178"""
    with database.writing() as db:
        written = samples.login(db, request=request_, return_to=None)
    with database.reading() as db:
        assert logins.find_login(db, "l1", browser_hash="browser") == written


@pytest.mark.parametrize("demand", DEMANDS)
def test_a_stored_demand_comes_back_as_strict(
    database: Database, demand: Demand
) -> None:
    with database.writing() as db:
        written = samples.login(db, demand=demand, message={"error": "x", "n": 1})
    with database.reading() as db:
        assert logins.find_login(db, "l1", browser_hash="browser") == written


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "redirect_uris": ("https://a.example/1", "https://a.example/2"),
            "min_acr": "mfa",
            "max_factor_age": timedelta(minutes=5),
            "access_token_lifetime": timedelta(seconds=61),
            "allowed_origins": ("https://a.example",),
            "allowed_resources": ("https://api.example",),
            "resource": "https://a.example",
            "details": {"jwks": {"keys": [{"kty": "EC", "x": "ü"}]}},
            "first_party": False,
            "require_pkce": False,
        },
        {"allowed_origins": ()},
    ],
)
def test_a_client_comes_back_as_it_was(
    database: Database, changes: dict[str, Any]
) -> None:
    """No origins and none said are two things"""
    with database.writing() as db:
        written = samples.client(db, **changes)
    with database.reading() as db:
        assert clients.find_client(db, "wiki") == written


def test_a_grant_comes_back_as_it_was(database: Database) -> None:
    with database.writing() as db:
        samples.family(db)
        written = samples.grant(db, "g2", amr=(), scopes=(), nonce=None, auth_time=None)
    with database.reading() as db:
        assert grants.lock_grant(db, "g2") == written


def test_a_profile_comes_back_as_it_was(database: Database) -> None:
    profile = {"address": {"locality": "Zürich"}, "given_name": "Ŭ 👩‍🔬", "n": [1.5]}
    with database.writing() as db:
        written = samples.user(db, profile=profile)
    with database.reading() as db:
        assert users.find_user(db, "u1") == written


def test_no_id_looks_like_an_option_of_a_command() -> None:
    made = {new_id() for _ in range(2000)}
    assert len(made) == 2000
    assert {len(one) for one in made} == {22}
    assert not [one for one in made if one.startswith("-")]
