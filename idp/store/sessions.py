"""Browser sessions and the applications that took part in them.

Only the hash of the cookie is kept; ``sid`` is the public id. What a session is worth
is derived from its proofs, elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlalchemy import ForeignKey
from sqlalchemy import bindparam
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import or_
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.rules.factors import Proofs
from idp.store.base import Base
from idp.store.base import Moment
from idp.store.base import ProofsType
from idp.store.base import hash_token
from idp.store.chunks import delete_some
from idp.store.statements import Statement
from idp.store.users import UserTable

LONGEST_TOKEN = 128


class SessionTable(Base):
    """One row a session; kept for a while after its end."""

    __tablename__ = "sessions"

    sid: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    proofs: Mapped[Proofs] = mapped_column(ProofsType)
    browser_hash: Mapped[str] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_why: Mapped[str | None]
    source: Mapped[str]
    user_agent: Mapped[str]
    message: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class ParticipantTable(Base):
    """Which application got a code in which session: whom to tell at sign-out."""

    __tablename__ = "session_clients"

    sid: Mapped[str] = mapped_column(
        ForeignKey("sessions.sid", ondelete="CASCADE"), primary_key=True
    )
    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True
    )
    first_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class Session:
    """A session as stored; ``message`` is what its next page says, once."""

    sid: str
    token_hash: str = field(repr=False)
    user_id: str
    proofs: Proofs
    browser_hash: str = field(repr=False)
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    source: str
    user_agent: str
    message: dict[str, Any] | None = None


_names = tuple(Session.__dataclass_fields__)
COLUMNS = tuple(getattr(SessionTable, name) for name in _names)
_living = SessionTable.ended_at.is_(None)
_owner = (
    select(UserTable.username)
    .where(UserTable.id == SessionTable.user_id)
    .scalar_subquery()
)
_by_token = Statement(
    select(*COLUMNS).where(SessionTable.token_hash == bindparam("token_hash"), _living)
)
_by_sid = Statement(select(*COLUMNS).where(SessionTable.sid == bindparam("sid")))
_of_user_or_browser = Statement(
    select(*COLUMNS)
    .where(
        or_(
            SessionTable.user_id == bindparam("user_id"),
            SessionTable.browser_hash == bindparam("browser_hash"),
        ),
        _living,
    )
    .order_by(SessionTable.created_at)
)
_of_user = Statement(
    select(*COLUMNS)
    .where(SessionTable.user_id == bindparam("user_id"), _living)
    .order_by(SessionTable.created_at)
)
_hold = Statement(
    select(*COLUMNS)
    .where(SessionTable.sid == bindparam("sid"), _living)
    .with_for_update(key_share=True)
)
_add = Statement(insert(SessionTable))
_touch = Statement(
    update(SessionTable)
    .where(SessionTable.sid == bindparam("session"), _living)
    .values(last_seen_at=bindparam("now", type_=Moment))
)
_ADD_PARTICIPANT = {
    "postgresql": Statement(
        postgresql.insert(ParticipantTable).on_conflict_do_nothing()
    ),
    "sqlite": Statement(sqlite.insert(ParticipantTable).on_conflict_do_nothing()),
}
_participants = Statement(
    select(ParticipantTable.client_id)
    .where(ParticipantTable.sid == bindparam("sid"))
    .order_by(ParticipantTable.first_at, ParticipantTable.client_id)
)


def key_of(token: str | None) -> str | None:
    """Returns by what a cookie's session is found; None for what can be no token."""
    if not token or len(token) > LONGEST_TOKEN or not token.isascii():
        return None
    return hash_token(token)


def find_by_token(db: Connection, token_hash: str) -> Session | None:
    """Finds the session of a cookie unless it was ended; limits are the caller's."""
    row = _by_token.row(db, {"token_hash": token_hash})
    return None if row is None else Session(*row)


def find_by_sid(db: Connection, sid: str) -> Session | None:
    """Finds a session by its public id, ended ones included."""
    row = _by_sid.row(db, {"sid": sid})
    return None if row is None else Session(*row)


def list_of_user(db: Connection, user_id: str) -> tuple[Session, ...]:
    """Lists the sessions of a person that were not ended, the oldest first."""
    rows = _of_user.rows(db, {"user_id": user_id})
    return tuple(Session(*row) for row in rows)


