"""A real ``idp serve`` with its processes, and sockets that send what they like."""

import contextlib
import dataclasses
import os
import pathlib
import signal
import socket
import subprocess
from collections.abc import Iterator

from tests.support.provider import commander
from tests.support.provider import environment_of
from tests.support.provider import program
from tests.support.provider import settings_for
from tests.support.valkey import free_port
from tests.support.waiting import until

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
SILENT = 60  # seconds; a server that says nothing for so long has hung


@dataclasses.dataclass
class Wire:
    """One TCP connection to the server."""

    socket: socket.socket

    def send(self, sent: bytes) -> "Wire":
        """Sends bytes as they are."""
        self.socket.sendall(sent)
        return self

    def read(self) -> bytes:
        """Reads until the server closes, and hangs up; a reset counts as closing."""
        found = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := self.socket.recv(65536):
                found += piece
        self.close()
        return found

    def close(self) -> None:
        """Hangs up."""
        self.socket.close()


@dataclasses.dataclass
class Server:
    """The parent process and how to reach it."""

    process: subprocess.Popen[bytes]
    port: int
    folder: pathlib.Path
    address: str = "127.0.0.1"
    wires: list[Wire] = dataclasses.field(default_factory=list)

    @property
    def host(self) -> bytes:
        """Gives the Host header that is right."""
        name = f"[{self.address}]" if ":" in self.address else self.address
        return b"Host: %b:%d\r\n" % (name.encode(), self.port)

    def connect(self) -> Wire:
        """Opens a connection."""
        made = socket.create_connection((self.address, self.port), SILENT)
        self.wires.append(Wire(made))
        return self.wires[-1]

    def ask(self, line: bytes, *headers: bytes, body: bytes = b"") -> bytes:
        """Sends one request with the right host and reads the whole answer."""
        head = b"".join(header + b"\r\n" for header in headers)
        request = line + b" HTTP/1.1\r\n" + self.host + b"Connection: close\r\n"
        return self.raw(request + head + b"\r\n" + body)

    def raw(self, sent: bytes) -> bytes:
        """Sends bytes on a connection of their own and reads what comes back."""
        wire = self.connect()
        with contextlib.suppress(ConnectionError):
            wire.send(sent)  # it may be refused before it is all there
        return wire.read()

    def begin_post(self, length: int = 10) -> Wire:
        """Begins a token request and leaves when the server waits for its body."""
        head = b"POST /token HTTP/1.1\r\n%b%bExpect: 100-continue\r\n" % (
            self.host,
            FORM,
        )
        wire = self.connect().send(head + b"Content-Length: %d\r\n\r\n" % length)
        go_on = wire.socket.recv(len(CONTINUE), socket.MSG_WAITALL)
        assert go_on == CONTINUE, go_on
        return wire

    def children(self) -> set[int]:
        """Gives the living children of the parent."""
        return {pid for pid, parent in _parents() if parent == self.process.pid}

    def workers(self) -> set[int]:
        """Gives the children that answer requests."""
        return {pid for pid in self.children() if _words(pid)[3:4] == ["serve"]}

    def jobs(self) -> set[int]:
        """Gives the children that do the work beside them."""
        return {pid for pid in self.children() if _words(pid)[3:4] == ["worker"]}

    def alive(self) -> bool:
        """Tells whether a request is answered."""
        try:
            return status(self.ask(b"GET /readyz")) == 200
        except OSError:
            return False

    def started(self) -> bool:
        """Tells whether it is up; fails at once where it has ended by itself."""
        if self.process.poll() is not None:
            raise AssertionError(f"idp serve ended\n{self.log}")
        return self.alive()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends the parent a signal and gives its exit status."""
        self.process.send_signal(number)
        return self.process.wait(SILENT)

    @property
    def log(self) -> str:
        """Gives what all processes said."""
        return (self.folder / "log").read_text()


@contextlib.contextmanager
def running(
    folder: pathlib.Path,
    *arguments: str,
    workers: int = 2,
    address: str = "127.0.0.1",
    path: str = "",
    output: int | None = None,
    **settings: str,
) -> Iterator[Server]:
    """Runs ``idp init`` and ``idp serve``; what is left at the end is killed.

    What it says goes to a file, or to the descriptor that is given.
    """
    port = free_port()
    host = f"[{address}]" if ":" in address else address
    settings.setdefault("IDP_ISSUER", f"http://{host}:{port}{path}")
    environment = settings_for(folder, **settings)
    commander(environment, folder)("init")
    bind = ["--bind", f"{host}:{port}", "--workers", str(workers)]
    with (folder / "log").open("ab") as sink:
        process = subprocess.Popen(
            [*program(), "serve", *bind, *arguments],
            env=environment_of(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=sink if output is None else output,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, port, folder, address)
    left: set[int] = set()
    try:
        until(server.started, "idp serve is ready")
        yield server
        left = server.children()
    finally:
        for pid in left | server.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.kill()
        process.wait()
        for wire in server.wires:
            wire.close()


def status(answer: bytes) -> int:
    """Gives the status of an answer, 0 where there is none."""
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.") else 0


def gone(pid: int) -> bool:
    """Tells whether a process has ended, also when nobody has fetched its status."""
    return pid not in {found for found, _ in _parents()}


def _parents() -> Iterator[tuple[int, int]]:
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "stat").read_text().rpartition(")")[2].split()
                if words[0] != "Z":
                    yield int(entry.name), int(words[1])


def _words(pid: int) -> list[str]:
    try:
        line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [word.decode() for word in line.split(b"\0")]
