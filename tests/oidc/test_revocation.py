"""revocation: RFC 7009, SEC-227."""

import pytest

from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "rubbish"])
def test_everything_of_the_grant_ends(
    stage: Stage, app: App, session: Session, kind: str, hint: str | None
) -> None:
    answer = stage.tokens(app, session)
    revoked = stage.revoke(app, answer[kind], token_type_hint=hint)
    assert (revoked.status, revoked.body) == (200, {})
    assert dict(revoked.headers)["Content-Type"] == "application/json"
    assert stage.userinfo(answer["access_token"]).status == 401
    assert stage.introspect(app, answer["access_token"]).body == {"active": False}
    assert stage.refresh(app, answer["refresh_token"]).status == 400


def test_other_grants_of_the_client_go_on(
    stage: Stage, app: App, session: Session
) -> None:
    first, second = (stage.tokens(app, session) for _ in range(2))
    stage.revoke(app, first["refresh_token"])
    assert stage.refresh(app, second["refresh_token"]).status == 200


def test_a_spent_token_still_names_its_family(
    stage: Stage, app: App, session: Session
) -> None:
    """SEC-200: after a successful revoke no member works"""
    first = stage.tokens(app, session)
    second = stage.refresh(app, first["refresh_token"]).body
    stage.revoke(app, first["refresh_token"])
    assert stage.refresh(app, second["refresh_token"]).status == 400


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_token_of_another_client_is_left_alone_without_a_word(
    stage: Stage, app: App, session: Session, kind: str
) -> None:
    """AC-121: no existence hint"""
    answer = stage.tokens(app, session)
    revoked = stage.revoke(stage.client("other"), answer[kind])
    assert (revoked.status, revoked.body) == (200, {})
    assert stage.userinfo(answer["access_token"]).status == 200


@pytest.mark.parametrize("text", ["x", "a.b.c", "\0", "ü", "x" * 50_000])
def test_an_unknown_token_is_fine(stage: Stage, app: App, text: str) -> None:
    revoked = stage.revoke(app, text)
    assert (revoked.status, revoked.body) == (200, {})


def test_a_public_client_revokes_by_its_id(stage: Stage, session: Session) -> None:
    """RFC 7009 section 2.1"""
    app = stage.client(token_endpoint_auth_method="none")
    answer = stage.tokens(app, session)
    assert stage.revoke(app, answer["refresh_token"]).status == 200
    assert stage.refresh(app, answer["refresh_token"]).status == 400


def test_a_wrong_secret_revokes_nothing(
    stage: Stage, app: App, session: Session
) -> None:
    answer = stage.tokens(app, session)
    assert stage.revoke(App(app.record, "wrong"), answer["refresh_token"]).status == 401
    assert stage.userinfo(answer["access_token"]).status == 200


def test_a_missing_token_is_a_malformed_request(stage: Stage, app: App) -> None:
    answer = stage.revoke(app, "")
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")
