"""The life of a session: only ``open`` creates and raises it, only ``end`` ends it.

A session is a row with proofs; what it is worth is always derived from them. Whether it
may open is decided by ``rules.policy`` in the login that asks for it (SEC-003).
"""

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import proofs
from idp.actions.work import Actor
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import TransactionGone
from idp.rules import assurance
from idp.rules.assurance import Assurance
from idp.rules.factors import Proofs
from idp.store import authenticators
from idp.store import backup_codes
from idp.store import grants
from idp.store import logins
from idp.store import logout_notices
from idp.store import sessions
from idp.store import users
from idp.store.base import hash_token
from idp.store.base import new_id
from idp.store.base import new_token
from idp.store.logins import Login
from idp.store.sessions import Session
from idp.store.users import UserRow

TOUCH_AFTER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A living session as pages and requests see it."""

    sid: str
    token_hash: str = field(repr=False)
    user_id: str
    username: str
    display_name: str
    email: str | None
    proofs: Proofs
    assurance: Assurance
    created_at: datetime
    expires_at: datetime
    language: str | None
    enrolled: bool
    backup_codes_remaining: int | None
    message: dict[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """The person as the one who acts, for the audit trail."""
        return Actor("user", self.user_id, self.username, self.assurance.acr)

    @property
    def subject(self) -> Subject:
        """The person as the one whom a record is about."""
        return Subject("user", self.user_id, self.username)


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just opened or raised; the token is new each time (SEC-140)."""

    sid: str
    token: str = field(repr=False)


def alive(work: Work, session: Session) -> bool:
    """Tells whether a session is within its limits by the server's clock (SEC-143)."""
    idle = work.now - session.last_seen_at
    return (
        session.ended_at is None
        and work.now < session.expires_at
        and idle < work.settings.session_idle
    )


def require(db: Connection, work: Work, sid: str) -> Session:
    """Reads a living session; raises TransactionGone otherwise."""
    session = sessions.find_by_sid(db, sid)
    if session is None or not alive(work, session):
        raise TransactionGone("this session has ended")
    return session


def worth(work: Work, session: Session) -> Assurance:
    """Says what a session proves at this moment, for display."""
    freshness = work.settings.mfa_freshness
    return assurance.describe(session.proofs, work.now, freshness=freshness)


def find(db: Connection, work: Work, token: str | None) -> Session | None:
    """Finds the living session of a cookie; a malformed one has none (SEC-146)."""
    key = sessions.key_of(token)
    session = sessions.find_by_token(db, key) if key else None
    return session if session is not None and alive(work, session) else None


def current(work: Work, session_token: str | None) -> SessionFacts | None:
    """Returns who is signed in here, or None; notes the use, at most once a minute."""
    if sessions.key_of(session_token) is None:
        return None
    with work.reading() as db:
        session = find(db, work, session_token)
        user = users.find_user(db, session.user_id) if session else None
        if session is None or user is None or not user.active or user.deleted:
            return None
        enrolled = authenticators.find_active(db, user.id) is not None
        left = backup_codes.count_unused(db, user.id) if enrolled else None
    if _use_is_news(work, session):
        with work.noting() as db:
            sessions.touch(db, session.sid, now=work.now)
    return _facts(work, session, user, enrolled, left)


def note_use(db: Connection, work: Work, session: Session) -> None:
    """Notes that a session was used, at most once a minute; idleness counts from it."""
    if _use_is_news(work, session):
        sessions.touch(db, session.sid, now=work.now)


def _use_is_news(work: Work, session: Session) -> bool:
    return (work.now - session.last_seen_at).total_seconds() >= TOUCH_AFTER_SECONDS


def _facts(
    work: Work, session: Session, user: UserRow, enrolled: bool, left: int | None
) -> SessionFacts:
    return SessionFacts(
        sid=session.sid,
        token_hash=session.token_hash,
        user_id=user.id,
        username=user.username,
        display_name=user.name or user.username,
        email=user.email,
        proofs=session.proofs,
        assurance=worth(work, session),
        created_at=session.created_at,
        expires_at=session.expires_at,
        language=user.language,
        enrolled=enrolled,
        backup_codes_remaining=left,
        message=session.message or {},
    )


