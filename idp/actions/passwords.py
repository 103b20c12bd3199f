"""A person's own password: complaints about a new one, hashing, replacing it.

Where it is asked for is decided elsewhere; checking an old one is ``factors``.
"""

from sqlalchemy.engine import Connection

from idp.actions.factors import PEPPER_PURPOSE
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.rules import passwords
from idp.store import grants
from idp.store import logins
from idp.store import sessions
from idp.store import users
from idp.store.users import UserRow

MINIMUM_WITH_MFA = 8
MISMATCH = "password-mismatch"
WEAK = "weak-password"


def complaints(
    work: Work, user: UserRow, new: str, again: str
) -> tuple[str | None, tuple[str, ...]]:
    """Says what is wrong with a new password: a word of ``data-error`` and details."""
    if new != again:
        return MISMATCH, ()
    context = [user.username, user.email or "", user.name or ""]
    found = passwords.complaints(
        new, context=[*context, work.settings.organisation], minimum=MINIMUM_WITH_MFA
    )
    return (WEAK, found) if found else (None, ())


def hashed(work: Work, password: str) -> str:
    """Hashes a password in the pool, outside any transaction."""
    pepper = work.vault.macs(b"pepper", purpose=PEPPER_PURPOSE)[0]
    return work.hashing.run(
        passwords.hash_password,
        password,
        cost=work.settings.password_hash_cost,
        pepper=pepper,
    )


def replace_initial(
    db: Connection, work: Work, user: UserRow, password_hash: str, *, keep_login: str
) -> None:
    """Sets the lasting password and ends what the old one had opened (SEC-025, 026)."""
    logins.end_logins_of_user(db, user.id, except_id=keep_login)
    users.set_password(
        db,
        user.id,
        password_hash=password_hash,
        initial=False,
        expires_at=None,
        must_change=False,
        now=work.now,
    )
    living = [session.sid for session in sessions.list_of_user(db, user.id)]
    sessions.end_sessions(db, living, now=work.now, why="password changed")
    grants.revoke_grants(db, now=work.now, user_id=user.id)
    work.audit(db, "password.changed", subject=Subject("user", user.id, user.username))
