"""Other people's sessions as administration sees them, and ending one of them.

Ending all of somebody's is ``actions.users``; one's own are ``actions.own_sessions``.
"""

from dataclasses import dataclass
from datetime import datetime

from idp.actions import people
from idp.actions import rights
from idp.actions import sessions as life
from idp.actions.work import Work
from idp.errors import NotFound
from idp.rules.permissions import SESSIONS_WRITE
from idp.rules.permissions import USERS_READ
from idp.store import clients
from idp.store import sessions


@dataclass(frozen=True, slots=True)
class UserSession:
    """A living session; ``acr`` and ``amr`` say what it is worth at this moment."""

    sid: str
    created_at: datetime
    last_seen_at: datetime
    source: str
    user_agent: str
    acr: str
    amr: tuple[str, ...]
    applications: tuple[str, ...]


def list_sessions(work: Work, named: str) -> tuple[UserSession, ...]:
    """Lists the living sessions of a person, the latest used first."""
    with rights.reading(work, USERS_READ) as db:
        user = people.find(db, named)
        living = [
            one for one in sessions.list_of_user(db, user.id) if life.alive(work, one)
        ]
        names = clients.names(db) if living else {}
        took_part = {one.sid: sessions.participants(db, one.sid) for one in living}
    shown = []
    for one in sorted(living, key=lambda one: one.last_seen_at, reverse=True):
        worth = life.worth(work, one)
        shown.append(
            UserSession(
                sid=one.sid,
                created_at=one.created_at,
                last_seen_at=one.last_seen_at,
                source=one.source,
                user_agent=one.user_agent,
                acr=worth.acr,
                amr=worth.amr,
                applications=tuple(names.get(id_, id_) for id_ in took_part[one.sid]),
            )
        )
    return tuple(shown)


def end_session(work: Work, sid: str) -> None:
    """Ends a session by its ``sid``; raises NotFound if it is not alive."""
    rights.require(work, SESSIONS_WRITE)
    with work.reading() as db:
        found = sessions.find_by_sid(db, sid)
    if found is None:
        raise _gone()
    with rights.administering(work, SESSIONS_WRITE) as db:
        people.lock(db, work, found.user_id, permission=SESSIONS_WRITE)
        session = sessions.find_by_sid(db, sid)
        if session is None or not life.alive(work, session):
            raise _gone()
        life.end(work, db, [sid], "administrator")


def _gone() -> NotFound:
    return NotFound("session", sentence="There is no such session.")
