"""What happened to somebody's account and has to be told: on a page, and by mail.

One row an event, written with the event's own audit record. The same rows are the queue
of the mails: ``mail_due_at`` is set while one is still to be sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy import bindparam
from sqlalchemy import func
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.audit import AuditTable
from idp.store.base import Base
from idp.store.base import Moment
from idp.store.chunks import delete_oldest
from idp.store.users import UserTable

TOLD = frozenset(
    {
        "mfa.enrolled",
        "mfa.replaced",
        "mfa.disabled",
        "mfa.codes_regenerated",
        "mfa.codes_voided",
        "mfa.backup_code_used",
        "mfa.locked",
        "mfa.unlocked",
        "mfa.requirement_changed",
        "password.changed",
        "password.initial_set",
        "user.changed",
        "user.deleted",
        "user.disabled",
        "user.enabled",
    }
)
"""Audit events of a person's account that the person is told (SEC-069)."""

SAME_IN_A_ROW = 5
ROW = timedelta(hours=1)
"""After so many of one kind within this time no more are mailed (SEC-124).

Of one kind, so that a crowd of harmless mails cannot hide the one that matters.
"""


class NoticeTable(Base):
    """One row an event of somebody's account."""

    __tablename__ = "notices"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    event: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)
    source: Mapped[str]
    by_other: Mapped[bool]
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    address: Mapped[str | None]
    language: Mapped[str | None]
    mail_due_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    mail_tries: Mapped[int]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell; ``by_other`` when it was not the person's own doing."""

    id: int
    user_id: str
    event: str
    at: datetime
    source: str
    by_other: bool
    address: str | None = field(repr=False)
    language: str | None
    mail_tries: int


@dataclass(frozen=True, slots=True)
class Doer:
    """What the event's audit record knows beyond the notice."""

    username: str
    user_agent: str


_columns = tuple(getattr(NoticeTable, name) for name in Notice.__dataclass_fields__)
_whose = select(UserTable.email, UserTable.language).where(
    UserTable.id == bindparam("user_id")
)
_unseen = (
    select(*_columns)
    .where(
        NoticeTable.user_id == bindparam("user_id"),
        NoticeTable.seen_at.is_(None),
        NoticeTable.at < bindparam("before"),
    )
    .order_by(NoticeTable.id.desc())
    .limit(20)
)


def add_notice(
    db: Connection,
    user_id: str,
    event: str,
    *,
    now: datetime,
    source: str,
    by_other: bool,
    mailed: bool,
    address: str | None = None,
) -> None:
    """Notes something to tell, by mail too where there is an address.

    ``address`` is the one from before the change, if that is known: whoever changes the
    address must not be the only one who is told.
    """
    person = db.execute(_whose, {"user_id": user_id}).one_or_none()
    if person is None:
        return
    address = address or person.email
    if address and _told_often(db, [user_id], event, now=now):
        mailed = False
    mail = _mail(address, person.language, now=now, mailed=mailed)
    row = {"user_id": user_id, "event": event, "at": now, "source": source}
    db.execute(insert(NoticeTable).values(by_other=by_other, **row, **mail))


def add_notices(
    db: Connection,
    user_ids: Sequence[str],
    event: str,
    *,
    now: datetime,
    source: str,
    actor_id: str | None,
    mailed: bool,
) -> None:
    """Notes for each of many what ``add_notice`` notes for one, in three statements."""
    enough = _told_often(db, user_ids, event, now=now)
    whose = select(UserTable.id, UserTable.email, UserTable.language)
    found = db.execute(whose.where(UserTable.id.in_(user_ids)))
    same = {"event": event, "at": now, "source": source}
    rows = [
        {"user_id": one, "by_other": one != actor_id, **same}
        | _mail(email, language, now=now, mailed=mailed and one not in enough)
        for one, email, language in found
    ]
    if rows:
        db.execute(insert(NoticeTable), rows)


def _mail(
    address: str | None, language: str | None, *, now: datetime, mailed: bool
) -> dict[str, Any]:
    return {
        "address": address if mailed else None,
        "language": language,
        "mail_due_at": now if mailed and address else None,
        "mail_tries": 0,
    }


