"""A client's record under the names of RFC 7591 and our own.

Reads metadata as administration gives it, and shows a record in the same terms
(``interface.md`` section 4). Whether the record is acceptable as a whole is
``actions.client_checks``; nothing is written here.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from datetime import datetime
from datetime import timedelta
from typing import Any

from idp.actions import metadata_values as read
from idp.actions.logout_results import LogoutResult
from idp.errors import BadRequest
from idp.store.clients import Client
from idp.store.clients import ClientSecret

AUTH_ALG = "token_endpoint_auth_signing_alg"
REQUEST_ALG = "request_object_signing_alg"
SIGNED_ONLY = "require_signed_request_object"
PUSHED_ONLY = "require_pushed_authorization_requests"
DEFAULT_ACR = "default_acr_values"
START = "initiate_login_uri"
DEFAULT_AGE = "default_max_age"
SIGNED = ("id_token_signed_response_alg", "introspection_signed_response_alg")
"""Members that say with which algorithm we sign something for an application."""


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """What is known of a client secret, never the secret."""

    id: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Registration:
    """An application as administration shows it; durations are whole seconds."""

    client_id: str
    client_id_issued_at: int
    client_name: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str | None
    backchannel_logout_session_required: bool
    frontchannel_logout_uri: str | None
    frontchannel_logout_session_required: bool
    initiate_login_uri: str | None
    response_types: tuple[str, ...]
    grant_types: tuple[str, ...]
    token_endpoint_auth_method: str
    token_endpoint_auth_signing_alg: str | None
    scope: str
    id_token_signed_response_alg: str
    introspection_signed_response_alg: str
    jwks: dict[str, Any] | None
    jwks_uri: str | None
    request_object_signing_alg: str | None
    require_signed_request_object: bool
    require_pushed_authorization_requests: bool
    min_acr: str | None
    max_factor_age: int | None
    accept_backup_codes: bool
    default_acr_values: tuple[str, ...]
    default_max_age: int | None
    require_auth_time: bool
    first_party: bool
    claims_in_id_token: bool
    require_pkce: bool
    access_token_lifetime: int | None
    allowed_origins: tuple[str, ...] | None
    resource: str | None
    allowed_resources: tuple[str, ...]
    enabled: bool
    secrets: tuple[SecretFacts, ...] = field(repr=False)
    version: int = field(metadata={"json": False})
    last_logout_notice: LogoutResult | None = None


def registration(
    client: Client,
    secrets: Sequence[ClientSecret],
    told: LogoutResult | None = None,
) -> Registration:
    """Shows a record in the words of RFC 7591."""
    code = "authorization_code" in client.grant_types
    return Registration(
        client_id=client.client_id,
        client_id_issued_at=int(client.created_at.timestamp()),
        client_name=client.name,
        redirect_uris=client.redirect_uris,
        post_logout_redirect_uris=client.post_logout_redirect_uris,
        response_types=("code",) if code else (),
        grant_types=client.grant_types,
        token_endpoint_auth_method=client.auth_method,
        scope=" ".join(client.scopes),
        id_token_signed_response_alg=client.id_token_alg,
        min_acr=client.min_acr,
        max_factor_age=_seconds(client.max_factor_age),
        accept_backup_codes=client.accept_backup_codes,
        first_party=client.first_party,
        claims_in_id_token=client.claims_in_id_token,
        require_pkce=client.require_pkce,
        access_token_lifetime=_seconds(client.access_token_lifetime),
        allowed_origins=client.allowed_origins,
        resource=client.resource,
        allowed_resources=client.allowed_resources,
        enabled=client.enabled,
        secrets=tuple(
            SecretFacts(one.id, one.created_at, one.expires_at, one.last_used_at)
            for one in secrets
        ),
        version=client.version,
        last_logout_notice=told,
        **_of_details(client.details),
    )


def _of_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the members that have no column of their own."""
    said = {name: details.get(name, _UNSAID.get(name)) for name in _DETAILS}
    return {k: tuple(v) if isinstance(v, list) else v for k, v in said.items()}


def _seconds(duration: timedelta | None) -> int | None:
    return None if duration is None else int(duration.total_seconds())


