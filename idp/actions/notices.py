"""Telling people what happened to their account: on pages, and by mail.

The rows are written by ``Work.audit``, with the change itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

from idp.actions.sessions import SessionFacts
from idp.actions.work import Work
from idp.store import notices

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
"""How long a mail that could not be sent waits; after the last it is given up."""
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened since the person was last here."""

    event: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail tells, and to whom."""

    address: str
    event: str
    at: datetime
    source: str
    language: str | None


def take_unseen(work: Work, session: SessionFacts) -> tuple[Told, ...]:
    """Returns what happened before this session began and was not shown, once.

    What this very session did is not news to it, but is to the next one: a thief's
    change is told to the owner (SEC-069).
    """
    before = session.created_at
    with work.reading() as db:
        unseen = notices.list_unseen(db, session.user_id, before=before)
    if not unseen:
        return ()
    with work.writing() as db:
        notices.mark_seen(db, session.user_id, before=before, now=work.now)
    return tuple(Told(notice.event, notice.at) for notice in unseen)


def deliver(work: Work, send: Callable[[Letter], bool]) -> int:
    """Sends the mails that are due; returns how many went out.

    A mail is claimed before it is sent, so that of several workers one sends it; one
    that fails comes up again, later each time (REL-009).
    """
    with work.reading() as db:
        due = notices.list_due(db, now=work.now, limit=AT_ONCE)
    sent = 0
    for notice in due:
        wait = WAITS[notice.mail_tries] if notice.mail_tries < len(WAITS) else None
        again_at = None if wait is None else work.now + wait
        with work.writing() as db:
            if not notices.claim_mail(db, notice, now=work.now, again_at=again_at):
                continue
        letter = Letter(
            notice.address or "",
            notice.event,
            notice.at,
            notice.source,
            notice.language,
        )
        if send(letter):
            with work.writing() as db:
                notices.mail_sent(db, notice.id)
            sent += 1
    return sent
