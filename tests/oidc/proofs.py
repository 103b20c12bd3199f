"""Shorthands for clients that prove themselves by a key."""

import itertools
import urllib.parse
from typing import Any

from idp.oidc.client_assertion import TYPE
from idp.oidc.wire import FORM
from idp.oidc.wire import Answer
from idp.oidc.wire import HttpRequest
from tests.oidc.stage import App
from tests.oidc.stage import Stage
from tests.support import client_keys
from tests.support.client_keys import KeyPair
from tests.support.client_keys import pair

KEY = pair("k1")
OTHER = pair("k1", number=1)
BY_KEY = {"token_endpoint_auth_method": "private_key_jwt"}
SERVICE = {**BY_KEY, "redirect_uris": [], "grant_types": ["client_credentials"]}
NUMBERS = itertools.count()


def robot(stage: Stage, *keys: KeyPair, **wish: Any) -> App:
    """Registers a service with keys."""
    jwks = {"jwks": client_keys.key_set(*(keys or (KEY,)))}
    given = {} if "jwks_uri" in wish else jwks
    return stage.client("robot", **{**SERVICE, **given, **wish})


def claims(stage: Stage, name: str = "robot", **changes: Any) -> dict[str, Any]:
    """Gives what an assertion has to say, but for the changes."""
    now = stage.clock.seconds
    said = {
        "iss": name,
        "sub": name,
        "aud": stage.issuer,
        "iat": now,
        "exp": now + 60,
        "jti": f"j{next(NUMBERS)}",
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}


def proof(assertion: str) -> dict[str, str]:
    """Gives the fields that carry an assertion."""
    return {"client_assertion_type": TYPE, "client_assertion": assertion}


def posted(fields: dict[str, Any], authorization: str | None = None) -> HttpRequest:
    """Builds a posted form; None leaves a field out."""
    sent = {name: value for name, value in fields.items() if value is not None}
    body = urllib.parse.urlencode(sent).encode()
    return HttpRequest(
        "POST", body=body, content_type=FORM, authorization=authorization
    )


def ask(stage: Stage, assertion: str, **changes: str | None) -> Answer:
    """Asks for a token with an assertion."""
    form = {"grant_type": "client_credentials", **proof(assertion), **changes}
    return stage.server.token(posted(form), stage.work())
