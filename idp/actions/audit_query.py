"""Reading the audit trail, a page at a time, the newest record first.

The filters are defined here, for pages and exports alike (REL-083). People are named by
id or user name; a person who was deleted is found by id.
"""

import logging
from dataclasses import asdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from idp.actions import audit_shape
from idp.actions import cursors
from idp.actions import rights
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import Unavailable
from idp.rules.names import canonical_username
from idp.rules.permissions import AUDIT_READ
from idp.store import audit
from idp.store import audit_search
from idp.store import users
from idp.store.audit_search import Wanted

log = logging.getLogger("idp.audit")

LARGEST_PAGE = 200
LONGEST = 200
"""Characters of one condition; a name or an id has fewer."""

NO_PERSONS = ("host", "system")
"""Actors that are found by these words, whoever may be called so."""

LIST = "audit"
READ = "audit.read"
EVENTS = tuple(sorted(audit.EVENTS))
"""What can be asked for as ``event``."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter: ``user`` is whom a record is about, ``actor`` who did it.

    Commands are found as ``host`` and the worker as ``system``, which are their ids.
    ``since`` is the first moment and ``until`` the first one after.
    """

    user: str | None = None
    actor: str | None = None
    client: str | None = None
    event: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def said(self) -> dict[str, str | None]:
        """Returns the filter as plain text, as cursors and records hold it."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class Records:
    """A page of records (``interface.md`` section 6), and where the next one begins."""

    items: tuple[dict[str, Any], ...]
    next_cursor: str | None


def search(
    work: Work, asked: Asked, *, limit: int = 50, cursor: str | None = None
) -> Records:
    """Lists a page of records for somebody who looks through the trail.

    That is recorded once a question, with the first page (REL-083). A database that
    only reads keeps nobody from the trail. Raises BadRequest or Forbidden.
    """
    found = list_records(work, asked, limit=limit, cursor=cursor)
    if cursor is None:
        changes = {name: said for name, said in asked.said().items() if said}
        try:
            with work.writing() as db:
                work.audit(db, READ, subject=Subject("audit"), changes=changes)
        except Unavailable as fault:
            log.warning("that the trail was read is not recorded", exc_info=fault)
    return found


def list_records(
    work: Work, asked: Asked, *, limit: int = 50, cursor: str | None = None
) -> Records:
    """Lists a page of records, the newest first; raises BadRequest or Forbidden."""
    if not 1 <= limit <= LARGEST_PAGE:
        words = f"A page has 1 to {LARGEST_PAGE} entries."
        raise BadRequest("limit", sentence=words)
    with rights.reading(work, AUDIT_READ) as db:
        sought = wanted(db, asked)
        above, below = audit_search.stretch(db, sought)
        if cursor is not None:
            below = min(below, place_of(work, cursor, asked))
        found = audit_search.search(
            db, sought, above=above, below=below, limit=limit + 1, newest_first=True
        )
    page = found[:limit]
    following = None
    if len(found) > limit:
        last = str(page[-1].number)
        following = cursors.made(work, last, of=LIST, asked=asked.said())
    return Records(tuple(audit_shape.facts_of(link) for link in page), following)


def wanted(db: Connection, asked: Asked) -> Wanted:
    """Turns names into ids; raises BadRequest for an unknown event.

    So it does for a condition that is longer than anything it could find.
    """
    for field in ("user", "actor", "client"):
        if len(getattr(asked, field) or "") > LONGEST:
            words = f"A condition has up to {LONGEST} characters."
            raise BadRequest(field, sentence=words)
    if asked.event is not None and asked.event not in audit.EVENTS:
        raise BadRequest("event", sentence="There is no such event.")
    no_person = asked.actor in NO_PERSONS
    return Wanted(
        user_id=_id_of(db, asked.user),
        actor_id=asked.actor if no_person else _id_of(db, asked.actor),
        client_id=asked.client,
        event=asked.event,
        since=asked.since,
        until=asked.until,
    )


def _id_of(db: Connection, named: str | None) -> str | None:
    """Returns the id of a person; an unknown name may be the id of something else."""
    if named is None or users.find_user(db, named) is not None:
        return named
    canonical = canonical_username(named)
    user = users.find_by_canonical(db, canonical) if canonical else None
    return named if user is None else user.id


def place_of(work: Work, cursor: str, asked: Asked) -> int:
    """Returns the record number below which a list continues; raises BadRequest."""
    return int(cursors.position(work, cursor, of=LIST, asked=asked.said()))
