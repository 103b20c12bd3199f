"""REL-082: the chain is closed in order, and whoever touches it is found out."""

import threading
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.engine import Connection

from idp.actions import audit_chain
from idp.actions import maintenance
from idp.actions.audit_chain import Verdict
from idp.actions.work import Subject
from idp.errors import Forbidden
from idp.errors import Unavailable
from idp.errors import Unsealable
from idp.rules.permissions import AUDIT_READ
from idp.store import audit_chain as rows
from tests.actions.conftest import Maker
from tests.actions.scene import Scene
from tests.support.barrier import at_once

GUARDS = {
    "sqlite": (
        "DROP TRIGGER audit_no_update",
        "DROP TRIGGER audit_no_delete",
    ),
    "postgresql": ("DROP TRIGGER audit_append_only ON audit_records",),
}


def note(scene: Scene, times: int = 1, db: Connection | None = None) -> None:
    """Leaves records behind, in a block of their own unless one is given."""
    work = scene.work()
    subject = Subject("user", "u1", "mia")
    if db is not None:
        work.audit(db, "login.started", subject=subject)
        return
    with work.writing() as own:
        for _ in range(times):
            work.audit(own, "login.refused", outcome="refused", subject=subject)


def close(scene: Scene) -> int:
    closed = 0
    while more := audit_chain.close(scene.work()):
        closed += more
    return closed


def verdict(scene: Scene) -> Verdict:
    return audit_chain.verify(scene.administration())


def tamper(scene: Scene, statement: str, **values: Any) -> None:
    """Does what only somebody with the whole database in hand can do."""
    with scene.database.writing() as db:
        for guard in GUARDS[db.dialect.name]:
            db.execute(sqlalchemy.text(guard))
        db.execute(sqlalchemy.text(statement), values)


def test_a_chain_that_nobody_touched_is_intact(scene_on_each: Scene) -> None:
    before = scene_on_each.one("SELECT count(*) FROM audit_records")
    note(scene_on_each, audit_chain.CHUNK + 3)
    assert close(scene_on_each) == before + audit_chain.CHUNK + 3
    note(scene_on_each)
    found = verdict(scene_on_each)
    assert found.intact
    assert found.open_records == 1
    assert found.records == found.closed_to == before + audit_chain.CHUNK + 3


def test_an_empty_chain_is_intact_and_closing_twice_changes_nothing(
    scene: Scene,
) -> None:
    assert verdict(scene).intact
    close(scene)
    before = verdict(scene)
    assert audit_chain.close(scene.work()) == 0
    assert verdict(scene) == before


@pytest.mark.parametrize(
    ("statement", "where", "words"),
    [
        ("UPDATE audit_records SET reason = 'x' WHERE number = :n", 0, "changed"),
        ("UPDATE audit_records SET changes = '[]' WHERE number = :n", 0, "changed"),
        ("UPDATE audit_records SET hash = 'x' WHERE number = :n", 0, "changed"),
        ("UPDATE audit_records SET hash = NULL WHERE number = :n", 0, "not closed"),
        ("DELETE FROM audit_records WHERE number = :n", 1, "removed"),
        ("DELETE FROM audit_records WHERE number > :n", 1, "missing"),
    ],
)
def test_a_record_that_was_touched_is_named(
    scene_on_each: Scene, statement: str, where: int, words: str
) -> None:
    note(scene_on_each, 5)
    close(scene_on_each)
    at = verdict(scene_on_each).closed_to - 2
    tamper(scene_on_each, statement, n=at)
    found = verdict(scene_on_each)
    assert not found.intact
    assert found.number == at + where
    assert words in (found.problem or "")


