"""Pushed authorization requests (RFC 9126): the endpoint, and references to them.

What is pushed passes the same checks as what a browser brings; of the browser's own
parameters only the client id and the reference count then.
"""

from authlib.oauth2.rfc6749 import InvalidRequestError

from idp.actions import pushed_requests
from idp.actions.work import Work
from idp.errors import RedirectUriMismatch
from idp.errors import UnknownClient
from idp.oidc import clients
from idp.oidc import request_objects
from idp.oidc import requests
from idp.oidc.authlib_request import ProtocolRequest
from idp.oidc.clients import ProtocolClient
from idp.oidc.exchange import Exchange
from idp.oidc.keys import KeyRing
from idp.oidc.wire import Answer
from idp.oidc.wire import Parameters
from idp.rules.requests import AuthorizationRequest

PREFIX = "urn:ietf:params:oauth:request_uri:"


def answer(
    exchange: Exchange, request: ProtocolRequest, parameters: Parameters, keys: KeyRing
) -> Answer:
    """Keeps a request of an authenticated client and answers where it is."""
    client = exchange.authenticate_client(request, clients.METHODS, "par")
    work = request.work
    named = _named(parameters, client)
    pushed = request_objects.opened(named, client, work, exchange.client_keys)
    request_objects.check_way(client, signed=pushed is not named, pushed=True)
    _check_place(pushed, work)
    requests.check(pushed, client)
    asked = ProtocolRequest("POST", pushed.single(), work)
    exchange.check_authorization(asked)
    reference = pushed_requests.push(work, requests.read(pushed, client, work, keys))
    body = {
        "request_uri": PREFIX + reference,
        "expires_in": int(pushed_requests.LIFETIME.total_seconds()),
    }
    return Answer(201, body, client_id=client.record.client_id)


def _named(parameters: Parameters, client: ProtocolClient) -> Parameters:
    """Puts the client's name in where only its authentication said it.

    An empty parameter counts as absent here, too (RFC 6749 section 3.1).
    """
    if any(parameters.values.get("request_uri", ())):
        raise InvalidRequestError("A pushed request cannot refer to another one.")
    if any(parameters.values.get("client_id", ())):
        return parameters
    return Parameters({**parameters.values, "client_id": (client.record.client_id,)})


def _check_place(parameters: Parameters, work: Work) -> None:
    try:
        requests.client_of(parameters, work)
    except (RedirectUriMismatch, UnknownClient):
        raise InvalidRequestError("This redirect_uri is not registered.") from None


def reference_of(parameters: Parameters) -> str | None:
    """Returns the secret part of a request URI, if the request holds one of ours."""
    text = parameters.get("request_uri") or ""
    return text.removeprefix(PREFIX) if text.startswith(PREFIX) else None


def find(parameters: Parameters, work: Work) -> AuthorizationRequest | None:
    """Finds the pushed request that a browser refers to; None for other requests.

    Raises UnknownClient, TransactionGone or RedirectUriMismatch for a page here: an
    address that was registered when the request came may not be any more.
    """
    reference = reference_of(parameters)
    if reference is None:
        return None
    client = clients.find(work, parameters.get("client_id"))
    if client is None:
        raise UnknownClient("client is unknown, disabled or named twice")
    found = pushed_requests.find(work, reference, client.record.client_id)
    if not client.check_redirect_uri(found.redirect_uri):
        raise RedirectUriMismatch(f"client {found.client_id}")
    return found