def fields_of(
    metadata: Mapping[str, object], details: Mapping[str, Any]
) -> dict[str, Any]:
    """Reads metadata into fields of a record; raises BadRequest for anything odd.

    ``details`` are those of the record that is changed, empty for a new one.
    """
    found: dict[str, Any] = {}
    merged = dict(details)
    faults: list[tuple[str, str]] = []
    for name, value in metadata.items():
        try:
            if name in _DETAILS:
                merged[name] = _DETAILS[name](value)
            elif name in _FIELDS:
                field_name, reader = _FIELDS[name]
                found[field_name] = reader(value)
            else:
                faults.append((name, f"An application has no {name!a}."))
        except ValueError as fault:
            faults.append((name, f"{name} {fault}."))
    if faults:
        raise BadRequest(faults[0][0], faults=faults)
    found["details"] = {k: v for k, v in merged.items() if v is not None}
    return found


def told(made: Registration) -> dict[str, Any]:
    """Returns what the audit trail says of a new application."""
    return {name: _told(getattr(made, name)) for name in _TOLD}


def changes(before: Registration, after: Registration) -> dict[str, Any]:
    """Returns what differs, as the audit trail holds it: old and new (REL-080)."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in _TOLD)
    return {name: [_told(old), _told(new)] for name, old, new in pairs if old != new}


def _told(value: Any) -> Any:
    """Returns a member for the audit trail, whose records are small."""
    if isinstance(value, dict):
        return "given"
    return list(value) if isinstance(value, tuple) else value


_FIELDS: dict[str, tuple[str, Callable[[object], Any]]] = {
    "client_name": ("name", read.text),
    "redirect_uris": ("redirect_uris", read.texts),
    "post_logout_redirect_uris": ("post_logout_redirect_uris", read.texts),
    "grant_types": ("grant_types", read.texts),
    "token_endpoint_auth_method": ("auth_method", read.text),
    "scope": ("scopes", read.words),
    "id_token_signed_response_alg": ("id_token_alg", read.text),
    "min_acr": ("min_acr", read.or_none(read.text)),
    "max_factor_age": (
        "max_factor_age",
        read.or_none(read.duration),
    ),
    "accept_backup_codes": ("accept_backup_codes", read.switch),
    "first_party": ("first_party", read.switch),
    "claims_in_id_token": ("claims_in_id_token", read.switch),
    "require_pkce": ("require_pkce", read.switch),
    "access_token_lifetime": (
        "access_token_lifetime",
        read.or_none(read.duration),
    ),
    "allowed_origins": (
        "allowed_origins",
        read.or_none(read.texts),
    ),
    "resource": ("resource", read.or_none(read.text)),
    "allowed_resources": ("allowed_resources", read.texts),
    "enabled": ("enabled", read.switch),
}
_NOT_TOLD = ("secrets", "version", "last_logout_notice")
_TOLD = tuple(one.name for one in fields(Registration) if one.name not in _NOT_TOLD)
_DETAILS: dict[str, Callable[[object], Any]] = {
    "backchannel_logout_uri": read.or_none(read.text),
    "introspection_signed_response_alg": read.or_none(read.text),
    DEFAULT_ACR: read.or_none(read.listed),
    DEFAULT_AGE: read.or_none(read.age),
    "require_auth_time": read.switch,
    "backchannel_logout_session_required": read.switch,
    "frontchannel_logout_uri": read.or_none(read.text),
    "frontchannel_logout_session_required": read.switch,
    START: read.or_none(read.text),
    "jwks": read.or_none(read.json_object),
    "jwks_uri": read.or_none(read.text),
    AUTH_ALG: read.or_none(read.text),
    REQUEST_ALG: read.or_none(read.text),
    SIGNED_ONLY: read.wanted,
    PUSHED_ONLY: read.wanted,
}
_UNSAID: dict[str, object] = {
    "introspection_signed_response_alg": "RS256",
    "backchannel_logout_session_required": False,
    "frontchannel_logout_session_required": False,
    DEFAULT_ACR: (),
    SIGNED_ONLY: False,
    PUSHED_ONLY: False,
    "require_auth_time": False,
}
"""What a member of ``_DETAILS`` is where nothing was said; the others are none."""
