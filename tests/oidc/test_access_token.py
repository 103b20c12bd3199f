"""access_token: RFC 9068, and when a token counts no more."""

import dataclasses
from typing import Any

import pytest

from idp.actions import clients
from idp.actions import own_sessions
from idp.actions import users
from idp.oidc import access_token
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage
from tests.oidc.stage import header


@pytest.fixture
def session(stage: Stage) -> Session:
    stage.person(name="Mia", role_names=["auditor"])
    return stage.sign_in(enrol=True)


def test_it_is_typed_and_signed_with_es256(
    stage: Stage, app: App, session: Session
) -> None:
    """RFC 9068 section 2.1, SEC-213"""
    head = header(stage.tokens(app, session)["access_token"])
    assert (head["typ"], head["alg"]) == ("at+jwt", "ES256")


def test_its_claims_are_those_of_the_grant(
    stage: Stage, app: App, session: Session
) -> None:
    """RFC 9068 section 2.2, RFC 9470 section 6"""
    claims = stage.claims(
        stage.tokens(app, session, scope="openid groups")["access_token"]
    )
    now = stage.clock.seconds
    known = {
        "iss": stage.issuer,
        "sub": session.user_id,
        "aud": stage.issuer,
        "exp": now + 600,
        "iat": now,
        "client_id": app.id,
        "scope": "openid groups",
        "auth_time": now,
        "acr": "mfa",
        "amr": ["pwd", "otp", "mfa"],
    }
    assert {name: claims[name] for name in known} == known
    assert set(claims) - set(known) == {"jti", "sid", "grant_id"}


def test_each_has_its_own_id(stage: Stage, app: App, session: Session) -> None:
    tokens = [stage.tokens(app, session)["access_token"] for _ in range(2)]
    assert len({stage.claims(token)["jti"] for token in tokens}) == 2


def test_a_client_may_have_another_lifetime(stage: Stage, session: Session) -> None:
    """field report 11"""
    app = stage.client(access_token_lifetime=1200)
    answer = stage.tokens(app, session)
    assert answer["expires_in"] == 1200
    claims = stage.claims(answer["access_token"])
    assert claims["exp"] - claims["iat"] == 1200


def read(stage: Stage, token: str) -> access_token.AccessToken | None:
    return access_token.read(token, stage.work(), stage.keys)


def test_it_reads_until_it_ends(stage: Stage, app: App, session: Session) -> None:
    """SEC-214"""
    token = stage.tokens(app, session)["access_token"]
    stage.clock.advance(seconds=599)
    assert read(stage, token) is not None
    stage.clock.advance(seconds=1)
    assert read(stage, token) is None


@pytest.mark.parametrize(("ahead", "reads"), [(60, True), (61, False)])
def test_another_workers_clock_may_be_a_minute_ahead(
    stage: Stage, app: App, session: Session, ahead: int, reads: bool
) -> None:
    """REL-032"""
    token = stage.tokens(app, session)["access_token"]
    stage.clock.advance(seconds=-ahead)
    assert (read(stage, token) is not None) is reads


GOOD: dict[str, Any] = {
    "iss": "http://127.0.0.1:5000",
    "sub": "s",
    "aud": "a",
    "client_id": "rp",
    "jti": "j",
    "iat": 0,
    "exp": 2**40,
}


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": 1.5},
        {"exp": 0},
        {"iat": None},
        {"iat": 2**40},
        {"sub": None},
        {"sub": ""},
        {"sub": 1},
        {"aud": None},
        {"aud": [1]},
        {"client_id": None},
    ],
)
def test_what_lacks_something_is_no_token(
    stage: Stage, changes: dict[str, Any]
) -> None:
    """SEC-214: missing required claims fail"""
    assert read(stage, stage.keys.sign(GOOD, "ES256", kind="at+jwt")) is not None
    claims = {k: v for k, v in {**GOOD, **changes}.items() if v is not None}
    assert read(stage, stage.keys.sign(claims, "ES256", kind="at+jwt")) is None


def test_an_id_token_is_no_access_token(
    stage: Stage, app: App, session: Session
) -> None:
    """SEC-213"""
    assert read(stage, stage.tokens(app, session)["id_token"]) is None


def living(stage: Stage, token: str) -> bool:
    found = read(stage, token)
    assert found is not None
    return access_token.living(found, stage.work()) is not None


def test_it_ends_with_the_session(stage: Stage, app: App, session: Session) -> None:
    token = stage.tokens(app, session)["access_token"]
    assert living(stage, token)
    own_sessions.sign_out(stage.work(), session.token, session.browser)
    assert not living(stage, token)


def test_it_ends_with_the_person(stage: Stage, app: App, session: Session) -> None:
    """SEC-225"""
    token = stage.tokens(app, session)["access_token"]
    users.set_active(stage.administration(), "mia", active=False)
    assert not living(stage, token)


def test_it_ends_with_the_client(stage: Stage, app: App, session: Session) -> None:
    """SEC-250"""
    token = stage.tokens(app, session)["access_token"]
    clients.set_enabled(stage.administration(), app.id, enabled=False)
    assert not living(stage, token)


@pytest.mark.parametrize("member", ["subject", "client_id"])
def test_a_token_that_does_not_fit_its_grant_is_dead(
    stage: Stage, app: App, session: Session, member: str
) -> None:
    found = read(stage, stage.tokens(app, session)["access_token"])
    assert found is not None
    other = dataclasses.replace(found, **{member: "other"})
    assert access_token.living(other, stage.work()) is None


def test_without_a_grant_only_a_services_own_token_lives(
    stage: Stage, app: App
) -> None:
    claims = {**GOOD, "client_id": app.id}
    found = read(stage, stage.keys.sign(claims, "ES256", kind="at+jwt"))
    assert found is not None
    assert access_token.living(found, stage.work()) is None


def test_no_claim_is_in_a_repr(stage: Stage, app: App, session: Session) -> None:
    found = read(stage, stage.tokens(app, session)["access_token"])
    assert found is not None
    assert found.claims["jti"] not in repr(found)
