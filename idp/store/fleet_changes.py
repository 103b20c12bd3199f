"""Changes to many people in one statement. ``store.fleet`` finds the people."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection

from idp.store.users import UserTable


def lock_people(db: Connection, ids: Sequence[str]) -> None:
    """Keeps other writers off these people until the block ends.

    In order of their ids, so that two who do this at once wait and do not deadlock.
    """
    rows = select(UserTable.id).where(UserTable.id.in_(ids)).order_by(UserTable.id)
    db.execute(rows.with_for_update(key_share=True)).all()


def set_required(
    db: Connection, ids: Sequence[str], *, required: bool, now: datetime
) -> None:
    """Sets these people's own requirement of MFA."""
    db.execute(
        update(UserTable)
        .where(UserTable.id.in_(ids))
        .values(mfa_required=required, updated_at=now, version=UserTable.version + 1)
    )
