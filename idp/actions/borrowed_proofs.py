"""Proofs that a login takes over from a session: they count only while it lives.

A login begun by somebody who is signed in starts with what the session proved. When
that session has ended (signed out, ended by anybody, expired, or replaced in its
browser), the login ends too, or it would open a new session (SEC-012, SEC-142,
SEC-143).
"""

from sqlalchemy.engine import Connection

from idp.actions import sessions
from idp.actions.work import Work
from idp.errors import TransactionGone
from idp.store import sessions as session_rows
from idp.store.logins import Login


def check(db: Connection, work: Work, login: Login) -> None:
    """Raises TransactionGone where the session that a login goes by has ended."""
    if _borrowed(login):
        sessions.require(db, work, login.session_sid or "")


def hold(db: Connection, work: Work, login: Login) -> None:
    """Does the same, and keeps the session from being ended until the block ends."""
    if _borrowed(login):
        held = session_rows.hold(db, login.session_sid or "")
        if held is None or not sessions.alive(work, held):
            raise TransactionGone("the session that this login goes by has just ended")


def _borrowed(login: Login) -> bool:
    """Tells whether a login goes by a session's proofs: a password makes them its own.

    ``forced`` says that it has none but its own.
    """
    return bool(login.session_sid and login.proofs and not login.forced)
