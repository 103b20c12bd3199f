"""Scopes: what a client gets, what a person still has to allow, what a scope releases.

Pure sets of words; who is asked, and where the answer is kept, is elsewhere.
"""

from collections.abc import Collection
from collections.abc import Sequence

CLAIMS_OF_SCOPE: dict[str, tuple[str, ...]] = {
    "openid": (),
    "profile": (
        "name",
        "given_name",
        "family_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
    "groups": ("groups",),
    "offline_access": (),
}
"""The scopes there are, and the claims each releases (OpenID Connect Core 5.4)."""

SCOPES = tuple(CLAIMS_OF_SCOPE)
SCOPE_OF_CLAIM = {
    claim: scope for scope, claims in CLAIMS_OF_SCOPE.items() for claim in claims
}


def granted_scopes(asked: Sequence[str], allowed: Collection[str]) -> tuple[str, ...]:
    """Drops what is unknown or not the client's; keeps the order asked (SEC-181)."""
    return tuple(dict.fromkeys(scope for scope in asked if scope in allowed))


def missing_scopes(
    asked: Sequence[str],
    consented: Collection[str],
    *,
    first_party: bool,
    prompted: bool,
) -> tuple[str, ...]:
    """Returns what the person has to allow first (SEC-183).

    An application of the organisation itself is asked about only by ``prompt=consent``.
    """
    if prompted:
        return tuple(asked)
    if first_party:
        return ()
    return tuple(scope for scope in asked if scope not in consented)


def still_asked(names: Sequence[str], scopes: Collection[str]) -> tuple[str, ...]:
    """Drops claims asked for by name that no scope among these releases any more.

    What needs no scope stays.
    """
    return tuple(name for name in names if SCOPE_OF_CLAIM.get(name) in (None, *scopes))


def released_claims(scopes: Sequence[str]) -> tuple[str, ...]:
    """Returns the claims that a set of scopes releases, in a fixed order."""
    return tuple(
        claim for scope in SCOPES if scope in scopes for claim in CLAIMS_OF_SCOPE[scope]
    )
