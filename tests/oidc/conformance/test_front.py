"""The program that ends TLS in front of a provider, as the documentation runs it."""

import contextlib
import pathlib
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.architecture.tree import TOP
from tests.clients.loopback import echo
from tests.support.certificates import Authority
from tests.support.exchange import Answer
from tests.support.exchange import over_tls
from tests.support.valkey import free_port
from tests.support.waiting import until

PROGRAM = TOP / "docs" / "conformance" / "front.py"
LARGE = "x" * 40_000


@pytest.fixture
def front(tmp_path: pathlib.Path) -> Iterator[tuple[str, Authority]]:
    """Gives its address, and who vouches for it; behind it an application echoes."""
    authority, port = Authority(tmp_path), free_port()
    authority.context("127.0.0.1")
    (pair,) = map(str, tmp_path.glob("server-*.pem"))
    with echo() as behind:
        process = subprocess.Popen(
            [
                *(sys.executable, str(PROGRAM), "--certificate", pair, "--key", pair),
                *("--bind", f"127.0.0.1:{port}", "--to", f"127.0.0.1:{behind}"),
            ]
        )
        try:
            yield f"https://127.0.0.1:{port}", authority
        finally:
            process.terminate()
            process.wait()


def test_a_request_and_its_answer_pass(front: tuple[str, Authority]) -> None:
    address, authority = front
    send, answers = over_tls(authority.file), list[Answer]()

    def is_there() -> bool:
        with contextlib.suppress(OSError):
            answers.append(send("GET", f"{address}/here", [("X-Large", LARGE)]))
        return bool(answers)

    until(is_there, "the front listens")
    (answer,) = answers
    assert answer.json()["path"] == "/here"
    assert answer.json()["headers"]["X-Large"] == LARGE
