"""The introspection endpoint (RFC 7662) on Authlib's; signed answers of RFC 9701.

Whatever is not a live token that this client may see is ``{"active": false}`` and
nothing else, with status 200 (SEC-226).
"""

from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from idp.actions import tokens
from idp.actions.grants import Client
from idp.actions.grants import GrantFacts
from idp.actions.work import Work
from idp.oidc import access_token
from idp.oidc.access_token import AccessToken
from idp.oidc.authlib_request import ProtocolRequest
from idp.oidc.clients import WITH_PROOF
from idp.oidc.keys import KeyRing

KIND = "token-introspection+jwt"
MEDIA_TYPE = f"application/{KIND}"
INACTIVE: dict[str, Any] = {"active": False}
HANDED_ON = (
    *("iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"),
    *("auth_time", "acr", "amr", "sid"),
)


class Introspection(IntrospectionEndpoint):
    """Says of a token what is true at this moment."""

    CLIENT_AUTH_METHODS = WITH_PROOF

    def __init__(self, keys: KeyRing) -> None:
        """Takes the ring that opens tokens."""
        super().__init__()
        self._keys = keys

    def authenticate_token(self, request: Any, client: Any) -> dict[str, Any] | None:
        """Finds what may be said of the token; the kind hinted at does not matter."""
        text = request.form.get("token")
        if text is None:
            raise InvalidRequestError("The parameter token is missing.")
        record: Client = client.record
        if text.count(".") == 2:
            return self._access(text, request, record)
        return self._refresh(text, request, record)

    def create_introspection_payload(self, token: Any) -> dict[str, Any]:
        """Returns what was found, or that there is nothing alive."""
        found: dict[str, Any] | None = token
        return INACTIVE if found is None else found

    def _access(
        self, text: str, request: ProtocolRequest, record: Client
    ) -> dict[str, Any] | None:
        token = access_token.read(text, request.work, self._keys)
        if token is None or not may_see(record, token):
            return None
        facts = access_token.living(token, request.work)
        return None if facts is None else _about_access(token, facts)

    def _refresh(
        self, text: str, request: ProtocolRequest, record: Client
    ) -> dict[str, Any] | None:
        found = tokens.inspect_refresh(request.work, text)
        if found is None or found[0].client.client_id != record.client_id:
            return None
        facts, row = found
        said = {
            "active": True,
            "iss": request.work.settings.issuer,
            "sub": facts.user_id,
            "client_id": record.client_id,
            "username": facts.username,
            "scope": " ".join(facts.scopes),
            "exp": int(row.expires_at.timestamp()),
            "auth_time": facts.auth_time,
            "acr": facts.acr,
            "amr": list(facts.amr) or None,
            "sid": facts.sid,
        }
        return {name: value for name, value in said.items() if value is not None}


def signed(said: dict[str, Any], client: Client, work: Work, keys: KeyRing) -> str:
    """Signs an answer for the one who asked (RFC 9701 section 5).

    What is said of the token stays in a member of its own, and ``sub`` and ``exp`` are
    left out beside it: nobody can present the answer as an access token (section 8.1).
    """
    claims = {
        "iss": work.settings.issuer,
        "aud": client.client_id,
        "iat": int(work.now.timestamp()),
        "token_introspection": said,
    }
    return keys.sign(claims, client.introspection_alg, kind=KIND)


def may_see(record: Client, token: AccessToken) -> bool:
    """Tells whether a client may look at a token: its own, or one for its resource."""
    mine = token.client_id == record.client_id
    return mine or (record.resource is not None and record.resource in token.audience)


def _about_access(token: AccessToken, facts: GrantFacts) -> dict[str, Any]:
    said = {name: token.claims[name] for name in HANDED_ON if name in token.claims}
    if scopes := access_token.narrowed(facts, token).scopes:
        said["scope"] = " ".join(scopes)
    else:
        said.pop("scope", None)
    named = {} if facts.username is None else {"username": facts.username}
    return {"active": True, "token_type": "Bearer", **said, **named}
