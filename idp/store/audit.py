"""The audit trail: one record a change, written in the transaction of the change.

Append-only for everybody; the hash chain is closed later, over committed records in
order of number (REL-081, REL-082). Which events exist is the list below
(``interface.md`` 6).
"""

from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import Index
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
from idp.store.statements import Statement

_NOUNS = {
    "login": "started succeeded refused",
    "mfa": (
        "enrolment_started enrolled replaced disabled codes_regenerated "
        "codes_voided backup_code_used refused locked unlocked requirement_changed"
    ),
    "password": "changed initial_set refused",
    "session": "started raised ended",
    "consent": "granted revoked",
    "code": "issued reused",
    "tokens": "issued refreshed revoked",
    "refresh": "reused",
    "client": "refused created changed disabled deleted secret_added secret_removed",
    "registration_token": "created revoked",
    "logout": "requested delivered failed",
    "user": "created changed disabled enabled deleted",
    "notice": "failed",
    "role": "created changed deleted",
    "policy": "changed",
    "key": "created activated retired revoked rewrapped",
    "audit": "exported read purged",
    "backup": "restored",
    "database": "copied",
    "admin": "refused",
    "throttle": "hit",
}
EVENTS = frozenset(
    f"{noun}.{past}" for noun, pasts in _NOUNS.items() for past in pasts.split()
)


class AuditTable(Base):
    """One row a record; the number is the order, and the end of each index."""

    __tablename__ = "audit_records"
    __table_args__ = tuple(
        Index(f"ix_audit_records_{column}_number", column, "number")
        for column in ("event", "actor_id", "subject_id", "client_id")
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    event: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str]
    actor_type: Mapped[str]
    actor_id: Mapped[str | None]
    actor_name: Mapped[str | None]
    actor_acr: Mapped[str | None]
    subject_type: Mapped[str]
    subject_id: Mapped[str | None]
    subject_name: Mapped[str | None]
    client_id: Mapped[str | None]
    sid: Mapped[str | None]
    source: Mapped[str]
    user_agent: Mapped[str]
    request_id: Mapped[str]
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    previous_hash: Mapped[str | None]
    hash: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """A record as it is written; number and hashes come later."""

    at: datetime
    event: str
    outcome: str
    reason: str
    actor_type: str
    actor_id: str | None
    actor_name: str | None
    actor_acr: str | None
    subject_type: str
    subject_id: str | None
    subject_name: str | None
    client_id: str | None
    sid: str | None
    source: str
    user_agent: str
    request_id: str
    changes: dict[str, Any] = field(default_factory=dict)


_names = tuple(AuditRecord.__dataclass_fields__)
_columns = tuple(getattr(AuditTable, name) for name in _names)
_insert = insert(AuditTable)
_insert_one = Statement(_insert)


def append(db: Connection, *records: AuditRecord) -> None:
    """Writes records; an event outside the list is a programming error."""
    for record in records:
        if record.event not in EVENTS:
            raise ValueError(f"unknown audit event {record.event}")
    rows = [{name: getattr(record, name) for name in _names} for record in records]
    if len(rows) == 1:
        _insert_one.change(db, rows[0])
    else:
        db.execute(_insert, rows)


def list_of_subject(
    db: Connection,
    subject_id: str,
    *,
    events: Collection[str],
    before: int | None,
    limit: int,
) -> list[tuple[int, AuditRecord]]:
    """Lists the records about somebody, the newest first, below a number if given."""
    statement = select(AuditTable.number, *_columns).where(
        AuditTable.subject_id == subject_id, AuditTable.event.in_(sorted(events))
    )
    if before is not None:
        statement = statement.where(AuditTable.number < before)
    rows = db.execute(statement.order_by(AuditTable.number.desc()).limit(limit))
    return [(row[0], AuditRecord(*row[1:])) for row in rows]


def list_records(
    db: Connection,
    *,
    event: str | None = None,
    subject_id: str | None = None,
    since: datetime | None = None,
    limit: int = 1000,
    after: int = 0,
) -> list[tuple[int, AuditRecord]]:
    """Lists records in order of number, each with its number."""
    statement = select(AuditTable.number, *_columns).where(AuditTable.number > after)
    if event is not None:
        statement = statement.where(AuditTable.event == event)
    if subject_id is not None:
        statement = statement.where(AuditTable.subject_id == subject_id)
    if since is not None:
        statement = statement.where(AuditTable.at >= since)
    rows = db.execute(statement.order_by(AuditTable.number).limit(limit))
    return [(row[0], AuditRecord(*row[1:])) for row in rows]


def newest_moment(db: Connection) -> datetime | None:
    """Returns the latest moment that any record has."""
    return db.execute(select(func.max(AuditTable.at))).scalar()
