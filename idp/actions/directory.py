"""Signing in people of the LDAP directory: who is looked up there, and what it answers.

Called by ``actions.factors``, which counts and judges passwords of local people and of
these alike. Nothing is written, and no transaction is open while the directory is
asked.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field

from idp import logs
from idp.actions import throttle
from idp.actions.directory_people import SOURCE
from idp.actions.directory_people import Member
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.directory import Connection
from idp.directory import Directory
from idp.directory import Entry
from idp.errors import Unavailable
from idp.ldap_line import Away
from idp.rules import directory as rules
from idp.rules.names import canonical_username
from idp.rules.passwords import normalise
from idp.store import directory_links
from idp.store import users
from idp.store.directory_links import DirectoryLink
from idp.store.users import UserRow

log = logging.getLogger("idp.directory")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the directory says to a name and a password.

    ``member`` is there where the password is right, ``user`` where that is somebody
    whom we know; ``keys`` are the budgets of the account that was tried, and ``waits``
    says that one of them is used up for now. ``about`` is the account of the entry.
    """

    keys: tuple[str, str]
    about: Subject | None = None
    member: Member | None = field(default=None, repr=False)
    user: UserRow | None = None
    waits: bool = False


def asked_about(work: Work, user: UserRow | None, name: str | None) -> Directory | None:
    """Returns the directory if it is to be asked: for its people and unknown names.

    People who are kept here are never looked for there, so that they can sign in while
    it is away (REL-009), and an entry of their name is not them.
    """
    if name is None or (user is not None and user.source != SOURCE):
        return None
    return work.directory


def ask(
    directory: Directory,
    work: Work,
    username: str,
    password: str,
    user: UserRow | None,
    keys: tuple[str, str],
) -> Answer:
    """Asks the directory from a place; raises Unavailable where that fails.

    Which is no guess.
    """
    sent = password if normalise(password) is not None else ""
    with _telling_people(), directory.connected() as connection:
        entry = _find(connection, work, username, user)
        about = None
        if entry:
            keys, about = _account(work, entry, user)
        if throttle.has_to_wait(work, keys):
            return Answer(keys, about, waits=True)
        right = connection.proves(entry, sent)
        if not right or entry is None or entry.switched_off:
            return Answer(keys, about)
        user = _person(work, entry)
        member = member_of(connection, work, entry, user)
    return Answer(keys, about, member, user)


@contextmanager
def place(directory: Directory) -> Iterator[None]:
    """Keeps a place to ask the directory from; raises Unavailable where all wait."""
    with _telling_people(), directory.place():
        yield


@contextmanager
def _telling_people() -> Iterator[None]:
    try:
        yield
    except Away as trouble:
        facts = {logs.FACTS: {"reason": trouble.reason}}
        log.warning("the directory cannot be used", extra=facts)
        raise Unavailable("directory") from None


def member_of(
    connection: Connection, work: Work, entry: Entry, user: UserRow | None
) -> Member:
    """Completes an entry with its roles, and whether a new name is its own alone."""
    mapping = work.settings.ldap_attribute_map
    held = {"username": user.username} if user else {}
    said = rules.details(entry.attributes, mapping, held).get("username")
    roles = connection.roles_of(entry, user.username if user else None)
    if said is None or (user and user.canonical == canonical_username(said)):
        return Member(entry, roles)
    same = connection.find(said)
    return Member(entry, roles, sole=same is not None and same.id == entry.id)


def _find(
    connection: Connection, work: Work, username: str, user: UserRow | None
) -> Entry | None:
    """Finds the entry of what was typed: by the filter, else as an address of ours."""
    found = connection.find(username.strip())
    by_address = user is not None and user.canonical != canonical_username(username)
    if found is not None or user is None or not by_address:
        return found
    with work.reading() as db:
        link = directory_links.find_by_user(db, user.id)
    return connection.find_all([link.entry_id]).get(link.entry_id) if link else None


def _account(
    work: Work, entry: Entry, user: UserRow | None
) -> tuple[tuple[str, str], Subject]:
    """Names the budgets of an entry, and the account that it is of.

    They are the same by whichever name it was found; ``user`` has the typed one.
    """
    link = _linked(work, entry)
    if link is None:
        return throttle.password_keys(work, f"{SOURCE}:{entry.id}"), Subject("user")
    name = user.username if user and user.id == link.user_id else None
    about = Subject("user", link.user_id, name)
    return throttle.password_keys(work, link.user_id), about


def _person(work: Work, entry: Entry) -> UserRow | None:
    link = _linked(work, entry)
    with work.reading() as db:
        return users.find_user(db, link.user_id) if link else None


def _linked(work: Work, entry: Entry) -> DirectoryLink | None:
    with work.reading() as db:
        return directory_links.find_by_entry(db, entry.id)
