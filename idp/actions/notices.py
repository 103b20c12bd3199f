"""Telling people what happened to their account: on pages, and by mail.

The rows are written by ``Work.audit``, with the change itself.
"""

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions.sessions import SessionFacts
from idp.actions.work import SYSTEM
from idp.actions.work import Work
from idp.store import notices
from idp.store.notices import Notice

WAITS = (
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=3),
    timedelta(days=1),
)
"""How long a mail that could not be sent waits after each try but the last.

The shortest is longer than any try, so nobody else takes a mail that is being sent.
"""
MOST_TRIES = len(WAITS) + 1
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened since the person was last here."""

    event: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail tells, and to whom; ``tries`` counts this one."""

    id: int
    user_id: str
    address: str = field(repr=False)
    language: str | None
    event: str
    at: datetime
    by_other: bool
    username: str
    source: str
    user_agent: str
    tries: int


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


def is_any_due(work: Work) -> bool:
    """Tells whether a mail is to be sent now."""
    with work.reading() as db:
        return bool(notices.list_due(db, now=work.now, limit=1))


def claim_letter(work: Work) -> Letter | None:
    """Claims the oldest mail that is due, so that nobody else sends it.

    It comes up again, later each time, unless ``sent`` or ``not_sent`` ends that. One
    whose last try never came back is given up here.
    """
    with work.reading() as db:
        due = notices.list_due(db, now=work.now, limit=AT_ONCE)
    for notice in due:
        tries = notice.mail_tries
        if tries >= MOST_TRIES or not notice.address:
            _give_up(work, notice, tries=tries, reason="no outcome")
            continue
        again_at = work.now + (WAITS[tries] if tries < len(WAITS) else WAITS[0])
        with work.writing() as db:
            if notices.claim_mail(db, notice, now=work.now, again_at=again_at):
                return _letter(notice, notices.find_doer(db, notice), notice.address)
    return None


def sent(work: Work, letter: Letter) -> None:
    """Notes that a mail was handed over."""
    with work.writing() as db:
        notices.end_mail(db, letter.id, tries=letter.tries)


def not_sent(work: Work, letter: Letter, reason: str, *, final: bool) -> bool:
    """Notes a try that failed; True when there will be no other.

    ``final`` when the server said that another try is of no use.
    """
    if not final and letter.tries < MOST_TRIES:
        return False
    _give_up(work, letter, tries=letter.tries, reason=reason)
    return True


def waiting(work: Work) -> tuple[int, float]:
    """Counts the mails that wait; with the seconds since the oldest of their events."""
    with work.reading() as db:
        return notices.count_waiting(db), oldest_age(work, db)


def oldest_age(work: Work, db: Connection) -> float:
    """Returns the seconds since the oldest event whose mail waits; 0 for none."""
    return work.seconds_since(notices.oldest_waiting(db))


def _give_up(work: Work, mail: Notice | Letter, *, tries: int, reason: str) -> None:
    with work.writing() as db:
        if notices.end_mail(db, mail.id, tries=tries):
            work.audit(
                db,
                "notice.failed",
                reason=reason,
                actor=SYSTEM,
                subject=facts.subject_of(db, mail.user_id),
                changes={"event": mail.event, "tries": tries},
            )


def _letter(notice: Notice, doer: notices.Doer, address: str) -> Letter:
    return Letter(
        id=notice.id,
        user_id=notice.user_id,
        address=address,
        language=notice.language,
        event=notice.event,
        at=notice.at,
        by_other=notice.by_other,
        username=doer.username,
        source=notice.source,
        user_agent=doer.user_agent,
        tries=notice.mail_tries + 1,
    )
