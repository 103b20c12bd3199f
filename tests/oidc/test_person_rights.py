"""Scopes of administration in a person's token: never more than the person may do."""

import pytest

from idp.actions import users
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage

READ, WRITE = "idp:users:read", "idp:users:write"
SCOPE = f"openid profile {READ} {WRITE}"


@pytest.fixture
def console(stage: Stage) -> App:
    """Gives an application that asks for rights of administration."""
    return stage.client("console", scope=SCOPE)


@pytest.fixture
def auditor(stage: Stage) -> Session:
    """Signs somebody in who may read everything and change nothing."""
    stage.person("ada", role_names=["auditor"])
    return stage.sign_in("ada", enrol=True)


def test_rights_that_the_person_lacks_are_left_out(
    stage: Stage, console: App, auditor: Session
) -> None:
    answer = stage.tokens(console, auditor, scope=SCOPE)
    assert answer["scope"] == f"openid profile {READ}"
    claims = stage.claims(answer["access_token"])
    assert claims["scope"] == answer["scope"]
    assert claims["aud"] == f"{stage.issuer}/api/v1"


def test_who_holds_no_right_gets_an_ordinary_token(stage: Stage, console: App) -> None:
    stage.person("mia")
    answer = stage.tokens(console, stage.sign_in("mia"), scope=SCOPE)
    assert answer["scope"] == "openid profile"
    assert stage.claims(answer["access_token"])["aud"] == stage.issuer


def test_without_a_right_asked_for_the_audience_stays(
    stage: Stage, console: App, auditor: Session
) -> None:
    answer = stage.tokens(console, auditor, scope="openid profile")
    assert stage.claims(answer["access_token"])["aud"] == stage.issuer


def test_a_resource_may_be_said_and_must_agree(stage: Stage, auditor: Session) -> None:
    other = "https://files.example"
    app = stage.client("console", scope=SCOPE, allowed_resources=[other])
    api = f"{stage.issuer}/api/v1"
    assert "code" in stage.back(app, auditor, scope=SCOPE, resource=api)
    for wrong in (other, stage.issuer):
        came = stage.back(app, auditor, scope=SCOPE, resource=wrong)
        assert came["error"] == "invalid_target"
    came = stage.back(app, auditor, scope="openid", resource=api)
    assert came["error"] == "invalid_target"


def test_a_resource_at_the_token_endpoint_must_agree_and_spends_nothing(
    stage: Stage, console: App, auditor: Session
) -> None:
    code = stage.back(console, auditor, scope=SCOPE)["code"]
    wrong = stage.redeem(console, code, resource=stage.issuer)
    assert wrong.body["error"] == "invalid_target"
    right = stage.redeem(console, code, resource=f"{stage.issuer}/api/v1")
    refresh = right.body["refresh_token"]
    refused = stage.refresh(console, refresh, resource=stage.issuer)
    assert refused.body["error"] == "invalid_target"
    again = stage.refresh(console, refresh, resource=f"{stage.issuer}/api/v1")
    assert again.status == 200, again.body


def test_a_refresh_drops_rights_that_were_lost_since(
    stage: Stage, console: App, auditor: Session
) -> None:
    answer = stage.tokens(console, auditor, scope=SCOPE)
    users.set_roles(stage.administration(), "ada", [])
    fresh = stage.refresh(console, answer["refresh_token"]).body
    assert fresh["scope"] == "openid profile"
    assert stage.claims(fresh["access_token"])["aud"] == f"{stage.issuer}/api/v1"


def test_a_refresh_may_ask_for_less_and_never_gets_more(
    stage: Stage, console: App, auditor: Session
) -> None:
    answer = stage.tokens(console, auditor, scope=SCOPE)
    less = stage.refresh(console, answer["refresh_token"], scope="openid").body
    assert less["scope"] == "openid"
    more = stage.refresh(console, less["refresh_token"], scope=f"{READ} {WRITE}").body
    assert more["scope"] == READ


def test_userinfo_takes_a_token_for_the_api(
    stage: Stage, console: App, auditor: Session
) -> None:
    answer = stage.tokens(console, auditor, scope=SCOPE)
    said = stage.userinfo(answer["access_token"])
    assert said.status == 200
    assert said.body["preferred_username"] == "ada"
    bare = stage.tokens(console, auditor, scope=READ)
    assert stage.userinfo(bare["access_token"]).status == 403


def test_consent_is_asked_for_what_the_person_can_give(
    stage: Stage, auditor: Session
) -> None:
    asking = stage.client("asking", scope=SCOPE, first_party=False)
    refused = stage.back(asking, auditor, scope=WRITE, prompt="none")
    assert "code" in refused  # nothing is left to be asked about
    asked = stage.back(asking, auditor, scope=READ, prompt="none")
    assert asked["error"] == "consent_required"
