"""Administration of roles: their names, their permissions, whether they require MFA.

Built-in roles keep their name and their rights. Nobody makes, changes or deletes a role
with rights that they lack (SEC-257), and whoever may not take MFA away from people
cannot do so through a role either.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from idp.actions import rights
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import Conflict
from idp.errors import NotFound
from idp.errors import PolicyRefused
from idp.errors import StaleVersion
from idp.rules import permissions
from idp.rules.names import canonical_username
from idp.rules.names import display_username
from idp.rules.names import has_control_characters
from idp.rules.permissions import ROLES_WRITE
from idp.rules.permissions import USERS_READ
from idp.store import roles
from idp.store.roles import Role as Role

LONGEST_NAME = 64
LONGEST_DESCRIPTION = 500


@dataclass(frozen=True, slots=True)
class Deleted:
    """A role that is gone, and how many people lost it."""

    name: str
    people: int


def version_of(role: Role) -> int:
    """Numbers the state of a role; two that are alike have the same version."""
    digest = hashlib.sha256(repr(role).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % 10**9


def list_roles(work: Work) -> tuple[Role, ...]:
    """Lists every role by name."""
    with rights.reading(work, USERS_READ) as db:
        return tuple(roles.list_roles(db))


def show_role(work: Work, name: str) -> Role:
    """Returns a role; raises NotFound."""
    with rights.reading(work, USERS_READ) as db:
        return _find(db, name)


def count_holders(work: Work) -> dict[str, int]:
    """Counts the people of each role that somebody holds."""
    with rights.reading(work, USERS_READ) as db:
        return roles.count_holders(db)


def create_role(
    work: Work,
    name: str,
    *,
    description: str = "",
    granted: Sequence[str] = (),
    mfa_required: bool = False,
) -> Role:
    """Makes a role; raises BadRequest, Conflict or Forbidden."""
    role = _checked(Role(name, description, tuple(granted), mfa_required, False))
    with rights.administering(work, ROLES_WRITE) as db:
        rights.require_grant(work, role.permissions)
        looks = canonical_username(role.name)
        if any(canonical_username(one.name) == looks for one in roles.list_roles(db)):
            words = "There is a role whose name is the same, or looks the same."
            raise Conflict("name", sentence=words)
        roles.add_role(db, role)
        _record(db, work, "role.created", role)
    return role


def change_role(
    work: Work,
    name: str,
    *,
    description: str | None = None,
    granted: Sequence[str] | None = None,
    mfa_required: bool | None = None,
    version: int | None = None,
) -> Role:
    """Changes what is given; what a role may do is changed for its holders at once.

    Nothing of a role with rights beyond the actor's is changed (SEC-256). The rights of
    the administrator are fixed, so no change takes the last one away (SEC-262). Raises
    StaleVersion where a version is given and the role has another (REL-023).
    """
    with rights.administering(work, ROLES_WRITE) as db:
        before = _locked(db, name)
        after = _checked(
            Role(
                before.name,
                before.description if description is None else description,
                before.permissions if granted is None else tuple(granted),
                before.mfa_required if mfa_required is None else mfa_required,
                before.built_in,
            )
        )
        rights.require_grant(work, set(before.permissions) | set(after.permissions))
        rights.require_to_relax(work, [before], [after])
        if before.built_in and set(before.permissions) != set(after.permissions):
            raise PolicyRefused("role", sentence="A built-in role keeps its rights.")
        if version not in (None, version_of(before)):
            raise StaleVersion("role")
        if after != before:
            roles.change_role(db, after)
            _record(db, work, "role.changed", after, before=before)
    return after


def delete_role(work: Work, name: str) -> Deleted:
    """Deletes a role; whoever holds it loses it, which counts as one change.

    Built-in ones stay.
    """
    with rights.administering(work, ROLES_WRITE) as db:
        role = _locked(db, name)
        rights.require_grant(work, role.permissions)
        rights.require_to_relax(work, [role], [])
        if role.built_in:
            raise PolicyRefused("role", sentence="A built-in role cannot be deleted.")
        people = roles.count_holders(db).get(name, 0)
        roles.delete_role(db, name)
        _record(db, work, "role.deleted", role, people=people)
    return Deleted(name, people)


def _locked(db: Connection, name: str) -> Role:
    roles.lock_role(db, name)
    return _find(db, name)


def _find(db: Connection, name: str) -> Role:
    role = roles.find_role(db, name)
    if role is None:
        raise NotFound("role", sentence=f"There is no role {name!a}.")
    return role


def _checked(role: Role) -> Role:
    name = role.name
    if name.strip() != name or not 1 <= len(name) <= LONGEST_NAME:
        words = f"A role needs a name of up to {LONGEST_NAME} characters."
        raise BadRequest("name", sentence=words)
    if {"/", "\\"} & set(name) or name in (".", ".."):
        words = "The name of a role is part of an address: it holds no slash."
        raise BadRequest("name", sentence=words)
    for field, unfit in (
        ("name", display_username(name) is None),
        ("description", has_control_characters(role.description)),
    ):
        if unfit:
            words = "A role is described in one line of text."
            raise BadRequest(field, sentence=words)
    if len(role.description) > LONGEST_DESCRIPTION:
        raise BadRequest("description", sentence="This description is too long.")
    strangers = permissions.unknown(role.permissions)
    if strangers:
        words = f"There is no permission {strangers[0]!a}."
        raise BadRequest("permissions", sentence=words)
    ordered = tuple(one for one in permissions.PERMISSIONS if one in role.permissions)
    return Role(name, role.description, ordered, role.mfa_required, role.built_in)


def _rights(role: Role) -> dict[str, object]:
    return {
        "permissions": list(role.permissions),
        "mfa_required": role.mfa_required,
    }


def _record(
    db: Connection,
    work: Work,
    event: str,
    role: Role,
    *,
    before: Role | None = None,
    people: int | None = None,
) -> None:
    """Writes the record; what changed as a pair, of a description only that it did."""
    changes = _rights(role)
    if before is not None:
        was = _rights(before)
        changes = {
            name: [was[name], value]
            for name, value in changes.items()
            if was[name] != value
        }
        if before.description != role.description:
            changes["description"] = "changed"
    if people is not None:
        changes["people"] = people
    subject = Subject("role", role.name, role.name)
    work.audit(db, event, subject=subject, changes=changes)
