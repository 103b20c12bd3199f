"""REL-078: lines wait in a bounded number, and in order."""

import os

from idp.log_backlog import Backlog


def test_lines_are_written_whole_and_in_order() -> None:
    reading, writing = os.pipe()
    backlog = Backlog(file=writing)
    for number in range(100):
        backlog.put(f"line {number} ü\n")
    backlog.drain(10)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read().splitlines()
    assert said == [f"line {number} \\xfc" for number in range(100)]


def test_what_finds_no_room_is_counted_and_waits_for_nobody() -> None:
    reading, writing = os.pipe()
    backlog = Backlog(most=10, file=writing)
    for _ in range(400):
        backlog.put("x" * 4096 + "\n")
    backlog.drain(0.1)
    assert 400 - 10 - 17 <= backlog.dropped <= 400 - 10
    os.close(reading)
    backlog.drain(10)
    os.close(writing)
