"""introspection: RFC 7662, its signed answers (RFC 9701), SEC-226."""

from typing import Any

import pytest

from idp.actions import own_sessions
from idp.oidc.wire import FORM
from idp.oidc.wire import HttpRequest
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage
from tests.oidc.stage import basic
from tests.oidc.stage import header

INACTIVE = {"active": False}
API = "https://api.example"


@pytest.fixture
def session(stage: Stage) -> Session:
    stage.person()
    return stage.sign_in(enrol=True)


def test_a_live_access_token_is_described(
    stage: Stage, app: App, session: Session
) -> None:
    """RFC 7662 section 2.2, RFC 9470 section 6"""
    token = stage.tokens(app, session)["access_token"]
    answer = stage.introspect(app, token)
    claims = stage.claims(token)
    del claims["grant_id"]
    assert answer.status == 200
    assert answer.body == {
        "active": True,
        "token_type": "Bearer",
        "username": "mia",
        **claims,
    }


def test_a_live_refresh_token_is_described(
    stage: Stage, app: App, session: Session
) -> None:
    token = stage.tokens(app, session)["refresh_token"]
    said = stage.introspect(app, token).body
    assert (said["active"], said["username"], said["scope"]) == (True, "mia", "openid")
    assert said["exp"] > stage.clock.seconds
    assert "token_type" not in said
    assert (said["acr"], said["amr"]) == ("mfa", ["pwd", "otp", "mfa"])
    assert said["auth_time"] == session_claims(stage, app, session)["auth_time"]


def session_claims(stage: Stage, app: App, session: Session) -> dict[str, Any]:
    return stage.claims(stage.tokens(app, session)["id_token"])


@pytest.mark.parametrize(
    "text",
    ["x", "a.b.c", "x" * 1_000_000, "ü\0", "%ff", ".." + "x" * 40_000, "e30.e30."],
)
def test_rubbish_is_inactive(stage: Stage, app: App, text: str) -> None:
    """performance.md pitfall 3; Dovecot takes 400 for a passing fault"""
    answer = stage.introspect(app, text)
    assert (answer.status, answer.body) == (200, INACTIVE)


def test_unreadable_bytes_are_inactive(stage: Stage, app: App) -> None:
    http = HttpRequest(
        "POST", b"", b"token=%ff%fe%00", FORM, basic(app.id, app.secret or "")
    )
    answer = stage.server.introspect(http, stage.work())
    assert (answer.status, answer.body) == (200, INACTIVE)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_token_of_another_client_is_inactive(
    stage: Stage, app: App, session: Session, kind: str
) -> None:
    token = stage.tokens(app, session)[kind]
    assert stage.introspect(stage.client("other"), token).body == INACTIVE


def test_a_resource_server_sees_tokens_for_its_resource(
    stage: Stage, session: Session
) -> None:
    """interface.md section 4"""
    guest = stage.client("guest", allowed_resources=[API])
    api = stage.client("api", resource=API)
    token = stage.tokens(guest, session, resource=API)["access_token"]
    assert stage.introspect(api, token).body["client_id"] == "guest"
    plain = stage.tokens(guest, session)["access_token"]
    assert stage.introspect(api, plain).body == INACTIVE


def test_what_has_ended_is_inactive(stage: Stage, app: App, session: Session) -> None:
    answer = stage.tokens(app, session)
    own_sessions.sign_out(stage.work(), session.token, session.browser)
    for kind in ("access_token", "refresh_token"):
        assert stage.introspect(app, answer[kind]).body == INACTIVE


def test_an_expired_token_is_inactive(stage: Stage, app: App, session: Session) -> None:
    token = stage.tokens(app, session)["access_token"]
    stage.clock.advance(minutes=10)
    assert stage.introspect(app, token).body == INACTIVE


