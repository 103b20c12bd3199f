"""Steps that a clock which was ahead has spent: found, and taken back (REL-031).

A step is claimed in ``store.authenticators`` and nowhere else; nothing here makes one
fresh that a right clock has seen, because the caller says how far back it goes.
"""

from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection

from idp.store.authenticators import TotpTable
from idp.store.users import UserTable


def spent_beyond(db: Connection, step: int) -> list[str]:
    """Returns the names of people with a step spent that is later than this one."""
    statement = (
        select(UserTable.username)
        .join(TotpTable, TotpTable.user_id == UserTable.id)
        .where(TotpTable.state == "active", TotpTable.last_step > step)
        .order_by(UserTable.username)
    )
    return list(db.execute(statement).scalars())


def take_back(db: Connection, user_id: str, step: int) -> None:
    """Makes a step the last that somebody has spent, where it was a later one."""
    statement = update(TotpTable).where(
        TotpTable.user_id == user_id,
        TotpTable.state == "active",
        TotpTable.last_step > step,
    )
    db.execute(statement.values(last_step=step))
