"""Telling applications that a session ended: taken from the queue, retried, given up.

Rows are queued by ``actions.sessions.end``. Sending is ``idp.outbound``, the token is
``oidc.logout_token``; this module decides who is told when, and how often.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from idp.actions import facts
from idp.actions import sessions as life
from idp.actions.work import SYSTEM
from idp.actions.work import Work
from idp.store import clients
from idp.store import logout_notices
from idp.store import sessions
from idp.store.logout_notices import ADDRESS
from idp.store.logout_notices import DELIVERED
from idp.store.logout_notices import FAILED
from idp.store.logout_notices import LogoutNotice as LogoutNotice

WAITS = (
    timedelta(seconds=15),
    timedelta(minutes=1),
    timedelta(minutes=4),
    timedelta(minutes=9),
)
"""How long a notice that could not be delivered waits after each try but the last.

The shortest is longer than any try, so nobody else takes what is under way (REL-061).
"""
MOST_TRIES = len(WAITS) + 1
TAKEN = (200, 204)
"""Answers of success; the standard allows a 200, frameworks send a 204 (2.8)."""
REFUSED = 400
"""The answer that is final: the application will never take this notice (2.8)."""
EVENTS = {DELIVERED: "logout.delivered", FAILED: "logout.failed"}
AT_ONCE = 100
SESSIONS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notice that was taken; ``tries`` counts this one."""

    id: int
    sid: str
    user_id: str
    client_id: str
    address: str
    algorithm: str
    tries: int
    began_there: bool = False


def end_run_out(work: Work) -> int:
    """Ends sessions whose time is over, so that their applications hear of it."""
    idle_since = work.now - work.settings.session_idle
    with work.writing() as db:
        over = sessions.list_run_out(
            db, now=work.now, idle_since=idle_since, limit=SESSIONS_AT_ONCE
        )
        life.end(work, db, over, "expired", by=SYSTEM)
    return len(over)


def list_due(work: Work, *, but_not: Sequence[str] = ()) -> tuple[LogoutNotice, ...]:
    """Lists what is to be delivered now, at most one for each application."""
    with work.reading() as db:
        return logout_notices.list_due(db, now=work.now, but_not=but_not, limit=AT_ONCE)


def claim_delivery(work: Work, notice: LogoutNotice) -> Delivery | None:
    """Claims a notice for delivery; None where delivering it is of no use.

    It comes up again, later each time, unless ``answered`` ends that. One whose last
    try never came back is given up here, and so is one that has nowhere to go.
    """
    tries = notice.tries
    with work.reading() as db:
        client = clients.find_client(db, notice.client_id)
    address = client.details.get(ADDRESS) if client else None
    if client is None or address is None or tries >= MOST_TRIES:
        reason = "no outcome" if address else "no address"
        _end(work, notice, tries=tries, state=FAILED, outcome=reason)
        return None
    again_at = work.now + WAITS[min(tries, len(WAITS) - 1)]
    with work.writing() as db:
        if not logout_notices.claim_notice(db, notice, now=work.now, again_at=again_at):
            return None
    return Delivery(
        id=notice.id,
        sid=notice.sid,
        user_id=notice.user_id,
        client_id=notice.client_id,
        address=address,
        algorithm=client.id_token_alg,
        tries=tries + 1,
        began_there=notice.began_there,
    )


def answered(work: Work, delivery: Delivery, status: int) -> str:
    """Notes what an application answered; returns the state of the notice.

    Where the sign-out began there, a refusal means that it is signed out already.
    """
    if status in TAKEN or (status == REFUSED and delivery.began_there):
        return _end(
            work, delivery, tries=delivery.tries, state=DELIVERED, outcome=str(status)
        )
    return failed(work, delivery, f"answer {status}", final=status == REFUSED)


def failed(work: Work, delivery: Delivery, reason: str, *, final: bool = False) -> str:
    """Notes a try that failed; there is another one unless this is ``final``."""
    if final or delivery.tries >= MOST_TRIES:
        return _end(work, delivery, tries=delivery.tries, state=FAILED, outcome=reason)
    with work.writing() as db:
        logout_notices.note_outcome(
            db, delivery.id, tries=delivery.tries, outcome=reason
        )
    return logout_notices.PENDING


def waiting(work: Work) -> int:
    """Counts the notices that are still to be delivered."""
    with work.reading() as db:
        return logout_notices.count_waiting(db)


def _end(
    work: Work,
    notice: LogoutNotice | Delivery,
    *,
    tries: int,
    state: str,
    outcome: str,
) -> str:
    with work.writing() as db:
        if logout_notices.end_notice(
            db, notice.id, tries=tries, state=state, outcome=outcome
        ):
            work.audit(
                db,
                EVENTS[state],
                reason=outcome,
                actor=SYSTEM,
                subject=facts.subject_of(db, notice.user_id),
                client_id=notice.client_id,
                sid=notice.sid,
                changes={"tries": tries},
            )
    return state
