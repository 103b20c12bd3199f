"""requests: the reader of authorization requests, second half: what comes out."""

import json

import pytest

from idp.actions import clients
from idp.errors import UnknownClient
from idp.oidc import requests
from idp.oidc import wire
from idp.oidc.clients import ProtocolClient
from idp.oidc.wire import HttpRequest
from idp.rules.requests import AuthorizationRequest
from tests.oidc.stage import CALLBACK
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage
from tests.support.exchange import encoded


def read(stage: Stage, app: App, **parameters: str) -> AuthorizationRequest:
    """Reads a request with these parameters beside the usual ones."""
    query = encoded({"redirect_uri": CALLBACK, **parameters})
    http = HttpRequest("GET", query.encode())
    client = ProtocolClient(app.record)
    return requests.read(wire.front_channel(http), client, stage.work(), stage.keys)


def test_everything_is_read(stage: Stage, app: App) -> None:
    request = read(
        stage,
        app,
        scope="email openid",
        state="s",
        nonce="n",
        code_challenge="c",
        prompt="login consent login",
        max_age="007",
        acr_values="mfa pwd",
        login_hint="mia",
        ui_locales="de en",
        response_mode="form_post",
    )
    assert request == AuthorizationRequest(
        client_id=app.id,
        redirect_uri=CALLBACK,
        arrived_at=stage.clock(),
        scopes=("email", "openid"),
        response_mode="form_post",
        state="s",
        nonce="n",
        code_challenge="c",
        prompt=("login", "consent"),
        max_age=7,
        acr_values=("mfa", "pwd"),
        login_hint="mia",
        ui_locales=("de", "en"),
    )


def test_a_request_survives_being_kept(stage: Stage, app: App) -> None:
    request = read(stage, app, scope="openid", acr_values="mfa", ui_locales="de")
    kept = json.loads(json.dumps(request.as_stored()))
    assert AuthorizationRequest.from_stored(kept) == request


def test_scopes_beyond_the_clients_are_dropped(stage: Stage) -> None:
    """SEC-181"""
    app = stage.client("small", scope="openid email")
    request = read(stage, app, scope="openid admin email profile openid")
    assert request.scopes == ("openid", "email")


def test_without_the_refresh_grant_nothing_works_offline(stage: Stage) -> None:
    """OpenID Connect Core 11"""
    app = stage.client("short", grant_types=("authorization_code",))
    request = read(stage, app, scope="openid offline_access")
    assert request.scopes == ("openid",)


def test_unknown_parameters_are_ignored(stage: Stage, app: App) -> None:
    """RFC 6749 section 3.1"""
    assert read(stage, app, extra="foobar", display="popup", claims_locales="se")


def acr_of(stage: Stage, app: App, **sent: str) -> tuple[tuple[str, ...], bool]:
    request = read(stage, app, **sent)
    return request.acr_values, request.acr_essential


def test_a_level_may_be_asked_for_in_two_places(stage: Stage, app: App) -> None:
    """OpenID Connect Core 5.5.1.1"""
    essential = '{"id_token": {"acr": {"essential": true, "values": ["mfa"]}}}'
    voluntary = '{"id_token": {"acr": {"values": ["mfa"]}}}'
    bare = '{"id_token": {"acr": {"essential": true}}}'
    assert acr_of(stage, app, acr_values="pwd") == (("pwd",), False)
    assert acr_of(stage, app, claims=voluntary) == (("mfa",), False)
    assert acr_of(stage, app, claims=voluntary, acr_values="pwd") == (("pwd",), False)
    assert acr_of(stage, app, claims=essential, acr_values="pwd") == (("mfa",), True)
    assert acr_of(stage, app, claims=bare, acr_values="pwd") == (("pwd",), True)


CLAIMS = json.dumps(
    {
        "id_token": {"groups": None, "acr": None, "iss": None},
        "userinfo": {"name": {"essential": True}, "email": None},
    }
)


