"""The schema's version: moved up and down, and compared with what the code expects.

Migrations are Alembic's and lie in ``migrations/``. Several processes may upgrade at
once: SQLite's write lock, or an advisory lock on PostgreSQL, lets one go first
(REL-025). A schema may be ahead of the program while a new version is rolled out
(REL-051); the name of its revision says which versions it leaves room for.
"""

import functools
import re

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.engine import Connection

from idp import resources
from idp.errors import Misconfigured
from idp.store import patience

ADVISORY_LOCK = 6_284_157
LONGEST_UPGRADE = "1h"
"""How long a process waits for another one that is moving the schema."""

NAME = re.compile(r"(\d{4})(?:_from_(\d{4}))?")
"""A number; after ``_from_`` the oldest one whose program the schema has room for."""


def upgrade(db: Connection, revision: str = "head") -> str | None:
    """Moves the schema up inside the caller's transaction; returns what it was.

    A later schema that leaves room for this program stays as it is. Raises
    Misconfigured for one that does not.
    """
    _lock(db)
    found = current(db)
    if revision == "head" and is_later(found) and serves(found):
        return found
    _refuse_later(found)
    command.upgrade(_config(db), revision)
    return found


def downgrade(db: Connection, revision: str) -> None:
    """Moves the schema down inside the caller's transaction.

    Raises Misconfigured for a later schema: only its own program knows the way down,
    and for a revision that is none below.
    """
    _lock(db)
    found = current(db)
    _refuse_later(found)
    try:
        command.downgrade(_config(db), revision)
    except CommandError:
        words = f"{revision} is no revision below that of the database"
        raise Misconfigured([f"{words}, {found or 'which is empty'}"]) from None


def current(db: Connection) -> str | None:
    """Returns the revision that the database has, None for an empty one."""
    return MigrationContext.configure(db).get_current_revision()


@functools.cache
def head() -> str | None:
    """Returns the revision that this program expects."""
    return ScriptDirectory(str(resources.migrations_dir())).get_current_head()


def is_current(db: Connection) -> bool:
    """Tells whether the database has the revision that this program expects."""
    return current(db) == head()


def serves(revision: str | None) -> bool:
    """Tells whether this program can work on its own schema, or on a later one.

    A later one counts unless its name says that it has no room for this program; an
    older one lacks what this program needs (REL-051).
    """
    found, own = _numbers(revision), _numbers(head())
    return found is not None and own is not None and found[1] <= own[0] <= found[0]


def is_later(revision: str | None) -> bool:
    """Tells whether a later version has moved the schema beyond what is known here."""
    found, own = _numbers(revision), _numbers(head())
    return found is not None and own is not None and found[0] > own[0]


def is_earlier(revision: str | None) -> bool:
    """Tells whether an earlier version left this schema."""
    found, own = _numbers(revision), _numbers(head())
    return found is not None and own is not None and found[0] < own[0]


def _numbers(revision: str | None) -> tuple[int, int] | None:
    """Reads a revision's own number and the oldest it has room for; None if foreign."""
    read = NAME.fullmatch(revision or "")
    return None if read is None else (int(read[1]), int(read[2] or 0))


def _refuse_later(revision: str | None) -> None:
    if is_later(revision):
        words = f"the database has the schema of a later version ({revision})"
        raise Misconfigured([f"{words}: only that version can move it"])


def _config(db: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.migrations_dir()))
    config.attributes["connection"] = db
    return config


def _lock(db: Connection) -> None:
    """Lets one process go first, and a statement take as long as a table is large.

    Locks on tables are waited for as briefly as ever: whoever waits for one holds up
    all requests behind it.
    """
    if db.dialect.name == "sqlite":
        return
    brief = db.execute(text("SELECT current_setting('lock_timeout')")).scalar_one()
    patience.lift(db)
    _set(db, "statement_timeout", "0")
    _set(db, "idle_in_transaction_session_timeout", "0")
    _set(db, "lock_timeout", LONGEST_UPGRADE)
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    _set(db, "lock_timeout", brief)


def _set(db: Connection, name: str, value: str) -> None:
    statement = text("SELECT set_config(:name, :value, true)")
    db.execute(statement, {"name": name, "value": value})
