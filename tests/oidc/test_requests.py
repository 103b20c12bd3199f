"""requests: the reader of authorization requests, first half: what is refused."""

import dataclasses
import urllib.parse

import pytest
from authlib.oauth2.rfc6749 import UnauthorizedClientError

from idp.actions import clients
from idp.errors import BadRequest
from idp.errors import RedirectUriMismatch
from idp.errors import UnknownClient
from idp.oidc import requests
from idp.oidc import wire
from idp.oidc.clients import ProtocolClient
from idp.oidc.wire import FormPost
from idp.oidc.wire import HttpRequest
from tests.oidc.stage import CALLBACK
from tests.oidc.stage import CHALLENGE
from tests.oidc.stage import App
from tests.oidc.stage import Stage


def fault(stage: Stage, app: App, **changes: str | None) -> tuple[str, str]:
    """Gives the error that came back and its description."""
    back = stage.back(app, **changes)
    assert back["iss"] == stage.issuer
    assert "code" not in back
    return back["error"], back["error_description"]


# --- faults that stay here


@pytest.mark.parametrize("client_id", [None, "", "nobody", "x" * 300, "ü", "a b\n"])
def test_an_unknown_client_gets_a_page(
    stage: Stage, app: App, client_id: str | None
) -> None:
    """SEC-171"""
    with pytest.raises(UnknownClient):
        stage.authorize(app, client_id=client_id)


def test_a_disabled_client_gets_a_page(stage: Stage, app: App) -> None:
    """SEC-250"""
    clients.set_enabled(stage.administration(), app.id, enabled=False)
    with pytest.raises(UnknownClient):
        stage.authorize(app)


@pytest.mark.parametrize(
    "address", [None, "", f"{CALLBACK}/", f"{CALLBACK}?x=1", "https://evil.example/cb"]
)
def test_an_address_that_is_not_registered_gets_a_page(
    stage: Stage, app: App, address: str | None
) -> None:
    """SEC-170; also where it is the only one and could be guessed"""
    with pytest.raises(RedirectUriMismatch):
        stage.authorize(app, redirect_uri=address)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_who_asks_may_not_be_said_twice(stage: Stage, app: App, name: str) -> None:
    """AC-092"""
    twice = f"client_id={app.id}&redirect_uri={urllib.parse.quote(CALLBACK)}&{name}=x"
    with pytest.raises(UnknownClient if name == "client_id" else RedirectUriMismatch):
        stage.send(twice)


@pytest.mark.parametrize(
    "fault_too",
    [
        {"response_type": None},
        {"request": "x.y.z"},
        {"response_mode": "nonsense"},
        {"prompt": "none login"},
        {"code_challenge": None},
        {"state": "x" * 5000},
    ],
)
def test_the_address_is_checked_before_anything_else(
    stage: Stage, app: App, fault_too: dict[str, str | None]
) -> None:
    """AC-091, oidcc-ensure-request-object-with-redirect-uri"""
    with pytest.raises(RedirectUriMismatch):
        stage.authorize(app, redirect_uri=f"{CALLBACK}_invalid", **fault_too)


@pytest.mark.parametrize("query", [b"state=%00", b"state=%ff", b"%ed%a0%80=x"])
def test_what_cannot_be_read_gets_a_page(stage: Stage, app: App, query: bytes) -> None:
    with pytest.raises(BadRequest):
        stage.send(f"client_id={app.id}&{query.decode('latin-1')}")


# --- faults that the application is told


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": 'code"\\<é>'}, "unsupported_response_type"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "urn:x"}, "request_uri_not_supported"),
        ({"request_uri": "https://evil.example"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "query.jwt"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none consent"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"prompt": "bogus"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "abc"}, "invalid_request"),
        ({"max_age": "1.5"}, "invalid_request"),
        ({"max_age": ""}, "invalid_request"),
        ({"max_age": "9" * 40}, "invalid_request"),
        ({"max_age": "\u0663"}, "invalid_request"),
        ({"max_age": " 5"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"claims": '{"id_token":' * 300}, "invalid_request"),
        ({"resource": "https://other.example"}, "invalid_target"),
        ({"nonce": "x" * 4097}, "invalid_request"),
        ({"claims": "x" * 4097}, "invalid_request"),
    ],
)
def test_a_fault_is_told_at_the_address(
    stage: Stage, app: App, changes: dict[str, str | None], error: str
) -> None:
    told, description = fault(stage, app, **changes)
    assert told == error
    assert description.isascii()
    assert description.isprintable()
    assert not set('"\\') & set(description)


