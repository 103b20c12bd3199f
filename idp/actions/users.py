"""Administration of people: created, shown, changed, switched off, deleted.

What ends with a change is ended here, in the same block. A person's own changes are
elsewhere, and so is what concerns their second factor (``actions.user_mfa``).
"""

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import initial_passwords
from idp.actions import passwords
from idp.actions import people
from idp.actions import profiles
from idp.actions import rights
from idp.actions import sessions
from idp.actions import user_changes
from idp.actions.initial_passwords import Issued
from idp.actions.people import User
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import Conflict
from idp.errors import StaleVersion
from idp.rules.names import canonical_username
from idp.rules.names import display_username
from idp.rules.passwords import normalise
from idp.rules.permissions import SESSIONS_WRITE
from idp.rules.permissions import USERS_READ
from idp.rules.permissions import USERS_WRITE
from idp.store import attempts
from idp.store import directory_links
from idp.store import mfa
from idp.store import roles
from idp.store import users
from idp.store.roles import Role
from idp.store.users import UserRow


def create_user(
    work: Work,
    username: str,
    *,
    email: str | None = None,
    name: str | None = None,
    role_names: Sequence[str] = (),
    profile: Mapping[str, Any] | None = None,
    mfa_required: bool = False,
    password: str | None = None,
) -> Issued:
    """Creates a person; a password given is lasting, else a one-time one is made.

    Raises BadRequest, NotFound, Conflict or Forbidden (SEC-026, SEC-027).
    """
    rights.require(work, USERS_WRITE)
    shown, canonical = _names(username)
    wanted = {"email": email, "name": name, "profile": dict(profile or {})}
    details = profiles.checked({k: v for k, v in wanted.items() if v is not None})
    initial = initial_passwords.make() if password is None else None
    hashed = _hashed(work, initial or password or "")
    expires_at = work.now + initial_passwords.LIFETIME if initial else None
    user = _new(
        work,
        username=shown,
        canonical=canonical,
        password_hash=hashed,
        expires_at=expires_at,
        mfa_required=mfa_required,
        details=details,
    )
    with rights.administering(work, USERS_WRITE) as db:
        given = _given(db, work, role_names)
        if users.find_by_canonical(db, canonical) is not None:
            raise _taken()
        users.add_user(db, user, email_canonical=profiles.canonical_email(user.email))
        roles.set_roles(db, user.id, [role.name for role in given])
        _record_created(db, work, user, given)
        return Issued(people.view(db, work, user), initial, expires_at)


def _given(db: Connection, work: Work, names: Sequence[str]) -> tuple[Role, ...]:
    """Finds the roles of somebody new; raises Forbidden where they are too much."""
    found = user_changes.known_roles(db, names)
    rights.require_grant(work, rights.of_roles(found))
    return found


def _record_created(
    db: Connection, work: Work, user: UserRow, given: Sequence[Role]
) -> None:
    names = [role.name for role in given]
    changes = {"roles": names, "mfa_required": user.mfa_required}
    work.audit(db, "user.created", subject=people.subject(user), changes=changes)
    if user.password_expires_at is not None:
        subject = people.subject(user)
        work.audit(db, "password.initial_set", subject=subject, told=False)


def _new(
    work: Work,
    *,
    username: str,
    canonical: str,
    password_hash: str,
    expires_at: datetime | None,
    mfa_required: bool,
    details: Mapping[str, Any],
) -> UserRow:
    """Makes the row of a new person; a password with an end is an initial one."""
    return UserRow(
        id=uuid4().hex,
        username=username,
        canonical=canonical,
        email=details.get("email"),
        email_verified=bool(details.get("email")),
        name=details.get("name"),
        profile=details["profile"],
        password_hash=password_hash,
        password_initial=expires_at is not None,
        password_expires_at=expires_at,
        must_change_password=expires_at is not None,
        active=True,
        deleted=False,
        mfa_required=mfa_required,
        source="local",
        language=None,
        version=1,
        created_at=work.now,
        updated_at=work.now,
        last_login_at=None,
    )


def _names(username: str) -> tuple[str, str]:
    shown, canonical = display_username(username), canonical_username(username)
    if shown is None or canonical is None:
        raise BadRequest("username", sentence="This cannot be a user name.")
    return shown, canonical


def _taken() -> Conflict:
    return Conflict("username", sentence="There is somebody with this user name.")


def _hashed(work: Work, password: str) -> str:
    if normalise(password) is None:
        raise BadRequest("password", sentence="This cannot be a password.")
    return passwords.hashed(work, password)


def show_user(work: Work, named: str) -> User:
    """Returns a person by id or user name; raises NotFound."""
    with rights.reading(work, USERS_READ) as db:
        return people.view(db, work, people.find(db, named))


def change_user(
    work: Work, named: str, changes: Mapping[str, Any], *, version: int | None = None
) -> User:
    """Changes ``email``, ``name`` or ``profile``, field by field.

    Raises StaleVersion where a version is given and the person has another (REL-023).
    """
    if not profiles.checked(changes):
        return show_user(work, named)
    with rights.administering(work, USERS_WRITE) as db:
        user = people.lock(db, work, named, permission=USERS_WRITE)
        user_changes.change_details(db, work, user, changes, version=version)
        return people.view(db, work, people.find(db, user.id))


def set_active(work: Work, named: str, *, active: bool) -> User:
    """Enables or disables an account; disabling ends everything at once (SEC-142)."""
    with rights.administering(work, USERS_WRITE) as db:
        user = people.lock(db, work, named, permission=USERS_WRITE)
        user_changes.switch(db, work, user, active=active)
        return people.view(db, work, people.find(db, user.id))


def delete_user(work: Work, named: str, *, version: int | None = None) -> str:
    """Deletes a person and returns the id, which stays taken for ever (SEC-217).

    Raises StaleVersion where a version is given and the person has another (REL-023).
    """
    with rights.administering(work, USERS_WRITE) as db:
        user = people.lock(db, work, named, permission=USERS_WRITE)
        if version not in (None, user.version):
            raise StaleVersion("user")
        user_changes.keep_an_administrator(db, user)
        sessions.end_all_of_user(work, db, user.id, "deleted")
        mfa.wipe(db, user.id, now=work.now, why="deleted", by=work.actor.type)
        attempts.clear(db, facts.factor_key(user.id))
        roles.set_roles(db, user.id, ())
        directory_links.delete_link(db, user.id)
        users.delete_user(db, user.id, now=work.now)
        work.audit(db, "user.deleted", subject=people.subject(user))
    return user.id


def end_sessions(work: Work, named: str) -> User:
    """Ends every session, grant and login under way of a person (SEC-144)."""
    with rights.administering(work, SESSIONS_WRITE) as db:
        user = people.lock(db, work, named, permission=SESSIONS_WRITE)
        sessions.end_all_of_user(work, db, user.id, "administrator")
        return people.view(db, work, user)


def set_roles(work: Work, named: str, names: Sequence[str]) -> User:
    """Replaces somebody's roles; none with rights beyond the actor's (SEC-257)."""
    with rights.administering(work, USERS_WRITE) as db:
        user = people.lock(db, work, named, permission=USERS_WRITE)
        user_changes.assign(db, work, user, names)
        return people.view(db, work, people.find(db, user.id))
