"""The chain over the audit trail: closed later, over committed records, in order.

Writers never wait for one another; only the closing step looks for a moment at which
nobody writes, so that no lower number can appear afterwards (REL-082). What a link is,
``rules.chain`` says; whether the head is genuine, its seal, which is not made here.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from sqlalchemy import CheckConstraint
from sqlalchemy import bindparam
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.audit import AuditRecord
from idp.store.audit import AuditTable
from idp.store.base import Base

LONGEST_WAIT_MS = 500


class HeadTable(Base):
    """The one row that says up to where the chain is closed."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    hash: Mapped[str]
    records: Mapped[int]
    seal: Mapped[str]


class TotalTable(Base):
    """How many closed records there are of each event and outcome."""

    __tablename__ = "audit_totals"

    event: Mapped[str] = mapped_column(primary_key=True)
    outcome: Mapped[str] = mapped_column(primary_key=True)
    records: Mapped[int]


@dataclass(frozen=True, slots=True)
class Head:
    """The last closed record, how many there are, and the seal over all that."""

    number: int
    hash: str
    records: int
    seal: str


@dataclass(frozen=True, slots=True)
class Link:
    """A record at its place in the chain; open ones have no hashes."""

    number: int
    record: AuditRecord
    previous_hash: str | None
    hash: str | None

    def closed(self, previous_hash: str, own_hash: str) -> "Link":
        """Returns the same record with its hashes."""
        return replace(self, previous_hash=previous_hash, hash=own_hash)


_names = tuple(AuditRecord.__dataclass_fields__)
_columns = tuple(getattr(AuditTable, name) for name in _names)
_head = select(HeadTable.number, HeadTable.hash, HeadTable.records, HeadTable.seal)
_close = (
    update(AuditTable)
    .where(AuditTable.number == bindparam("of"), AuditTable.hash.is_(None))
    .values(previous_hash=bindparam("previous"), hash=bindparam("own"))
)


def find_head(db: Connection) -> Head:
    """Returns up to where the chain is closed."""
    return Head(*db.execute(_head).one())


def lock_head(db: Connection) -> Head:
    """Returns the same, and keeps everybody else from closing in the meantime."""
    return Head(*db.execute(_head.with_for_update()).one())


def put_head(db: Connection, head: Head) -> None:
    """Says up to where the chain is closed now."""
    names = ("number", "hash", "records", "seal")
    db.execute(update(HeadTable).values({name: getattr(head, name) for name in names}))


def last_number(db: Connection) -> int:
    """Returns the highest number that this block can see, 0 for an empty trail."""
    return db.execute(select(func.max(AuditTable.number))).scalar() or 0


def settled_number(db: Connection) -> int:
    """Returns a number below which nothing can appear any more.

    On SQLite that is every number. On PostgreSQL numbers are taken before they are
    committed, so this waits, for half a second at most, until nobody is writing; to be
    called in a block of its own. Raises Unavailable when it waited in vain.
    """
    if db.dialect.name == "postgresql":
        db.execute(text(f"SET LOCAL lock_timeout = {LONGEST_WAIT_MS}"))
        db.execute(text("LOCK TABLE audit_records IN SHARE MODE"))
    return last_number(db)


def links(db: Connection, *, after: int, upto: int, limit: int) -> list[Link]:
    """Lists records in order of number, above one and up to another."""
    statement = (
        select(AuditTable.number, AuditTable.previous_hash, AuditTable.hash, *_columns)
        .where(AuditTable.number > after, AuditTable.number <= upto)
        .order_by(AuditTable.number)
        .limit(limit)
    )
    return [
        Link(number, AuditRecord(*values), previous_hash, own_hash)
        for number, previous_hash, own_hash, *values in db.execute(statement)
    ]


def count_open(db: Connection, head: Head) -> int:
    """Counts the records that are not closed yet."""
    statement = select(func.count()).where(AuditTable.number > head.number)
    return int(db.execute(statement).scalar_one())


def close_links(db: Connection, closed: Sequence[Link]) -> int:
    """Writes the hashes of open records; returns how many were open."""
    if not closed:
        return 0
    rows = [
        {"of": one.number, "previous": one.previous_hash, "own": one.hash}
        for one in closed
    ]
    return sum(db.execute(_close, row).rowcount for row in rows)


def add_totals(db: Connection, more: Mapping[tuple[str, str], int]) -> None:
    """Adds to the totals; for who holds the head."""
    for (event, outcome), records in sorted(more.items()):
        changed = db.execute(
            update(TotalTable)
            .where(TotalTable.event == event, TotalTable.outcome == outcome)
            .values(records=TotalTable.records + records)
        )
        if changed.rowcount == 0:
            row = {"event": event, "outcome": outcome, "records": records}
            db.execute(insert(TotalTable).values(row))


def totals(db: Connection) -> dict[tuple[str, str], int]:
    """Returns how many closed records there are of each event and outcome."""
    statement = select(TotalTable.event, TotalTable.outcome, TotalTable.records)
    return {(event, outcome): n for event, outcome, n in db.execute(statement)}
