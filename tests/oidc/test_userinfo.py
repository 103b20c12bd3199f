"""userinfo: OpenID Connect Core 5.3, RFC 6750, SEC-225."""

import json
from typing import Any

import pytest

from idp.oidc.wire import FORM
from idp.oidc.wire import Answer
from idp.oidc.wire import HttpRequest
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage

PROFILE = {
    "given_name": "Mia",
    "family_name": "Example",
    "birthdate": "1970-01-01",
    "address": {"locality": "Bern"},
    "phone_number": "+41 00 000 00 00",
    "phone_number_verified": False,
}
ALL = "openid profile email address phone groups"


@pytest.fixture
def session(stage: Stage) -> Session:
    stage.person(email="mia@example.org", name="Mia Example", profile=PROFILE)
    return stage.sign_in()


def token_of(stage: Stage, app: App, session: Session, **changes: Any) -> str:
    return str(stage.tokens(app, session, **changes)["access_token"])


def ask(
    stage: Stage,
    method: str = "GET",
    authorization: str | None = None,
    body: str = "",
    query: str = "",
    kind: str = FORM,
) -> Answer:
    http = HttpRequest(
        method, query.encode(), body.encode(), kind if body else "", authorization
    )
    return stage.server.userinfo(http, stage.work())


def challenge(answer: Answer) -> str:
    return dict(answer.headers).get("WWW-Authenticate", "")


@pytest.mark.parametrize(
    ("scope", "claims"),
    [
        ("openid", set()),
        ("openid email", {"email", "email_verified"}),
        ("openid address", {"address"}),
        ("openid phone", {"phone_number", "phone_number_verified"}),
        ("openid groups", {"groups"}),
        (
            "openid profile",
            {
                *("name", "given_name", "family_name", "birthdate"),
                *("preferred_username", "updated_at"),
            },
        ),
    ],
)
def test_each_scope_releases_its_claims_and_no_others(
    stage: Stage, app: App, session: Session, scope: str, claims: set[str]
) -> None:
    """OpenID Connect Core 5.4; absent claims are left out"""
    answer = stage.userinfo(token_of(stage, app, session, scope=scope))
    assert answer.status == 200
    assert set(answer.body) == {"sub", *claims}
    assert answer.body["sub"] == session.user_id


def test_values_have_the_types_of_the_specification(
    stage: Stage, app: App, session: Session
) -> None:
    """conformance.md section 5"""
    body = stage.userinfo(token_of(stage, app, session, scope=ALL)).body
    assert body["email_verified"] is True
    assert body["phone_number_verified"] is False
    assert isinstance(body["updated_at"], int)
    assert body["address"] == {"locality": "Bern"}
    assert body["groups"] == []


def test_a_claim_may_be_asked_for_by_name(
    stage: Stage, app: App, session: Session
) -> None:
    """oidcc-claims-essential"""
    wanted = json.dumps({"userinfo": {"name": {"essential": True}, "zoneinfo": None}})
    token = token_of(stage, app, session, scope="openid", claims=wanted)
    assert set(stage.userinfo(token).body) == {"sub", "name"}


def test_the_token_may_come_in_each_of_two_ways(
    stage: Stage, app: App, session: Session
) -> None:
    """oidcc-userinfo-get, -post-header, -post-body"""
    token = token_of(stage, app, session)
    ways = [
        ask(stage, authorization=f"Bearer {token}"),
        ask(stage, authorization=f"bearer  {token} "),
        ask(stage, "POST", f"Bearer {token}"),
        ask(stage, "POST", body=f"access_token={token}"),
        ask(stage, "POST", f"Bearer {token}", body="{}", kind="application/json"),
    ]
    assert [answer.status for answer in ways] == [200] * 5


def test_two_ways_at_once_are_a_malformed_request(
    stage: Stage, app: App, session: Session
) -> None:
    """RFC 6750 section 2"""
    token = token_of(stage, app, session)
    twice = f"access_token={token}&access_token={token}"
    for answer in (
        ask(stage, "POST", f"Bearer {token}", f"access_token={token}"),
        ask(stage, "POST", body=twice),
        ask(stage, "POST", body="access_token=%ff"),
    ):
        assert (answer.status, answer.body["error"]) == (400, "invalid_request")


def test_a_token_in_the_address_does_not_count(
    stage: Stage, app: App, session: Session
) -> None:
    """RFC 9700 section 4.3.2"""
    token = token_of(stage, app, session)
    assert ask(stage, query=f"access_token={token}").status == 401
    body = ask(stage, "POST", query=f"access_token={token}", body="a=b")
    assert body.status == 401


def test_without_a_token_there_is_a_challenge_without_an_error(stage: Stage) -> None:
    """RFC 6750 section 3.1"""
    for header in (None, "Basic abc", "Bearer", "Bearer "):
        answer = ask(stage, authorization=header)
        assert answer.status == 401
        assert challenge(answer) == 'Bearer realm="userinfo"'
        assert answer.body == {}


def test_what_is_no_access_token_is_invalid(
    stage: Stage, app: App, session: Session
) -> None:
    """AC-118"""
    answer = stage.tokens(app, session)
    code = stage.back(app, session)["code"]
    others = (answer["id_token"], answer["refresh_token"], code, "a.b.c", "ü")
    for text in (*others, f"{answer['access_token']}, Bearer x"):
        refused = stage.userinfo(text)
        assert (refused.status, refused.body["error"]) == (401, "invalid_token")
        assert 'error="invalid_token"' in challenge(refused)


def test_a_token_for_another_resource_is_invalid(
    stage: Stage, session: Session
) -> None:
    """SEC-215"""
    api = "https://api.example"
    app = stage.client("guest", allowed_resources=[api])
    token = token_of(stage, app, session, resource=api)
    assert stage.userinfo(token).status == 401


def test_a_token_without_openid_lacks_scope(
    stage: Stage, app: App, session: Session
) -> None:
    """RFC 6750 section 3.1"""
    answer = stage.userinfo(token_of(stage, app, session, scope="profile"))
    assert (answer.status, answer.body["error"]) == (403, "insufficient_scope")
    assert 'scope="openid"' in challenge(answer)


def test_answers_are_never_kept(stage: Stage, app: App, session: Session) -> None:
    good = stage.userinfo(token_of(stage, app, session))
    for answer in (good, ask(stage)):
        assert dict(answer.headers)["Cache-Control"] == "no-store"
