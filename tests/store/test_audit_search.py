"""REL-083: what happened long ago is found without reading all that came after."""

from datetime import timedelta

import pytest

from idp.store import audit
from idp.store import audit_search
from idp.store.audit_search import Wanted
from idp.store.transactions import Database
from tests.store import samples
from tests.store.samples import NOW
from tests.support import masses
from tests.support.plans import noting
from tests.support.plans import plan

OLD = 100
RECENT = 20_000
SOUGHT = {
    "event": Wanted(event="role.created"),
    "client_id": Wanted(client_id="old-client"),
    "actor_id": Wanted(actor_id="old-actor"),
    "subject_id": Wanted(user_id="old-user"),
}


@pytest.fixture
def trail(database: Database) -> Database:
    """Gives a trail that begins with something that never happened again."""
    first = samples.record(
        event="role.created",
        client_id="old-client",
        actor_id="old-actor",
        subject_type="user",
        subject_id="old-user",
    )
    with database.writing() as db:
        for _ in range(OLD):
            audit.append(db, first)
        masses.records(db, RECENT, people=1000, now=NOW)
        masses.analyse(db)
    return database


def test_the_index_of_a_condition_gives_the_page_in_order(trail: Database) -> None:
    for column, wanted in SOUGHT.items():
        for newest_first in (True, False):
            numbers, plan = looked_for(trail, wanted, newest_first=newest_first)
            if newest_first:
                assert numbers == list(range(OLD, OLD - 51, -1))
            else:
                assert numbers == list(range(1, 52))
            assert f"ix_audit_records_{column}_number" in plan, plan
            assert "sort" not in plan.lower(), plan
            assert "temp b-tree" not in plan.lower(), plan


def looked_for(
    trail: Database, wanted: Wanted, *, newest_first: bool
) -> tuple[list[int], str]:
    """Gives the numbers of a page, and how the database found it."""
    with trail.reading() as db:
        with noting(trail.engine) as sent:
            found = audit_search.search(
                db,
                wanted,
                above=0,
                below=OLD + RECENT + 1,
                limit=51,
                newest_first=newest_first,
            )
        (asked,) = sent
        lines = plan(db, asked)
    return [link.number for link in found], "\n".join(lines)


def test_a_time_is_looked_for_between_two_numbers(database: Database) -> None:
    """And not among the records of all the other years"""
    with database.writing() as db:
        for day in range(30):
            audit.append(db, samples.record(at=NOW + timedelta(days=day)))
    with database.reading() as db:
        for since, until, stretch in [(10, 12, (9, 14)), (0, 99, (0, 31))]:
            moments = (NOW + timedelta(days=day) for day in (since, until))
            asked = Wanted(None, None, None, None, *moments)
            assert audit_search.stretch(db, asked) == stretch
        assert audit_search.stretch(db, Wanted()) == (0, 31)
