"""REL-015, REL-018: a parent, workers, a job; none is left, a dead one is replaced."""

import os
import pathlib
import signal
import subprocess
import time

import pytest

from tests.serve.stage import gone
from tests.serve.stage import running
from tests.serve.stage import status
from tests.support.provider import commander
from tests.support.provider import environment_of
from tests.support.provider import program
from tests.support.provider import settings_for
from tests.support.waiting import until

REPLACED_WITHIN = 5  # seconds; interface.md section 5
STOPPED_WITHIN = 25


def test_running_requests_are_finished_and_endless_ones_given_up(
    tmp_path: pathlib.Path,
) -> None:
    with running(tmp_path) as server:
        children = server.children()
        slow = server.begin_post(length=7)
        endless = [server.begin_post() for _ in range(4)]
        idle = server.connect()
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        until(lambda: "Stopping worker" in server.log, "the workers are told")
        slow.send(b"a=b&c=d")
        assert status(slow.read()) == 400
        assert idle.read() == b""
        assert server.process.wait(STOPPED_WITHIN) == 0
        assert time.monotonic() - began < STOPPED_WITHIN
        assert len(children) == 3
        assert all(gone(pid) for pid in children)
        assert {status(wire.read()) for wire in endless} <= {0, 408}


def test_who_is_about_to_stop_says_so_and_serves_on(tmp_path: pathlib.Path) -> None:
    """REL-090: a balancer looks elsewhere first; a second signal ends the waiting"""
    with running(tmp_path, "--drain", "10") as server:
        assert status(server.ask(b"GET /readyz")) == 200
        server.process.send_signal(signal.SIGTERM)
        until(lambda: status(server.ask(b"GET /readyz")) == 503, "it is not ready")
        assert status(server.ask(b"GET /healthz")) == 200
        assert status(server.ask(b"GET /login")) == 303
        assert server.process.poll() is None
        assert server.stop() == 0
        assert "Stopping worker" in server.log


@pytest.mark.parametrize("drain", ["0", "1"])
def test_workers_that_are_still_starting_stop_as_well(
    tmp_path: pathlib.Path, drain: str
) -> None:
    """A signal that comes too early waits for them; nobody is killed 20 s later"""
    with running(tmp_path, "--drain", drain, workers=4) as server:
        assert server.stop() == 0
        assert server.log.count("a worker has stopped") == 4
        assert "Unexpected exit" not in server.log


def test_ctrl_c_stops_as_gently(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as server:
        children = server.children()
        for pid in children:
            os.kill(pid, signal.SIGINT)
        assert server.stop(signal.SIGINT) == 0
        assert all(gone(pid) for pid in children)


def test_a_killed_worker_is_replaced_and_requests_go_on(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as server:
        for _ in range(3):
            before = server.workers()
            os.kill(min(before), signal.SIGKILL)
            until(
                lambda before=before: len(server.workers() - before) == 1,
                "the worker is replaced",
                limit=REPLACED_WITHIN,
            )
            until(server.alive, "a request is answered", limit=REPLACED_WITHIN)
        assert server.stop() == 0


def test_all_workers_killed_at_once_are_replaced(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as server:
        before = server.workers()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        until(
            lambda: len(server.workers() - before) == 2,
            "both are replaced",
            limit=REPLACED_WITHIN,
        )
        until(server.alive, "a request is answered")


def test_a_killed_job_is_started_again(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as server:
        (before,) = server.jobs()
        os.kill(before, signal.SIGKILL)
        until(lambda: len(server.jobs() - {before}) == 1, "the job is started again")
        until(lambda: "is started again" in server.log, "somebody is told")


def test_without_worker_there_is_no_job(tmp_path: pathlib.Path) -> None:
    with running(tmp_path, "--no-worker", workers=1) as server:
        assert len(server.children()) == 1
        assert server.jobs() == set()


def test_nothing_outlives_a_killed_parent(tmp_path: pathlib.Path) -> None:
    with running(tmp_path) as server:
        children = server.children()
        server.stop(signal.SIGKILL)
        until(lambda: all(map(gone, children)), "workers and job have ended")


def test_the_job_alone_stops_with_status_0(tmp_path: pathlib.Path) -> None:
    environment = settings_for(tmp_path)
    commander(environment, tmp_path)("init")
    job = subprocess.Popen(
        [*program(), "worker"], env=environment_of(environment), cwd=tmp_path
    )
    until(lambda: _catches(job.pid, signal.SIGTERM), "it listens to signals")
    job.terminate()
    assert job.wait(10) == 0


def _catches(pid: int, number: int) -> bool:
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    mask = next(int(line[7:], 16) for line in lines if line.startswith("SigCgt:"))
    return bool(mask >> (number - 1) & 1)