def test_a_chain_made_anew_has_no_genuine_head(scene: Scene) -> None:
    """Who holds the database, but not the master key, can compute every hash"""
    note(scene, 3)
    close(scene)
    tamper(scene, "UPDATE audit_records SET reason = 'x', hash = NULL")
    with scene.database.writing() as db:
        last = rows.last_number(db)
        links = list(
            audit_chain._chained("", rows.links(db, after=0, upto=last, limit=99))
        )
        rows.close_links(db, links)
        forged = rows.Head(last, links[-1].hash or "", len(links), "0" * 64)
        rows.put_head(db, forged)
    found = verdict(scene)
    assert not found.intact
    assert "genuine" in (found.problem or "")
    note(scene)
    with pytest.raises(Unsealable):
        audit_chain.close(scene.work())


def test_a_trail_that_looks_unused_is_not_begun_anew(scene_on_each: Scene) -> None:
    """REL-082: else all records would be open again, and closed as they are by now"""
    note(scene_on_each, 3)
    close(scene_on_each)
    tamper(scene_on_each, "UPDATE audit_records SET reason = 'x', hash = NULL")
    with scene_on_each.database.writing() as db:
        rows.put_head(db, rows.Head(0, "", 0, ""))
    with pytest.raises(Unsealable):
        audit_chain.close(scene_on_each.work())
    maintenance.initialise(scene_on_each.administration())  # harmless to repeat
    found = verdict(scene_on_each)
    assert not found.intact
    assert "genuine" in (found.problem or "")


def test_a_new_trail_is_genuine_before_anything_is_closed(scene: Scene) -> None:
    assert verdict(scene).intact
    assert verdict(scene).closed_to == 0


def test_a_head_put_back_is_noticed_when_the_chain_goes_on(scene: Scene) -> None:
    note(scene, 2)
    close(scene)
    with scene.database.reading() as db:
        old = rows.find_head(db)
    note(scene, 2)
    close(scene)
    with scene.database.writing() as db:
        rows.put_head(db, old)
    with pytest.raises(Unsealable):
        audit_chain.close(scene.work())


def test_totals_say_how_often_each_thing_happened(scene_on_each: Scene) -> None:
    note(scene_on_each, 3)
    close(scene_on_each)
    note(scene_on_each, 2)
    close(scene_on_each)
    with scene_on_each.database.reading() as db:
        totals = rows.totals(db)
    assert totals["login.refused", "refused"] == 5
    assert sum(totals.values()) == verdict(scene_on_each).records


def test_only_who_may_read_the_trail_verifies_it(scene: Scene) -> None:
    with pytest.raises(Forbidden):
        audit_chain.verify(scene.acting())
    assert audit_chain.verify(scene.acting(AUDIT_READ)).intact


@pytest.mark.races
def test_several_workers_close_one_chain(scene_on_each: Scene) -> None:
    """REL-069"""
    note(scene_on_each, 300)

    def one() -> int:
        try:
            return close(scene_on_each)
        except Unavailable:
            return 0

    at_once([one] * 4)
    close(scene_on_each)
    found = verdict(scene_on_each)
    assert found.intact
    assert found.open_records == 0


def test_a_record_that_commits_late_is_not_left_behind(new_scene: Maker) -> None:
    """PostgreSQL takes the number first: a higher one may be committed before it"""
    scene = new_scene("postgresql")
    close(scene)
    written, go = threading.Event(), threading.Event()

    def late() -> None:
        with scene.database.writing() as db:
            note(scene, db=db)
            written.set()
            go.wait(30)

    thread = threading.Thread(target=late)
    thread.start()
    assert written.wait(30)
    note(scene, 2)
    with pytest.raises(Unavailable):
        audit_chain.close(scene.work())
    go.set()
    thread.join()
    assert close(scene) == 3
    assert verdict(scene).intact


def test_a_number_that_was_rolled_back_is_no_gap(new_scene: Maker) -> None:
    scene = new_scene("postgresql")
    connection = scene.database.engine.connect()
    connection.begin()
    note(scene, db=connection)
    connection.rollback()
    connection.close()
    note(scene, 2)
    close(scene)
    found = verdict(scene)
    assert found.intact
    assert found.records < found.closed_to
