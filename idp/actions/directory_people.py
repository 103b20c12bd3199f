"""Accounts of people of the directory: created, kept in step, taken out, let in.

Everything happens inside the caller's block, under the lock of the person. The
directory says who somebody is; what they have proved, and their second factor, are kept
here only. An entry never takes over a local account of the same name.
"""

import logging
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy.engine import Connection

from idp import logs
from idp.actions import profiles
from idp.actions import sessions
from idp.actions.work import SYSTEM
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.directory import Entry
from idp.errors import PolicyRefused
from idp.rules import directory as rules
from idp.rules.names import canonical_username
from idp.rules.names import display_username
from idp.store import directory_links
from idp.store import roles
from idp.store import users
from idp.store.users import UserRow

SOURCE = "directory"
OWN_FIELDS = ("username", "email", "name")

log = logging.getLogger("idp.directory")


@dataclass(frozen=True, slots=True)
class Member:
    """An entry with the roles of its groups.

    ``sole`` says that the directory has nobody else of this user name.
    """

    entry: Entry
    roles: frozenset[str]
    sole: bool = False


def admit(db: Connection, work: Work, member: Member) -> UserRow | None:
    """Returns the person who has just proved to be an entry, up to date.

    Created where there is none yet; None where there can be none, or an administrator
    has disabled the account.
    """
    link = directory_links.find_by_entry(db, member.entry.id)
    if link is None:
        return _create(db, work, member)
    user = users.lock_user(db, link.user_id)
    if user is None or user.deleted or (not user.active and link.gone_at is None):
        return None
    return keep_in_step(db, work, user, member, gone=link.gone_at is not None)


def keep_in_step(
    db: Connection, work: Work, user: UserRow, member: Member, *, gone: bool
) -> UserRow:
    """Brings a locked person to what the directory says; lets back in who was gone."""
    if gone:
        directory_links.set_gone(db, user.id, None)
        users.change_user(db, user.id, active=True, updated_at=work.now)
        work.audit(db, "user.enabled", actor=SYSTEM, subject=_subject(user))
    fields = _changes(db, work, user, member)
    if fields:
        users.change_user(db, user.id, updated_at=work.now, **fields)
        changes = {"fields": sorted(set(fields) & {*OWN_FIELDS, "profile"})}
        _record_change(db, work, user, changes, told="email" in fields)
    before, after = _roles(db, work, user, member)
    if before != after:
        roles.set_roles(db, user.id, after)
        users.change_user(db, user.id, updated_at=work.now)
        _record_change(db, work, user, {"roles": [before, after]})
    return users.find_user(db, user.id) or user


def in_step(db: Connection, work: Work, user: UserRow, member: Member) -> bool:
    """Tells whether a person is what the directory says; only reads."""
    before, after = _roles(db, work, user, member)
    return before == after and not _differences(work, user, member)


def take_out(db: Connection, work: Work, user: UserRow, why: str) -> bool:
    """Ends everything of a person whom the directory no longer has (SEC-278).

    False for whom an administrator has disabled: that is not the directory's to undo.
    """
    if not user.active:
        return False
    directory_links.set_gone(db, user.id, work.now)
    sessions.end_all_of_user(work, db, user.id, why)
    users.change_user(db, user.id, active=False, updated_at=work.now)
    subject = _subject(user)
    work.audit(db, "user.disabled", actor=SYSTEM, reason=why, subject=subject)
    return True


def require_kept_here(user: UserRow) -> None:
    """Raises PolicyRefused for what only the directory can change."""
    if user.source == SOURCE:
        words = "This account is kept in the directory: change it there."
        raise PolicyRefused("account of the directory", sentence=words)


def _create(db: Connection, work: Work, member: Member) -> UserRow | None:
    said = _details(work, member.entry, {})
    name = said.get("username", "")
    canonical = canonical_username(name)
    if canonical is None or not _make_room(db, work, canonical, member):
        return None
    user = _new(work, name, canonical, said)
    users.add_user(db, user, email_canonical=profiles.canonical_email(user.email))
    directory_links.add_link(db, user.id, member.entry.id)
    given = _known(db, member.roles)
    roles.set_roles(db, user.id, given)
    changes = {"roles": given, "mfa_required": user.mfa_required, "source": SOURCE}
    subject = _subject(user)
    work.audit(
        db, "user.created", actor=SYSTEM, subject=subject, changes=changes, told=False
    )
    return user


