"""Signed requests passed by value: RFC 9101, and OpenID Connect Core 6.1.

The signed parameters replace all that came beside them, except the client id. The
result passes the same checks as any other parameters.
"""

import json
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError

from idp.actions.client_metadata import PUSHED_ONLY
from idp.actions.client_metadata import REQUEST_ALG
from idp.actions.client_metadata import SIGNED_ONLY
from idp.actions.work import Work
from idp.oidc import client_jwt
from idp.oidc import requests
from idp.oidc.client_jwt import LEEWAY
from idp.oidc.client_jwt import Signed
from idp.oidc.client_keys import ClientKeys
from idp.oidc.clients import ProtocolClient
from idp.oidc.wire import Parameters
from idp.rules import names

KINDS = ("", "jwt", "oauth-authz-req+jwt")
SEVERAL = "resource"
WITHIN = (*requests.NAMES, SEVERAL)


class InvalidRequestObjectError(OAuth2Error):
    """``invalid_request_object``: one sentence for each part that can be wrong."""

    error = "invalid_request_object"


def opened(
    parameters: Parameters, client: ProtocolClient, work: Work, keys: ClientKeys
) -> Parameters:
    """Returns what a request object says, or the same parameters where there is none.

    Without keys of the client there is nothing to verify it with, and it stays where
    it is, to be refused. Raises OAuth2Error, and Unavailable while keys are fetched.
    """
    if not requests.is_signed(parameters, client):
        return parameters
    if parameters.values.get("request_uri"):
        raise InvalidRequestError("A request comes by value or by reference, not both.")
    token = client_jwt.read(parameters.get("request") or "")
    if token is None or token.kind not in KINDS:
        raise InvalidRequestObjectError(
            "The request object is not a JWT signed with an algorithm of the metadata."
        )
    only = client.record.details.get(REQUEST_ALG)
    if "jwks_uri" in client.record.details:
        work.let_go()  # keys may have to be fetched
    if not client_jwt.is_signed_by(token, client.record, keys, only=only):
        raise InvalidRequestObjectError(
            "The request object is not signed with a key and algorithm of the client."
        )
    _check_claims(token, client, work)
    own = {"client_id": (client.record.client_id,)}
    return Parameters({**_values(token.claims), **own})


def check_way(
    client: ProtocolClient, *, signed: bool = False, pushed: bool = False
) -> None:
    """Refuses a request that did not come as its client's requests have to.

    RFC 9126 section 6, RFC 9101 section 10.5.
    """
    details = client.record.details
    if details.get(PUSHED_ONLY) and not pushed:
        raise InvalidRequestError("Requests of this client have to be pushed.")
    if details.get(SIGNED_ONLY) and not signed:
        raise InvalidRequestError("Requests of this client have to be signed.")


def _check_claims(token: Signed, client: ProtocolClient, work: Work) -> None:
    """Checks from whom, for whom and when; an assertion is no request (RFC 8725)."""
    said, own = token.claims, client.record.client_id
    named = [said[name] for name in ("client_id", "iss") if name in said]
    if not named or any(name != own for name in named) or said.get("sub") == own:
        raise InvalidRequestObjectError("The request object is not of this client.")
    audience = said.get("aud", work.settings.issuer)
    listed = audience if isinstance(audience, list) else [audience]
    if work.settings.issuer not in listed:
        raise InvalidRequestObjectError("The request object is for somebody else.")
    if not _is_timely(said, work):
        raise InvalidRequestObjectError("The request object is not valid now.")
    if "request" in said or "request_uri" in said:
        raise InvalidRequestObjectError("A request object cannot hold another one.")


def _is_timely(said: dict[str, Any], work: Work) -> bool:
    try:
        ends = client_jwt.moment(said, "exp")
        begins = [client_jwt.moment(said, name) for name in ("nbf", "iat")]
    except ValueError:
        return False
    if ends is not None and ends <= work.now:
        return False
    return all(one is None or one <= work.now + LEEWAY for one in begins)


def _values(said: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Writes members as they would stand in an address; others are not looked at."""
    found = {}
    for name in WITHIN:
        if name in said:
            value = said[name]
            several = name == SEVERAL and isinstance(value, list)
            found[name] = tuple(map(_text, value if several else [value]))
    return found


def _text(value: object) -> str:
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not names.is_text(value):
        raise InvalidRequestObjectError("A member of the request object is no text.")
    return value
