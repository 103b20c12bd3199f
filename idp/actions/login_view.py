"""What a login's page needs to know: where it stands, whose it is, what went wrong.

Reads only. Nothing about an account is told before its password was right (SEC-132),
but who is signed in here, to whoever is asked for that password again.
"""

from dataclasses import dataclass
from dataclasses import field
from typing import Any

from sqlalchemy.engine import Connection

from idp.actions import passwords
from idp.actions import progress
from idp.actions import sessions
from idp.actions import throttle
from idp.actions import typed_names
from idp.actions.work import Work
from idp.rules.policy import Reason
from idp.rules.policy import Step
from idp.store import backup_codes
from idp.store import sessions as session_rows
from idp.store import users
from idp.store.logins import Login

OTHER_PERSON = progress.OTHER_PERSON
BACKUP_CODE_USED = progress.BACKUP_CODE_USED


@dataclass(frozen=True, slots=True)
class LoginView:
    """A login as its page shows it; ``message`` is the error of the last attempt."""

    login_id: str
    step: Step
    reason: Reason
    finished: bool
    application: str | None
    username: str | None
    full_name: str | None
    login_hint: str | None
    signed_in: str | None
    typed: str = field(repr=False)
    ui_locales: tuple[str, ...]
    language: str | None
    accepts_backup_codes: bool
    backup_codes_remaining: int | None
    backup_code_warning: int
    notice: str | None
    return_to: str | None
    reproving: bool
    mfa_required: bool = False
    replacing: bool = False
    minimum_length: int = passwords.MINIMUM
    message: dict[str, Any] = field(default_factory=dict)


def view(work: Work, login_id: str, browser_token: str | None) -> LoginView:
    """Returns where a login of this browser stands; raises TransactionGone."""
    with work.reading() as db:
        standing = progress.find_standing(db, work, login_id, browser_token)
        login, person = standing.login, standing.person
        user = person.user if person else None
        remaining = backup_codes.count_unused(db, user.id) if user else None
        signed_in = user.username if user else _signed_in(db, work, login)
    message = dict(login.message or {})
    if standing.decision.reason is Reason.LOCKED and person is not None:
        until = throttle.seconds_until(work, person.lock.until)
        message = {"error": "locked", "retry_after": until}
    client, request = standing.client, login.request
    return LoginView(
        login_id=login.id,
        step=progress.step_of(standing),
        reason=standing.decision.reason,
        finished=login.state == progress.FINISHED,
        application=client.name if client else None,
        username=user.username if user else None,
        full_name=user.name if user else None,
        login_hint=request.login_hint if request else None,
        signed_in=signed_in,
        typed=typed_names.read(work, login.id, message),
        ui_locales=request.ui_locales if request else (),
        language=login.language or (user.language if user else None),
        accepts_backup_codes=client is None or client.accept_backup_codes,
        backup_codes_remaining=remaining,
        backup_code_warning=person.organisation.backup_code_warning if person else 3,
        notice=login.notice,
        return_to=login.return_to,
        reproving=login.session_sid is not None,
        mfa_required=person is not None and person.requirement.required,
        replacing=login.replacing,
        minimum_length=passwords.minimum(person) if person else passwords.MINIMUM,
        message=message,
    )


def _signed_in(db: Connection, work: Work, login: Login) -> str | None:
    """Names the person of the session that a forced login was begun in.

    None once the session has ended, or somebody said that they are somebody else.
    """
    asked_again = login.forced and login.session_sid is not None
    if not asked_again or login.message == typed_names.SOMEBODY_ELSE:
        return None
    session = session_rows.find_by_sid(db, login.session_sid or "")
    if session is None or not sessions.alive(work, session):
        return None
    user = users.find_user(db, session.user_id)
    return user.username if user else None


def set_language(
    work: Work,
    language: str,
    *,
    login_id: str | None,
    browser_token: str | None,
    user_id: str | None,
) -> None:
    """Keeps the language that somebody chose: with the login, and with the person."""
    with work.writing() as db:
        if login_id is not None:
            login = progress.lock_login(db, work, login_id, browser_token)
            progress.choose_language(db, login, language)
        if user_id is not None:
            users.change_user(db, user_id, language=language)