def _new(work: Work, name: str, canonical: str, said: dict[str, str]) -> UserRow:
    return UserRow(
        id=uuid4().hex,
        username=display_username(name) or canonical,
        canonical=canonical,
        email=said.get("email"),
        email_verified="email" in said,
        name=said.get("name"),
        profile={k: v for k, v in said.items() if k not in OWN_FIELDS},
        password_hash=None,
        password_initial=False,
        password_expires_at=None,
        must_change_password=False,
        active=True,
        deleted=False,
        mfa_required=work.settings.ldap_mfa_required_for_new_users,
        source=SOURCE,
        language=None,
        version=1,
        created_at=work.now,
        updated_at=work.now,
        last_login_at=None,
    )


def _make_room(db: Connection, work: Work, canonical: str, member: Member) -> bool:
    """Tells whether a user name is free for an entry, which may have inherited it.

    The directory gives names away again; whoever had one before loses it, if it was
    the directory's to give (``SOURCE``) and is nobody else's there.
    """
    holder = users.find_by_canonical(db, canonical)
    if holder is None:
        return True
    if holder.source != SOURCE or not member.sole:
        facts = {"user": holder.id, "entry": member.entry.id}
        words = "a user name of the directory is somebody else's here"
        log.warning(words, extra={logs.FACTS: facts})
        return False
    users.change_user(db, holder.id, canonical=None, updated_at=work.now)
    _record_change(db, work, holder, {"fields": ["username"]})
    return True


def _details(work: Work, entry: Entry, held: dict[str, str | None]) -> dict[str, str]:
    mapping = work.settings.ldap_attribute_map
    return rules.details(entry.attributes, mapping, held)


def _differences(work: Work, user: UserRow, member: Member) -> dict[str, Any]:
    """Returns the columns of a person in which the directory says something else."""
    held = {"username": user.username, "email": user.email, "name": user.name}
    said = _details(work, member.entry, {**held, **_texts(user.profile)})
    mapped = set(work.settings.ldap_attribute_map)
    kept = {k: v for k, v in user.profile.items() if k not in mapped}
    wanted: dict[str, Any] = {
        name: said.get(name) for name in ("email", "name") if name in mapped
    }
    wanted["profile"] = kept | {k: v for k, v in said.items() if k not in OWN_FIELDS}
    name = said.get("username")
    canonical = canonical_username(name) if name else None
    if canonical is not None:
        wanted |= {"username": name, "canonical": canonical}
    return {k: v for k, v in wanted.items() if v != getattr(user, k)}


def _changes(
    db: Connection, work: Work, user: UserRow, member: Member
) -> dict[str, Any]:
    """Returns the differences that can be made; a new name may be somebody else's."""
    fields = _differences(work, user, member)
    wanted = fields.get("canonical")
    if wanted is not None and not _make_room(db, work, wanted, member):
        del fields["canonical"]
        fields.pop("username", None)
    if "email" in fields:
        fields["email_canonical"] = profiles.canonical_email(fields["email"])
        fields["email_verified"] = fields["email"] is not None
    return fields


def _roles(
    db: Connection, work: Work, user: UserRow, member: Member
) -> tuple[list[str], list[str]]:
    """Returns the roles that somebody has and those due; the map governs what it names.

    Roles that it does not name are given and taken by administrators, as anybody's.
    """
    governed = set(work.settings.ldap_group_role_map.values())
    before = sorted(role.name for role in roles.roles_of(db, user.id))
    local = [name for name in before if name not in governed]
    return before, sorted({*local, *_known(db, member.roles)})


def _known(db: Connection, names: frozenset[str]) -> list[str]:
    known = [name for name in sorted(names) if roles.find_role(db, name) is not None]
    if len(known) < len(names):
        facts = {"roles": sorted(names - set(known))}
        log.warning("roles of groups are not there", extra={logs.FACTS: facts})
    return known


def _record_change(
    db: Connection,
    work: Work,
    user: UserRow,
    changes: dict[str, Any],
    *,
    told: bool = False,
) -> None:
    subject = _subject(user)
    work.audit(
        db, "user.changed", actor=SYSTEM, subject=subject, changes=changes, told=told
    )


def _texts(profile: dict[str, Any]) -> dict[str, str | None]:
    return {name: text for name, text in profile.items() if isinstance(text, str)}


def _subject(user: UserRow) -> Subject:
    return Subject("user", user.id, user.username, user.email)
