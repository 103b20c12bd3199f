"""The ``claims`` parameter (OpenID Connect Core 5.5), read into plain values.

Unknown members are ignored, malformed ones are ``invalid_request``. Which of the claims
somebody gets is decided by scope and by what is known of the person, elsewhere.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass

from authlib.oauth2.rfc6749 import InvalidRequestError

from idp.rules import consent

MALFORMED = "The claims parameter is not a JSON object of the expected form."

PROVED = ("acr", "amr", "auth_time")
"""What userinfo tells, too, of the sign-in to who asks for it by name."""


@dataclass(frozen=True, slots=True)
class ClaimsAsked:
    """What was asked: claims by name, a level, and one certain person."""

    id_token: tuple[str, ...] = ()
    userinfo: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    acr_essential: bool = False
    subject: str | None = None


def parse(text: str | None) -> ClaimsAsked:
    """Reads the parameter; raises ``invalid_request``."""
    if text is None:
        return ClaimsAsked()
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRequestError(MALFORMED) from None
    if document is None:
        raise InvalidRequestError(MALFORMED)
    members = _members(document)
    id_token = _members(members.get("id_token"))
    userinfo = _members(members.get("userinfo"))
    requests = {name: _members(value) for name, value in id_token.items()}
    for value in userinfo.values():
        _members(value)
    acr = requests.get("acr") or _members(userinfo.get("acr"))
    return ClaimsAsked(
        id_token=tuple(id_token),
        userinfo=tuple(userinfo),
        acr_values=_values(acr),
        acr_essential=acr.get("essential") is True,
        subject=_subject(requests.get("sub", {}), _members(userinfo.get("sub"))),
    )


def within(names: Collection[str], scopes: Collection[str]) -> tuple[str, ...]:
    """Keeps the claims that a scope among these releases; asking is no right."""
    return tuple(name for name in names if consent.SCOPE_OF_CLAIM.get(name) in scopes)


def at_userinfo(names: Collection[str], scopes: Collection[str]) -> tuple[str, ...]:
    """Keeps, too, what every ID token says of the sign-in, which needs no scope."""
    proved = tuple(name for name in names if name in PROVED)
    return (*within(names, scopes), *proved)


def _members(value: object) -> dict[str, object]:
    """Returns the members of an object; null asks for a claim without conditions."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidRequestError(MALFORMED)
    return value


def _values(request: dict[str, object]) -> tuple[str, ...]:
    one, several = request.get("value"), request.get("values", [])
    listed = several if isinstance(several, list) else [several]
    values = listed if one is None else [one, *listed]
    if not all(isinstance(value, str) and value.isprintable() for value in values):
        raise InvalidRequestError(MALFORMED)
    return tuple(str(value) for value in values)


def _subject(*requests: dict[str, object]) -> str | None:
    """Returns the one person asked for; two different ones are malformed."""
    named = {value for request in requests for value in _values(request)}
    if len(named) > 1:
        raise InvalidRequestError("The claims parameter asks for more than one person.")
    return named.pop() if named else None
