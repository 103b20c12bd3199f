"""id_token: what it says, and that nothing else can be made to say it."""

import base64
import hashlib
import json
from typing import Any

import pytest

from idp.oidc import id_token
from idp.oidc.userinfo import PROTOCOL_CLAIMS
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage
from tests.oidc.stage import header

PROTOCOL = {
    *("iss", "sub", "aud", "exp", "iat", "auth_time"),
    *("nonce", "acr", "amr", "sid", "at_hash"),
}
ALL = "openid profile email groups"


@pytest.fixture
def session(stage: Stage) -> Session:
    stage.person(email="mia@example.org", name="Mia", role_names=["auditor"])
    return stage.sign_in(enrol=True)


def said(stage: Stage, app: App, session: Session, **changes: Any) -> dict[str, Any]:
    return stage.claims(stage.tokens(app, session, **changes)["id_token"])


def test_the_protocol_claims_come_first_and_are_complete(
    stage: Stage, app: App, session: Session
) -> None:
    """OpenID Connect Core 2"""
    stage.clock.advance(minutes=3)
    claims = said(stage, app, session)
    now = stage.clock.seconds
    expected = {
        "iss": stage.issuer,
        "sub": session.user_id,
        "aud": app.id,
        "exp": now + 600,
        "iat": now,
        "auth_time": now - 180,
        "nonce": "no",
        "acr": "mfa",
        "amr": ["pwd", "otp", "mfa"],
    }
    assert list(claims.items())[:9] == list(expected.items())
    assert set(claims) == PROTOCOL


def test_without_a_nonce_there_is_none(
    stage: Stage, app: App, session: Session
) -> None:
    """oidcc-ensure-request-without-nonce-succeeds-for-code-flow"""
    assert "nonce" not in said(stage, app, session, nonce=None)


def test_the_sid_is_not_the_cookie(stage: Stage, app: App, session: Session) -> None:
    """interface.md section 1"""
    claims = said(stage, app, session)
    assert claims["sid"]
    assert claims["sid"] != session.token


def test_an_alias_that_was_asked_for_is_what_acr_says(
    stage: Stage, app: App, session: Session
) -> None:
    """interface.md section 1"""
    for name in ("mfa", "sfa"):
        alias = f"https://refeds.org/profile/{name}"
        told = said(stage, app, session, acr_values=alias)
        assert told["acr"] == alias
        assert told["amr"] == ["pwd", "otp", "mfa"]
    assert said(stage, app, session)["acr"] == "mfa"


def test_an_essential_acr_is_one_of_the_values_asked_for(
    stage: Stage, app: App, session: Session
) -> None:
    """OpenID Connect Core 5.5.1.1"""
    wanted = {"id_token": {"acr": {"essential": True, "values": ["pwd"]}}}
    assert said(stage, app, session, claims=json.dumps(wanted))["acr"] == "pwd"
    assert said(stage, app, session, acr_values="pwd")["acr"] == "mfa"


def test_claims_of_the_granted_scopes_are_in_it(
    stage: Stage, app: App, session: Session
) -> None:
    """clients.md: Apache, pgAdmin and express read only the ID token"""
    claims = said(stage, app, session, scope=ALL)
    assert claims["preferred_username"] == "mia"
    assert claims["name"] == "Mia"
    assert (claims["email"], claims["email_verified"]) == ("mia@example.org", True)
    assert claims["groups"] == ["auditor"]
    assert None not in claims.values()
    assert not {"given_name", "address", "phone_number"} & claims.keys()


def test_a_client_may_want_it_small(stage: Stage, session: Session) -> None:
    app = stage.client(claims_in_id_token=False)
    assert set(said(stage, app, session, scope=ALL)) == PROTOCOL


def test_a_claim_asked_for_by_name_comes_all_the_same(
    stage: Stage, session: Session
) -> None:
    """OpenID Connect Core 5.5"""
    app = stage.client(claims_in_id_token=False)
    wanted = json.dumps({"id_token": {"groups": None, "phone_number": None}})
    claims = said(stage, app, session, scope="openid", claims=wanted)
    assert set(claims) == {*PROTOCOL, "groups"}


def test_nobody_can_be_given_a_protocol_claim(stage: Stage, app: App) -> None:
    """SEC-103, AC-085"""
    stage.person("eve")
    session = stage.sign_in("eve")
    answer = stage.tokens(app, session)
    facts = id_token.GrantFacts(
        grant_id="g",
        client=app.record,
        scopes=("openid", "profile", "email", "groups"),
        user_id="eve",
        claims=dict.fromkeys((*PROTOCOL_CLAIMS, "name"), "forged"),
        id_token_claims=("acr", "amr", "sub", "iss", "auth_time"),
    )
    claims = id_token.claims(facts, stage.work(), nonce=None, at_hash="h")
    forged = [name for name, value in claims.items() if value == "forged"]
    assert forged == ["name"]
    assert stage.claims(answer["id_token"])["sub"] == session.user_id


@pytest.mark.parametrize(
    ("alg", "name"),
    [
        ("RS256", "sha256"),
        ("ES256", "sha256"),
        ("PS256", "sha256"),
        ("EdDSA", "sha512"),
    ],
)
def test_the_hash_fits_the_algorithm_of_the_client(
    stage: Stage, session: Session, alg: str, name: str
) -> None:
    """OpenID Connect Core 3.1.3.6"""
    app = stage.client(id_token_signed_response_alg=alg)
    stage.clock.advance(seconds=31)
    answer = stage.tokens(app, session)
    assert header(answer["id_token"])["alg"] == alg
    digest = hashlib.new(name, answer["access_token"].encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    assert stage.claims(answer["id_token"])["at_hash"] == half


def test_the_default_is_rs256(stage: Stage, app: App, session: Session) -> None:
    """OpenID Connect Core 15.1; clients.md: mozilla-django-oidc fixes it"""
    assert header(stage.tokens(app, session)["id_token"])["alg"] == "RS256"


def test_a_hint_tells_subject_audience_and_session(
    stage: Stage, app: App, session: Session
) -> None:
    """SEC-237"""
    answer = stage.tokens(app, session)
    hint = id_token.read_hint(answer["id_token"], stage.work(), stage.keys)
    assert hint is not None
    assert (hint.subject, hint.audience) == (session.user_id, (app.id,))
    assert hint.sid == stage.claims(answer["id_token"])["sid"]


def test_another_kind_or_issuer_is_no_hint(
    stage: Stage, app: App, session: Session
) -> None:
    """SEC-213, SEC-237"""
    answer = stage.tokens(app, session)
    foreign = {"iss": "https://other.example", "sub": "s", "aud": "rp"}
    headless = {"iss": stage.issuer, "aud": "rp"}
    texts = [
        answer["access_token"],
        answer["refresh_token"],
        stage.keys.sign(foreign, "RS256"),
        stage.keys.sign(headless, "RS256"),
        stage.keys.sign({**headless, "sub": "s"}, "RS256", kind="logout+jwt"),
    ]
    work = stage.work()
    assert [id_token.read_hint(text, work, stage.keys) for text in texts] == [None] * 5
