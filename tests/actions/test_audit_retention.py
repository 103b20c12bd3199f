"""REL-083: records go when their time is over, and nobody can hide more behind it."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from idp.actions import audit_retention
from idp.actions import maintenance
from idp.actions import rewrap
from tests.actions.conftest import RING
from tests.actions.conftest import Maker
from tests.actions.scene import Scene
from tests.actions.test_audit_chain import close
from tests.actions.test_audit_chain import note
from tests.actions.test_audit_chain import tamper
from tests.actions.test_audit_chain import verdict
from tests.actions.test_rewrap import NEWER
from tests.actions.test_rewrap import turn

DAYS = 24 * 3600
KEPT = 90
FORGED = """
UPDATE audit_tail SET number = 5, seal = :seal,
    hash = (SELECT hash FROM audit_records WHERE number = 5),
    records = (SELECT count(*) FROM audit_records WHERE number <= 5)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def keeping(request: pytest.FixtureRequest, new_scene: Maker) -> Scene:
    return new_scene(request.param, IDP_AUDIT_RETENTION=f"{KEPT}d")


def grow_old(scene: Scene, many: int, days: float = KEPT + 2) -> None:
    """Leaves closed records of so many days ago, and then younger ones."""
    note(scene, many)
    close(scene)
    scene.clock.advance(seconds=days * DAYS)
    note(scene, 3)
    close(scene)


def rows(scene: Scene) -> int:
    return int(scene.one("SELECT count(*) FROM audit_records"))


def test_old_records_go_in_chunks_and_the_chain_stays_whole(keeping: Scene) -> None:
    """And what was deleted is a record itself"""
    grow_old(keeping, audit_retention.CHUNK + 20)
    all_records = verdict(keeping).records
    old = all_records - 3
    gone = [audit_retention.purge(keeping.work()) for _ in range(3)]
    assert gone == [audit_retention.CHUNK, old - audit_retention.CHUNK, 0]
    assert rows(keeping) == 3 + 2
    close(keeping)
    found = verdict(keeping)
    assert found.intact, found
    assert (found.records, found.purged) == (all_records + 2, old)
    assert keeping.changes("audit.purged")["records"] == gone[1]


def test_the_job_does_it_with_the_rest(keeping: Scene) -> None:
    grow_old(keeping, 5)
    while maintenance.purge(keeping.work()):
        pass
    assert len(keeping.events("audit.purged")) == 1
    assert verdict(keeping).intact


@pytest.mark.parametrize("days", [1, KEPT - 1, KEPT + 0.9])
def test_young_records_stay_and_nothing_is_done_for_a_few_hours(
    keeping: Scene, days: float
) -> None:
    grow_old(keeping, 5, days)
    before = rows(keeping)
    assert audit_retention.purge(keeping.work()) == 0
    assert rows(keeping) == before


def test_what_is_not_closed_yet_stays(keeping: Scene) -> None:
    close(keeping)
    note(keeping, 5)
    keeping.clock.advance(seconds=2 * KEPT * DAYS)
    before = rows(keeping)
    gone = audit_retention.purge(keeping.work())
    assert rows(keeping) == before - gone + bool(gone)
    assert rows(keeping) >= 5


def test_without_the_setting_everything_is_kept(scene_on_each: Scene) -> None:
    grow_old(scene_on_each, 5, 20 * 365)
    before = rows(scene_on_each)
    assert audit_retention.purge(scene_on_each.work()) == 0
    assert rows(scene_on_each) == before


def test_a_broken_chain_keeps_all_of_its_records(keeping: Scene) -> None:
    """They may be evidence"""
    grow_old(keeping, 20)
    number = verdict(keeping).closed_to - 10
    tamper(
        keeping,
        "UPDATE audit_records SET reason = 'nothing' WHERE number = :number",
        number=number,
    )
    before = rows(keeping)
    assert audit_retention.purge(keeping.work()) == 0
    assert rows(keeping) == before
    assert not verdict(keeping).intact


def forge_the_tail(scene: Scene) -> None:
    """Lets the database delete what nobody has purged."""
    with scene.database.writing() as db:
        db.execute(sqlalchemy.text(FORGED), {"seal": "ab"})
        db.execute(sqlalchemy.text("DELETE FROM audit_records WHERE number <= 5"))


def delete_behind_it(scene: Scene) -> None:
    """Purges, and deletes one record more than that."""
    assert audit_retention.purge(scene.work())
    tamper(
        scene,
        "DELETE FROM audit_records WHERE number = "
        "(SELECT min(number) FROM audit_records)",
    )


def forget_it(scene: Scene) -> None:
    """Purges, and pretends that nothing ever was."""
    assert audit_retention.purge(scene.work())
    unused = "UPDATE audit_tail SET number = 0, hash = '', records = 0, at = NULL"
    with scene.database.writing() as db:
        db.execute(sqlalchemy.text(f"{unused}, seal = ''"))


@pytest.mark.parametrize("deed", [forge_the_tail, delete_behind_it, forget_it])
def test_who_has_only_the_database_hides_no_deletion(
    keeping: Scene, deed: Callable[[Scene], None]
) -> None:
    """REL-082"""
    grow_old(keeping, 20)
    deed(keeping)
    close(keeping)
    assert not verdict(keeping).intact
    left = rows(keeping)
    assert audit_retention.purge(keeping.work()) == 0
    assert rows(keeping) == left


def test_the_database_deletes_nothing_else(keeping: Scene) -> None:
    grow_old(keeping, 5)
    assert audit_retention.purge(keeping.work())
    with (
        pytest.raises(DBAPIError, match="append-only"),
        keeping.database.engine.begin() as db,
    ):
        db.execute(sqlalchemy.text("DELETE FROM audit_records"))
    assert verdict(keeping).intact


def test_a_new_master_key_seals_the_tail_as_well(keeping: Scene) -> None:
    grow_old(keeping, 5)
    assert audit_retention.purge(keeping.work())
    turn(keeping, NEWER + RING)
    rewrap.rewrap(keeping.administration())
    turn(keeping, NEWER)
    close(keeping)
    assert verdict(keeping).intact


def test_records_that_go_beside_a_verification_break_nothing(keeping: Scene) -> None:
    grow_old(keeping, 20)
    turns = itertools.count()

    def purge_once(*given: Any) -> None:
        walks = "FROM audit_records" in given[2] and "ORDER BY" in given[2]
        if walks and next(turns) == 0:
            assert audit_retention.purge(keeping.work())

    engine = keeping.database.engine
    event.listen(engine, "before_cursor_execute", purge_once)
    try:
        found = verdict(keeping)
    finally:
        event.remove(engine, "before_cursor_execute", purge_once)
    assert next(turns) > 1
    assert found.intact, found
    assert found.purged