def test_claims_are_asked_for_by_name(stage: Stage, app: App) -> None:
    request = read(stage, app, scope="openid", claims=CLAIMS)
    assert request.id_token_claims == ("groups",)
    assert request.userinfo_claims == ("name", "email")


def test_a_client_asks_for_no_claim_beyond_its_scopes(stage: Stage) -> None:
    app = stage.client("small", scope="openid profile")
    request = read(stage, app, scope="openid", claims=CLAIMS)
    assert request.id_token_claims == ()
    assert request.userinfo_claims == ("name",)


def test_where_people_are_asked_they_are_asked_about_every_claim(
    stage: Stage,
) -> None:
    """SEC-183: the consent page shows scopes, so nothing comes without its scope"""
    app = stage.client("guest", first_party=False)
    request = read(stage, app, scope="openid email", claims=CLAIMS)
    assert request.userinfo_claims == ("email",)


@pytest.mark.parametrize("hint", ["a\rb", "a\0b".replace("\0", "\x1b"), "a\u202eb"])
def test_a_login_hint_that_is_no_line_of_text_is_dropped(
    stage: Stage, app: App, hint: str
) -> None:
    assert read(stage, app, login_hint=hint).login_hint is None


def hint_of(stage: Stage, app: App) -> tuple[str, str]:
    """Signs somebody in; gives the ID token and the sub."""
    user_id = stage.person()
    session = stage.sign_in()
    return stage.tokens(app, session)["id_token"], user_id


def test_a_hint_says_whose_login_it_must_be(stage: Stage, app: App) -> None:
    """SEC-182"""
    hint, user_id = hint_of(stage, app)
    assert read(stage, app, id_token_hint=hint).subject == user_id


def test_an_old_hint_is_a_hint(stage: Stage, app: App) -> None:
    """conformance.md section 4: not refused because its exp has passed"""
    hint, user_id = hint_of(stage, app)
    stage.clock.advance(days=30)
    assert read(stage, app, id_token_hint=hint).subject == user_id


def test_a_hint_that_cannot_be_verified_says_nothing(stage: Stage, app: App) -> None:
    access = stage.tokens(app, signed_in(stage))["access_token"]
    for text in ("rubbish", "a.b.c", access):
        assert read(stage, app, id_token_hint=text).subject is None


def signed_in(stage: Stage) -> Session:
    stage.person()
    return stage.sign_in()


def test_silently_such_a_hint_is_nobody(stage: Stage, app: App) -> None:
    session = signed_in(stage)
    back = stage.back(app, session, prompt="none", id_token_hint="rubbish")
    assert back["error"] == "login_required"


def test_hint_and_claims_may_not_name_two_people(stage: Stage, app: App) -> None:
    hint, user_id = hint_of(stage, app)
    same = json.dumps({"id_token": {"sub": {"value": user_id}}})
    assert read(stage, app, id_token_hint=hint, claims=same).subject == user_id
    other = json.dumps({"id_token": {"sub": {"value": "other"}}})
    back = stage.back(app, id_token_hint=hint, claims=other)
    assert back["error"] == "invalid_request"


def test_a_resource_of_the_client_becomes_the_audience(stage: Stage) -> None:
    """RFC 8707 section 2"""
    api = "https://api.example"
    app = stage.client("guest", allowed_resources=(api,))
    session = signed_in(stage)
    answer = stage.tokens(app, session, resource=api)
    assert stage.claims(answer["access_token"])["aud"] == api
    again = stage.refresh(app, answer["refresh_token"]).body
    assert stage.claims(again["access_token"])["aud"] == api


def test_a_client_that_may_not_refresh_gets_no_refresh_token(stage: Stage) -> None:
    app = stage.client("short", grant_types=("authorization_code",))
    assert "refresh_token" not in stage.tokens(app, signed_in(stage))


def test_a_client_that_was_disabled_in_between_gets_a_page(
    stage: Stage, app: App
) -> None:
    session = signed_in(stage)
    clients.set_enabled(stage.administration(), app.id, enabled=False)
    with pytest.raises(UnknownClient):
        stage.authorize(app, session)
