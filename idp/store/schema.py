"""The schema's version: moved up and down, and compared with what the code expects.

Migrations are Alembic's and lie in ``migrations/``. Several processes may upgrade at
once: SQLite's write lock, or an advisory lock on PostgreSQL, lets one go first
(REL-025).
"""

import functools

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

from idp import resources

ADVISORY_LOCK = 6_284_157
LONGEST_UPGRADE = "1h"
"""How long a process waits for another one that is moving the schema."""


def upgrade(db: Connection, revision: str = "head") -> None:
    """Moves the schema up inside the caller's transaction."""
    _lock(db)
    command.upgrade(_config(db), revision)


def downgrade(db: Connection, revision: str) -> None:
    """Moves the schema down inside the caller's transaction."""
    _lock(db)
    command.downgrade(_config(db), revision)


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
    _set(db, "statement_timeout", "0")
    _set(db, "lock_timeout", LONGEST_UPGRADE)
    db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    _set(db, "lock_timeout", brief)


def _set(db: Connection, name: str, value: str) -> None:
    statement = text("SELECT set_config(:name, :value, true)")
    db.execute(statement, {"name": name, "value": value})
