"""The audit trail searched: whom it is about, who did it, what, when.

Every statement reads a stretch of numbers through an index; none reads the whole trail
(``security.md`` 2.9). What a record looks like outside is not known here.
"""

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

from sqlalchemy import ColumnElement
from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store.audit import AuditRecord
from idp.store.audit import AuditTable
from idp.store.audit_chain import Link
from idp.store.audit_chain import last_number

DISORDER = timedelta(days=1)
"""How far the order of number may stray from the order of time.

Requests commit out of order by seconds, and clocks are set wrong by hours.
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; ``since`` is the first moment, ``until`` the first after."""

    user_id: str | None = None
    actor_id: str | None = None
    client_id: str | None = None
    event: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_columns = (
    AuditTable.number,
    AuditTable.previous_hash,
    AuditTable.hash,
    *(getattr(AuditTable, name) for name in AuditRecord.__dataclass_fields__),
)


def stretch(db: Connection, wanted: Wanted) -> tuple[int, int]:
    """Returns two numbers that all records of the time asked for lie between."""
    return _above(db, wanted.since), _below(db, wanted.until)


def _above(db: Connection, since: datetime | None) -> int:
    if since is None:
        return 0
    statement = (
        select(AuditTable.number)
        .where(AuditTable.at < _shifted(since, -DISORDER))
        .order_by(AuditTable.at.desc(), AuditTable.number.desc())
    )
    return db.execute(statement.limit(1)).scalar() or 0


def _below(db: Connection, until: datetime | None) -> int:
    beyond = last_number(db) + 1
    if until is None:
        return beyond
    statement = (
        select(AuditTable.number)
        .where(AuditTable.at >= _shifted(until, DISORDER))
        .order_by(AuditTable.at, AuditTable.number)
    )
    return db.execute(statement.limit(1)).scalar() or beyond


def _shifted(moment: datetime, by: timedelta) -> datetime:
    """Moves a moment, at the ends of the calendar not at all."""
    try:
        return moment + by
    except OverflowError:
        return moment


def search(
    db: Connection,
    wanted: Wanted,
    *,
    above: int,
    below: int,
    limit: int,
    newest_first: bool,
) -> list[Link]:
    """Returns records between two numbers, in one order of number or the other."""
    number = AuditTable.number
    statement = (
        select(*_columns)
        .where(number > above, number < below, *_conditions(wanted))
        .order_by(number.desc() if newest_first else number)
        .limit(limit)
    )
    return [
        Link(found, AuditRecord(*values), previous_hash, own_hash)
        for found, previous_hash, own_hash, *values in db.execute(statement)
    ]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked = []
    if wanted.user_id is not None:
        asked += [AuditTable.subject_id == wanted.user_id]
        asked += [AuditTable.subject_type == "user"]
    if wanted.actor_id is not None:
        asked.append(AuditTable.actor_id == wanted.actor_id)
    if wanted.client_id is not None:
        asked.append(AuditTable.client_id == wanted.client_id)
    if wanted.event is not None:
        asked.append(AuditTable.event == wanted.event)
    if wanted.since is not None:
        asked.append(AuditTable.at >= wanted.since)
    if wanted.until is not None:
        asked.append(AuditTable.at < wanted.until)
    return asked
