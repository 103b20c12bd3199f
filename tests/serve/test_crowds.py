"""REL-008, SEC-288: slow and many connections cost connections, not threads."""

import pathlib
import resource

import pytest

from tests.serve.stage import Server
from tests.serve.stage import running
from tests.serve.stage import status

THREADS = 16
CROWD = 600


@pytest.fixture
def many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4 * CROWD:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4 * CROWD, hard), hard))


def test_slow_bodies_take_no_thread_and_are_ended(server: Server) -> None:
    slow = [server.begin_post() for _ in range(4 * THREADS)]
    assert status(server.ask(b"GET /login")) == 303
    assert {status(wire.read()) for wire in slow} == {408}


def test_slow_heads_and_idle_connections_are_ended(server: Server) -> None:
    slow = server.connect().send(b"GET /healthz HTTP/1.1\r\n" + server.host)
    idle = server.connect()
    kept = server.connect().send(b"GET /healthz HTTP/1.1\r\n" + server.host + b"\r\n")
    assert status(slow.read()) in (0, 408)
    assert idle.read() == b""
    assert status(kept.read()) == 200


def test_a_crowd_of_idle_connections_keeps_nobody_out(
    tmp_path: pathlib.Path, many_files: None
) -> None:
    with running(tmp_path, workers=1) as server:
        for _ in range(CROWD):
            server.connect()
            server.begin_post()
        assert status(server.ask(b"GET /login")) == 303
        assert server.alive()
        for wire in server.wires:
            wire.close()
        assert server.stop() == 0