@pytest.mark.parametrize(
    "sent",
    [
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": None},
        {"code_challenge": ""},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge": "x" * 42},
        {"code_challenge": "x" * 129},
        {"code_challenge": "x" * 42 + "="},
        {"code_challenge": "x" * 43 + "\n"},
        {"code_challenge": "ü" * 43},
    ],
)
@pytest.mark.parametrize("method", ["none", "client_secret_basic"])
def test_a_challenge_by_s256_is_needed(
    stage: Stage, method: str, sent: dict[str, str | None]
) -> None:
    """AC-093, SEC-173; the description names the parameter"""
    app = stage.client(token_endpoint_auth_method=method)
    error, description = fault(stage, app, **sent)
    assert error == "invalid_request"
    assert "code_challenge" in description


def test_the_description_names_the_switch(stage: Stage, app: App) -> None:
    """clients.md: clients without PKCE"""
    away = {"code_challenge": None, "code_challenge_method": None}
    assert "require_pkce" in fault(stage, app, **away)[1]


def test_a_client_that_is_excused_may_do_without(stage: Stage) -> None:
    app = stage.client(require_pkce=False)
    stage.person()
    away = {"code_challenge": None, "code_challenge_method": None}
    assert "code" in stage.back(app, stage.sign_in(), **away)


@pytest.mark.parametrize("name", ["state", "nonce", "scope", "prompt", "max_age"])
def test_a_repeated_parameter_is_told(stage: Stage, app: App, name: str) -> None:
    """SEC-175"""
    query = urllib.parse.urlencode(
        {
            "client_id": app.id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
    )
    sent = stage.send(f"{query}&{name}=5&{name}=5")
    assert "error=invalid_request" in getattr(sent, "location", "")


def test_a_client_without_the_grant_may_not_ask(app: App) -> None:
    """RFC 6749 section 4.1.2.1"""
    service = ProtocolClient(dataclasses.replace(app.record, grant_types=()))
    query = HttpRequest("GET", b"response_type=code")
    with pytest.raises(UnauthorizedClientError):
        requests.check(wire.front_channel(query), service)


def test_the_state_comes_back_with_a_fault(stage: Stage, app: App) -> None:
    state = "a" * 124 + "-._~"
    assert stage.back(app, prompt="none", state=state)["state"] == state


def test_a_state_that_is_too_long_does_not(stage: Stage, app: App) -> None:
    """AC-096: up to the limit, then invalid_request"""
    assert stage.back(app, state="x" * 4096, prompt="none")["state"] == "x" * 4096
    back = stage.back(app, state="x" * 4097)
    assert back["error"] == "invalid_request"
    assert "state" not in back


@pytest.mark.parametrize(
    "changes",
    [{"prompt": "none"}, {"request": "x.y.z"}, {"response_type": None}],
)
def test_faults_travel_by_form_where_a_form_was_asked_for(
    stage: Stage, app: App, changes: dict[str, str | None]
) -> None:
    """conformance.md section 6"""
    sent = stage.authorize(app, response_mode="form_post", **changes)
    assert isinstance(sent, FormPost)
    assert sent.action == CALLBACK
    assert {"error", "state", "iss"} <= dict(sent.fields).keys()


def test_no_form_is_posted_to_an_app(stage: Stage) -> None:
    """A private scheme is no place for a form (RFC 8252 section 7.1)"""
    address = "com.example.app:/cb"
    app = stage.client(token_endpoint_auth_method="none", redirect_uris=(address,))
    sent = {"redirect_uri": address, "response_mode": "form_post"}
    assert fault(stage, app, **sent)[0] == "invalid_request"
