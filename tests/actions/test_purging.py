"""REL-066, REL-067, REL-069: heaps of what nobody needs go in chunks, out of the way.

Two workers that purge at once do not wait for each other, nor for a login that somebody
is in the middle of.
"""

import threading
from datetime import timedelta

from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text

from idp.actions import maintenance
from idp.store import chunks
from idp.store.logins import LoginTable
from idp.store.pushed_requests import PushedRequestTable
from tests.actions.conftest import Maker
from tests.actions.scene import Scene
from tests.support import masses
from tests.support.barrier import at_once
from tests.support.plans import noting
from tests.support.plans import plan

MANY = 20_000
BY_MOMENT = (
    *("(expires_at<?)", "(user_id=? AND expires_at<?)"),
    "::timestamp with time zone)",
    "::timestamp with time zone))",
)
"""How the plans of both databases end where an index is asked for a moment."""
PURGED = 12  # statements; of eleven tables rows go by themselves


def rows(scene: Scene, table: str) -> int:
    return int(scene.one(f"SELECT count(*) FROM {table}"))


def heap(scene: Scene, many: int, *, ended: int = 3) -> None:
    """Leaves so many pushed requests that ended so many days ago."""
    app, then = scene.client(), scene.clock() - timedelta(days=ended)
    row = {"client_id": app.id, "request": {}, "expires_at": then}
    with scene.database.writing() as db:
        numbered = ({**row, "reference_hash": f"r{number}"} for number in range(many))
        db.execute(insert(PushedRequestTable), list(numbered))
        db.execute(text("ANALYZE"))


def drained(scene: Scene) -> int:
    """Purges until nothing is left; gives how many rounds it took."""
    rounds = 0
    while maintenance.purge(scene.work()):
        rounds += 1
    return rounds


def test_a_heap_goes_in_chunks_and_a_login_gets_in_between(
    scene_on_each: Scene,
) -> None:
    scene = scene_on_each
    heap(scene, MANY)
    scene.enrolled()
    assert maintenance.purge(scene.work()) == maintenance.CHUNK
    assert scene.at_login()
    assert drained(scene) == MANY // maintenance.CHUNK - 1
    assert rows(scene, "pushed_requests") == 0


def test_two_workers_that_purge_at_once_delete_each_row_once(
    scene_on_each: Scene,
) -> None:
    scene = scene_on_each
    heap(scene, 4 * maintenance.CHUNK)
    deleted = at_once([lambda: maintenance.purge(scene.work())] * 4)
    assert all(many <= maintenance.CHUNK for many in deleted)
    assert rows(scene, "pushed_requests") == 4 * maintenance.CHUNK - sum(deleted)
    drained(scene)
    assert rows(scene, "pushed_requests") == 0


def test_who_purges_while_another_does_goes_on_without(new_scene: Maker) -> None:
    scene = new_scene("postgresql")
    heap(scene, 10)
    held, go = threading.Event(), threading.Event()

    def first() -> None:
        with scene.database.writing() as db:
            db.execute(text(f"SELECT pg_advisory_xact_lock({chunks.DELETING})"))
            held.set()
            go.wait(60)

    thread = threading.Thread(target=first)
    thread.start()
    assert held.wait(60)
    try:
        assert maintenance.purge(scene.work()) == 0
    finally:
        go.set()
        thread.join()
    assert maintenance.purge(scene.work()) == 10


def test_a_row_that_somebody_holds_is_left_for_later(new_scene: Maker) -> None:
    scene = new_scene("postgresql")
    heap(scene, 10)
    with scene.database.writing() as db:
        db.execute(text("SELECT * FROM pushed_requests LIMIT 1 FOR UPDATE"))
        assert maintenance.purge(scene.work()) == 9
    assert maintenance.purge(scene.work()) == 1


def begun(scene: Scene, many: int) -> None:
    """Leaves so many logins in which nobody proved anything, ended an hour ago."""
    scene.at_login()
    ended = {"expires_at": scene.clock() - timedelta(hours=1)}
    with scene.database.writing() as db:
        model = db.execute(select(LoginTable.__table__)).mappings().one()
        numbered = ({**model, **ended, "id": f"l{number}"} for number in range(many))
        db.execute(insert(LoginTable), list(numbered))
        db.execute(text("ANALYZE"))


def plans(scene: Scene) -> list[tuple[str, list[str]]]:
    """Purges; gives each statement that deletes, and how the database goes about it."""
    with noting(scene.database.engine) as sent:
        maintenance.purge(scene.work())
    deleting = [one for one in sent if "DELETE FROM" in one[0]]
    with scene.database.reading() as db:
        return [(one[0], plan(db, one)) for one in deleting]


def test_a_heap_that_lives_is_not_read(scene_on_each: Scene) -> None:
    scene = scene_on_each
    heap(scene, MANY, ended=-1)
    found = plans(scene)
    for _, lines in found:
        whole = ("SCAN pushed_requests", "Seq Scan on pushed_requests")
        assert not [one for one in lines if any(w in one for w in whole)], lines
    assert len(found) == PURGED


def test_set_ups_that_wait_are_found_without_reading_authenticators(
    scene_on_each: Scene,
) -> None:
    """REL-066: the state is written out, else no plan can rely on the index of it"""
    scene = scene_on_each
    with scene.database.writing() as db:
        masses.people(db, 3000, now=scene.clock())
        masses.analyse(db)
    ((statement, lines),) = (
        one for one in plans(scene) if "DELETE FROM totp_credentials" in one[0]
    )
    assert "state = 'pending'" in statement
    assert "ix_totp_credentials_pending" in "".join(lines), lines


def test_logins_that_strangers_began_are_not_read_before_their_time(
    scene_on_each: Scene,
) -> None:
    """REL-067: an index leads to what has ended, past all that has not"""
    scene = scene_on_each
    begun(scene, MANY)
    logins = [
        [line for line in lines if line.endswith(BY_MOMENT) and "Filter" not in line]
        for statement, lines in plans(scene)
        if "DELETE FROM logins" in statement
    ]
    assert [len(lines) for lines in logins] == [1, 1]
