"""A person's MFA as a whole: the authenticator and the backup codes end together."""

from datetime import datetime

from sqlalchemy.engine import Connection

from idp.store import authenticators
from idp.store import backup_codes


def wipe(db: Connection, user_id: str, *, now: datetime, why: str, by: str) -> None:
    """Ends all of a person's MFA; keeps the history, not the secrets (SEC-070)."""
    authenticators.end_all(db, user_id, now=now, why=why, by=by)
    backup_codes.delete_codes(db, user_id)
