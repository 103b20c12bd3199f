"""The organisation's rules: one row, changed by administrators at run time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
from idp.store.records import Record
from idp.store.records import Row
from idp.store.statements import Statement


class OrganisationTable(Base):
    """One row; the migration puts it there with ``required``."""

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("mfa IN ('required', 'optional', 'disabled')", name="mfa"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    mfa: Mapped[str]
    enrol_during_step_up: Mapped[bool]
    backup_code_warning: Mapped[int]
    version: Mapped[int]
    updated_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class Policy:
    """The members of the policy; the defaults hold until somebody changes them."""

    mfa: str = "required"
    enrol_during_step_up: bool = True
    backup_code_warning: int = 3
    version: int = 1


def policy_of(row: Row) -> Policy:
    """Makes the policy of a row; an unknown word reads as the strictest."""
    if row[0] is None:  # there is no row
        return Policy()
    known = row[0] in ("required", "optional", "disabled")
    return Policy(row[0] if known else "required", *row[1:])


POLICY = Record(
    [getattr(OrganisationTable, name) for name in Policy.__dataclass_fields__],
    policy_of,
)
"""The policy; where there is no row the defaults hold."""
_row = select(*POLICY.columns).where(OrganisationTable.id == 1)
_find = Statement(_row, {0: POLICY})
_lock = Statement(_row.with_for_update(), {0: POLICY})


def find_policy(db: Connection) -> Policy:
    """Returns the policy; a missing row or an unknown word reads as the strictest."""
    row = _find.row(db, {})
    return Policy() if row is None else row[0]


def lock_policy(db: Connection) -> Policy:
    """Returns the policy and keeps other writers off it until the block ends."""
    row = _lock.row(db, {})
    return Policy() if row is None else row[0]


def save_policy(db: Connection, policy: Policy, *, now: datetime) -> Policy:
    """Writes the policy and returns it with its new version."""
    values = {
        "mfa": policy.mfa,
        "enrol_during_step_up": policy.enrol_during_step_up,
        "backup_code_warning": policy.backup_code_warning,
        "updated_at": now,
    }
    changed = db.execute(
        update(OrganisationTable)
        .where(OrganisationTable.id == 1)
        .values(version=OrganisationTable.version + 1, **values)
    )
    if changed.rowcount == 0:
        db.execute(insert(OrganisationTable).values(id=1, version=1, **values))
    return find_policy(db)
