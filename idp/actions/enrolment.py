"""Enrolling an authenticator inside a login: start, confirm, show the codes once.

The secret that is confirmed is the one stored for this login and this person (SEC-062);
activation, codes and the end of older sessions are one block (SEC-063, SEC-064).
"""

from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from idp.actions import code_sets
from idp.actions import factors
from idp.actions import facts
from idp.actions import progress
from idp.actions import proofs
from idp.actions import sessions
from idp.actions import throttle
from idp.actions import totp_secrets
from idp.actions.progress import Progress
from idp.actions.verdicts import Fault
from idp.actions.verdicts import Verdict
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import TransactionGone
from idp.errors import Unavailable
from idp.rules import hints
from idp.rules import totp
from idp.rules.factors import Factor
from idp.rules.policy import Step
from idp.store import authenticators
from idp.store import logins
from idp.store import users
from idp.store.authenticators import TotpCredential
from idp.store.base import new_id
from idp.store.logins import Login
from idp.store.users import UserRow

WRONG = Verdict(Fault.WRONG_CODE)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A pending authenticator, as its page shows it."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    issuer: str
    account: str


@dataclass(frozen=True, slots=True)
class Codes:
    """The backup codes of a login; ``codes`` is None at every visit but the first."""

    codes: tuple[str, ...] | None = field(repr=False)
    username: str
    issuer: str
    created_at: datetime


def start(work: Work, login_id: str, browser_token: str | None) -> Enrolment:
    """Returns the pending secret of this login; the same one at each visit.

    The first visit also makes the backup codes, which takes a while: so the code that
    confirms is judged at once.
    """
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        user = _enrolling(db, work, login)
        pending = authenticators.find_pending(db, user.id, pending_for=login.id)
        if pending is not None:
            secret = totp_secrets.unseal(work, pending.id, pending.secret_sealed)
        else:
            secret = _new_pending(db, work, login, user)
    if pending is None:
        with suppress(Unavailable):  # the right code makes up for it
            _make_codes(work, login_id, browser_token)
    issuer = work.settings.organisation
    uri = totp.provisioning_uri(secret, account=user.username, issuer=issuer)
    return Enrolment(secret, uri, issuer, user.username)


def _enrolling(db: Connection, work: Work, login: Login) -> UserRow:
    standing = progress.standing_of(db, work, login)
    if standing.person is None or progress.step_of(standing) is not Step.ENROL:
        raise TransactionGone("this login is not at enrolment")
    return standing.person.user


def _new_pending(db: Connection, work: Work, login: Login, user: UserRow) -> str:
    secret = totp.new_secret()
    credential_id = new_id()
    authenticators.put_pending(
        db,
        user.id,
        credential_id=credential_id,
        pending_for=login.id,
        secret_sealed=totp_secrets.seal(work, credential_id, secret),
        now=work.now,
    )
    subject = Subject("user", user.id, user.username)
    who = proofs.actor(work, login, user)
    work.audit(db, "mfa.enrolment_started", actor=who, subject=subject)
    return secret


def confirm(
    work: Work, login_id: str, browser_token: str | None, code: str
) -> Progress:
    """Activates the pending authenticator with a code of it, and its backup codes."""
    with work.reading() as db:
        login = progress.find_login(db, work, login_id, browser_token)
        standing = progress.standing_of(db, work, login)
        if standing.person is None or progress.step_of(standing) is not Step.ENROL:
            return progress.progress_of(standing)
        user = standing.person.user
        right = _pending_with(db, work, login, user, code) is not None
    throttle.check_source(work)
    hint = hints.of_code(code)
    if hint is not None:
        return _tell(work, login_id, browser_token, hint)
    if right and login.pending_codes_sealed is None:
        _make_codes(work, login_id, browser_token)
    with work.writing() as db:
        factors.hold_second_factor(db, work, user.id)
        login = progress.lock_login(db, work, login_id, browser_token)
        standing = progress.standing_of(db, work, login)
        if progress.step_of(standing) is not Step.ENROL or login.user_id != user.id:
            return progress.progress_of(standing)
        if not _activate(db, work, login, user, code):
            wrong = progress.after_failure(work, login, WRONG)
            return progress.advance(db, work, wrong)
        return _enrolled(db, work, login, user)


