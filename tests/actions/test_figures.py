"""REL-091: the clock beside the database's, and figures of a process."""

import datetime
import threading

import pytest

from idp.actions import figures
from idp.actions import maintenance
from idp.errors import Unavailable
from tests.actions.conftest import Maker
from tests.actions.scene import Scene

MINUTE = datetime.timedelta(minutes=1)


def test_how_far_the_clock_is_ahead_of_the_database(new_scene: Maker) -> None:
    scene = new_scene("postgresql")
    work = scene.work()
    work.now = datetime.datetime.now(datetime.UTC) + MINUTE
    assert maintenance.clock_offset(work) == pytest.approx(60, abs=30)
    found = figures.figures(work).clock_offset
    assert found == pytest.approx(60, abs=30)


def test_a_file_has_no_clock_of_its_own(scene: Scene) -> None:
    assert figures.figures(scene.work()).clock_offset is None


def test_hashes_that_wait_and_those_that_found_no_room_are_counted(
    scene: Scene,
) -> None:
    go_on = threading.Event()
    begun = [scene.hashing.start(go_on.wait) for _ in range(9)]
    with pytest.raises(Unavailable):
        scene.hashing.run(go_on.wait)
    found = figures.pressure(scene.work())
    assert (found.hashes_waiting, found.hashes_refused) == (9, 1)
    go_on.set()
    assert all(one.result() for one in begun)
    scene.hashing.close()
    assert figures.pressure(scene.work()).hashes_waiting == 0
