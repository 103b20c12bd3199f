"""The start of a login: for an application's request, or for a page of ours.

The request is stored here and never read from the browser again (SEC-007). What happens
on the pages is ``actions.login``.
"""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.engine import Connection

from idp.actions import progress
from idp.actions import requests
from idp.actions import throttle
from idp.actions.progress import Progress
from idp.actions.sessions import SessionFacts
from idp.actions.verdicts import Fault
from idp.actions.work import Work
from idp.errors import TransactionGone
from idp.rules import policy
from idp.rules.policy import Step
from idp.rules.requests import AuthorizationRequest
from idp.store import logins
from idp.store import sessions
from idp.store.base import hash_token
from idp.store.base import new_id
from idp.store.base import new_token
from idp.store.clients import Client
from idp.store.logins import Login


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
    replacing: bool = False,
    client: Client | None = None,
) -> Progress:
    """Starts a login for a request, or for a page of ours at ``return_to``.

    ``forced`` starts without the session's proofs; only consent is due in the state
    ``authenticated``. ``client`` is the application where it was just looked at.
    """
    token, fresh = _browser(browser_token)
    held = None if forced else session
    login = Login(
        id=new_id(),
        browser_hash=hash_token(token),
        request=request,
        return_to=return_to,
        demand=demand,
        forced=forced,
        subject=_whose(request, session),
        user_id=held.user_id if held else None,
        proofs=held.proofs if held else (),
        session_sid=session.sid if session else None,
        state=state,
        account_chosen=session is None or not _chooses(request),
        message=message,
        replacing=replacing,
        created_at=work.now,
        expires_at=work.now + work.settings.login_lifetime,
    )
    return _added(work, login, held, browser_token=fresh, client=client)


def begin_with_codes(
    db: Connection,
    work: Work,
    session: SessionFacts,
    *,
    seal: Callable[[str], bytes],
    return_to: str,
    browser_token: str | None,
) -> Progress:
    """Starts, in the caller's block, a login that has only backup codes to show."""
    token, fresh = _browser(browser_token)
    login_id = new_id()
    login = Login(
        id=login_id,
        browser_hash=hash_token(token),
        request=None,
        return_to=return_to,
        demand=policy.ACCOUNT_PAGE,
        forced=False,
        subject=None,
        user_id=session.user_id,
        proofs=session.proofs,
        session_sid=session.sid,
        state=progress.AUTHENTICATED,
        pending_codes_sealed=seal(login_id),
        account_chosen=True,
        codes_due=True,
        created_at=work.now,
        expires_at=work.now + work.settings.login_lifetime,
    )
    logins.add_login(db, login)
    return Progress(
        Step.BACKUP_CODES,
        login_id,
        return_to,
        browser_token=fresh,
    )


def _browser(browser_token: str | None) -> tuple[str, str | None]:
    """Returns the browser's token, and once more where it is new to the browser."""
    if browser_token is not None and _well_formed(browser_token):
        return browser_token, None
    token = new_token()
    return token, token


def _added(
    work: Work,
    login: Login,
    held: SessionFacts | None,
    *,
    browser_token: str | None,
    client: Client | None,
) -> Progress:
    """Adds a login; what it has of a session is what that still has (SEC-025)."""
    if login.session_sid is None:
        work.hashing.check_room()
        throttle.count_start(work)
    with work.writing() as db:
        if held is not None:
            requests.hold(db, held)
        logins.add_login(db, login)
        standing = progress.standing_of(db, work, login, client=client)
    return progress.progress_of(standing, browser_token=browser_token)


def _chooses(request: AuthorizationRequest | None) -> bool:
    return request is not None and "select_account" in request.prompt


def _whose(
    request: AuthorizationRequest | None, session: SessionFacts | None
) -> str | None:
    """Returns whose login this must be; None if anybody may sign in.

    A step-up belongs to whoever is signed in, unless the request lets people switch
    (SEC-104).
    """
    if request is None:
        return None
    if request.subject is not None or session is None:
        return request.subject
    switching = "login" in request.prompt or "select_account" in request.prompt
    return None if switching else session.user_id


def restart(work: Work, login_id: str, browser_token: str | None) -> Progress:
    """Starts afresh for the same request; raises TransactionGone without one.

    A step-up stays that of the person whom it was begun for (SEC-104).
    """
    with work.reading() as db:
        browser_hash = hash_token(browser_token or "")
        old = logins.find_login(db, login_id, browser_hash=browser_hash)
    if old is None:
        raise TransactionGone("no such login in this browser")
    error = (old.message or {}).get("error")
    kept = error if error == Fault.TOO_MANY.value else "expired"
    return begin(
        work,
        request=old.request and replace(old.request, subject=old.subject),
        return_to=old.return_to,
        demand=old.demand,
        forced=True,
        browser_token=browser_token,
        message={"error": kept},
    )


def _well_formed(token: str | None) -> bool:
    if not token or not token.isascii():
        return False
    return 32 <= len(token) <= sessions.LONGEST_TOKEN
