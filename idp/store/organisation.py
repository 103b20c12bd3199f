"""The organisation's rules: one row, changed by administrators at run time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from idp.store.base import Base
from idp.store.base import Moment
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


_table = OrganisationTable.__table__
_columns = (
    OrganisationTable.mfa,
    OrganisationTable.enrol_during_step_up,
    OrganisationTable.backup_code_warning,
    OrganisationTable.version,
)
_row = select(*_columns).where(OrganisationTable.id == 1)
_find = Statement(_row)
_lock = Statement(_row.with_for_update())


def find_policy(db: Connection) -> Policy:
    """Returns the policy; a missing row or an unknown word reads as the strictest."""
    row = _find.row(db, {})
    return Policy() if row is None else policy_of(row)


def lock_policy(db: Connection) -> Policy:
    """Returns the policy and keeps other writers off it until the block ends."""
    row = _lock.row(db, {})
    return Policy() if row is None else policy_of(row)


def policy_of(values: tuple[Any, ...]) -> Policy:
    """Makes the policy of a row's values in the order of its members."""
    if values[0] is None:  # there is no row
        return Policy()
    known = values[0] in ("required", "optional", "disabled")
    return Policy("required" if not known else values[0], *values[1:])


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
