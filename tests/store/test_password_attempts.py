"""SEC-116, SEC-120, REL-067: a source and all sources have a budget, in as few rows."""

import dataclasses
import random
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy import text
from sqlalchemy.engine import Connection

from idp.store import attempts
from idp.store import password_attempts
from idp.store import schema
from idp.store.attempts import AttemptTable
from idp.store.transactions import Database
from tests.store.samples import NOW
from tests.support.barrier import at_once

SOURCES = ("a", "b", "c", "d")
EVERY = "password:name"
OLD = "INSERT INTO attempts (key, failures, total, last_at, touched_at) "


def keys(source: str, name: str = EVERY) -> tuple[str, str]:
    return f"{name}:{source}", name


def fail(db: Connection, source: str, name: str = EVERY) -> None:
    """Counts one wrong password, as a guess does."""
    for found in password_attempts.lock_two(db, keys(source, name), now=NOW):
        number = found.failures + 1
        failed = dataclasses.replace(
            found, failures=number, total=found.total + 1, last_at=NOW
        )
        password_attempts.save(db, failed)


def succeed(db: Connection, source: str) -> None:
    for found in password_attempts.lock_two(db, keys(source), now=NOW):
        password_attempts.forget(db, found)


def failures(db: Connection, source: str) -> tuple[int, int]:
    """Gives what a look without a lock finds, of the source and of all."""
    own, every = password_attempts.find_two(db, keys(source))
    return own.failures if own else 0, every.failures if every else 0


def rows(db: Connection) -> int:
    return db.execute(select(func.count()).select_from(AttemptTable)).scalar_one()


@pytest.mark.parametrize("seed", range(8))
def test_whoever_guesses_and_finds_each_is_counted_as_if_alone(
    database: Database, seed: int
) -> None:
    """Against two plain counters, whatever the order; a guess makes a row at most"""
    chosen = random.Random(seed)
    own: Counter[str] = Counter()
    every, before = 0, 0
    with database.writing() as db:
        for _ in range(60):
            source = chosen.choice(SOURCES)
            if chosen.random() < 0.75:
                fail(db, source)
                own[source] += 1
                every += 1
            else:
                succeed(db, source)
                own[source] = every = 0
            assert [failures(db, one) for one in SOURCES] == [
                (own[one], every) for one in SOURCES
            ]
            assert rows(db) <= before + 1
            before = rows(db)
        assert before <= len(SOURCES)


def test_a_guess_at_a_name_of_nobody_is_one_row(database: Database) -> None:
    """However many names one source tries, and however many sources try one"""
    with database.writing() as db:
        for number in range(20):
            fail(db, "a", f"password:nobody-{number}")
        assert rows(db) == 20
        for number in range(20):
            fail(db, f"source-{number}")
        assert rows(db) == 40


def test_parallel_guesses_of_many_sources_are_all_counted(database: Database) -> None:
    """SEC-116, REL-021: also those at a name that has no row yet"""

    def guess(source: str) -> None:
        with database.writing() as db:
            fail(db, source)

    at_once([lambda one=one: guess(one) for one in SOURCES * 5])
    with database.reading() as db:
        assert [failures(db, one) for one in SOURCES] == [(5, 20)] * 4
        assert rows(db) == len(SOURCES)


def test_rows_of_the_version_before_count_on(database: Database) -> None:
    with database.writing() as db:
        for key, number in ((EVERY, 7), (keys("a")[0], 4), (keys("b")[0], 3)):
            values = f"VALUES ('{key}', {number}, {number}, NULL, :now)"
            db.execute(text(OLD + values), {"now": NOW.replace(tzinfo=None)})
        for source in ("a", "c", "b"):
            fail(db, source)
        found = [failures(db, one) for one in SOURCES]
    assert found == [(5, 10), (4, 10), (1, 10), (0, 10)]


def test_the_version_before_gets_all_that_was_counted(database: Database) -> None:
    with database.writing() as db:
        for source in ("a", "a", "b"):
            fail(db, source)
        schema.downgrade(db, "0013")
        counted = db.execute(text("SELECT key, failures FROM attempts ORDER BY key"))
        assert [tuple(row) for row in counted] == [
            *((EVERY, 3), (keys("a")[0], 2), (keys("b")[0], 1))
        ]


def test_a_source_that_is_kept_lapses_with_the_row(database: Database) -> None:
    with database.writing() as db:
        fail(db, "a")
        later = NOW + timedelta(days=1)
        attempts.purge_attempts(db, before=later, limit=9, keep="factor:")
        assert (failures(db, "a"), rows(db)) == ((0, 0), 0)
