"""A person's consent to an application: what it would see, given or refused.

Whether consent is missing is ``rules.consent``; the code that follows is
``actions.authorize``.
"""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import progress
from idp.actions import rights
from idp.actions import sessions
from idp.actions.work import Actor
from idp.actions.work import Work
from idp.errors import TransactionGone
from idp.errors import UnknownClient
from idp.rules import permissions
from idp.rules.requests import AuthorizationRequest
from idp.store import clients
from idp.store import consents
from idp.store import logins
from idp.store.logins import Login


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """What the consent page asks."""

    client_name: str
    client_id: str
    scopes: tuple[str, ...]
    username: str


def question(
    work: Work, login_id: str, browser_token: str | None, session_token: str | None
) -> ConsentQuestion:
    """Returns what is asked of whom; only for the session that this login opened."""
    with work.reading() as db:
        login, request = _waiting(db, work, login_id, browser_token, session_token)
        client = clients.find_client(db, request.client_id)
        if client is None or not client.enabled:
            raise UnknownClient("client is gone or disabled")
        username = facts.username_of(db, login.user_id) or ""
        scopes = _asked(db, login, request)
    return ConsentQuestion(client.name, client.client_id, scopes, username)


def allow(
    work: Work, login_id: str, browser_token: str | None, session_token: str | None
) -> str:
    """Stores the consent; returns the id of the login whose request continues."""
    with work.writing() as db:
        login, request = _waiting(db, work, login_id, browser_token, session_token)
        user_id = login.user_id or ""
        given = consents.find_consent(db, user_id, request.client_id)
        asked = _asked(db, login, request)
        scopes = tuple(dict.fromkeys((*given, *asked)))
        consents.put_consent(db, user_id, request.client_id, scopes, now=work.now)
        logins.change_login(db, login.id, consented=True)
        subject = facts.subject_of(db, user_id)
        work.audit(
            db,
            "consent.granted",
            actor=Actor("user", subject.id, subject.name),
            subject=subject,
            client_id=request.client_id,
            changes={"scopes": list(asked)},
        )
    return login.id


def deny(
    work: Work, login_id: str, browser_token: str | None, session_token: str | None
) -> AuthorizationRequest:
    """Ends the login; returns the request whose application is to be told."""
    with work.writing() as db:
        login, request = _waiting(db, work, login_id, browser_token, session_token)
        if not logins.finish_login(db, login.id):
            raise TransactionGone("this login has ended")
        subject = facts.subject_of(db, login.user_id or "")
        work.audit(
            db,
            "consent.granted",
            outcome="refused",
            reason="denied",
            actor=Actor("user", subject.id, subject.name),
            subject=subject,
            client_id=request.client_id,
        )
    return request


def _asked(
    db: Connection, login: Login, request: AuthorizationRequest
) -> tuple[str, ...]:
    """Returns what the person can allow: no rights of administration beyond theirs."""
    return permissions.held(request.scopes, rights.of_person(db, login.user_id or ""))


def _waiting(
    db: Connection,
    work: Work,
    login_id: str,
    browser_token: str | None,
    session_token: str | None,
) -> tuple[Login, AuthorizationRequest]:
    login = progress.find_login(db, work, login_id, browser_token)
    session = sessions.find(db, work, session_token)
    mine = session is not None and session.sid == login.session_sid
    if login.state != progress.AUTHENTICATED or login.request is None or not mine:
        raise TransactionGone("no request waits for consent here")
    return login, login.request
