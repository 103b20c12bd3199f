"""Changes to a person inside the caller's block, and everything that ends with them.

The single actions (``actions.users``, ``actions.user_mfa``) and the one *Update* of the
user page (``actions.user_edit``) are made of these. The caller has checked the right
and locked the person; rights that a change gives or takes are checked here.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from idp.actions import directory_people
from idp.actions import facts
from idp.actions import people
from idp.actions import profiles
from idp.actions import rights
from idp.actions import sessions
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import LastAdministrator
from idp.errors import NotFound
from idp.errors import StaleVersion
from idp.rules import permissions
from idp.rules.names import has_control_characters
from idp.store import attempts
from idp.store import directory_links
from idp.store import mfa
from idp.store import roles
from idp.store import users
from idp.store.roles import Role
from idp.store.users import UserRow

LONGEST_REASON = 500


def change_details(
    db: Connection,
    work: Work,
    user: UserRow,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
) -> None:
    """Changes ``email``, ``name``, ``profile``; raises BadRequest or StaleVersion."""
    directory_people.require_kept_here(user)
    fields = profiles.checked(changes)
    if "email" in fields:
        fields["email_canonical"] = profiles.canonical_email(fields["email"])
        fields["email_verified"] = fields["email"] is not None
    if not users.change_user(
        db, user.id, version=version, updated_at=work.now, **fields
    ):
        raise StaleVersion("user")
    names = {"fields": sorted(changes)}
    work.audit(db, "user.changed", subject=people.subject(user), changes=names)


def switch(db: Connection, work: Work, user: UserRow, *, active: bool) -> None:
    """Enables or disables an account; disabling ends everything at once (SEC-142)."""
    if not active:
        keep_an_administrator(db, user)
        sessions.end_all_of_user(work, db, user.id, "disabled")
    # What an administrator decides is not the directory's to undo.
    directory_links.set_gone(db, user.id, None)
    users.change_user(db, user.id, active=active, updated_at=work.now)
    event = "user.enabled" if active else "user.disabled"
    work.audit(db, event, subject=people.subject(user))


def assign(db: Connection, work: Work, user: UserRow, names: Sequence[str]) -> None:
    """Replaces somebody's roles; none with rights beyond the actor's (SEC-257).

    Where no role requires MFA afterwards and one did, that is a right of its own.
    """
    before, after = roles.roles_of(db, user.id), known_roles(db, names)
    rights.require_grant(work, rights.of_roles(before) ^ rights.of_roles(after))
    rights.require_to_relax(work, before, after)
    if not people.is_administrator(after):
        keep_an_administrator(db, user)
    roles.set_roles(db, user.id, [role.name for role in after])
    users.change_user(db, user.id, updated_at=work.now)
    changes = {
        "roles": [[role.name for role in held] for held in (before, after)],
        "because": because(db, work, [user.id])[user.id],
    }
    work.audit(db, "user.changed", subject=people.subject(user), changes=changes)


def require_mfa(db: Connection, work: Work, user: UserRow, *, required: bool) -> None:
    """Makes MFA mandatory for a person from the next decision on, or not any more."""
    users.change_user(db, user.id, mfa_required=required, updated_at=work.now)
    work.audit(
        db,
        "mfa.requirement_changed",
        subject=people.subject(user),
        changes={
            "mfa_required": [user.mfa_required, required],
            "because": because(db, work, [user.id])[user.id],
        },
    )


def because(db: Connection, work: Work, ids: Sequence[str]) -> dict[str, list[str]]:
    """Returns which rules require MFA of people as they are now, for the record."""
    found = facts.load_people(db, work, ids)
    return {one: list(person.requirement.because) for one, person in found.items()}


def take_mfa(db: Connection, work: Work, user: UserRow, reason: str) -> None:
    """Takes somebody's MFA away as a whole: secrets, codes, lock, sessions, logins.

    What is required stays as it is (SEC-070, SEC-263). One's own ends in the settings
    only, with a code of the app, which this way does not ask for (SEC-065).
    """
    rights.require_other(work, user.id)
    attempts.clear(db, facts.factor_key(user.id))
    mfa.wipe(db, user.id, now=work.now, why=reason, by=work.actor.type)
    users.change_user(db, user.id, updated_at=work.now)
    sessions.end_all_of_user(work, db, user.id, "MFA disabled")
    work.audit(db, "mfa.disabled", subject=people.subject(user), reason=reason)


def checked_reason(reason: str) -> str:
    """Returns a reason for the record; raises BadRequest for none, or a strange one."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        words = f"A reason is needed, of up to {LONGEST_REASON} characters."
        raise BadRequest("reason", sentence=words)
    if has_control_characters(reason):
        raise BadRequest("reason", sentence="A reason is one line of text.")
    return reason


def known_roles(db: Connection, names: Sequence[str]) -> tuple[Role, ...]:
    """Returns the roles of these names, each once; raises NotFound for a stranger."""
    found = []
    for name in dict.fromkeys(names):
        role = roles.find_role(db, name)
        if role is None:
            raise NotFound("role", sentence=f"There is no role {name!a}.")
        found.append(role)
    return tuple(found)


def keep_an_administrator(db: Connection, user: UserRow) -> None:
    """Refuses to lose the last administrator who can sign in (SEC-262)."""
    holds = people.is_administrator(roles.roles_of(db, user.id))
    if not permissions.leaves_an_administrator(
        was_one=user.active and holds,
        stays_one=False,
        others=people.other_administrators(db, user.id),
    ):
        raise LastAdministrator("last administrator")
