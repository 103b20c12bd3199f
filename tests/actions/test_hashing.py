"""The pool of hashes: how many may wait, and when it has room again."""

import errno
import os
from collections.abc import Iterator
from threading import Event

import pytest

from idp.actions.hashing import Hashing
from idp.errors import Unavailable
from tests.support.waiting import until


@pytest.fixture
def pool() -> Iterator[Hashing]:
    made = Hashing(workers=1, waiting=3)
    yield made
    made.close()


def test_after_a_refusal_there_is_room_when_half_of_the_places_are_free(
    pool: Hashing,
) -> None:
    """Or the door would open for a crowd each time that one goes in"""
    turns = [Event() for _ in range(4)]
    for turn in turns:
        pool.start(turn.wait)
    pool.check_room()
    with pytest.raises(Unavailable):
        pool.start(turns[0].wait)
    for left in (4, 3):
        until(lambda left=left: pool.waiting == left, f"{left} hashes wait")
        with pytest.raises(Unavailable) as refused:
            pool.check_room()
        assert refused.value.retry_after == 2
        turns[4 - left].set()
    until(lambda: pool.waiting == 2, "half of the places are free")
    pool.check_room()
    for turn in turns:
        turn.set()
    until(lambda: pool.waiting == 0, "all are done")
    assert pool.refused == 1


def test_a_place_that_is_kept_is_there_when_it_is_needed(pool: Hashing) -> None:
    """REL-065: and who finds none is told at once, instead of holding a thread"""
    go_on = Event()
    with pool.place() as run:
        for _ in range(3):
            pool.start(go_on.wait)
        with pytest.raises(Unavailable), pool.place():
            pytest.fail("there was no place left")
        go_on.set()
        assert run(len, "abc") == 3
    until(lambda: pool.waiting == 0, "all are done")
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), pool.place():
            raise ZeroDivisionError
    with pool.place(), pool.place(), pool.place(), pool.place():
        assert pool.refused == 1


def test_a_machine_that_forbids_lower_priorities_hashes_all_the_same(
    pool: Hashing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The samples for systemd once forbade it, and every password ended in a fault"""

    def refuse(*_: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "setpriority", refuse)

    assert [pool.run(len, "abc"), pool.run(len, "ab")] == [3, 2]
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_process_that_gives_way_already_is_left_so(
    pool: Hashing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only root may take a priority back: `nice -n 15 idp serve` would fail"""
    asked: list[int] = []
    monkeypatch.setattr(os, "getpriority", lambda *_: 15)
    monkeypatch.setattr(os, "setpriority", lambda *_: asked.append(1))

    assert pool.run(len, "abc") == 3
    assert asked == []
