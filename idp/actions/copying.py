"""Copying the whole database to another, from SQLite to PostgreSQL and back (REL-053).

The target gets everything or nothing. The key ring is not part of it: what is sealed
opens in the target with the same ring.
"""

from sqlalchemy.engine import Connection

from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import Conflict
from idp.errors import Misconfigured
from idp.store import copying
from idp.store import schema
from idp.store.engines import make_engine
from idp.store.transactions import Database


def copy_to(work: Work, target_url: str) -> dict[str, int]:
    """Copies every row into an empty database; returns how many of each table.

    Raises Conflict for a database that has tables, Misconfigured where this one is not
    up to date, Unavailable when one of the two does not answer.
    """
    with work.database.snapshot() as source:
        if not schema.is_current(source):
            finding = "the database is not up to date: run 'idp db upgrade' first"
            if schema.is_later(schema.current(source)):
                finding = "the database is of a later version: copy it with that one"
            raise Misconfigured([finding])
        target = Database(make_engine(target_url))
        try:
            with target.writing() as db:
                return _copied(work, source, db)
        finally:
            target.dispose()


def _copied(work: Work, source: Connection, db: Connection) -> dict[str, int]:
    if not copying.is_empty(db):
        words = "The target is not empty; nothing was copied."
        raise Conflict("target", sentence=words)
    copied = copying.copy_all(source, db)
    changes = {"rows": sum(copied.values())}
    work.audit(db, "database.copied", subject=Subject("database"), changes=changes)
    return copied
