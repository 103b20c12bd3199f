"""Rights of administration: their names, who may do what, the last administrator.

A right is a scope of the API and a permission of roles alike, under one name. Pure
sets of words; loading them is ``actions.rights`` (SEC-255 to SEC-257, SEC-262).
"""

from collections.abc import Collection
from collections.abc import Iterable

USERS_READ = "idp:users:read"
USERS_WRITE = "idp:users:write"
MFA_READ = "idp:mfa:read"
MFA_WRITE = "idp:mfa:write"
SESSIONS_WRITE = "idp:sessions:write"
ROLES_WRITE = "idp:roles:write"
CLIENTS_READ = "idp:clients:read"
CLIENTS_WRITE = "idp:clients:write"
POLICY_READ = "idp:policy:read"
POLICY_WRITE = "idp:policy:write"
AUDIT_READ = "idp:audit:read"
KEYS_WRITE = "idp:keys:write"

PREFIX = "idp:"
API_PATH = "/api/v1"
PERMISSIONS = (
    USERS_READ,
    USERS_WRITE,
    MFA_READ,
    MFA_WRITE,
    SESSIONS_WRITE,
    ROLES_WRITE,
    CLIENTS_READ,
    CLIENTS_WRITE,
    POLICY_READ,
    POLICY_WRITE,
    AUDIT_READ,
    KEYS_WRITE,
)
"""Every right there is (``interface.md`` section 4)."""

ADMINISTRATOR = "administrator"
HELPDESK = "helpdesk"
AUDITOR = "auditor"
BUILT_IN = {
    ADMINISTRATOR: PERMISSIONS,
    HELPDESK: (USERS_READ, MFA_READ, MFA_WRITE, SESSIONS_WRITE),
    AUDITOR: tuple(right for right in PERMISSIONS if right.endswith(":read")),
}
"""The roles that are always there, and what they hold."""


def may(actor: Collection[str], permission: str, target: Collection[str] = ()) -> bool:
    """Tells whether an actor may use a right, on a target that has rights itself.

    A target without rights asks for the right alone. One with rights may be touched
    only by who holds all of them and could take them away (SEC-256), so that a helpdesk
    helps people who hold no permission, not one another.
    """
    if permission not in actor:
        return False
    return not target or (ROLES_WRITE in actor and set(target) <= set(actor))


def may_grant(actor: Collection[str], granted: Iterable[str]) -> bool:
    """Tells whether an actor may hand rights out: none that he lacks (SEC-257)."""
    wanted = set(granted)
    return not wanted or (ROLES_WRITE in actor and wanted <= set(actor))


def of_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Returns those scopes that are rights of administration, known or not."""
    return tuple(scope for scope in scopes if scope.startswith(PREFIX))


def held(scopes: Iterable[str], rights: Collection[str]) -> tuple[str, ...]:
    """Drops of some scopes those that are rights beyond a person's; the rest stays."""
    return tuple(
        scope for scope in scopes if not scope.startswith(PREFIX) or scope in rights
    )


def api_audience(issuer: str) -> str:
    """Names our own API as the audience of a token (RFC 9068 section 2.2)."""
    return f"{issuer}{API_PATH}"


def unknown(permissions: Iterable[str]) -> tuple[str, ...]:
    """Returns the words that name no right."""
    return tuple(word for word in permissions if word not in PERMISSIONS)


def leaves_an_administrator(*, was_one: bool, stays_one: bool, others: int) -> bool:
    """Tells whether somebody can still administer after a change (SEC-262).

    ``others`` counts the other people who are administrators and can sign in. Where
    nobody was one before, nothing is lost.
    """
    return not was_one or stays_one or others > 0
