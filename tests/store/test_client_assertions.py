"""SEC-196: an assertion works once, however many try at the same moment."""

from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from datetime import timedelta

from idp.store import client_assertions
from idp.store.transactions import Database
from tests.support.barrier import at_once

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)


def claiming(database: Database, name: str) -> Callable[[], bool]:
    def claim() -> bool:
        with database.writing() as db:
            return client_assertions.claim_assertion(db, name, expires_at=SOON)

    return claim


def test_one_of_fifty_who_try_at_once_is_first(database: Database) -> None:
    for name in ("one", "another"):
        found = at_once([claiming(database, name)] * 50)
        assert sum(found) == 1
        assert not claiming(database, name)()


def test_those_that_expired_are_purged_a_few_at_a_time(database: Database) -> None:
    for name in ("a", "b", "c"):
        assert claiming(database, name)()

    def purge(before: datetime) -> int:
        with database.writing() as db:
            return client_assertions.purge_assertions(db, before=before, limit=2)

    later = SOON + timedelta(seconds=1)
    assert [purge(SOON), purge(later), purge(later), purge(later)] == [0, 2, 1, 0]
    assert claiming(database, "a")()
