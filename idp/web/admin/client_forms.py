"""The forms of an application: what they show of a record, and metadata out of them.

Fields carry the names of RFC 7591 and our own (``interface.md`` section 4); lists of
addresses come one a line. What does not come is left as it is. Whether the metadata
will do is the action's business.
"""

import json
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

from idp.actions.client_metadata import AUTH_ALG
from idp.actions.client_metadata import REQUEST_ALG
from idp.actions.client_metadata import SIGNED
from idp.actions.client_metadata import Registration
from idp.rules import consent
from idp.rules import permissions
from idp.rules.durations import parse_duration
from idp.web.admin.faults import Fault
from idp.web.forms import Filled

SWITCHES = (
    "accept_backup_codes",
    "first_party",
    "claims_in_id_token",
    "require_pkce",
    "require_signed_request_object",
    "require_pushed_authorization_requests",
)
TICKS = ("scope", *SWITCHES)
LINES = (
    "redirect_uris",
    "post_logout_redirect_uris",
    "allowed_origins",
    "allowed_resources",
)
DURATIONS = ("max_factor_age", "access_token_lifetime", "default_max_age")
MAY_BE_NOTHING = ("default_max_age",)
WORDS = ("default_acr_values",)
TEXTS = ("client_name", "token_endpoint_auth_method", *SIGNED)
OPTIONAL = (
    "min_acr",
    "backchannel_logout_uri",
    "frontchannel_logout_uri",
    "jwks_uri",
    "initiate_login_uri",
    "resource",
    AUTH_ALG,
    REQUEST_ALG,
)
MORE_SCOPES = "more_scopes"
KEYS = "jwks"

CODE_GRANTS = ["authorization_code", "refresh_token"]
KINDS: dict[str, dict[str, Any]] = {
    "web": {"grant_types": CODE_GRANTS},
    "public": {"grant_types": CODE_GRANTS, "token_endpoint_auth_method": "none"},
    "service": {"grant_types": ["client_credentials"]},
}
"""What somebody chooses from, and what each choice means in metadata."""

_UNITS = (("d", 86400), ("h", 3600), ("m", 60))


def kind_of(shown: Registration) -> str:
    """Returns which of ``KINDS`` an application is."""
    if "authorization_code" not in shown.grant_types:
        return "service"
    return "public" if shown.token_endpoint_auth_method == "none" else "web"


def created_at(shown: Registration) -> datetime:
    """Returns when an application was registered."""
    return datetime.fromtimestamp(shown.client_id_issued_at, UTC)


def values_of(shown: Registration) -> dict[str, Any]:
    """Returns what the fields of the form show of a record."""
    scopes = shown.scope.split()
    known = (*consent.SCOPES, *permissions.PERMISSIONS)
    return {
        **{name: getattr(shown, name) for name in (*TEXTS, *SWITCHES)},
        **{name: getattr(shown, name) or "" for name in OPTIONAL},
        **{name: "\n".join(getattr(shown, name) or ()) for name in LINES},
        **{name: written(getattr(shown, name)) for name in DURATIONS},
        **{name: " ".join(getattr(shown, name)) for name in WORDS},
        "scope": [scope for scope in scopes if scope in known],
        MORE_SCOPES: " ".join(scope for scope in scopes if scope not in known),
        KEYS: json.dumps(shown.jwks, indent=1) if shown.jwks else "",
    }


def written(seconds: int | None) -> str:
    """Writes a duration as it is typed: ``90s``, ``12h``; none is the empty text."""
    if not seconds:
        return "" if seconds is None else "0"
    for unit, size in _UNITS:
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def entered(form: Filled) -> dict[str, Any]:
    """Returns what was entered, to be shown again; nothing else comes back."""
    lines = (*TEXTS, *OPTIONAL, *LINES, *DURATIONS, *WORDS)
    texts = (*lines, MORE_SCOPES, KEYS, "kind", "client_id")
    return {
        **{name: form.get(name) for name in texts if name in form.fields},
        **{name: bool(form.lists[name]) for name in SWITCHES if name in form.lists},
        **({"scope": list(form.lists["scope"])} if "scope" in form.lists else {}),
    }


def metadata_of(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """Reads metadata out of what was entered, and what cannot be read at all."""
    found: dict[str, Any] = {}
    faults = []
    for name, value in values.items():
        if name in (*TEXTS, *SWITCHES):
            found[name] = value
        elif name in OPTIONAL:
            found[name] = value.strip() or None
        elif name in LINES:
            found[name] = _lines(value)
        elif name in WORDS:
            found[name] = value.split()
        elif name in DURATIONS:
            found[name] = _duration(name, value)
            if value.strip() and found[name] is None:
                faults.append(Fault(name, no_duration(value)))
    return {**found, **_special(values)}, faults


def _special(values: Mapping[str, Any]) -> dict[str, Any]:
    """Reads what comes of two fields, or has no empty list."""
    found: dict[str, Any] = {}
    if "scope" in values:
        found["scope"] = " ".join([*values["scope"], values.get(MORE_SCOPES, "")])
    if "allowed_origins" in values:
        found["allowed_origins"] = _lines(values["allowed_origins"]) or None
    if KEYS in values:
        found[KEYS] = _key_set(values[KEYS])
    return found


def _key_set(text: str) -> Any:
    """Reads a JWK set; what is no JSON stays the text that it is, to be refused."""
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        return text


def _duration(name: str, text: str) -> timedelta | None:
    nothing = name in MAY_BE_NOTHING and text.strip() == "0"
    return timedelta(0) if nothing else parse_duration(text)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def no_duration(text: str) -> str:
    """Says that a text is not a length of time."""
    words = "is not a length of time: a number with s, m, h or d"
    return f"{text!a} {words}, such as 90s, 15m, 12h or 30d."
