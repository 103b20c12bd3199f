"""service_grant: a service's own token (RFC 6749 section 4.4, RFC 8707)."""

from typing import Any

import pytest

from idp.actions import clients
from idp.actions import gate
from idp.oidc.service_grant import audience
from tests.oidc.stage import App
from tests.oidc.stage import Stage

READ = "idp:users:read"
API = "https://api.example"
SERVICE = {"grant_types": ["client_credentials"], "redirect_uris": []}


@pytest.fixture
def service(stage: Stage) -> App:
    return stage.client(
        "svc",
        **SERVICE,
        scope=f"{READ} idp:audit:read",
        allowed_resources=[API],
    )


def ask(stage: Stage, app: App, **form: str | None) -> Any:
    return stage.token(app, grant_type="client_credentials", **form)


def test_a_service_gets_a_token_of_its_own(stage: Stage, service: App) -> None:
    answer = ask(stage, service)
    assert answer.status == 200
    assert set(answer.body) == {"access_token", "token_type", "expires_in"}
    claims = stage.claims(answer.body["access_token"])
    assert claims["sub"] == claims["client_id"] == "svc"
    assert claims["aud"] == stage.issuer
    assert not {"acr", "amr", "auth_time", "sid", "scope", "grant_id"} & claims.keys()


def test_asking_for_the_api_makes_it_the_audience(stage: Stage, service: App) -> None:
    """interface.md section 4"""
    answer = ask(stage, service, scope=f"{READ} admin openid profile").body
    assert answer["scope"] == READ
    assert stage.claims(answer["access_token"])["aud"] == f"{stage.issuer}/api/v1"


def test_a_resource_may_be_said_and_must_agree(stage: Stage, service: App) -> None:
    api = f"{stage.issuer}/api/v1"
    assert ask(stage, service, scope=READ, resource=api).status == 200
    other = ask(stage, service, scope=READ, resource=API)
    assert (other.status, other.body["error"]) == (400, "invalid_target")


def test_a_resource_of_the_client_becomes_the_audience(
    stage: Stage, service: App
) -> None:
    answer = ask(stage, service, resource=API).body
    assert stage.claims(answer["access_token"])["aud"] == API
    other = ask(stage, service, resource="https://other.example")
    assert other.body["error"] == "invalid_target"


def test_the_issuer_may_be_named(service: App) -> None:
    assert audience((), "https://op", service.record, "https://op") == "https://op"


def test_a_client_without_the_grant_is_told(stage: Stage) -> None:
    answer = ask(stage, stage.client())
    assert (answer.status, answer.body["error"]) == (400, "unauthorized_client")


def test_a_disabled_service_ends_with_its_tokens(stage: Stage, service: App) -> None:
    """SEC-250"""
    asker = stage.client("asker", resource=API)
    token = ask(stage, service, resource=API).body["access_token"]
    said = stage.introspect(asker, token).body
    assert (said["active"], said["client_id"], said["sub"]) == (True, "svc", "svc")
    assert "username" not in said
    clients.set_enabled(stage.administration(), "svc", enabled=False)
    assert stage.introspect(asker, token).body == {"active": False}
    assert ask(stage, service).status == 401


def test_a_services_token_is_nobody_at_userinfo(stage: Stage, service: App) -> None:
    token = ask(stage, service).body["access_token"]
    assert stage.userinfo(token).status == 401


def test_a_token_is_none_of_the_next_service_of_its_name(
    stage: Stage, service: App
) -> None:
    """SEC-217: whoever deletes one that leaked, and makes it anew, is rid of it"""
    leaked = ask(stage, service, scope=READ).body["access_token"]
    issued_at = stage.claims(leaked)["iat"]
    stage.clock.advance(seconds=120)
    assert gate.service(stage.work(), "svc", issued_at) is not None
    clients.delete_client(stage.administration(), "svc")
    again = stage.client("svc", **SERVICE, scope=READ)

    assert gate.service(stage.work(), "svc", issued_at) is None
    assert stage.introspect(again, leaked).body == {"active": False}
    token = ask(stage, again, scope=READ).body["access_token"]
    assert stage.introspect(again, token).body["active"]


def test_a_clock_that_is_a_little_behind_spoils_no_token(
    stage: Stage, service: App
) -> None:
    """REL-032"""
    stage.clock.advance(seconds=-59)
    token = ask(stage, service, scope=READ).body["access_token"]
    assert stage.introspect(service, token).body["active"]
