"""What happened to a person's account, as that person may see it."""

from dataclasses import dataclass
from datetime import datetime

from idp.actions.sessions import SessionFacts
from idp.actions.work import Work
from idp.store import audit
from idp.store import clients
from idp.store import notices as notice_rows

PAGE = 30
SHOWN = notice_rows.TOLD | {
    "login.succeeded",
    "mfa.refused",
    "password.refused",
    "consent.granted",
    "consent.revoked",
    "session.ended",
    "tokens.revoked",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; ``number`` is where the next page begins."""

    number: int
    at: datetime
    event: str
    outcome: str
    reason: str
    amr: tuple[str, ...]
    source: str
    user_agent: str
    application: str | None
    by_other: bool


def list_own(
    work: Work, session: SessionFacts, *, before: int | None = None
) -> tuple[tuple[Event, ...], int | None]:
    """Lists a page of events, the newest first, and where the next page begins."""
    with work.reading() as db:
        rows = audit.list_of_subject(
            db, session.user_id, events=SHOWN, before=before, limit=PAGE + 1
        )
        names = clients.names(db)
    events = tuple(
        _event(number, record, names, session) for number, record in rows[:PAGE]
    )
    return events, events[-1].number if len(rows) > PAGE else None


def _event(
    number: int,
    record: audit.AuditRecord,
    names: dict[str, str],
    session: SessionFacts,
) -> Event:
    client_id = record.client_id
    return Event(
        number=number,
        at=record.at,
        event=record.event,
        outcome=record.outcome,
        reason=record.reason,
        amr=tuple(record.changes.get("amr", ())),
        source=record.source,
        user_agent=record.user_agent,
        application=names.get(client_id, client_id) if client_id else None,
        by_other=record.actor_id not in (None, session.user_id)
        or record.actor_type == "host",
    )
