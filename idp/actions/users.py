"""Administration of people: created, shown, switched off, helped, deleted.

What ends with a change is ended here, in the same block. A person's own changes are
elsewhere; who may do this to whom is ``rules.permissions`` and the entry layer.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import passwords
from idp.actions import sessions
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import Conflict
from idp.errors import LastAdministrator
from idp.errors import NotFound
from idp.rules import backup_codes
from idp.rules.names import canonical_username
from idp.rules.names import display_username
from idp.rules.passwords import normalise
from idp.store import attempts
from idp.store import mfa
from idp.store import roles
from idp.store import users
from idp.store.users import UserRow

INITIAL_LIFETIME = timedelta(hours=24)
ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person with the state of their MFA, as administration shows it."""

    person: facts.Person
    state: str
    backup_codes_remaining: int


@dataclass(frozen=True, slots=True)
class Created:
    """A new person; the initial password is shown here and never again."""

    view: PersonView
    initial_password: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


def create_user(
    work: Work,
    username: str,
    *,
    email: str | None = None,
    name: str | None = None,
    role_names: Sequence[str] = (),
    profile: dict[str, Any] | None = None,
    mfa_required: bool = False,
    password: str | None = None,
) -> Created:
    """Creates a person; a password given is lasting, else a one-time one is made.

    Raises BadRequest or Conflict, and then nothing was created (SEC-026).
    """
    shown, canonical = _names(username)
    initial = None if password is not None else _initial_password()
    lasting = password if password is not None else initial or ""
    if normalise(lasting) is None:
        raise BadRequest("password", sentence="This cannot be a password.")
    hashed = passwords.hashed(work, lasting)
    expires_at = work.now + INITIAL_LIFETIME if initial else None
    user = UserRow(
        id=uuid4().hex,
        username=shown,
        canonical=canonical,
        email=email,
        email_verified=bool(email),
        name=name,
        profile=profile or {},
        password_hash=hashed,
        password_initial=initial is not None,
        password_expires_at=expires_at,
        must_change_password=initial is not None,
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
    with work.writing() as db:
        _add(db, user)
        _set_known_roles(db, user.id, role_names)
        changes = {"roles": list(role_names), "mfa_required": mfa_required}
        _record(db, work, "user.created", user, changes=changes)
        if initial:
            _record(db, work, "password.initial_set", user)
    return Created(show_user(work, user.id), initial, expires_at)


def _names(username: str) -> tuple[str, str]:
    shown, canonical = display_username(username), canonical_username(username)
    if shown is None or canonical is None:
        raise BadRequest("user name", sentence="This cannot be a user name.")
    return shown, canonical


def _add(db: Connection, user: UserRow) -> None:
    if user.canonical and users.find_by_canonical(db, user.canonical) is not None:
        raise Conflict("user name", sentence="There is somebody with this user name.")
    email = canonical_username(user.email) if user.email else None
    if user.email and (email is None or "@" not in email):
        raise BadRequest("e-mail", sentence="This cannot be an e-mail address.")
    users.add_user(db, user, email_canonical=email)


def _initial_password() -> str:
    """Makes a password that can be read out: twenty symbols, about 100 bits."""
    symbols = "".join(secrets.choice(backup_codes.ALPHABET) for _ in range(20))
    groups = (symbols[at : at + 5] for at in range(0, 20, 5))
    return "-".join(groups).lower()


def list_users(
    work: Work,
    *,
    query: str | None = None,
    role: str | None = None,
    state: str | None = None,
    limit: int = 1000,
) -> tuple[PersonView, ...]:
    """Lists people by name, of one MFA state where one is given."""
    with work.reading() as db:
        rows = users.list_users(db, query=query, role=role, limit=limit)
        views = tuple(_view(db, work, facts.person_of(db, work, row)) for row in rows)
    return tuple(view for view in views if state in (None, view.state))


def show_user(work: Work, named: str) -> PersonView:
    """Returns a person by id or user name; raises NotFound."""
    with work.reading() as db:
        user = _find(db, named)
        return _view(db, work, facts.person_of(db, work, user))


def set_active(work: Work, named: str, *, active: bool) -> None:
    """Enables or disables an account; disabling ends everything at once (SEC-121)."""
    with work.writing() as db:
        user = _lock(db, work, named)
        if not active:
            _keep_an_administrator(db, user.id)
            sessions.end_all_of_user(work, db, user.id, "disabled")
        users.change_user(db, user.id, active=active, updated_at=work.now)
        _record(db, work, "user.enabled" if active else "user.disabled", user)


def delete_user(work: Work, named: str) -> None:
    """Deletes a person; the id stays taken for ever (SEC-217)."""
    with work.writing() as db:
        user = _lock(db, work, named)
        _keep_an_administrator(db, user.id)
        sessions.end_all_of_user(work, db, user.id, "deleted")
        mfa.wipe(db, user.id, now=work.now, why="deleted", by=work.actor.type)
        roles.set_roles(db, user.id, ())
        users.delete_user(db, user.id, now=work.now)
        _record(db, work, "user.deleted", user)


def unlock(work: Work, named: str) -> None:
    """Takes the lock from somebody's second factor and forgets the failures."""
    with work.writing() as db:
        user = _lock(db, work, named)
        attempts.clear(db, facts.factor_key(user.id))
        _record(db, work, "mfa.unlocked", user)


def end_sessions(work: Work, named: str) -> None:
    """Ends every session, grant and login under way of a person."""
    with work.writing() as db:
        user = _lock(db, work, named)
        sessions.end_all_of_user(work, db, user.id, "administrator")


def initial_password(work: Work, named: str) -> Created:
    """Gives a one-time password that has to be changed at once (SEC-026)."""
    initial = _initial_password()
    hashed = passwords.hashed(work, initial)
    expires_at = work.now + INITIAL_LIFETIME
    with work.writing() as db:
        user = _lock(db, work, named)
        users.set_password(
            db,
            user.id,
            password_hash=hashed,
            initial=True,
            expires_at=expires_at,
            must_change=True,
            now=work.now,
        )
        sessions.end_all_of_user(work, db, user.id, "initial password")
        _record(db, work, "password.initial_set", user)
    return Created(show_user(work, user.id), initial, expires_at)


def require_mfa(work: Work, named: str, *, required: bool) -> None:
    """Makes MFA mandatory for a person from the next decision on, or not any more."""
    with work.writing() as db:
        user = _lock(db, work, named)
        users.change_user(db, user.id, mfa_required=required, updated_at=work.now)
        changes = {"mfa_required": [user.mfa_required, required]}
        _record(db, work, "mfa.requirement_changed", user, changes=changes)


def disable_mfa(work: Work, named: str, *, reason: str) -> None:
    """Takes somebody's MFA away as a whole; what is required stays (SEC-070, SEC-263)."""
    if not reason.strip() or len(reason) > 500:
        raise BadRequest("reason", sentence="A reason is needed, of up to 500 letters.")
    with work.writing() as db:
        user = _lock(db, work, named)
        attempts.clear(db, facts.factor_key(user.id))
        mfa.wipe(db, user.id, now=work.now, why=reason, by=work.actor.type)
        sessions.end_all_of_user(work, db, user.id, "MFA disabled")
        _record(db, work, "mfa.disabled", user, reason=reason)


def set_roles(work: Work, named: str, names: Sequence[str]) -> None:
    """Replaces somebody's roles."""
    with work.writing() as db:
        user = _lock(db, work, named)
        before = [role.name for role in roles.roles_of(db, user.id)]
        if ADMINISTRATOR in before and ADMINISTRATOR not in names:
            _keep_an_administrator(db, user.id)
        _set_known_roles(db, user.id, names)
        changes = {"roles": [before, list(names)]}
        _record(db, work, "user.changed", user, changes=changes)


def _set_known_roles(db: Connection, user_id: str, names: Sequence[str]) -> None:
    for name in names:
        if roles.find_role(db, name) is None:
            raise NotFound("role", sentence=f"There is no role {name!a}.")
    roles.set_roles(db, user_id, names)


def _find(db: Connection, named: str) -> UserRow:
    user = users.find_user(db, named)
    if user is None or user.deleted:
        canonical = canonical_username(named)
        user = users.find_by_canonical(db, canonical) if canonical else None
    if user is None:
        raise NotFound("user", sentence=f"There is nobody called {named!a}.")
    return user


def _lock(db: Connection, work: Work, named: str) -> UserRow:
    """Locks somebody in the order that every writer keeps: counter, then account."""
    user = _find(db, named)
    attempts.lock(db, facts.factor_key(user.id), now=work.now)
    return users.lock_user(db, user.id) or user


def _keep_an_administrator(db: Connection, user_id: str) -> None:
    """Refuses to lose the last administrator who can sign in (SEC-262)."""
    held = [role.name for role in roles.roles_of(db, user_id)]
    others = roles.count_active_holders(db, ADMINISTRATOR, except_user=user_id)
    if ADMINISTRATOR in held and others == 0:
        raise LastAdministrator("last administrator")


def _view(db: Connection, work: Work, person: facts.Person) -> PersonView:
    left = mfa.count_unused(db, person.user.id)
    if person.totp is None:
        pending = mfa.is_pending(db, person.user.id)
        return PersonView(person, "pending" if pending else "none", 0)
    return PersonView(person, "locked" if person.lock.locked else "enrolled", left)


def _record(
    db: Connection,
    work: Work,
    event: str,
    user: UserRow,
    *,
    reason: str = "",
    changes: dict[str, Any] | None = None,
) -> None:
    subject = Subject("user", user.id, user.username)
    work.audit(db, event, subject=subject, reason=reason, changes=changes)
