"""Real faults of a database, made on purpose and undone again.

A table that is away, a row that no version of ours would write.
"""

import contextlib
from collections.abc import Iterator

import sqlalchemy

from idp.store.engines import make_engine


@contextlib.contextmanager
def changed(url: str, before: str, after: str = "") -> Iterator[None]:
    """Runs one statement, and another when the block ends if there is one."""
    engine = make_engine(url)
    try:
        with engine.begin() as db:
            db.execute(sqlalchemy.text(before))
        yield
        if after:
            with engine.begin() as db:
                db.execute(sqlalchemy.text(after))
    finally:
        engine.dispose()


def away(url: str, table: str) -> contextlib.AbstractContextManager[None]:
    """Takes a table away, so that every statement about it fails with its values."""
    hidden = f"ALTER TABLE {table} RENAME TO {table}_away"
    return changed(url, hidden, f"ALTER TABLE {table}_away RENAME TO {table}")
