"""Applications on loopback that take logout notices, well or badly."""

import contextlib
import http.server
import socket
import ssl
import struct
import threading
import urllib.parse
from collections.abc import Callable
from collections.abc import Iterator

from tests.support.waiting import until

Behave = Callable[["Receiver", "_Handler"], None]


class Receiver:
    """What an application was sent, and what it answers; `answers` are used up."""

    def __init__(self, *answers: int, behave: Behave | None = None) -> None:
        self.answers = list(answers)
        self.behave = behave
        self.tokens: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.fields: list[dict[str, list[str]]] = []
        self.protocols: list[str | None] = []
        self.got_one = threading.Event()
        self.let_go = threading.Event()
        self.url = ""

    def wait_for(self, number: int) -> list[str]:
        """Waits until so many notices are there and gives their tokens."""
        until(lambda: len(self.tokens) >= number, f"{number} notices")
        return self.tokens


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: who hangs up early is part of the tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Keeps the notice and answers."""
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = urllib.parse.parse_qs(body, keep_blank_values=True)
        (token,) = fields["logout_token"]
        receiver.headers.append(dict(self.headers.items()))
        receiver.paths.append(self.path)
        receiver.fields.append(fields)
        safe = isinstance(self.connection, ssl.SSLSocket)
        receiver.protocols.append(self.connection.version() if safe else None)
        receiver.tokens.append(token)
        receiver.got_one.set()
        if receiver.behave is not None:
            receiver.behave(receiver, self)
            return
        status = receiver.answers.pop(0) if receiver.answers else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", receiver.url)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Drops the line."""


def hangs(receiver: Receiver, handler: _Handler) -> None:
    """Answers nothing until it is let go."""
    receiver.let_go.wait()


def drips(receiver: Receiver, handler: _Handler) -> None:
    """Says an endless head, byte by byte."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not receiver.let_go.wait(0.02):
        handler.wfile.write(b"x")


def floods(receiver: Receiver, handler: _Handler) -> None:
    """Says an endless head as fast as it can."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not receiver.let_go.is_set():
        handler.wfile.write(b"X-Long: " + b"x" * 1000 + b"\r\n")


def endless(receiver: Receiver, handler: _Handler) -> None:
    """Says yes and never comes to an end."""
    handler.send_response(200)
    handler.end_headers()
    while not receiver.let_go.is_set():
        handler.wfile.write(b"x" * 1000)


def resets(receiver: Receiver, handler: _Handler) -> None:
    """Breaks the connection off."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()


@contextlib.contextmanager
def receiving(
    *answers: int,
    behave: Behave | None = None,
    tls: ssl.SSLContext | None = None,
    port: int = 0,
) -> Iterator[Receiver]:
    """Runs an application on loopback; gives what it takes."""
    receiver = Receiver(*answers, behave=behave)
    server = _Server(("127.0.0.1", port), _Handler)
    server.receiver = receiver
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "https" if tls else "http"
    receiver.url = f"{scheme}://127.0.0.1:{server.server_port}/logout?from=idp"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.let_go.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def silence() -> Iterator[str]:
    """Gives the address of a server that accepts nobody."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listening:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}/logout"
