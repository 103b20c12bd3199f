"""A person's own second factor: its state, disabling, new backup codes, a new device.

Each change asks for an authenticator code in that very request (SEC-065); setting one
up is ``actions.enrolment``, and what administrators do is ``actions.user_mfa``.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from idp.actions import code_sets
from idp.actions import factors
from idp.actions import facts
from idp.actions import login_start
from idp.actions import sessions
from idp.actions import throttle
from idp.actions.facts import Person
from idp.actions.progress import Progress
from idp.actions.sessions import SessionFacts
from idp.actions.verdicts import Verdict
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import PolicyRefused
from idp.rules import policy
from idp.rules.factors import Factor
from idp.store import authenticators
from idp.store import backup_codes
from idp.store import mfa
from idp.store import sessions as session_rows
from idp.store import users
from idp.store.attempts import Attempts
from idp.store.sessions import Session

CODES_IN_A_SET = 10


@dataclass(frozen=True, slots=True)
class OwnMfa:
    """How a person's second factor stands; ``because`` names the rules that want it."""

    state: str
    enrolled_at: datetime | None
    last_used_at: datetime | None
    backup_codes_left: int | None
    backup_code_warning: int
    required: bool
    because: tuple[str, ...]
    may_enable: bool


def own(work: Work, session: SessionFacts) -> OwnMfa:
    """Returns the state of the signed-in person's second factor."""
    with work.reading() as db:
        person = facts.require_person(db, work, session.user_id)
        pending = person.totp is None and authenticators.is_pending(db, person.user.id)
        left = backup_codes.count_unused(db, person.user.id) if person.totp else None
    state = "pending" if pending else "none"
    if person.totp is not None:
        state = "locked" if person.lock.locked else "enrolled"
    offered = person.organisation.mfa != "disabled" or person.requirement.required
    return OwnMfa(
        state=state,
        enrolled_at=person.totp.confirmed_at if person.totp else None,
        last_used_at=person.totp.last_used_at if person.totp else None,
        backup_codes_left=left,
        backup_code_warning=person.organisation.backup_code_warning,
        required=person.requirement.required,
        because=person.requirement.because,
        may_enable=person.totp is None and offered,
    )


def disable(work: Work, session: SessionFacts, code: str) -> Verdict:
    """Turns MFA off with an authenticator code; raises PolicyRefused where required.

    Wipes secret, codes and replay state, and ends everything that was open elsewhere
    (R5, SEC-066, SEC-068).
    """
    throttle.check_source(work)
    with work.writing() as db:
        person, counted = _locked(db, work, session)
        required = person.requirement.required
        verdict = None
        if required:
            _refuse(db, work, session, person)
        else:
            verdict = factors.judge_change_code(db, work, person, counted, code)
        if verdict is not None and verdict.fault is None:
            mfa.wipe(db, person.user.id, now=work.now, why="disabled", by="user")
            users.change_user(db, person.user.id, updated_at=work.now)
            _end_elsewhere(db, work, session, "MFA disabled")
            _lower(db, sessions.require(db, work, session.sid))
            work.audit(db, "mfa.disabled", actor=session.actor, subject=session.subject)
    if verdict is None:
        raise PolicyRefused(", ".join(person.requirement.because))
    throttle.count_verdict(work, verdict)
    return verdict


def regenerate(
    work: Work,
    session: SessionFacts,
    code: str,
    *,
    return_to: str,
    browser_token: str | None,
) -> Verdict | Progress:
    """Replaces the backup codes with an authenticator code; leads to the new ones.

    The old set is void from the commit on; the new one is shown once (R6, SEC-050).
    The code is spent first, so that only its winner makes codes; whatever changed
    while they were made is looked at again. Raises Crowded before it is spent.
    """
    throttle.check_source(work)
    with work.hashing.place() as run:
        with work.writing() as db:
            person, counted = _locked(db, work, session)
            verdict = factors.judge_change_code(db, work, person, counted, code)
        throttle.count_verdict(work, verdict)
        if verdict.fault is not None:
            return verdict
        made = code_sets.make(work, run)
    with work.writing() as db:
        person, _ = _locked(db, work, session)
        code_sets.put(db, work, person.user.id, made)
        _end_elsewhere(db, work, session, "backup codes regenerated")
        event = "mfa.codes_regenerated"
        work.audit(db, event, actor=session.actor, subject=session.subject)
        return login_start.begin_with_codes(
            db,
            work,
            session,
            seal=lambda login_id: code_sets.seal(work, login_id, made),
            return_to=return_to,
            browser_token=browser_token,
        )


def replace_device(
    work: Work,
    session: SessionFacts,
    *,
    return_to: str,
    browser_token: str | None,
) -> Progress:
    """Begins the set-up of a new device; the old one counts until it is confirmed."""
    return login_start.begin(
        work,
        return_to=return_to,
        demand=policy.second_factor_setup(work.settings.sudo_freshness),
        session=session,
        browser_token=browser_token,
        replacing=True,
    )


def _locked(
    db: Connection, work: Work, session: SessionFacts
) -> tuple[Person, Attempts]:
    """Takes the budget of the second factor, then looks at everything afresh.

    What was read before the lock may be over: the session ended, the factor gone.
    """
    counted = factors.hold_second_factor(db, work, session.user_id)
    sessions.require(db, work, session.sid)
    person = facts.require_person(db, work, session.user_id)
    if person.totp is None:
        raise BadRequest("MFA is not enabled")
    return person, counted


def _end_elsewhere(db: Connection, work: Work, session: SessionFacts, why: str) -> None:
    sessions.end_all_of_user(
        work, db, session.user_id, why, keep=session.sid, by=session.actor
    )


def _lower(db: Connection, session: Session) -> None:
    """Takes back what a second factor had proved that is no more (SEC-068).

    Else it would pass for a factor that nobody has, and keep them from setting one up.
    """
    known = tuple(one for one in session.proofs if one.factor is Factor.PASSWORD)
    session_rows.lower_session(db, session.sid, proofs=known)


def _refuse(db: Connection, work: Work, session: SessionFacts, person: Person) -> None:
    work.audit(
        db,
        "mfa.refused",
        outcome="refused",
        reason="policy",
        changes={"because": list(person.requirement.because)},
        actor=session.actor,
        subject=session.subject,
    )
