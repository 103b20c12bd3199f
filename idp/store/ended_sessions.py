"""Sessions that have ended: the last one of a browser, and what ended with it.

They stay a while after their end (``store.sessions``), to tell what became of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from idp.store.sessions import SessionTable


@dataclass(frozen=True, slots=True)
class Ended:
    """A session that was ended, and why."""

    sid: str
    user_id: str
    at: datetime | None
    why: str | None


_columns = (
    SessionTable.sid,
    SessionTable.user_id,
    SessionTable.ended_at,
    SessionTable.ended_why,
)


def find_ended(
    db: Connection, browser_hash: str, *, why: Sequence[str], since: datetime
) -> Ended | None:
    """Finds the session that last ended in a browser for one of these reasons."""
    statement = (
        select(*_columns)
        .where(
            SessionTable.browser_hash == browser_hash,
            SessionTable.ended_why.in_(why),
            SessionTable.ended_at > since,
        )
        .order_by(SessionTable.ended_at.desc())
        .limit(1)
    )
    row = db.execute(statement).one_or_none()
    return None if row is None else Ended(*row)


def ended_with(db: Connection, ended: Ended) -> tuple[str, ...]:
    """Returns the sids of what ended at one stroke with a session, it included."""
    statement = (
        select(SessionTable.sid)
        .where(
            SessionTable.user_id == ended.user_id,
            SessionTable.ended_at == ended.at,
            SessionTable.ended_why == ended.why,
        )
        .order_by(SessionTable.created_at)
    )
    return tuple(db.execute(statement).scalars())
