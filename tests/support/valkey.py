"""A real Valkey (or Redis) for tests, on a free loopback port, without persistence."""

import contextlib
import dataclasses
import pathlib
import signal
import socket
import subprocess
from collections.abc import Iterator

from tests.support.needs import need
from tests.support.waiting import until


@dataclasses.dataclass
class Valkey:
    """A running server."""

    program: str
    folder: pathlib.Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Gives the address for `IDP_VALKEY_URL`."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Starts the server and returns when it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1"]
        options += ["--save", "", "--appendonly", "no", "--dir", str(self.folder)]
        self.process = subprocess.Popen(
            [self.program, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._answers, "Valkey answers")

    def stop(self) -> None:
        """Stops the server, forgetting everything it held."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def tell(self, *words: str) -> str:
        """Sends a command and gives the first line of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as connection:
            connection.sendall(" ".join(words).encode() + b"\r\n")
            return connection.makefile("rb").readline().decode().strip()

    def fall_silent(self) -> None:
        """Stops answering; connections are still taken, by the system."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Answers again, also what was asked meanwhile."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


@contextlib.contextmanager
def running_valkey(folder: pathlib.Path) -> Iterator[Valkey]:
    """Runs a server until the block ends; skips the test where there is none."""
    server = Valkey(need("redis"), folder, free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """Finds a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
