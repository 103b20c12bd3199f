"""A person's own sessions: the list, ending one or all others, signing out.

How a session begins and ends is ``actions.sessions``; here is who may ask for it.
"""

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import sessions as life
from idp.actions.sessions import SessionFacts
from idp.actions.work import Actor
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import NotFound
from idp.errors import Unsealable
from idp.store import clients
from idp.store import ended_sessions
from idp.store import logins
from idp.store import logout_notices
from idp.store import sessions
from idp.store.base import hash_token
from idp.store.ended_sessions import Ended

MESSAGE = "message"
SEALED = "sealed"
SIGNED_OUT = "signed out"
NOT_ME = "not me"
ELSEWHERE = "signed out elsewhere"
SHOWN_FOR = timedelta(minutes=30)
"""How long a browser may ask what became of its sign-out; tries end within 15."""


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One of a person's sessions, as its page shows it."""

    sid: str
    current: bool
    user_agent: str
    source: str
    created_at: datetime
    last_seen_at: datetime
    amr: tuple[str, ...]
    applications: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Application:
    """An application of an ended session; ``logout`` is how far its notice came.

    ``pending``, ``delivered`` or ``failed``; None for one that takes no notices.
    ``page`` is what the browser is to load instead, once.
    """

    client_id: str
    name: str
    logout: str | None
    page: str | None = None


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What a sign-out ended: the applications that took part.

    ``sid`` is the session of this browser, ``not_me`` tells that all others ended too.
    """

    applications: tuple[Application, ...]
    sid: str | None = None
    not_me: bool = False


def list_own(work: Work, session: SessionFacts) -> tuple[OwnSession, ...]:
    """Lists the living sessions of a person: this one first, then the latest used."""
    with work.reading() as db:
        living = [
            one
            for one in sessions.list_of_user(db, session.user_id)
            if life.alive(work, one)
        ]
        names = clients.names(db)
        took_part = {one.sid: sessions.participants(db, one.sid) for one in living}
    shown = [
        OwnSession(
            sid=one.sid,
            current=one.sid == session.sid,
            user_agent=one.user_agent,
            source=one.source,
            created_at=one.created_at,
            last_seen_at=one.last_seen_at,
            amr=life.worth(work, one).amr,
            applications=tuple(names.get(id_, id_) for id_ in took_part[one.sid]),
        )
        for one in living
    ]
    shown.sort(key=lambda one: (one.current, one.last_seen_at), reverse=True)
    return tuple(shown)


def leave_message(
    work: Work,
    session: SessionFacts,
    message: dict[str, Any],
    *,
    secret: str | None = None,
) -> None:
    """Keeps what the next page of this session says; a secret is kept sealed."""
    kept = dict(message)
    if secret is not None:
        sealed = work.vault.seal(secret.encode(), purpose=MESSAGE, row=session.sid)
        kept[SEALED] = sealed.hex()
    with work.writing() as db:
        sessions.put_message(db, session.sid, kept)


def take_message(work: Work, session: SessionFacts) -> dict[str, Any]:
    """Returns what this page has to say, and forgets it; ``secret`` is open again."""
    if session.message:
        with work.writing() as db:
            sessions.put_message(db, session.sid, None)
    message = dict(session.message)
    sealed = message.pop(SEALED, None)
    if sealed is not None:
        message["secret"] = _opened(work, session, sealed)
    return message


def _opened(work: Work, session: SessionFacts, sealed: str) -> str | None:
    try:
        plain = work.vault.unseal(
            bytes.fromhex(sealed), purpose=MESSAGE, row=session.sid
        )
    except Unsealable:  # the key ring changed in between; it can be made once more
        return None
    return plain.decode()


def end_one(work: Work, session: SessionFacts, sid: str) -> None:
    """Ends one of the person's own sessions; raises NotFound for others."""
    with work.writing() as db:
        found = sessions.find_by_sid(db, sid)
        if found is None or found.user_id != session.user_id:
            raise NotFound("no such session of this person")
        if found.ended_at is None:
            life.end(work, db, [sid], ELSEWHERE, by=session.actor)


def end_all_others(work: Work, session: SessionFacts) -> None:
    """Ends every session of the person but this one, and their logins under way."""
    with work.writing() as db:
        logins.end_logins_of_user(db, session.user_id, except_id=None)
        living = sessions.list_of_user(db, session.user_id)
        others = [one.sid for one in living if one.sid != session.sid]
        life.end(work, db, others, ELSEWHERE, by=session.actor)


def sign_out(
    work: Work,
    session_token: str | None,
    browser_token: str | None,
    *,
    client_id: str | None = None,
) -> SignedOut:
    """Ends this browser's session and its logins under way; harmless to repeat.

    ``client_id`` names the application at which the sign-out began.
    """
    with work.writing() as db:
        if browser_token:
            logins.end_logins_of_browser(db, hash_token(browser_token))
        session = life.find(db, work, session_token)
        if session is None:
            return SignedOut(())
        name = facts.username_of(db, session.user_id)
        who = Actor("user", session.user_id, name, life.worth(work, session).acr)
        work.audit(
            db,
            "logout.requested",
            sid=session.sid,
            actor=who,
            subject=Subject("user", session.user_id, name),
            client_id=client_id,
        )
        life.end(work, db, [session.sid], SIGNED_OUT, by=who)
        if client_id is not None:
            logout_notices.note_beginning(db, session.sid, client_id)
        ended = Ended(session.sid, session.user_id, work.now, SIGNED_OUT)
        return _signed_out(db, ended, pages=True)


def not_me(work: Work, session: SessionFacts) -> SignedOut:
    """Ends everything that is open in the person's name, this session included."""
    with work.writing() as db:
        life.end_all_of_user(work, db, session.user_id, NOT_ME, by=session.actor)
        work.audit(
            db,
            "logout.requested",
            reason=NOT_ME,
            actor=session.actor,
            subject=session.subject,
            sid=session.sid,
        )
        ended = Ended(session.sid, session.user_id, work.now, NOT_ME)
        return _signed_out(db, ended, pages=True)


def last_sign_out(work: Work, browser_token: str | None) -> SignedOut:
    """Tells what became of the last sign-out in this browser, a while after it."""
    if not browser_token:
        return SignedOut(())
    with work.reading() as db:
        ended = ended_sessions.find_ended(
            db,
            hash_token(browser_token),
            why=(SIGNED_OUT, NOT_ME),
            since=work.now - SHOWN_FOR,
        )
        return SignedOut(()) if ended is None else _signed_out(db, ended, pages=False)


def _signed_out(db: Connection, ended: Ended, *, pages: bool) -> SignedOut:
    """Gathers what ended at one stroke; pages of this browser's session only."""
    sids = ended_sessions.ended_with(db, ended)
    names = clients.names(db)
    told = logout_notices.states(db, sids)
    loads = logout_notices.pages(db, ended.sid) if pages else {}
    took_part = dict.fromkeys(
        one for sid in sids for one in sessions.participants(db, sid)
    )
    return SignedOut(
        tuple(
            Application(one, names.get(one, one), told.get(one), loads.get(one))
            for one in took_part
        ),
        sid=ended.sid,
        not_me=ended.why == NOT_ME,
    )