def _told_often(
    db: Connection, user_ids: Sequence[str], event: str, *, now: datetime
) -> frozenset[str]:
    """Tells whose mails about this were enough for now."""
    often = (
        select(NoticeTable.user_id)
        .where(NoticeTable.user_id.in_(user_ids), NoticeTable.event == event)
        .where(NoticeTable.at > now - ROW)
        .group_by(NoticeTable.user_id)
        .having(func.count() >= SAME_IN_A_ROW)
    )
    return frozenset(db.execute(often).scalars())


def list_unseen(
    db: Connection, user_id: str, *, before: datetime
) -> tuple[Notice, ...]:
    """Lists what happened before a moment and was not shown yet, the newest first."""
    rows = db.execute(_unseen, {"user_id": user_id, "before": before})
    return tuple(Notice(*row) for row in rows)


def mark_seen(db: Connection, user_id: str, *, before: datetime, now: datetime) -> None:
    """Notes that everything before a moment was shown."""
    db.execute(
        update(NoticeTable)
        .where(
            NoticeTable.user_id == user_id,
            NoticeTable.seen_at.is_(None),
            NoticeTable.at < before,
        )
        .values(seen_at=now)
    )


def list_due(db: Connection, *, now: datetime, limit: int) -> tuple[Notice, ...]:
    """Lists mails that are to be sent now, the oldest first."""
    statement = (
        select(*_columns)
        .where(NoticeTable.mail_due_at <= now)
        .order_by(NoticeTable.mail_due_at, NoticeTable.id)
        .limit(limit)
    )
    return tuple(Notice(*row) for row in db.execute(statement))


def claim_mail(
    db: Connection, notice: Notice, *, now: datetime, again_at: datetime
) -> bool:
    """Takes a mail to send it: True for one of all who try at the same time.

    It comes up again at ``again_at`` unless ``end_mail`` is called.
    """
    statement = (
        update(NoticeTable)
        .where(
            NoticeTable.id == notice.id,
            NoticeTable.mail_tries == notice.mail_tries,
            NoticeTable.mail_due_at <= now,
        )
        .values(mail_due_at=again_at, mail_tries=notice.mail_tries + 1)
    )
    return db.execute(statement).rowcount == 1


def end_mail(db: Connection, notice_id: int, *, tries: int) -> bool:
    """Takes a mail off the queue after so many tries; True for one of all who do.

    Nobody needs the address after that.
    """
    statement = (
        update(NoticeTable)
        .where(
            NoticeTable.id == notice_id,
            NoticeTable.mail_tries == tries,
            NoticeTable.mail_due_at.is_not(None),
        )
        .values(mail_due_at=None, address=None)
    )
    return db.execute(statement).rowcount == 1


def find_doer(db: Connection, notice: Notice) -> Doer:
    """Returns what the record of the same event knows."""
    statement = (
        select(AuditTable.subject_name, AuditTable.user_agent)
        .where(
            AuditTable.subject_id == notice.user_id,
            AuditTable.event == notice.event,
            AuditTable.at == notice.at,
        )
        .limit(1)
    )
    row = db.execute(statement).one_or_none()
    return Doer(row[0] or "", row[1]) if row else Doer("", "")


def purge_notices(db: Connection, *, before: datetime, limit: int) -> int:
    """Deletes notices older than a moment, at most ``limit``."""
    return delete_oldest(db, NoticeTable, NoticeTable.at < before, limit=limit)


def count_waiting(db: Connection) -> int:
    """Counts the mails that are still to be sent."""
    statement = select(func.count()).where(NoticeTable.mail_due_at.is_not(None))
    return int(db.execute(statement).scalar_one())


def oldest_waiting(db: Connection) -> datetime | None:
    """Returns when the oldest event happened whose mail is still to be sent."""
    statement = select(func.min(NoticeTable.at)).where(
        NoticeTable.mail_due_at.is_not(None)
    )
    return db.execute(statement).scalar_one()
