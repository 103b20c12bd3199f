"""Rows that nobody needs go so many at a time."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta

from sqlalchemy import func
from sqlalchemy import select

from idp.store import client_assertions
from idp.store.chunks import delete_some
from idp.store.client_assertions import ClientAssertionTable
from idp.store.transactions import Database

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_so_many_go_at_a_time_of_those_that_meet_all_conditions(
    database: Database,
) -> None:
    table = ClientAssertionTable
    with database.writing() as db:
        for number in range(6):
            moment = NOW + timedelta(seconds=number)
            client_assertions.claim_assertion(db, f"{number}", expires_at=moment)
        old = table.expires_at < NOW + timedelta(seconds=5)
        mine = table.assertion_hash != "0"
        gone = [delete_some(db, table, old, mine, limit=3) for _ in range(3)]
        left = db.execute(select(func.count()).select_from(table)).scalar_one()
    assert gone == [3, 1, 0]
    assert left == 2