def list_of(db: Connection, user_id: str, *, browser_hash: str) -> tuple[Session, ...]:
    """Lists the sessions of a person, and anybody's in a browser, the oldest first.

    Only those that were not ended.
    """
    values = {"user_id": user_id, "browser_hash": browser_hash}
    return tuple(Session(*row) for row in _of_user_or_browser.rows(db, values))


def add_session(db: Connection, session: Session) -> None:
    """Adds a session."""
    values: dict[str, Any] = {name: getattr(session, name) for name in _names}
    _add.change(db, values)


def raise_session(
    db: Connection,
    sid: str,
    *,
    old_token_hash: str,
    token_hash: str,
    proofs: Proofs,
    now: datetime,
) -> bool:
    """Gives a living session new proofs and a new token; the old one is dead."""
    statement = (
        update(SessionTable)
        .where(
            SessionTable.sid == sid,
            SessionTable.token_hash == old_token_hash,
            _living,
        )
        .values(token_hash=token_hash, proofs=proofs, last_seen_at=now)
    )
    return db.execute(statement).rowcount == 1


def lower_session(db: Connection, sid: str, *, proofs: Proofs) -> None:
    """Leaves a living session fewer proofs than it has."""
    db.execute(
        update(SessionTable)
        .where(SessionTable.sid == sid, _living)
        .values(proofs=proofs)
    )


def touch(db: Connection, sid: str, *, now: datetime) -> None:
    """Notes that a session is in use; the overall limit stays where it is (SEC-143)."""
    _touch.change(db, {"session": sid, "now": now})


def hold(db: Connection, sid: str) -> Session | None:
    """Keeps a session from being changed until the block ends; None if it was ended."""
    row = _hold.row(db, {"sid": sid})
    return None if row is None else Session(*row)


def put_message(db: Connection, sid: str, message: dict[str, Any] | None) -> None:
    """Keeps what the next page of a session says, once; None takes it away."""
    db.execute(
        update(SessionTable)
        .where(SessionTable.sid == sid, _living)
        .values(message=message)
    )


def end_sessions(
    db: Connection, sids: Sequence[str], *, now: datetime, why: str
) -> dict[str, tuple[str, str]]:
    """Ends sessions; those that were still living, and whose they were, are the answer.

    One statement, so that of two that end the same session only one is told.
    """
    statement = (
        update(SessionTable)
        .where(SessionTable.sid.in_(sids), _living)
        .values(ended_at=now, ended_why=why)
        .returning(SessionTable.sid, SessionTable.user_id, _owner)
    )
    return {sid: (user_id, name) for sid, user_id, name in db.execute(statement)}


def list_run_out(
    db: Connection, *, now: datetime, idle_since: datetime, limit: int
) -> list[str]:
    """Lists and locks sessions that are past their limits and not yet ended."""
    statement = (
        select(SessionTable.sid)
        .where(
            _living,
            or_(
                SessionTable.expires_at <= now, SessionTable.last_seen_at <= idle_since
            ),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(db.execute(statement).scalars())


def add_participant(db: Connection, sid: str, client_id: str, *, now: datetime) -> None:
    """Notes that an application takes part in a session; harmless to repeat."""
    values = {"sid": sid, "client_id": client_id, "first_at": now}
    _ADD_PARTICIPANT[db.dialect.name].change(db, values)


def participants(db: Connection, sid: str) -> tuple[str, ...]:
    """Returns the client ids of a session in order of their first code."""
    return tuple(row[0] for row in _participants.rows(db, {"sid": sid}))


def count_living(db: Connection, *, now: datetime, idle_since: datetime) -> int:
    """Counts the sessions that are within their limits."""
    statement = select(func.count()).where(
        SessionTable.ended_at.is_(None),
        SessionTable.expires_at > now,
        SessionTable.last_seen_at > idle_since,
    )
    return int(db.execute(statement).scalar_one())


def purge_sessions(db: Connection, *, before: datetime, limit: int) -> int:
    """Deletes sessions that had to end before a moment, at most ``limit``."""
    return delete_some(db, SessionTable, SessionTable.expires_at < before, limit=limit)
