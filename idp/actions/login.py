"""The steps of a login: password, second factor, new password, choice of account.

Each submit asks first which step is due, so that none can be skipped, repeated or taken
out of order (SEC-004, SEC-010). How a login starts is ``actions.login_start``.
"""

from dataclasses import replace

from sqlalchemy.engine import Connection

from idp.actions import factors
from idp.actions import passwords
from idp.actions import progress
from idp.actions import proofs
from idp.actions import sessions
from idp.actions import throttle
from idp.actions import typed_names
from idp.actions.facts import Person
from idp.actions.guesses import WeighedBackupCode
from idp.actions.progress import Progress
from idp.actions.progress import Standing
from idp.actions.typed_names import SOMEBODY_ELSE
from idp.actions.verdicts import Fault
from idp.actions.verdicts import Verdict
from idp.actions.work import Work
from idp.rules import hints
from idp.rules.factors import Factor
from idp.rules.policy import Step
from idp.store import users
from idp.store.attempts import Attempts
from idp.store.logins import Login


def submit_password(
    work: Work, login_id: str, browser_token: str | None, username: str, password: str
) -> Progress:
    """Checks user name and password: the first proof of every login."""
    standing = _at(work, login_id, browser_token)
    if progress.step_of(standing) is not Step.PASSWORD:
        return progress.progress_of(standing)
    throttle.check_source(work)
    weighed = factors.weigh_password(work, username, password)
    with work.writing() as db:
        held = factors.hold_password(db, work, weighed)
        now = progress.lock_standing(db, work, login_id, browser_token)
        if progress.step_of(now) is not Step.PASSWORD:
            return progress.progress_of(now)
        verdict = factors.judge_password(db, work, held)
        moved = _after_password(work, now.login, verdict, username)
        result = progress.advance(
            db, work, moved, client=now.client, person=held.unchanged
        )
    if verdict.fault is Fault.WRONG_CREDENTIALS:
        throttle.count_source(work)
    return result


def submit_totp(
    work: Work, login_id: str, browser_token: str | None, code: str
) -> Progress:
    """Checks an authenticator code; opens the session when nothing else is due."""
    standing = _at(work, login_id, browser_token)
    user = standing.person.user if standing.person else None
    if user is None or progress.step_of(standing) is not Step.SECOND_FACTOR:
        return progress.progress_of(standing)
    throttle.check_source(work)
    with work.writing() as db:
        counted = factors.hold_second_factor(db, work, user.id)
        now = progress.lock_standing(db, work, login_id, browser_token)
        person = _asked_for_a_factor(now, user.id)
        if person is None:
            return progress.progress_of(now)
        verdict = factors.judge_totp(db, work, person, counted, code)
        moved = _after_second_factor(work, now.login, verdict, Factor.TOTP)
        result = _on(db, work, now, moved, verdict)
    throttle.count_verdict(work, verdict)
    return result


def submit_backup_code(
    work: Work, login_id: str, browser_token: str | None, code: str
) -> Progress:
    """Checks a backup code; it opens a session and ends all others (SEC-045, 068)."""
    standing = _at(work, login_id, browser_token)
    user = standing.person.user if standing.person else None
    if user is None or progress.step_of(standing) is not Step.SECOND_FACTOR:
        return progress.progress_of(standing)
    throttle.check_source(work)
    weighed = factors.weigh_backup_code(work, user.id, code)
    with work.writing() as db:
        counted = factors.hold_second_factor(db, work, user.id)
        now = progress.lock_standing(db, work, login_id, browser_token)
        if _asked_for_a_factor(now, user.id) is None:
            return progress.progress_of(now)
        verdict = _backup_code_verdict(db, work, now, counted, code, weighed)
        moved = _after_second_factor(work, now.login, verdict, Factor.BACKUP_CODE)
        if verdict.fault is None:
            moved = replace(moved, notice=progress.BACKUP_CODE_USED)
            sessions.end_others(
                work,
                db,
                user.id,
                "backup code used",
                keep=now.login.session_sid,
                by=proofs.actor(work, moved, user),
            )
        result = _on(db, work, now, moved, verdict)
    throttle.count_verdict(work, verdict)
    return result


