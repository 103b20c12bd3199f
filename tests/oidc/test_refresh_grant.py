"""refresh_grant: a new pair for an old token (RFC 6749 section 6, SEC-199 ff.)."""

import pytest

from idp.actions import own_sessions
from idp.oidc.wire import Answer
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage


def refused(answer: Answer, error: str = "invalid_grant") -> None:
    assert (answer.status, answer.body["error"]) == (400, error), answer.body


def test_each_refresh_gives_another_token(
    stage: Stage, app: App, session: Session
) -> None:
    first = stage.tokens(app, session)
    second = stage.refresh(app, first["refresh_token"]).body
    third = stage.refresh(app, second["refresh_token"])
    assert third.status == 200
    given = {one["refresh_token"] for one in (first, second, third.body)}
    assert len(given) == 3


def test_a_spent_token_ends_the_family(stage: Stage, session: Session) -> None:
    """SEC-199"""
    app = stage.client(token_endpoint_auth_method="none")
    first = stage.tokens(app, session)
    second = stage.refresh(app, first["refresh_token"]).body
    refused(stage.refresh(app, first["refresh_token"]))
    refused(stage.refresh(app, second["refresh_token"]))
    assert stage.userinfo(second["access_token"]).status == 401


def test_a_quick_retry_of_a_client_with_a_secret_is_forgiven(
    stage: Stage, app: App, session: Session
) -> None:
    """SEC-204"""
    first = stage.tokens(app, session)
    second = stage.refresh(app, first["refresh_token"]).body
    refused(stage.refresh(app, first["refresh_token"]))
    assert stage.refresh(app, second["refresh_token"]).status == 200


def test_another_client_gets_nothing(stage: Stage, app: App, session: Session) -> None:
    """SEC-202; oidcc-refresh-token wants 400 invalid_grant"""
    first = stage.tokens(app, session)
    refused(stage.refresh(stage.client("other"), first["refresh_token"]))
    assert stage.refresh(app, first["refresh_token"]).status == 200


def test_what_was_never_granted_is_left_out(
    stage: Stage, app: App, session: Session
) -> None:
    """clients.md: Authlib's client repeats its configured scope"""
    first = stage.tokens(app, session, scope="openid email")
    more = "openid email offline_access admin"
    again = stage.refresh(app, first["refresh_token"], scope=more)
    assert (again.status, again.body["scope"]) == (200, "openid email")


def test_a_refresh_may_ask_for_less_and_later_for_all_again(
    stage: Stage, app: App, session: Session
) -> None:
    """RFC 6749 section 6: of what was originally granted"""
    first = stage.tokens(app, session, scope="openid email")
    less = stage.refresh(app, first["refresh_token"], scope="email").body
    assert less["scope"] == "email"
    assert "id_token" not in less
    assert stage.userinfo(less["access_token"]).status == 403
    again = stage.refresh(app, less["refresh_token"]).body
    assert again["scope"] == "openid email"


FROZEN = ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid")


def test_a_refreshed_id_token_is_as_the_first_but_for_time_and_nonce(
    stage: Stage, app: App, session: Session
) -> None:
    """OpenID Connect Core 12.2; performance.md pitfall 8"""
    first = stage.tokens(app, session)
    stage.clock.advance(minutes=7)
    again = stage.refresh(app, first["refresh_token"]).body
    before, after = stage.claims(first["id_token"]), stage.claims(again["id_token"])
    assert [before[name] for name in FROZEN] == [after[name] for name in FROZEN]
    assert after["iat"] == before["iat"] + 7 * 60
    assert "nonce" in before
    assert "nonce" not in after
    assert "azp" not in after


def test_the_end_of_a_session_ends_what_is_bound_to_it(
    stage: Stage, app: App, session: Session
) -> None:
    """interface.md section 4, SEC-201"""
    bound = stage.tokens(app, session)
    offline = stage.tokens(app, session, scope="openid offline_access")
    own_sessions.sign_out(stage.work(), session.token, session.browser)
    refused(stage.refresh(app, bound["refresh_token"]))
    assert stage.refresh(app, offline["refresh_token"]).status == 200


def test_a_missing_token_is_a_malformed_request(stage: Stage, app: App) -> None:
    refused(stage.refresh(app, ""), "invalid_request")


def test_a_client_without_the_grant_is_told(stage: Stage) -> None:
    app = stage.client(grant_types=["authorization_code"])
    refused(stage.refresh(app, "x"), "unauthorized_client")


@pytest.mark.parametrize("text", ["x", "x" * 2000, "ü", "a.b.c"])
def test_what_is_no_token_is_refused(stage: Stage, app: App, text: str) -> None:
    refused(stage.refresh(app, text))


def test_an_access_token_does_not_refresh(
    stage: Stage, app: App, session: Session
) -> None:
    """SEC-213"""
    answer = stage.tokens(app, session)
    refused(stage.refresh(app, answer["access_token"]))
