"""What a self-registering client may say of itself: a subset of RFC 7591 (SEC-247).

A known member outside the subset that would weaken the client is refused; an unknown
one is ignored, as section 2 asks. Whether the record is acceptable is
``actions.client_checks``.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from idp.actions.client_checks import CODE
from idp.actions.client_checks import REFRESH
from idp.actions.client_metadata import Registration
from idp.errors import BadRequest
from idp.rules import consent

STATEMENT = "software_statement"
OFFLINE = "offline_access"
NAMELESS = "Application"
DEFAULTS: dict[str, Any] = {
    "redirect_uris": [],
    "post_logout_redirect_uris": [],
    "backchannel_logout_uri": None,
    "backchannel_logout_session_required": False,
    "frontchannel_logout_uri": None,
    "frontchannel_logout_session_required": False,
    "initiate_login_uri": None,
    "grant_types": [CODE],
    "token_endpoint_auth_method": "client_secret_basic",
    "token_endpoint_auth_signing_alg": None,
    "id_token_signed_response_alg": "RS256",
    "introspection_signed_response_alg": None,
    "jwks": None,
    "jwks_uri": None,
    "request_object_signing_alg": None,
    "require_signed_request_object": False,
    "require_pushed_authorization_requests": False,
    "default_acr_values": None,
    "default_max_age": None,
    "require_auth_time": False,
}
"""Members that are taken as they come, and what each is where nothing was said."""

SHOWN = ("client_name", "response_types", "scope", *DEFAULTS)
OWN = frozenset(
    {
        *("min_acr", "max_factor_age", "accept_backup_codes", "first_party"),
        *("claims_in_id_token", "require_pkce", "access_token_lifetime"),
        *("allowed_origins", "resource", "allowed_resources", "enabled", "secrets"),
        *("consent", "skip_consent", "trusted", STATEMENT),
    }
)
"""What is for administrators to say, and never for the application (SEC-247)."""

FIXED: dict[str, tuple[object, ...]] = {
    "response_types": (["code"], []),
    "subject_type": ("public",),
    "application_type": ("web", "native"),
}
"""Members of which there is no choice here, and the values that agree with that."""

_MINE = "Only an administrator may say that."


def read(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the metadata of a client that asks for consent, and of no other kind.

    Raises BadRequest that names the members at fault.
    """
    said = {name: value for name, value in sent.items() if value is not None}
    faults = [(name, _MINE) for name in said if name in OWN]
    faults += [
        (name, f"There is no choice of {name} but {allowed[0]}.")
        for name, allowed in FIXED.items()
        if name in said and said[name] not in allowed
    ]
    granted = said.get("grant_types", [CODE])
    if not _may_have(granted):
        faults.append(("grant_types", f"Grants are {CODE} and {REFRESH}."))
    if faults:
        raise BadRequest(faults[0][0], faults=faults)
    taken = {name: said.get(name, default) for name, default in DEFAULTS.items()}
    name = said.get("client_name") or _name(said.get("redirect_uris"))
    scope = _scope(said.get("scope"), granted)
    return {**taken, "client_name": name, "scope": scope}


def _may_have(granted: object) -> bool:
    known = isinstance(granted, list) and all(one in (CODE, REFRESH) for one in granted)
    return known and CODE in granted  # type: ignore[operator]


def _scope(wanted: object, granted: list[str]) -> object:
    """Drops what applications of strangers do not get; rights here are refused."""
    if wanted is not None and not isinstance(wanted, str):
        return wanted  # whoever reads it says what is wrong
    words = consent.SCOPES if wanted is None else wanted.split()
    if any(word.startswith("idp:") for word in words):
        raise BadRequest("scope", faults=[("scope", _MINE)])
    had = [word for word in words if word in consent.SCOPES]
    return " ".join(one for one in had if one != OFFLINE or REFRESH in granted)


def _name(addresses: object) -> str:
    """Names an application without a name after where it lives."""
    first = addresses[0] if isinstance(addresses, list) and addresses else ""
    try:
        return urlsplit(first).hostname or NAMELESS
    except (ValueError, AttributeError, TypeError):
        return NAMELESS


def shown(registration: Registration) -> dict[str, Any]:
    """Returns what the application is told of its own record (section 3.2.1)."""
    found = {name: getattr(registration, name) for name in SHOWN}
    return {name: value for name, value in found.items() if value is not None}
