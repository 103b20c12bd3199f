"""A person's own password: checks of a new one, hashing, replacing it.

At sign-in an initial password is replaced by ``actions.login``; here is what both ways
share, and the change that somebody who is signed in makes.
"""

from dataclasses import dataclass
from dataclasses import field

from sqlalchemy.engine import Connection

from idp.actions import directory_people
from idp.actions import factors
from idp.actions import facts
from idp.actions import proofs
from idp.actions import sessions as life
from idp.actions import throttle
from idp.actions.factors import PEPPER_PURPOSE
from idp.actions.facts import Person
from idp.actions.guesses import HeldPassword
from idp.actions.sessions import SessionFacts
from idp.actions.verdicts import Fault
from idp.actions.verdicts import Verdict
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.rules import passwords
from idp.store import sessions
from idp.store import users
from idp.store.attempts import Attempts
from idp.store.base import hash_token
from idp.store.base import new_token
from idp.store.logins import Login
from idp.store.users import UserRow

MINIMUM = 15
MINIMUM_WITH_MFA = 8
MISMATCH = "password-mismatch"
WEAK = "weak-password"
CHANGED = "password changed"


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a change: an error word, or the new token of this session."""

    error: str | None = None
    complaints: tuple[str, ...] = ()
    verdict: Verdict | None = None
    token: str | None = field(default=None, repr=False)


def minimum(person: Person) -> int:
    """Returns how many characters are enough: fewer where a second factor is sure."""
    sure = person.requirement.required or person.totp is not None
    return MINIMUM_WITH_MFA if sure else MINIMUM


def complaints(
    work: Work, person: Person, new: str, again: str
) -> tuple[str | None, tuple[str, ...]]:
    """Says what is wrong with a new password: a word of ``data-error`` and details."""
    if new != again:
        return MISMATCH, ()
    user = person.user
    context = [user.username, user.email or "", user.name or ""]
    found = passwords.complaints(
        new, context=[*context, work.settings.organisation], minimum=minimum(person)
    )
    return (WEAK, found) if found else (None, ())


def hashed(work: Work, password: str) -> str:
    """Hashes a password in the pool, outside any transaction."""
    pepper = work.vault.macs(b"pepper", purpose=PEPPER_PURPOSE)[0]
    return work.hashing.run(
        passwords.hash_password,
        password,
        cost=work.settings.password_hash_cost,
        pepper=pepper,
    )


def replace_initial(
    db: Connection, work: Work, user: UserRow, password_hash: str, *, login: Login
) -> None:
    """Sets the lasting password and ends what the old one had opened (SEC-025, 026)."""
    who = proofs.actor(work, login, user)
    _set(db, work, user.id, password_hash)
    life.end_all_of_user(work, db, user.id, CHANGED, keep_login=login.id, by=who)
    subject = Subject("user", user.id, user.username)
    work.audit(db, "password.changed", actor=who, subject=subject)


def change(
    work: Work,
    session: SessionFacts,
    *,
    current: str,
    new: str,
    again: str,
    code: str,
) -> Change:
    """Changes one's own password with the old one and, when enrolled, a code.

    Every other session, code and token ends; this session goes on under a new token
    (SEC-025). What is wrong with the new password is said before anything is counted.
    """
    with work.reading() as db:
        person = facts.require_person(db, work, session.user_id)
    directory_people.require_kept_here(person.user)
    error, details = complaints(work, person, new, again)
    if error is not None:
        return Change(error, details)
    throttle.check_source(work)
    weighed = factors.weigh_password(work, person.user.username, current)
    fresh = hashed(work, new) if weighed.right else ""
    with work.writing() as db:
        counted = factors.hold_second_factor(db, work, session.user_id)
        held = factors.hold_password(db, work, weighed)
        verdict = _judge(db, work, session, held, counted, code)
        token = None
        if verdict.fault is None:
            token = _replace(db, work, session, fresh)
    throttle.count_verdict(work, verdict)
    error = verdict.fault.value if verdict.fault else None
    return Change(error, verdict=verdict, token=token)


def _judge(
    db: Connection,
    work: Work,
    session: SessionFacts,
    held: HeldPassword,
    counted: Attempts,
    code: str,
) -> Verdict:
    verdict = factors.judge_password(db, work, held)
    if verdict.fault is not None:
        return verdict
    if verdict.user is None or verdict.user.id != session.user_id:
        return Verdict(Fault.WRONG_CREDENTIALS)
    person = facts.require_person(db, work, session.user_id)
    if person.totp is None:
        return verdict
    return factors.judge_change_code(db, work, person, counted, code)


def _replace(
    db: Connection, work: Work, session: SessionFacts, password_hash: str
) -> str:
    _set(db, work, session.user_id, password_hash)
    life.end_all_of_user(
        work,
        db,
        session.user_id,
        CHANGED,
        keep=session.sid,
        by=session.actor,
    )
    found = life.require(db, work, session.sid)  # as it is now that it is held
    token = new_token()
    sessions.raise_session(
        db,
        session.sid,
        old_token_hash=found.token_hash,
        token_hash=hash_token(token),
        proofs=found.proofs,
        now=work.now,
    )
    work.audit(db, "password.changed", actor=session.actor, subject=session.subject)
    return token


def _set(db: Connection, work: Work, user_id: str, password_hash: str) -> None:
    users.set_password(
        db,
        user_id,
        password_hash=password_hash,
        initial=False,
        expires_at=None,
        must_change=False,
        now=work.now,
    )


def is_kept_elsewhere(work: Work, session: SessionFacts) -> bool:
    """Tells whether the password of this person is the directory's to change."""
    with work.reading() as db:
        person = facts.require_person(db, work, session.user_id)
    return person.user.source == directory_people.SOURCE


def minimum_of(work: Work, session: SessionFacts) -> int:
    """Returns how many characters a new password of this person needs."""
    with work.reading() as db:
        return minimum(facts.require_person(db, work, session.user_id))
