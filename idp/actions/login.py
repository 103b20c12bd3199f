"""A login from its start to a session: begin, password, second factor, new password.

Each submit asks first which step is due, so that nothing can be skipped, repeated or done
in another order (SEC-004, SEC-010). The request that waits is stored at the start and
never read from the browser again (SEC-007).
"""

from dataclasses import replace

from sqlalchemy.engine import Connection

from idp.actions import factors
from idp.actions import passwords
from idp.actions import progress
from idp.actions import sessions
from idp.actions import throttle
from idp.actions.factors import Fault
from idp.actions.factors import Verdict
from idp.actions.progress import Progress
from idp.actions.progress import Standing
from idp.actions.sessions import SessionFacts
from idp.actions.work import Work
from idp.errors import TransactionGone
from idp.rules import policy
from idp.rules import totp
from idp.rules.factors import Factor
from idp.rules.factors import Proof
from idp.rules.policy import Step
from idp.rules.requests import AuthorizationRequest
from idp.store import logins
from idp.store import users
from idp.store.base import hash_token
from idp.store.base import new_id
from idp.store.base import new_token
from idp.store.logins import Login

SECONDS_PER_STEP = 30


def begin(
    work: Work,
    *,
    request: AuthorizationRequest | None = None,
    return_to: str | None = None,
    demand: policy.Demand = policy.ACCOUNT_PAGE,
    forced: bool = False,
    session: SessionFacts | None = None,
    browser_token: str | None = None,
    state: str = progress.OPEN,
    message: dict[str, object] | None = None,
) -> Progress:
    """Starts a login for a request, or for a page of ours at ``return_to``.

    ``forced`` starts without the session's proofs, whatever they are worth. ``state`` is
    ``authenticated`` where only consent is due.
    """
    known = browser_token if _well_formed(browser_token) else None
    token = known or new_token()
    prompt = request.prompt if request else ()
    switching = "login" in prompt or "select_account" in prompt or session is None
    keeps = session is not None and request is not None and not switching
    subject = session.user_id if keeps and session else None
    login = Login(
        id=new_id(),
        browser_hash=hash_token(token),
        request=request,
        return_to=return_to,
        demand=demand,
        forced=forced,
        subject=(request.subject if request else None) or subject,
        user_id=session.user_id if session and not forced else None,
        proofs=session.proofs if session and not forced else (),
        session_sid=session.sid if session else None,
        failures=0,
        state=state,
        pending_codes_sealed=None,
        notice=None,
        account_chosen=session is None or "select_account" not in prompt,
        codes_due=False,
        message=message,
        language=None,
        created_at=work.now,
        expires_at=work.now + work.settings.login_lifetime,
    )
    with work.writing() as db:
        logins.add_login(db, login)
        standing = progress.stand(db, work, login)
    fresh = None if known else token
    return progress.progress_of(standing, browser_token=fresh)


def restart(work: Work, login_id: str, browser_token: str | None) -> Progress:
    """Starts afresh for the same request; raises TransactionGone where none is known."""
    with work.reading() as db:
        browser_hash = hash_token(browser_token or "")
        old = logins.find_login(db, login_id, browser_hash=browser_hash)
    if old is None:
        raise TransactionGone("no such login in this browser")
    error = (old.message or {}).get("error")
    kept = error if error == Fault.TOO_MANY.value else "expired"
    return begin(
        work,
        request=old.request,
        return_to=old.return_to,
        demand=old.demand,
        forced=True,
        browser_token=browser_token,
        message={"error": kept},
    )


def submit_password(
    work: Work, login_id: str, browser_token: str | None, username: str, password: str
) -> Progress:
    """Checks user name and password; the first proof of a login, or of a fresh start."""
    standing = _at(work, login_id, browser_token)
    if progress.step_of(standing) is not Step.PASSWORD:
        return progress.progress_of(standing)
    throttle.check_source(work)
    weighed = factors.weigh_password(work, username, password)
    with work.writing() as db:
        factors.hold_password(db, work, weighed)
        login, due = _locked(db, work, login_id, browser_token)
        if due is not Step.PASSWORD:
            return progress.progress_of(progress.stand(db, work, login))
        verdict = factors.judge_password(db, work, weighed)
        moved = _after_password(work, login, verdict)
        result = progress.advance(db, work, moved)
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
        factors.hold_second_factor(db, work, user.id)
        login, due = _locked(db, work, login_id, browser_token)
        if due is not Step.SECOND_FACTOR or login.user_id != user.id:
            return progress.progress_of(progress.stand(db, work, login))
        verdict = factors.judge_totp(db, work, user, code)
        moved = _after_second_factor(work, login, verdict, Factor.TOTP)
        result = progress.advance(db, work, moved)
    if verdict.fault is not None and verdict.counted:
        throttle.count_source(work)
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
        factors.hold_second_factor(db, work, user.id)
        login, due = _locked(db, work, login_id, browser_token)
        if due is not Step.SECOND_FACTOR or login.user_id != user.id:
            return progress.progress_of(progress.stand(db, work, login))
        verdict = _backup_code_verdict(db, work, standing, code, weighed)
        moved = _after_second_factor(work, login, verdict, Factor.BACKUP_CODE)
        if verdict.fault is None:
            moved = replace(moved, notice=progress.BACKUP_CODE_USED)
            keep = login.session_sid
            sessions.end_all_of_user(
                work, db, user.id, "backup code used", keep=keep, keep_login=login.id
            )
        result = progress.advance(db, work, moved)
    if verdict.fault is not None and verdict.counted:
        throttle.count_source(work)
    return result


