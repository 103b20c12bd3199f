"""Enrolling an authenticator inside a login: start, confirm, show the codes once.

The secret that is confirmed is the one stored for this login and this person (SEC-062);
activation, codes and the end of older sessions are one block (SEC-063, SEC-064).
"""

from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Connection

from idp.actions import factors
from idp.actions import progress
from idp.actions import sessions
from idp.actions import throttle
from idp.actions import totp_secrets
from idp.actions.progress import Progress
from idp.actions.verdicts import Fault
from idp.actions.verdicts import Verdict
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import TransactionGone
from idp.rules import backup_codes
from idp.rules import hints
from idp.rules import totp
from idp.rules.factors import Factor
from idp.rules.factors import Proof
from idp.rules.policy import Step
from idp.store import logins
from idp.store import mfa
from idp.store.base import new_id
from idp.store.logins import Login
from idp.store.users import UserRow

CODES_PURPOSE = "login-codes"
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
    """Returns the pending secret of this login; the same one at each visit."""
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        user = _enrolling(db, work, login)
        pending = mfa.find_pending(db, user.id, pending_for=login.id)
        if pending is not None:
            secret = totp_secrets.unseal(work, pending.id, pending.secret_sealed)
        else:
            secret = _new_pending(db, work, login, user)
    issuer = work.settings.organisation
    uri = totp.provisioning_uri(secret, account=user.username, issuer=issuer)
    return Enrolment(secret, uri, issuer, user.username)


def _enrolling(db: Connection, work: Work, login: Login) -> UserRow:
    standing = progress.stand(db, work, login)
    if standing.person is None or progress.step_of(standing) is not Step.ENROL:
        raise TransactionGone("this login is not at enrolment")
    return standing.person.user


def _new_pending(db: Connection, work: Work, login: Login, user: UserRow) -> str:
    secret = totp.new_secret()
    credential_id = new_id()
    mfa.put_pending(
        db,
        user.id,
        credential_id=credential_id,
        pending_for=login.id,
        secret_sealed=totp_secrets.seal(work, credential_id, secret),
        now=work.now,
    )
    subject = Subject("user", user.id, user.username)
    work.audit(db, "mfa.enrolment_started", subject=subject)
    return secret


def confirm(
    work: Work, login_id: str, browser_token: str | None, code: str
) -> Progress:
    """Activates the pending authenticator with a code of it and makes backup codes."""
    with work.reading() as db:
        login = progress.find_login(db, work, login_id, browser_token)
        standing = progress.stand(db, work, login)
    if standing.person is None or progress.step_of(standing) is not Step.ENROL:
        return progress.progress_of(standing)
    throttle.check_source(work)
    user = standing.person.user
    hint = hints.of_code(code)
    if hint is not None:
        return _tell(work, login_id, browser_token, hint)
    codes, salt, digests = fresh_codes(work)
    with work.writing() as db:
        factors.hold_second_factor(db, work, user.id)
        login = progress.lock_login(db, work, login_id, browser_token)
        standing = progress.stand(db, work, login)
        if progress.step_of(standing) is not Step.ENROL or login.user_id != user.id:
            return progress.progress_of(standing)
        if not _activate(db, work, login, user, code):
            wrong = progress.after_failure(work, login, WRONG)
            return progress.advance(db, work, wrong)
        mfa.replace_codes(db, user.id, digests, salt=salt, now=work.now)
        sealed = seal_codes(work, login.id, codes)
        logins.change_login(db, login.id, pending_codes_sealed=sealed)
        sessions.end_all_of_user(
            work,
            db,
            user.id,
            "enrolled",
            keep=login.session_sid,
            keep_login=login.id,
        )
        proved = (*login.proofs, Proof(Factor.TOTP, work.now))
        login = replace(
            login, proofs=proved, codes_due=True, replacing=False, message=None
        )
        return progress.advance(db, work, login)


def fresh_codes(work: Work) -> tuple[tuple[str, ...], bytes, tuple[bytes, ...]]:
    """Makes a set of codes and their digests, hashing outside any transaction."""
    codes = backup_codes.generate()
    salt = backup_codes.new_salt()
    digests = work.hashing.run(_digests, codes, salt)
    return codes, salt, digests


def _digests(codes: tuple[str, ...], salt: bytes) -> tuple[bytes, ...]:
    written = (backup_codes.normalise(code) or "" for code in codes)
    return tuple(backup_codes.digest(code, salt) for code in written)


def _activate(
    db: Connection, work: Work, login: Login, user: UserRow, code: str
) -> bool:
    pending = mfa.find_pending(db, user.id, pending_for=login.id)
    digits = totp.clean(code)
    if pending is None or digits is None:
        return False
    secret = totp_secrets.unseal(work, pending.id, pending.secret_sealed)
    step = totp.matching_step(secret, digits, work.now)
    if step is None:
        return False
    sealed = totp_secrets.seal(work, pending.id, secret)
    replaced = login.replacing and mfa.end_active(
        db, user.id, now=work.now, why="replaced", by="user"
    )
    if not mfa.activate(db, pending.id, step=step, now=work.now, sealed=sealed):
        return False
    subject = Subject("user", user.id, user.username)
    event = "mfa.replaced" if replaced else "mfa.enrolled"
    work.audit(db, event, subject=subject, changes={"method": "totp"})
    return True


def _tell(work: Work, login_id: str, browser_token: str | None, hint: str) -> Progress:
    """Says what is wrong with what was no guess; nothing is hashed or counted."""
    message = replace(WRONG, hint=hint).message
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        if progress.step_of(progress.stand(db, work, login)) is Step.ENROL:
            login = replace(login, message=message)
        return progress.advance(db, work, login)


def seal_codes(work: Work, login_id: str, codes: tuple[str, ...]) -> bytes:
    """Seals new backup codes for the row of the login that shows them."""
    return work.vault.seal(
        "\n".join(codes).encode("ascii"), purpose=CODES_PURPOSE, row=login_id
    )


def reveal_codes(work: Work, login_id: str, browser_token: str | None) -> Codes:
    """Returns the new codes, once: whoever claims them first sees them (SEC-049)."""
    with work.writing() as db:
        login = progress.lock_login(db, work, login_id, browser_token)
        if login.state != progress.AUTHENTICATED or not login.codes_due:
            raise TransactionGone("no codes are waiting")
        sealed = logins.claim_codes(db, login.id)
        username = progress.username_of(db, login.user_id) or ""
    codes = None
    if sealed is not None:
        opened = work.vault.unseal(sealed, purpose=CODES_PURPOSE, row=login.id)
        codes = tuple(opened.decode("ascii").split("\n"))
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
