"""Client records as Authlib's clients, and client authentication.

The methods of RFC 6749 section 2.3.1 are read here, strictly, and assertions (RFC 7523)
are recognised; whether a secret is right is ``actions.client_secrets``. A request must
use exactly one method, the registered one.
"""

import base64
import binascii
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote_plus

from authlib.consts import default_json_headers
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749.errors import InvalidClientError

from idp.actions import client_secrets
from idp.actions import refused
from idp.actions import tokens
from idp.actions.client_checks import BY_KEY
from idp.actions.grants import Client
from idp.actions.work import Work
from idp.errors import Forbidden
from idp.oidc import client_assertion
from idp.oidc.authlib_request import ProtocolRequest
from idp.oidc.client_keys import ClientKeys
from idp.rules import uris

BASIC = "client_secret_basic"
POST = "client_secret_post"
NONE = "none"
WITH_PROOF = [BASIC, POST, BY_KEY]
METHODS = [*WITH_PROOF, NONE]
LONGEST_ID = 200


class ProtocolClient(ClientMixin):
    """What Authlib asks of a client, answered from our record."""

    def __init__(self, record: Client) -> None:
        """Wraps one application."""
        self.record = record

    @property
    def has_keys(self) -> bool:
        """Tells whether anything that the client signs can be verified."""
        details = self.record.details
        return bool("jwks_uri" in details or details.get("jwks", {}).get("keys"))

    def get_client_id(self) -> str:
        """Returns the client id."""
        return self.record.client_id

    def get_default_redirect_uri(self) -> str:
        """Returns none: OpenID Connect wants the address said (Core 3.1.2.1)."""
        return ""

    def get_allowed_scope(self, scope: Any) -> str:
        """Returns what was asked; what may not be had is dropped later (SEC-181)."""
        return str(scope or "")

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Compares exactly, but for the loopback port of native clients (SEC-170)."""
        return uris.redirect_uri_allowed(
            redirect_uri, self.record.redirect_uris, public=self.record.public
        )

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Tells whether this is the registered method; it is one for all endpoints."""
        return method == self.record.auth_method

    def check_response_type(self, response_type: str) -> bool:
        """Tells whether the client may ask for codes."""
        return response_type == "code" and self.check_grant_type("authorization_code")

    def check_grant_type(self, grant_type: str) -> bool:
        """Tells whether the client may use a grant."""
        return grant_type in self.record.grant_types


class ClientRefusedError(InvalidClientError):
    """``invalid_client``, in the same words whatever was wrong (SEC-195, SEC-198).

    401 always; the challenge goes only to who used the header (RFC 6749 section 5.2),
    because a browser answers it with a password box of its own.
    """

    description = "Client authentication failed."
    status_code = 401

    def __init__(self, request: ProtocolRequest) -> None:
        """Makes the refusal for one request."""
        super().__init__()
        self._challenge = request.headers and "Authorization" in request.headers

    def get_headers(self) -> list[tuple[str, str]]:
        """Returns the headers, with the challenge where it is due."""
        headers = list(default_json_headers)
        if self._challenge:
            headers.append(("WWW-Authenticate", 'Basic realm="clients"'))
        return headers


def find(work: Work, client_id: str | None) -> ProtocolClient | None:
    """Finds an enabled application; what cannot be an id is not looked up (SEC-287)."""
    if not client_id or not plausible_id(client_id):
        return None
    record = tokens.find_client(work, client_id)
    return ProtocolClient(record) if record is not None and record.enabled else None


def plausible_id(client_id: str) -> bool:
    """Tells whether a text could be a client id at all."""
    return (
        len(client_id) <= LONGEST_ID and client_id.isascii() and client_id.isprintable()
    )


def authenticate(
    request: ProtocolRequest,
    methods: Collection[str],
    keys: ClientKeys,
    *,
    endpoint: str,
) -> ProtocolClient:
    """Checks who a client is, by one of these methods; raises ``invalid_client``."""
    given = presented(request)
    if given is None or given[0] not in methods or not plausible_id(given[1]):
        refused.count(request.work, refused.CLIENT, "no proof")
        raise ClientRefusedError(request)
    method, client_id, secret = given
    work = request.work
    try:
        if method == BY_KEY:
            record = client_assertion.authenticate(
                work, secret or "", client_id, keys, endpoint=endpoint
            )
        else:
            record = client_secrets.authenticate_client(work, client_id, secret, method)
    except Forbidden:
        raise ClientRefusedError(request) from None
    return ProtocolClient(record)


def presented(request: ProtocolRequest) -> tuple[str, str, str | None] | None:
    """Reads which method a request uses: its name, the client id and the proof.

    None where there is no authentication; raises ``invalid_request`` for two at once.
    """
    form = request.form
    header = (request.headers or {}).get("Authorization")
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if header is None and "client_assertion" in form:
        return _assertion(form)
    if header is None:
        method = NONE if secret is None else POST
        return (method, client_id, secret) if client_id else None
    if secret is not None or "client_assertion" in form:
        raise InvalidRequestError("Use one way of client authentication, not two.")
    credentials = basic_credentials(header)
    if credentials is None:
        return None
    if client_id is not None and client_id != credentials[0]:
        raise InvalidRequestError("The client_id in the form names another client.")
    return (BASIC, *credentials)


def _assertion(form: dict[str, str]) -> tuple[str, str, str] | None:
    """Reads an assertion; the client it names is the one of the form, if that says."""
    if "client_secret" in form:
        raise InvalidRequestError("Use one way of client authentication, not two.")
    text, client_id = form["client_assertion"], form.get("client_id")
    named = client_assertion.client_named_by(text)
    if form.get("client_assertion_type") != client_assertion.TYPE or not named:
        return None
    if client_id not in (None, named):
        raise InvalidRequestError("The client_id in the form names another client.")
    return BY_KEY, named, text


def basic_credentials(header: str) -> tuple[str, str] | None:
    """Decodes Basic as RFC 6749 section 2.3.1 says: both parts are form-encoded."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
        name, colon, secret = text.partition(":")
        client_id = unquote_plus(name, errors="strict")
        client_secret = unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        return None
    return (client_id, client_secret) if colon and client_id else None
