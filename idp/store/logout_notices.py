"""Which application still has to be told that a session ended: a durable queue.

One row a session and application, written with the end of the session. ``due_at`` is
set while another try is to be made; whoever takes a row moves it on (REL-062).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy import Index
from sqlalchemy import Insert
from sqlalchemy import UniqueConstraint
from sqlalchemy import bindparam
from sqlalchemy import false
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import aliased
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
from idp.store.chunks import delete_oldest
from idp.store.clients import ClientTable
from idp.store.sessions import ParticipantTable
from idp.store.sessions import SessionTable

ADDRESS = "backchannel_logout_uri"
PAGE = "frontchannel_logout_uri"
PENDING = "pending"
DELIVERED = "delivered"
FAILED = "failed"
_LEAST_TO_MOST = (DELIVERED, FAILED, PENDING)


class LogoutNoticeTable(Base):
    """One row a session that ended and an application that took part in it."""

    __tablename__ = "logout_notices"
    __table_args__ = (
        UniqueConstraint("sid", "client_id"),
        Index("ix_logout_notices_client_id", "client_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    sid: Mapped[str]
    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE")
    )
    user_id: Mapped[str] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str]
    due_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    tries: Mapped[int]
    outcome: Mapped[str | None]
    began_there: Mapped[bool] = mapped_column(server_default=false())


@dataclass(frozen=True, slots=True)
class LogoutNotice:
    """An application to tell; ``outcome`` is how the last try went.

    ``began_there``: the sign-out began at this application.
    """

    id: int
    sid: str
    client_id: str
    user_id: str
    at: datetime
    state: str
    tries: int
    outcome: str | None
    began_there: bool


_columns = tuple(
    getattr(LogoutNoticeTable, name) for name in LogoutNotice.__dataclass_fields__
)
_ADD: dict[str, Insert] = {
    "postgresql": postgresql.insert(LogoutNoticeTable).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(LogoutNoticeTable).on_conflict_do_nothing(),
}
_took_part = (
    select(
        SessionTable.sid,
        SessionTable.user_id,
        ParticipantTable.client_id,
        ClientTable.details,
    )
    .join(ParticipantTable, ParticipantTable.sid == SessionTable.sid)
    .join(ClientTable, ClientTable.client_id == ParticipantTable.client_id)
    .where(SessionTable.sid.in_(bindparam("sids", expanding=True)))
    .order_by(ParticipantTable.first_at, ParticipantTable.client_id)
)


def add_notices(db: Connection, sids: Sequence[str], *, now: datetime) -> None:
    """Queues one notice for each application of these sessions that takes notices.

    Harmless to repeat.
    """
    rows = [
        {
            "sid": row.sid,
            "client_id": row.client_id,
            "user_id": row.user_id,
            "at": now,
            "state": PENDING,
            "due_at": now,
            "tries": 0,
        }
        for row in db.execute(_took_part, {"sids": list(sids)})
        if row.details.get(ADDRESS)
    ]
    if rows:
        db.execute(_ADD[db.dialect.name], rows)


def note_beginning(db: Connection, sid: str, client_id: str) -> None:
    """Keeps at which application a sign-out began; harmless where it takes none."""
    db.execute(
        update(LogoutNoticeTable)
        .where(LogoutNoticeTable.sid == sid, LogoutNoticeTable.client_id == client_id)
        .values(began_there=True)
    )


def pages(db: Connection, sid: str) -> dict[str, str]:
    """Returns what a browser is to load at sign-out, by client id.

    Of applications that know no other way only (``interface.md`` section 8).
    """
    return {
        row.client_id: row.details[PAGE]
        for row in db.execute(_took_part, {"sids": [sid]})
        if row.details.get(PAGE) and not row.details.get(ADDRESS)
    }


def list_due(
    db: Connection, *, now: datetime, but_not: Sequence[str], limit: int
) -> tuple[LogoutNotice, ...]:
    """Lists what is due, one an application: those that failed least come first.

    ``but_not`` are client ids that are being told already. One application with many
    notices takes no place from another (REL-062).
    """
    first = (
        select(func.min(LogoutNoticeTable.id))
        .where(
            LogoutNoticeTable.due_at <= now, LogoutNoticeTable.client_id.not_in(but_not)
        )
        .group_by(LogoutNoticeTable.client_id)
    )
    statement = (
        select(*_columns)
        .where(LogoutNoticeTable.id.in_(first))
        .order_by(LogoutNoticeTable.tries, LogoutNoticeTable.id)
        .limit(limit)
    )
    return tuple(LogoutNotice(*row) for row in db.execute(statement))


def claim_notice(
    db: Connection, notice: LogoutNotice, *, now: datetime, again_at: datetime
) -> bool:
    """Takes a notice to deliver it: True for one of all who try at the same time.

    It comes up again at ``again_at`` unless ``end_notice`` is called.
    """
    statement = (
        update(LogoutNoticeTable)
        .where(
            LogoutNoticeTable.id == notice.id,
            LogoutNoticeTable.tries == notice.tries,
            LogoutNoticeTable.due_at <= now,
        )
        .values(due_at=again_at, tries=notice.tries + 1)
    )
    return db.execute(statement).rowcount == 1


def note_outcome(db: Connection, notice_id: int, *, tries: int, outcome: str) -> None:
    """Keeps how a try went that is not the last one."""
    db.execute(
        update(LogoutNoticeTable)
        .where(LogoutNoticeTable.id == notice_id, LogoutNoticeTable.tries == tries)
        .values(outcome=outcome)
    )


def end_notice(
    db: Connection, notice_id: int, *, tries: int, state: str, outcome: str
) -> bool:
    """Takes a notice off the queue after so many tries; True for one of all who do."""
    statement = (
        update(LogoutNoticeTable)
        .where(
            LogoutNoticeTable.id == notice_id,
            LogoutNoticeTable.tries == tries,
            LogoutNoticeTable.due_at.is_not(None),
        )
        .values(due_at=None, state=state, outcome=outcome)
    )
    return db.execute(statement).rowcount == 1


def states(db: Connection, sids: Sequence[str]) -> dict[str, str]:
    """Returns how far the notices of sessions came, by client id.

    Of several to one application, one that waits counts first, then one that failed.
    """
    statement = select(LogoutNoticeTable.client_id, LogoutNoticeTable.state).where(
        LogoutNoticeTable.sid.in_(sids)
    )
    rows = [(row.client_id, row.state) for row in db.execute(statement)]
    return dict(sorted(rows, key=lambda row: _LEAST_TO_MOST.index(row[1])))


def last_of_clients(
    db: Connection, client_id: str | None = None
) -> dict[str, LogoutNotice]:
    """Returns the newest notice to each application that had one, or to one of them."""
    other = aliased(LogoutNoticeTable)
    newest = (
        select(func.max(other.id))
        .where(other.client_id == ClientTable.client_id)
        .scalar_subquery()
    )
    each = select(newest)
    if client_id is not None:
        each = each.where(ClientTable.client_id == client_id)
    statement = select(*_columns).where(LogoutNoticeTable.id.in_(each))
    found = (LogoutNotice(*row) for row in db.execute(statement))
    return {one.client_id: one for one in found}


def last_of_user(db: Connection, user_id: str) -> tuple[LogoutNotice, ...]:
    """Returns the newest notice about somebody to each application, latest first."""
    newest = (
        select(func.max(LogoutNoticeTable.id))
        .where(LogoutNoticeTable.user_id == user_id)
        .group_by(LogoutNoticeTable.client_id)
    )
    statement = (
        select(*_columns)
        .where(LogoutNoticeTable.id.in_(newest))
        .order_by(LogoutNoticeTable.id.desc())
    )
    return tuple(LogoutNotice(*row) for row in db.execute(statement))


def count_waiting(db: Connection) -> int:
    """Counts the notices that are still to be delivered."""
    statement = select(func.count()).where(LogoutNoticeTable.due_at.is_not(None))
    return int(db.execute(statement).scalar_one())


def oldest_waiting(db: Connection) -> datetime | None:
    """Returns the moment of the sign-out whose notice has waited the longest."""
    statement = select(func.min(LogoutNoticeTable.at))
    return db.execute(statement.where(LogoutNoticeTable.due_at.is_not(None))).scalar()


def purge_logout_notices(db: Connection, *, before: datetime, limit: int) -> int:
    """Deletes notices of before a moment that are done with, at most ``limit``."""
    return delete_oldest(
        db,
        LogoutNoticeTable,
        LogoutNoticeTable.at < before,
        LogoutNoticeTable.due_at.is_(None),
        limit=limit,
    )
