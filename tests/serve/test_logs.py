"""REL-078: nobody waits for a log, whatever became of who reads it."""

import json
import os
import pathlib
import sqlite3

from tests.serve.stage import FORM
from tests.serve.stage import running
from tests.serve.stage import status
from tests.support.waiting import until


def test_a_reader_that_stopped_keeps_nobody_from_being_served(
    tmp_path: pathlib.Path,
) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    try:
        with running(tmp_path, workers=1, output=writing) as server:
            answers = {status(server.ask(b"GET /login")) for _ in range(10)}
            ended = server.stop()
    finally:
        os.close(reading)
        os.close(writing)
    assert answers == {303}
    assert ended == 0


def test_a_disk_that_is_full_keeps_nobody_from_being_served(
    tmp_path: pathlib.Path,
) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with running(tmp_path, workers=1, output=full) as server:
            assert status(server.ask(b"GET /login")) == 303
    finally:
        os.close(full)


def test_refusals_that_wait_to_be_recorded_are_recorded_at_the_end(
    tmp_path: pathlib.Path,
) -> None:
    """REL-084"""
    wrong = b"grant_type=authorization_code&code=x&client_id=y&client_secret=zzzz"
    length = b"Content-Length: %d" % len(wrong)
    with running(tmp_path, workers=1) as server:
        for _ in range(3):
            head = (FORM.strip(), length)
            assert status(server.ask(b"POST /token", *head, body=wrong)) == 401
        server.stop()
        with sqlite3.connect(tmp_path / "var" / "idp.db") as database:
            (found,) = database.execute(
                "SELECT changes FROM audit_records WHERE event = 'client.refused'"
            ).fetchall()
    assert json.loads(found[0])["times"] == 3


def test_each_process_says_its_last_lines(tmp_path: pathlib.Path) -> None:
    """REL-075: start and stop, with the settings that were in force"""
    with running(tmp_path, workers=1) as server:
        until(lambda: "a worker serves" in server.log, "the line of its start")
        server.stop()
        said = server.log
    assert "a worker has stopped" in said
    assert "configuration" in said
