"""The only reader of OpenID Connect parameters of an authorization request.

Client and return address come first, and a fault there stays on a page of ours; every
later fault goes back to the application (SEC-171). What comes out is a value with no
protocol in it; what it demands of a person is decided by ``actions`` and ``rules``.
"""

import re

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6749 import UnauthorizedClientError
from authlib.oidc.core.errors import LoginRequiredError
from authlib.oidc.core.errors import RegistrationNotSupportedError
from authlib.oidc.core.errors import RequestNotSupportedError
from authlib.oidc.core.errors import RequestURINotSupportedError

from idp.actions.client_metadata import DEFAULT_ACR
from idp.actions.client_metadata import DEFAULT_AGE
from idp.actions.grants import Client
from idp.actions.work import Work
from idp.errors import RedirectUriMismatch
from idp.errors import UnknownClient
from idp.oidc import claims_parameter
from idp.oidc import clients
from idp.oidc import responses
from idp.oidc.claims_parameter import ClaimsAsked
from idp.oidc.clients import ProtocolClient
from idp.oidc.id_token import read_hint
from idp.oidc.keys import KeyRing
from idp.oidc.refusals import SAID
from idp.oidc.refusals import InvalidTargetError
from idp.oidc.refusals import UnsupportedResponseError
from idp.oidc.responses import Reply
from idp.oidc.wire import Parameters
from idp.rules import consent
from idp.rules import permissions
from idp.rules.requests import AuthorizationRequest

NAMES = (
    *("client_id", "redirect_uri", "response_type", "response_mode", "scope"),
    *("state", "nonce", "prompt", "max_age", "acr_values", "claims"),
    *("id_token_hint", "login_hint", "ui_locales", "claims_locales", "display"),
    *("code_challenge", "code_challenge_method"),
    *("request", "request_uri", "registration"),
)
PROMPTS = ("none", "login", "consent", "select_account")
REFRESH_GRANT = "refresh_token"
OFFLINE = "offline_access"

_AGE = re.compile("[0-9]{1,10}", re.ASCII)


def client_of(parameters: Parameters, work: Work) -> ProtocolClient:
    """Finds who asks, where the answer may go; raises what is shown on a page here.

    A disabled client is as good as unknown (SEC-250). An address that is only within a
    signed request is looked at when that is open.
    """
    client = clients.find(work, parameters.get("client_id"))
    if client is None:
        raise UnknownClient("client is unknown, disabled or named twice")
    if "redirect_uri" not in parameters.values and is_signed(parameters, client):
        return client
    address = parameters.get("redirect_uri")
    if address is None or not client.check_redirect_uri(address):
        raise RedirectUriMismatch(f"client {client.record.client_id}")
    return client


def is_signed(parameters: Parameters, client: ProtocolClient) -> bool:
    """Tells whether a request is in an object that can be verified."""
    return parameters.get("request") is not None and client.has_keys


def reply_of(parameters: Parameters, client: ProtocolClient) -> Reply:
    """Says where and how answers go, as far as the request says it soundly."""
    address = parameters.get("redirect_uri") or ""
    mode = parameters.get("response_mode")
    by_form = mode == responses.FORM_POST and responses.form_post_possible(address)
    sound = not parameters.oversized(("state",))
    return Reply(
        client_id=client.record.client_id,
        application=client.record.name,
        redirect_uri=address,
        mode=responses.FORM_POST if by_form else responses.QUERY,
        state=parameters.get("state") if sound else None,
    )


def check(parameters: Parameters, client: ProtocolClient) -> None:
    """Checks form and kind of a request, in the order of ``conformance.md`` 10.6."""
    if name := parameters.repeated(NAMES):
        raise InvalidRequestError(f"The parameter {name} was sent more than once.")
    if name := parameters.oversized(NAMES):
        raise InvalidRequestError(f"The parameter {name} is too long.")
    _check_references(parameters)
    _check_response(parameters, client)


def _check_references(parameters: Parameters) -> None:
    """Refuses requests within or behind a parameter, without a look (SEC-180).

    Those within that can be verified have taken the place of this one before.
    """
    if parameters.get("request"):
        raise RequestNotSupportedError("This client has no keys to sign requests.")
    if parameters.get("request_uri"):
        raise RequestURINotSupportedError("Requests by reference are not supported.")
    if parameters.get("registration"):
        raise RegistrationNotSupportedError("The registration is not supported.")


def _check_response(parameters: Parameters, client: ProtocolClient) -> None:
    """Checks what is to come back, and how (SEC-176)."""
    response_type = parameters.get("response_type")
    if response_type is None:
        raise InvalidRequestError("The parameter response_type is missing.")
    if response_type != "code":
        raise UnsupportedResponseError
    if not client.check_response_type(response_type):
        raise UnauthorizedClientError("The client may not ask for codes.")
    mode = parameters.get("response_mode") or responses.QUERY
    if mode not in responses.MODES:
        raise InvalidRequestError("This response_mode is not supported.")
    address = parameters.get("redirect_uri") or ""
    if mode == responses.FORM_POST and not responses.form_post_possible(address):
        raise InvalidRequestError("No form can be posted to this redirect_uri.")


