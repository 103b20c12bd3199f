"""An application that registers itself (RFC 7591) and keeps its record (RFC 7592)."""

import json
from typing import Any

from tests.support.exchange import Answer
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty

ON = {"IDP_DYNAMIC_REGISTRATION": "true"}
CALLBACK = "https://rp.example/cb"
GOOD: dict[str, Any] = {"client_name": "Guest", "redirect_uris": [CALLBACK]}
ISSUED = (
    *("client_id_issued_at", "client_secret", "client_secret_expires_at"),
    *("registration_access_token", "registration_client_uri"),
)
"""What is no metadata and does not go into a changed record (RFC 7592 section 2.2)."""


def initial_token(provider: Provider, *options: str) -> str:
    """Makes an initial access token by the command."""
    create = ("client", "registration-token", "create", "build farm", "--json")
    return str(provider.command(*create, *options)["token"])


def sent(
    provider: Provider,
    method: str,
    path: str,
    token: str | None = None,
    body: Any = None,
    **headers: str,
) -> Answer:
    """Sends JSON with a bearer token; a text or bytes are sent as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"Content-Type": "application/json", **headers}
    if token is not None:
        given["Authorization"] = f"Bearer {token}"
    if method in ("GET", "DELETE"):
        return provider.http.get(path, method=method, headers=given)
    return provider.http.post(path, body=content, method=method, headers=given)


def register(provider: Provider, token: str | None, body: Any = None) -> Answer:
    """Registers an application that is right but for what is changed."""
    wish = (
        {**GOOD, **body} if isinstance(body, dict) else GOOD if body is None else body
    )
    return sent(provider, "POST", "/register", token, wish)


def registered(provider: Provider, **changes: Any) -> dict[str, Any]:
    """Registers an application with a token of its own."""
    answer = register(provider, initial_token(provider), changes)
    assert answer.status == 201, answer
    found: dict[str, Any] = answer.json()
    return found


def managed(
    provider: Provider, known: dict[str, Any], method: str = "GET", body: Any = None
) -> Answer:
    """Comes back to the record with the token that was handed out for it."""
    where = known["registration_client_uri"]
    return sent(provider, method, where, known["registration_access_token"], body)


def changed(known: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Gives a whole record as it has to be sent, with changes."""
    kept = {name: value for name, value in known.items() if name not in ISSUED}
    return {**kept, **changes}


def party(provider: Provider, known: dict[str, Any]) -> RelyingParty:
    """Gives the application's side."""
    return RelyingParty(provider.http, known, provider.clock)