def _enrolled(db: Connection, work: Work, login: Login, user: UserRow) -> Progress:
    """Ends what was open before, and lets the login go on to the backup codes."""
    sessions.end_all_of_user(
        work,
        db,
        user.id,
        "enrolled",
        keep=login.session_sid,
        keep_login=login.id,
        by=proofs.actor(work, login, user),
    )
    proved = proofs.noted(work, login, Factor.TOTP)
    login = replace(proved, codes_due=True, replacing=False)
    return progress.advance(db, work, login)


def _make_codes(work: Work, login_id: str, browser_token: str | None) -> None:
    """Makes the backup codes of a set-up, outside any transaction; once for each."""
    made = code_sets.make(work, work.hashing.run)
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        due = progress.step_of(progress.standing_of(db, work, login))
        if due is Step.ENROL and login.pending_codes_sealed is None:
            sealed = code_sets.seal(work, login.id, made)
            logins.change_login(db, login.id, pending_codes_sealed=sealed)


def _pending_with(
    db: Connection, work: Work, login: Login, user: UserRow, code: str
) -> tuple[TotpCredential, str, int] | None:
    """Finds the authenticator being set up, if this is a code of it, and its step."""
    pending = authenticators.find_pending(db, user.id, pending_for=login.id)
    digits = totp.clean(code)
    if pending is None or digits is None:
        return None
    secret = totp_secrets.unseal(work, pending.id, pending.secret_sealed)
    step = totp.matching_step(secret, digits, work.now)
    return None if step is None else (pending, secret, step)


def _activate(
    db: Connection, work: Work, login: Login, user: UserRow, code: str
) -> bool:
    found = _pending_with(db, work, login, user, code)
    if found is None or login.pending_codes_sealed is None:
        return False
    pending, secret, step = found
    sealed = totp_secrets.seal(work, pending.id, secret)
    replaced = login.replacing and authenticators.end_active(
        db, user.id, now=work.now, why="replaced", by="user"
    )
    if not authenticators.activate(
        db, pending.id, step=step, now=work.now, sealed=sealed
    ):
        return False
    users.change_user(db, user.id, updated_at=work.now)
    subject = Subject("user", user.id, user.username)
    event = "mfa.replaced" if replaced else "mfa.enrolled"
    who = proofs.actor(work, login, user)
    work.audit(db, event, actor=who, subject=subject, changes={"method": "totp"})
    made = code_sets.unseal(work, login.id, login.pending_codes_sealed)
    code_sets.put(db, work, user.id, made)
    return True


def _tell(work: Work, login_id: str, browser_token: str | None, hint: str) -> Progress:
    """Says what is wrong with what was no guess; nothing is hashed or counted."""
    message = replace(WRONG, hint=hint).message
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        if progress.step_of(progress.standing_of(db, work, login)) is Step.ENROL:
            login = replace(login, message=message)
        return progress.advance(db, work, login)


def reveal_codes(work: Work, login_id: str, browser_token: str | None) -> Codes:
    """Returns the new codes to the first caller that claims them (SEC-049)."""
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        if login.state != progress.AUTHENTICATED or not login.codes_due:
            raise TransactionGone("no codes are waiting")
        sealed = logins.claim_codes(db, login.id)
        username = facts.username_of(db, login.user_id) or ""
    codes = None
    if sealed is not None:
        codes = code_sets.unseal(work, login.id, sealed).codes
    return Codes(codes, username, work.settings.organisation, work.now)


def confirm_saved(
    work: Work, login_id: str, browser_token: str | None, *, saved: bool
) -> Progress:
    """Goes on once the person says that the codes are kept."""
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        if saved and login.state == progress.AUTHENTICATED:
            login = replace(login, codes_due=False)
        return progress.advance(db, work, login)