def read(
    parameters: Parameters, client: ProtocolClient, work: Work, keys: KeyRing
) -> AuthorizationRequest:
    """Turns checked parameters into the request that is kept and answered."""
    record = client.record
    prompt = _prompt(parameters)
    asked = claims_parameter.parse(parameters.get("claims"))
    acr_values, acr_essential = _acr(parameters, asked, record)
    scopes = _scopes(parameters, record)
    claimable = record.scopes if record.first_party else scopes
    return AuthorizationRequest(
        client_id=record.client_id,
        redirect_uri=parameters.get("redirect_uri") or "",
        arrived_at=work.now,
        scopes=scopes,
        response_mode=parameters.get("response_mode") or responses.QUERY,
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
        code_challenge=parameters.get("code_challenge"),
        prompt=prompt,
        max_age=_max_age(parameters, record),
        acr_values=acr_values,
        acr_essential=acr_essential,
        subject=_subject(parameters, asked, prompt, work, keys),
        login_hint=_shown(parameters.get("login_hint")),
        ui_locales=tuple((parameters.get("ui_locales") or "").split()),
        id_token_claims=claims_parameter.within(asked.id_token, claimable),
        userinfo_claims=claims_parameter.at_userinfo(asked.userinfo, claimable),
        audience=_audience(parameters, record, scopes, work.settings.issuer),
    )


def _prompt(parameters: Parameters) -> tuple[str, ...]:
    values = tuple(dict.fromkeys((parameters.get("prompt") or "").split()))
    if not set(PROMPTS).issuperset(values):
        raise InvalidRequestError("This prompt is not supported.")
    if "none" in values and len(values) > 1:
        raise InvalidRequestError("The prompt none stands alone.")
    return values


def _max_age(parameters: Parameters, record: Client) -> int | None:
    """Reads whole seconds (SEC-101); an empty value is a fault, not an absent one.

    Whoever asks for a limit must not get none because it came out empty. The client's
    default counts where the request says nothing (Registration 2).
    """
    if "max_age" not in parameters.values:
        default: int | None = record.details.get(DEFAULT_AGE)
        return default
    text = parameters.sent("max_age") or ""
    if not _AGE.fullmatch(text):
        raise InvalidRequestError("The max_age is not a number of seconds.")
    return int(text)


def _acr(
    parameters: Parameters, asked: ClaimsAsked, record: Client
) -> tuple[tuple[str, ...], bool]:
    """Joins ``acr_values`` and the ``claims`` member; an essential one comes first.

    The client's default counts where neither names a level (Registration 2); what the
    client must have at least is joined by the decision (SEC-097).
    """
    listed = tuple((parameters.get("acr_values") or "").split())
    default = tuple(record.details.get(DEFAULT_ACR, ()))
    if asked.acr_essential:
        return asked.acr_values or listed or default, True
    return listed or asked.acr_values or default, False


def _scopes(parameters: Parameters, record: Client) -> tuple[str, ...]:
    """Drops what the client may not have; without refresh nothing works offline."""
    allowed = set(record.scopes)
    if REFRESH_GRANT not in record.grant_types:
        allowed.discard(OFFLINE)
    return consent.granted_scopes((parameters.get("scope") or "").split(), allowed)


def _subject(
    parameters: Parameters,
    asked: ClaimsAsked,
    prompt: tuple[str, ...],
    work: Work,
    keys: KeyRing,
) -> str | None:
    """Says whose login it must be (SEC-182); a hint only narrows.

    A hint that cannot be verified says nothing: its key may be gone. Silently, nobody
    can be told from anybody then.
    """
    text = parameters.get("id_token_hint")
    hint = None if text is None else read_hint(text, work, keys)
    if text is not None and hint is None and "none" in prompt:
        raise LoginRequiredError(SAID[LoginRequiredError])
    if hint is None or asked.subject in (None, hint.subject):
        return hint.subject if hint else asked.subject
    raise InvalidRequestError("Hint and claims name different persons.")


def _shown(hint: str | None) -> str | None:
    """Keeps a login hint that can stand in a field."""
    return hint if hint is not None and hint.isprintable() else None


def _audience(
    parameters: Parameters, record: Client, scopes: tuple[str, ...], issuer: str
) -> str | None:
    """Reads ``resource`` (RFC 8707): one of those that the client may name.

    Scopes of administration are for our own API, and no other resource agrees with it.
    """
    named = parameters.values.get("resource", ())
    if not any(named):
        return None
    allowed: tuple[str, ...] = (issuer, *record.allowed_resources)
    if permissions.of_scopes(scopes):
        allowed = (permissions.api_audience(issuer),)
    if len(named) > 1 or named[0] not in allowed:
        raise InvalidTargetError
    return named[0]
