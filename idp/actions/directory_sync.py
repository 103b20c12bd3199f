"""Following the directory: people who were changed, removed, disabled or brought back.

Whoever the directory no longer has loses sessions, codes and refresh tokens (SEC-278).
A directory that fails, is empty, or suddenly lacks many people removes nobody: that is
more likely a fault of its own.
"""

import logging
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta

from idp import logs
from idp.actions import directory
from idp.actions import directory_people
from idp.actions import facts
from idp.actions.directory_people import Member
from idp.actions.work import Work
from idp.directory import Connection
from idp.directory import Directory
from idp.ldap_line import Away
from idp.rules import directory as rules
from idp.store import attempts
from idp.store import directory_links
from idp.store import roles
from idp.store import users
from idp.store.directory_links import DirectoryLink

CLAIM = "directory:sync"
BATCH = 100
WITHIN = 30.0
"""Seconds for one batch, which has a connection of its own."""

EVERY = timedelta(seconds=10)
"""How often a worker looks whether a round is due, unless rounds are more frequent."""

HELD = timedelta(minutes=1)
"""For so long after its latest batch a round is its worker's, who may have died."""

REMOVED = "removed from the directory"
DISABLED = "disabled in the directory"
NOBODY = "it shows nobody who passes IDP_LDAP_USER_FILTER"

log = logging.getLogger("idp.directory")


@dataclass(frozen=True, slots=True)
class Synced:
    """What a round did; ``doubted`` people are missing, but too many at once."""

    known: int = 0
    changed: int = 0
    back: int = 0
    gone: int = 0
    doubted: int = 0


def pause(work: Work) -> timedelta:
    """Returns how long a worker waits before it looks again whether a round is due."""
    return min(EVERY, work.settings.ldap_sync_interval / 2)


def claim(work: Work) -> bool:
    """Claims a round if one is due: True for one caller only."""
    with work.reading() as db:
        last = attempts.find(db, CLAIM)
    if last is not None and not _is_due(work, last):
        return False
    with work.writing() as db:
        last = attempts.lock(db, CLAIM, now=work.now)
        due = _is_due(work, last)
        if due:
            held = replace(last, last_at=work.now, locked_until=work.now + HELD)
            attempts.save(db, held)
    return due


def hold(work: Work) -> None:
    """Says that a round goes on."""
    _hold_until(work, work.now + HELD)


def finish(work: Work) -> None:
    """Says that a round is done; the next one is due in its time."""
    _hold_until(work, None)


def give_back(work: Work) -> None:
    """Makes a round due again that failed."""
    with work.writing() as db:
        attempts.clear(db, CLAIM)


def sync(
    work: Work,
    asked: Directory,
    *,
    even_many: bool = False,
    before_each: Callable[[], None] = lambda: None,
) -> Synced:
    """Follows everybody whom we know from the directory; raises ``Away``.

    ``even_many`` believes it whoever is missing, as long as it shows anybody;
    ``before_each`` is called before each batch.
    """
    with asked.opened(WITHIN) as connection:
        if not connection.has_anybody():
            raise Away(NOBODY)
    done, missing = Synced(), []
    for links in _batches(work):
        before_each()
        with asked.opened(WITHIN) as connection:
            part, lost = _follow(work, connection, links)
        missing += lost
        done = replace(
            done,
            known=done.known + len(links),
            changed=done.changed + part.changed,
            back=done.back + part.back,
            gone=done.gone + part.gone,
        )
    done = _take_out_missing(work, done, missing, even_many=even_many)
    if done.changed or done.back or done.gone:
        figures = {name: getattr(done, name) for name in Synced.__slots__}
        log.info("people of the directory were followed", extra={logs.FACTS: figures})
    return done


def unknown_roles(work: Work) -> tuple[str, ...]:
    """Returns the roles of the map of groups that are not there."""
    named = sorted(set(work.settings.ldap_group_role_map.values()))
    with work.reading() as db:
        return tuple(name for name in named if roles.find_role(db, name) is None)


def _is_due(work: Work, last: attempts.Attempts) -> bool:
    """Tells whether a round has to begin.

    Early by a pause, so that whoever looks only then begins it within the interval.
    """
    if last.last_at is None:
        return True
    if last.locked_until is not None:
        return not timedelta(0) < last.locked_until - work.now <= HELD
    passed = work.now - last.last_at
    return not timedelta(0) <= passed < work.settings.ldap_sync_interval - pause(work)


def _hold_until(work: Work, moment: datetime | None) -> None:
    with work.writing() as db:
        last = attempts.lock(db, CLAIM, now=work.now)
        attempts.save(db, replace(last, locked_until=moment))


def _batches(work: Work) -> Iterator[Sequence[DirectoryLink]]:
    after = ""
    while True:
        with work.reading() as db:
            links = directory_links.list_links(db, after=after, most=BATCH)
        if not links:
            return
        yield links
        after = links[-1].user_id


def _follow(
    work: Work, connection: Connection, links: Sequence[DirectoryLink]
) -> tuple[Synced, list[DirectoryLink]]:
    """Follows some people; returns those who are not in the directory besides."""
    found = connection.find_all([link.entry_id for link in links])
    done, missing = Synced(), []
    for link in links:
        entry = found.get(link.entry_id)
        if entry is None:
            missing.append(link)
        elif entry.switched_off:
            done = replace(done, gone=done.gone + _take_out(work, link, DISABLED))
        else:
            with work.reading() as db:
                user = users.find_user(db, link.user_id)
            member = directory.member_of(connection, work, entry, user)
            if _keep_in_step(work, link, member):
                name = "changed" if link.gone_at is None else "back"
                done = replace(done, **{name: getattr(done, name) + 1})
    return done, missing


def _keep_in_step(work: Work, link: DirectoryLink, member: Member) -> bool:
    with work.reading() as db:
        user = users.find_user(db, link.user_id)
        if user is None or user.deleted:
            return False
        if link.gone_at is None and directory_people.in_step(db, work, user, member):
            return False
    with work.writing() as db:
        attempts.lock(db, facts.factor_key(link.user_id), now=work.now)
        user = users.lock_user(db, link.user_id)
        now = directory_links.find_by_user(db, link.user_id)
        if user is None or user.deleted or now is None:
            return False
        gone = now.gone_at is not None
        directory_people.keep_in_step(db, work, user, member, gone=gone)
    return True


def _take_out_missing(
    work: Work, done: Synced, missing: list[DirectoryLink], *, even_many: bool
) -> Synced:
    lost = [link for link in missing if link.gone_at is None]
    with work.reading() as db:
        present = directory_links.count_present(db)
    if not even_many and not rules.is_believable(len(lost), present):
        words = "so many people are missing in the directory that nobody is taken out"
        log.error(words, extra={logs.FACTS: {"missing": len(lost), "known": present}})
        return replace(done, doubted=len(lost))
    return replace(
        done, gone=done.gone + sum(_take_out(work, one, REMOVED) for one in lost)
    )


def _take_out(work: Work, link: DirectoryLink, why: str) -> bool:
    if link.gone_at is not None:
        return False
    with work.writing() as db:
        attempts.lock(db, facts.factor_key(link.user_id), now=work.now)
        user = users.lock_user(db, link.user_id)
        now = directory_links.find_by_user(db, link.user_id)
        if user is None or now is None or now.gone_at is not None:
            return False
        return directory_people.take_out(db, work, user, why)