def test_a_spent_refresh_token_is_inactive(
    stage: Stage, app: App, session: Session
) -> None:
    token = stage.tokens(app, session)["refresh_token"]
    stage.refresh(app, token)
    assert stage.introspect(app, token).body == INACTIVE


def test_id_tokens_and_codes_are_inactive(
    stage: Stage, app: App, session: Session
) -> None:
    code = stage.back(app, session)["code"]
    assert stage.introspect(app, code).body == INACTIVE
    assert (
        stage.introspect(app, stage.tokens(app, session)["id_token"]).body == INACTIVE
    )


def test_a_public_client_may_not_ask(stage: Stage, session: Session) -> None:
    """RFC 7662 section 2.1"""
    app = stage.client(token_endpoint_auth_method="none")
    token = stage.tokens(app, session)["access_token"]
    answer = stage.introspect(app, token)
    assert (answer.status, answer.body["error"]) == (401, "invalid_client")


def test_a_wrong_secret_is_told(stage: Stage, app: App) -> None:
    answer = stage.introspect(App(app.record, "wrong"), "x")
    assert answer.status == 401
    assert "WWW-Authenticate" in dict(answer.headers)


def test_the_hint_does_not_matter(stage: Stage, app: App, session: Session) -> None:
    """RFC 7662 section 2.1: extend its search"""
    token = stage.tokens(app, session)["access_token"]
    for hint in ("refresh_token", "rubbish"):
        http = stage.form(app, {"token": token, "token_type_hint": hint})
        assert stage.server.introspect(http, stage.work()).body["active"] is True


def test_a_missing_token_is_a_malformed_request(stage: Stage, app: App) -> None:
    answer = stage.introspect(app, "")
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


def signed(stage: Stage, app: App, token: str) -> str:
    http = stage.form(app, {"token": token})
    answer = stage.server.introspect(http, stage.work(), signed=True)
    assert answer.token is not None, answer
    return answer.token


def test_a_signed_answer_says_what_the_plain_one_says(
    stage: Stage, app: App, session: Session
) -> None:
    """RFC 9701 sections 5 and 8.1: nothing in it makes an access token of it"""
    tokens = stage.tokens(app, session)
    for kind in ("access_token", "refresh_token"):
        answer = signed(stage, app, tokens[kind])
        said = stage.keys.open(answer, kind="token-introspection+jwt")
        assert said == {
            "iss": stage.issuer,
            "aud": app.id,
            "iat": stage.clock.seconds,
            "token_introspection": stage.introspect(app, tokens[kind]).body,
        }
        assert header(answer)["alg"] == "RS256"
        assert stage.userinfo(answer).status == 401
        assert stage.introspect(app, answer).body == INACTIVE


def test_a_dead_token_is_told_by_a_signed_answer(stage: Stage, app: App) -> None:
    """RFC 9701 section 5"""
    said = stage.claims(signed(stage, app, "x"))
    assert said["token_introspection"] == INACTIVE


def test_a_resource_server_is_the_audience_of_its_answer(
    stage: Stage, session: Session
) -> None:
    """RFC 9701 section 5, RFC 8707"""
    guest = stage.client("guest", allowed_resources=[API])
    wish = {"resource": API, "introspection_signed_response_alg": "EdDSA"}
    api = stage.client("api", **wish)
    token = stage.tokens(guest, session, resource=API)["access_token"]
    answer = signed(stage, api, token)
    said = stage.claims(answer)
    assert (said["aud"], header(answer)["alg"]) == ("api", "EdDSA")
    assert said["token_introspection"]["aud"] == API
    plain = stage.claims(signed(stage, api, stage.tokens(guest, session)["id_token"]))
    assert plain["token_introspection"] == INACTIVE


def test_a_refusal_is_never_signed(stage: Stage, app: App) -> None:
    http = stage.form(App(app.record, "wrong"), {"token": "x"})
    answer = stage.server.introspect(http, stage.work(), signed=True)
    assert (answer.status, answer.token) == (401, None)
