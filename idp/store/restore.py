"""Statements after a backup came back: everything that was once alive is ended.

A restored database has forgotten what was spent since, so nothing in it that works once
may work again (REL-057).
"""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection

from idp.store.authenticators import TotpTable
from idp.store.backup_codes import BackupCodeTable
from idp.store.grants import GrantTable
from idp.store.logins import LoginTable
from idp.store.sessions import SessionTable
from idp.store.users import UserTable


def living_sessions(db: Connection, *, limit: int) -> list[str]:
    """Returns the sids of sessions that have not ended."""
    statement = select(SessionTable.sid).where(SessionTable.ended_at.is_(None))
    return list(db.execute(statement.limit(limit)).scalars())


def revoke_all_grants(db: Connection, *, now: datetime) -> int:
    """Revokes every grant with its codes and tokens, offline ones too."""
    statement = update(GrantTable).where(GrantTable.revoked_at.is_(None))
    return db.execute(statement.values(revoked_at=now)).rowcount


def end_all_logins(db: Connection) -> int:
    """Ends every login under way."""
    statement = update(LoginTable).where(
        LoginTable.state.in_(("open", "authenticated"))
    )
    dead = statement.values(state="dead", pending_codes_sealed=None)
    return db.execute(dead).rowcount


def spend_steps(db: Connection, step: int) -> int:
    """Spends every time step up to one, for every authenticator."""
    statement = update(TotpTable).where(TotpTable.last_step < step)
    return db.execute(statement.values(last_step=step)).rowcount


def expire_initial_passwords(db: Connection, *, now: datetime) -> int:
    """Ends the passwords that work once."""
    statement = update(UserTable).where(UserTable.password_initial.is_(True))
    return db.execute(statement.values(password_expires_at=now)).rowcount


def wipe_all_codes(db: Connection) -> list[tuple[str, str]]:
    """Deletes every backup code; returns id and name of whom it leaves without."""
    statement = (
        select(UserTable.id, UserTable.username)
        .join(BackupCodeTable, BackupCodeTable.user_id == UserTable.id)
        .where(BackupCodeTable.used_at.is_(None))
        .distinct()
        .order_by(UserTable.username)
    )
    holders = [(user_id, username) for user_id, username in db.execute(statement)]
    db.execute(delete(BackupCodeTable))
    return holders