def change_forced_password(
    work: Work, login_id: str, browser_token: str | None, new: str, again: str
) -> Progress:
    """Sets the lasting password where one is due before the session (SEC-026)."""
    standing = _at(work, login_id, browser_token)
    user = standing.person.user if standing.person else None
    if user is None or progress.step_of(standing) is not Step.NEW_PASSWORD:
        return progress.progress_of(standing)
    fault, complaints = passwords.complaints(work, user, new, again)
    hashed = passwords.hashed(work, new) if fault is None else ""
    with work.writing() as db:
        users.lock_user(db, user.id)
        login, due = _locked(db, work, login_id, browser_token)
        if due is not Step.NEW_PASSWORD or login.user_id != user.id:
            return progress.progress_of(progress.stand(db, work, login))
        if fault is not None:
            message = {"error": fault, "complaints": list(complaints)}
            return progress.advance(db, work, replace(login, message=message))
        passwords.replace_initial(db, work, user, hashed, keep_login=login.id)
        proved = (Proof(Factor.PASSWORD, work.now),)
        return progress.advance(db, work, replace(login, proofs=proved, message=None))


def choose_account(
    work: Work, login_id: str, browser_token: str | None, *, other: bool
) -> Progress:
    """Goes on as the person signed in here, or with nobody (``prompt=select_account``)."""
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        if login.account_chosen or login.state != progress.OPEN:
            return progress.progress_of(progress.stand(db, work, login))
        login = replace(login, account_chosen=True)
        if other:
            login = replace(login, user_id=None, proofs=(), failures=0)
        return progress.advance(db, work, login)


def switch_user(work: Work, login_id: str, browser_token: str | None) -> Progress:
    """Forgets whose login this was: "Not you?"."""
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        if login.state != progress.OPEN:
            return progress.progress_of(progress.stand(db, work, login))
        login = replace(
            login, user_id=None, proofs=(), account_chosen=True, message=None
        )
        return progress.advance(db, work, login)


def acknowledge(work: Work, login_id: str, browser_token: str | None) -> Progress:
    """Leaves the notice behind and lets the waiting request go on."""
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        if login.state == progress.AUTHENTICATED and not login.codes_due:
            login = replace(login, notice=None)
        return progress.advance(db, work, login)


def _well_formed(token: str | None) -> bool:
    if not token or not token.isascii():
        return False
    return 32 <= len(token) <= sessions.LONGEST_TOKEN


def _at(work: Work, login_id: str, browser_token: str | None) -> Standing:
    with work.reading() as db:
        login = progress.find_login(db, work, login_id, browser_token)
        return progress.stand(db, work, login)


def _locked(
    db: Connection, work: Work, login_id: str, browser_token: str | None
) -> tuple[Login, Step]:
    login = progress.lock_login(db, work, login_id, browser_token)
    return login, progress.step_of(progress.stand(db, work, login))


def _after_password(work: Work, login: Login, verdict: Verdict) -> Login:
    if verdict.fault is not None or verdict.user is None:
        return replace(login, message=_message(verdict))
    return replace(
        login,
        user_id=verdict.user.id,
        proofs=(Proof(Factor.PASSWORD, work.now),),
        failures=login.failures if login.user_id == verdict.user.id else 0,
        message=None,
    )


def _after_second_factor(
    work: Work, login: Login, verdict: Verdict, factor: Factor
) -> Login:
    """Adds the proof, or counts against this login, which dies at its limit (SEC-115)."""
    if verdict.fault is None:
        proved = (*login.proofs, Proof(factor, work.now))
        return replace(login, proofs=proved, message=None)
    failures = login.failures + (1 if verdict.counted else 0)
    if failures >= work.settings.factor_tries_per_login:
        message: dict[str, object] = {"error": Fault.TOO_MANY.value}
        return replace(login, failures=failures, state=progress.DEAD, message=message)
    return replace(login, failures=failures, message=_message(verdict))


def _backup_code_verdict(
    db: Connection,
    work: Work,
    standing: Standing,
    code: str,
    weighed: factors.WeighedBackupCode,
) -> Verdict:
    """Judges a backup code where this login accepts one (SEC-054)."""
    person = standing.person
    if person is None or not code.strip():
        return Verdict(Fault.WRONG_BACKUP_CODE, counted=False)
    if standing.client is not None and not standing.client.accept_backup_codes:
        return Verdict(Fault.NOT_ACCEPTED, counted=False)
    return factors.judge_backup_code(db, work, person.user, weighed)


def _message(verdict: Verdict) -> dict[str, object]:
    message: dict[str, object] = {}
    if verdict.fault is not None:
        message["error"] = verdict.fault.value
    if verdict.retry_after is not None:
        message["retry_after"] = verdict.retry_after
    if verdict.drift is not None:
        message["drift_seconds"] = verdict.drift * SECONDS_PER_STEP
    return message