def change_forced_password(
    work: Work, login_id: str, browser_token: str | None, new: str, again: str
) -> Progress:
    """Sets the lasting password where one is due before the session (SEC-026)."""
    standing = _at(work, login_id, browser_token)
    person = standing.person
    if person is None or progress.step_of(standing) is not Step.NEW_PASSWORD:
        return progress.progress_of(standing)
    user = person.user
    fault, complaints = passwords.complaints(work, person, new, again)
    hashed = passwords.hashed(work, new) if fault is None else ""
    with work.writing() as db:
        users.lock_user(db, user.id)
        now = progress.lock_standing(db, work, login_id, browser_token)
        login = now.login
        if progress.step_of(now) is not Step.NEW_PASSWORD or login.user_id != user.id:
            return progress.progress_of(now)
        if fault is not None:
            message = {"error": fault, "complaints": list(complaints)}
            return progress.advance(db, work, replace(login, message=message))
        passwords.replace_initial(db, work, user, hashed, login=login)
        proved = proofs.noted(work, login, Factor.PASSWORD)
        return progress.advance(db, work, proved)


def choose_account(
    work: Work, login_id: str, browser_token: str | None, *, other: bool
) -> Progress:
    """Continues as the signed-in person, or as somebody else."""
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        if login.account_chosen or login.state != progress.OPEN:
            return progress.progress_of(progress.standing_of(db, work, login))
        login = replace(login, account_chosen=True)
        if other:
            login = replace(
                login, user_id=None, proofs=(), failures=0, message=dict(SOMEBODY_ELSE)
            )
        return progress.advance(db, work, login)


def switch_user(work: Work, login_id: str, browser_token: str | None) -> Progress:
    """Forgets whose login this was: "Not you?"."""
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        if login.state != progress.OPEN:
            return progress.progress_of(progress.standing_of(db, work, login))
        login = replace(
            login,
            user_id=None,
            proofs=(),
            account_chosen=True,
            message=dict(SOMEBODY_ELSE),
        )
        return progress.advance(db, work, login)


def acknowledge(work: Work, login_id: str, browser_token: str | None) -> Progress:
    """Leaves the notice behind and lets the waiting request go on."""
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        if login.state == progress.AUTHENTICATED and not login.codes_due:
            login = replace(login, notice=None)
        return progress.advance(db, work, login)


def _at(work: Work, login_id: str, browser_token: str | None) -> Standing:
    with work.reading() as db:
        return progress.find_standing(db, work, login_id, browser_token)


def _asked_for_a_factor(now: Standing, user_id: str) -> Person | None:
    """Returns the person if this login waits for their second factor.

    Read after the lock of their budget, so their authenticator is the one that counts.
    """
    due = progress.step_of(now) is Step.SECOND_FACTOR
    return now.person if due and now.login.user_id == user_id else None


def _on(
    db: Connection, work: Work, now: Standing, moved: Login, verdict: Verdict
) -> Progress:
    """Goes on after a second factor; a failure may have locked the person's factor."""
    person = now.person if verdict.fault is None else None
    return progress.advance(db, work, moved, client=now.client, person=person)


def _after_password(work: Work, login: Login, verdict: Verdict, username: str) -> Login:
    if verdict.fault is not None or verdict.user is None:
        typed = typed_names.kept(work, login.id, username)
        return replace(login, message={**verdict.message, **typed})
    return replace(
        proofs.noted(work, login, Factor.PASSWORD),
        user_id=verdict.user.id,
        failures=login.failures if login.user_id == verdict.user.id else 0,
    )


def _after_second_factor(
    work: Work, login: Login, verdict: Verdict, factor: Factor
) -> Login:
    """Adds the proof, or counts the failure."""
    if verdict.fault is None:
        return proofs.noted(work, login, factor)
    return progress.after_failure(work, login, verdict)


def _backup_code_verdict(
    db: Connection,
    work: Work,
    now: Standing,
    counted: Attempts,
    code: str,
    weighed: WeighedBackupCode,
) -> Verdict:
    """Judges a backup code where this login accepts one (SEC-054)."""
    person = now.person
    hint = hints.of_backup_code(code)
    if person is None or hint is not None:
        return Verdict(Fault.WRONG_BACKUP_CODE, counted=False, hint=hint)
    if now.client is not None and not now.client.accept_backup_codes:
        return Verdict(Fault.NOT_ACCEPTED, counted=False)
    return factors.judge_backup_code(db, work, person, counted, weighed)