def open(work: Work, db: Connection, login: Login, person: facts.Person) -> Opened:
    """Opens or raises the session that a finished login has earned.

    The caller has asked ``next_step`` in the same block. The same person in the same
    browser keeps the ``sid`` and gets a new token; another person gets a new session
    and the old one ends, with nothing carried over (SEC-012, SEC-140).
    """
    token = new_token()
    if login.language not in (None, person.user.language):
        users.change_user(db, person.user.id, language=login.language)
    living = sessions.list_of(db, person.user.id, browser_hash=login.browser_hash)
    kept = _same_browser(db, work, login, person, living)
    if kept is not None and sessions.raise_session(
        db,
        kept.sid,
        old_token_hash=kept.token_hash,
        token_hash=hash_token(token),
        proofs=login.proofs,
        now=work.now,
    ):
        _record(db, work, "session.raised", kept.sid, login, person)
        return Opened(kept.sid, token)
    opened = _new_session(work, login, person, token)
    sessions.add_session(db, opened)
    own = [one for one in living if one.user_id == person.user.id]
    _end_surplus(db, work, [*own, opened], proofs.actor(work, login, person.user))
    users.mark_login(db, person.user.id, now=work.now)
    _record(db, work, "session.started", opened.sid, login, person)
    return Opened(opened.sid, token)


def _same_browser(
    db: Connection,
    work: Work,
    login: Login,
    person: facts.Person,
    living: tuple[Session, ...],
) -> Session | None:
    """Finds this person's session in this browser; ends those of anybody else in it."""
    here = [one for one in living if one.browser_hash == login.browser_hash]
    mine = [one for one in here if one.user_id == person.user.id and alive(work, one)]
    others = [one.sid for one in here if one not in mine and alive(work, one)]
    end(work, db, others, "replaced", by=proofs.actor(work, login, person.user))
    return mine[-1] if mine else None


def _new_session(work: Work, login: Login, person: facts.Person, token: str) -> Session:
    return Session(
        sid=new_id(),
        token_hash=hash_token(token),
        user_id=person.user.id,
        proofs=login.proofs,
        browser_hash=login.browser_hash,
        created_at=work.now,
        last_seen_at=work.now,
        expires_at=work.now + work.settings.session_lifetime,
        ended_at=None,
        source=work.origin.source,
        user_agent=work.origin.user_agent,
    )


def _end_surplus(db: Connection, work: Work, living: list[Session], by: Actor) -> None:
    """Ends the oldest sessions beyond the number that one person may have (REL-068)."""
    oldest_first = sorted(living, key=lambda session: session.created_at)
    surplus = max(0, len(oldest_first) - work.settings.sessions_per_user)
    end(work, db, [one.sid for one in oldest_first[:surplus]], "cap", by=by)


def _record(
    db: Connection,
    work: Work,
    event: str,
    sid: str,
    login: Login,
    person: facts.Person,
) -> None:
    who = proofs.actor(work, login, person.user)
    subject = Subject("user", person.user.id, person.user.username)
    client_id = login.request.client_id if login.request else None
    about: dict[str, Any] = {"actor": who, "subject": subject, "client_id": client_id}
    with work.recording(db):
        work.audit(db, event, sid=sid, **about)
        if event == "session.started":
            changes = {"amr": list(assurance.describe(login.proofs, work.now).amr)}
            work.audit(db, "login.succeeded", sid=sid, changes=changes, **about)


def end(
    work: Work, db: Connection, sids: list[str], why: str, *, by: Actor | None = None
) -> None:
    """Ends sessions, their codes and tokens but offline ones; queues the notices.

    ``by`` is who ends them, where that is not who does this work.
    """
    if not sids:
        return
    ended = sessions.end_sessions(db, sids, now=work.now, why=why)
    logout_notices.add_notices(db, sids, now=work.now)
    grants.revoke_grants(db, now=work.now, sids=sids, keep_offline=True)
    for sid in (one for one in sids if one in ended):
        whose = Subject("user", *ended[sid])
        work.audit(db, "session.ended", actor=by, subject=whose, reason=why, sid=sid)


def end_all_of_user(
    work: Work,
    db: Connection,
    user_id: str,
    why: str,
    *,
    keep: str | None = None,
    keep_login: str | None = None,
    by: Actor | None = None,
) -> None:
    """Ends every session and grant of a person, and each login under way (SEC-068).

    ``keep`` is the sid of a session that goes on, ``keep_login`` the login of this.
    """
    logins.end_logins_of_user(db, user_id, except_id=keep_login)
    end_others(work, db, user_id, why, keep=keep, by=by)
    if keep is not None:  # what it had begun before it was held
        logins.end_logins_of_user(db, user_id, except_id=keep_login)


def end_others(
    work: Work,
    db: Connection,
    user_id: str,
    why: str,
    *,
    keep: str | None,
    by: Actor | None = None,
) -> None:
    """Ends every session of a person but one, and what all applications hold.

    The refresh tokens of the session that goes on end too (SEC-068): its applications
    come back by single sign-on. Logins under way go on, to a second factor of theirs.
    """
    if keep is not None:
        sessions.hold(db, keep)  # so that codes it is just getting are seen here
    others = [one.sid for one in sessions.list_of_user(db, user_id) if one.sid != keep]
    end(work, db, others, why, by=by)
    grants.revoke_grants(db, now=work.now, user_id=user_id)
