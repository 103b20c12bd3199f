"""The page of one person: what may be changed there, and *Update*, all or nothing.

The page collects changes and *Update* makes them in one block (R7, R8). The changes are
those of ``actions.user_changes``, the same as in the single actions.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from sqlalchemy.engine import Connection

from idp.actions import people
from idp.actions import rights
from idp.actions import user_changes
from idp.actions import users
from idp.actions.people import User
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import StaleVersion
from idp.rules import permissions
from idp.rules.names import canonical_username
from idp.rules.permissions import MFA_WRITE
from idp.rules.permissions import SESSIONS_WRITE
from idp.rules.permissions import USERS_READ
from idp.rules.permissions import USERS_WRITE
from idp.store import roles
from idp.store.roles import Role
from idp.store.users import UserRow

OVER_PEOPLE = (USERS_WRITE, MFA_WRITE, SESSIONS_WRITE)


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A role as a tick: whether it is held, and whether the actor may change that."""

    role: Role
    held: bool
    may_change: bool


@dataclass(frozen=True, slots=True)
class Dossier:
    """A person, and what the actor may do to them: ``may`` are rights that count here.

    ``privileged`` people hold a permission; what endangers them is asked twice.
    """

    user: User
    privileged: bool
    may: frozenset[str]
    choices: tuple[RoleChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a form asks for; None leaves a thing as it is."""

    details: Mapping[str, Any] = field(default_factory=dict)
    active: bool | None = None
    roles: Sequence[str] | None = None
    mfa_required: bool | None = None
    disable_mfa: bool = False
    reason: str = ""
    confirm_username: str = ""


def look(work: Work, named: str) -> Dossier:
    """Returns a person with what the actor may change; raises NotFound, Forbidden."""
    with rights.reading(work, USERS_READ) as db:
        row = people.find(db, named)
        held = {role.name for role in roles.roles_of(db, row.id)}
        user, every_role = people.view(db, work, row), roles.list_roles(db)
        target = rights.of_person(db, row.id)
    actor = work.actor.permissions
    may = frozenset(one for one in OVER_PEOPLE if permissions.may(actor, one, target))
    choices = tuple(
        RoleChoice(
            role,
            role.name in held,
            USERS_WRITE in may
            and permissions.may_grant(actor, role.permissions)
            and (MFA_WRITE in may or not (role.mfa_required and role.name in held)),
        )
        for role in every_role
    )
    return Dossier(user, bool(target), may, choices)


def update(
    work: Work, named: str, changes: Changes, *, version: int | None = None
) -> User:
    """Makes all changes of a form or none; what is as it was asks for no right.

    Raises StaleVersion where the form showed an older person (REL-023), BadRequest
    without a reason or the typed name, Forbidden or LastAdministrator.
    """
    rights.require_any(work, (USERS_WRITE, MFA_WRITE))
    held = work.actor.permissions
    entry = USERS_WRITE if USERS_WRITE in held else MFA_WRITE
    with rights.administering(work, entry) as db:
        user = people.lock(db, work, named, permission=entry)
        if version is not None and version != user.version:
            raise StaleVersion("user")
        # The same form may take the rights away, or give some.
        privileged = bool(rights.of_person(db, user.id))
        _change_account(db, work, user, changes)
        privileged = privileged or bool(rights.of_person(db, user.id))
        _change_mfa(db, work, user, changes, privileged=privileged)
        return people.view(db, work, people.find(db, user.id))


def _change_account(
    db: Connection, work: Work, user: UserRow, changes: Changes
) -> None:
    before = {"email": user.email, "name": user.name}
    details = {k: v for k, v in changes.details.items() if v != before.get(k)}
    if details:
        rights.require_too(work, USERS_WRITE)
        user_changes.change_details(db, work, user, details)
    held = {role.name for role in roles.roles_of(db, user.id)}
    if changes.roles is not None and set(changes.roles) != held:
        rights.require_too(work, USERS_WRITE)
        user_changes.assign(db, work, user, changes.roles)
    if changes.active is not None and changes.active != user.active:
        rights.require_too(work, USERS_WRITE)
        user_changes.switch(db, work, user, active=changes.active)


def _change_mfa(
    db: Connection,
    work: Work,
    user: UserRow,
    changes: Changes,
    *,
    privileged: bool,
) -> None:
    required = changes.mfa_required
    if required is not None and required != user.mfa_required:
        rights.require_too(work, MFA_WRITE)
        user_changes.require_mfa(db, work, user, required=required)
    if changes.disable_mfa:
        rights.require_too(work, MFA_WRITE)
        reason = user_changes.checked_reason(changes.reason)
        if privileged:
            check_typed(user.username, changes.confirm_username)
        user_changes.take_mfa(db, work, user, reason)


def delete(work: Work, named: str, *, confirm_username: str) -> str:
    """Deletes a person whose user name was typed; returns the id."""
    user = users.show_user(work, named)
    check_typed(user.username, confirm_username)
    return users.delete_user(work, user.id)


def check_typed(username: str, typed: str) -> None:
    """Raises BadRequest unless somebody typed the user name of who is meant."""
    if canonical_username(typed) != canonical_username(username):
        words = "The user name that was typed is not that of this account."
        raise BadRequest("confirm_username", sentence=words)
