"""The two budgets of a guess at a password: this source's, and that of all sources.

Both count at once, so each would be a row, and a guess at a name that is nobody's two
(REL-067). The row of all sources therefore keeps, besides, the budget of one source:
the one that failed first. Only a second one that fails has a row of its own. Whoever
guesses holds the row of all, so nobody changes what is looked up behind it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.engine import Connection

from idp.store import attempts
from idp.store.attempts import Attempts
from idp.store.attempts import AttemptTable
from idp.store.records import Row
from idp.store.statements import Statement


@dataclass(frozen=True, slots=True)
class KeptAttempts(Attempts):
    """The budget of a source, where the row of all sources keeps it."""

    row: str = ""


_columns = (
    *attempts.COLUMNS,
    AttemptTable.source_key,
    AttemptTable.source_failures,
    AttemptTable.source_last_at,
)
_LOCKS = attempts.locking(*_columns)
_WIDTH = len(attempts.COLUMNS)
_find_two = Statement(
    select(*_columns).where(
        AttemptTable.key.in_([bindparam("own"), bindparam("every")])
    )
)
_save = Statement(
    update(AttemptTable)
    .where(AttemptTable.key == bindparam("budget"))
    .values(
        source_key=bindparam("source"),
        source_failures=bindparam("number"),
        source_last_at=bindparam("last"),
    )
)


def find_two(
    db: Connection, keys: tuple[str, str]
) -> tuple[Attempts | None, Attempts | None]:
    """Finds the budgets of a source and of all of them, without locking them."""
    own, every = keys
    rows = _find_two.rows(db, {"own": own, "every": every})
    found = {row[0]: _all(row) for row in rows}
    kept = [_kept(row) for row in rows if row[_WIDTH] == own]
    return (kept[0] if kept else found.get(own)), found.get(every)


def lock_two(
    db: Connection, keys: tuple[str, str], *, now: datetime
) -> tuple[Attempts, Attempts]:
    """Locks the budgets of a source and of all of them.

    At most one row is made: that of all, which then keeps this source's as well, or
    this source's, where the row of all is there and keeps another's.
    """
    own, every = keys
    fresh = {"key": every, "failures": 0, "total": 0, "touched_at": now}
    values = {**fresh, "source_key": own, "source_failures": 0}
    row = _LOCKS[db.dialect.name].rows(db, values)[0]
    return _own(db, row, own, now=now), _all(row)


def save(db: Connection, counted: Attempts) -> None:
    """Writes one of two budgets that the caller has locked."""
    if isinstance(counted, KeptAttempts):
        _save_within(db, counted)
    else:
        attempts.save(db, counted)


def forget(db: Connection, counted: Attempts) -> None:
    """Clears one of two budgets, where there is anything in it."""
    if not isinstance(counted, KeptAttempts):
        attempts.forget(db, counted)
    elif not counted.untouched:
        _save_within(db, KeptAttempts(counted.key, row=counted.row))


def _save_within(db: Connection, kept: KeptAttempts) -> None:
    """Says how often a source failed; the row is touched by the budget of all."""
    counted = {"number": kept.failures, "last": kept.last_at}
    _save.change(db, {"budget": kept.row, "source": kept.key, **counted})


def _own(db: Connection, row: Row, own: str, *, now: datetime) -> Attempts:
    """Finds where this source is counted: within the row, also where it has room."""
    source_key, source_failures, _ = row[_WIDTH:]
    if source_key == own:
        return _kept(row)
    if not source_failures and attempts.find(db, own) is None:
        return KeptAttempts(own, row=row[0])
    return attempts.lock(db, own, now=now)


def _all(row: Row) -> Attempts:
    return Attempts(*row[:_WIDTH])


def _kept(row: Row) -> KeptAttempts:
    source_key, failures, last = row[_WIDTH:]
    return KeptAttempts(source_key, failures, failures, last, row=row[0])
