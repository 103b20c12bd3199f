"""An application on loopback that publishes its keys, well or badly."""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any


class Publisher:
    """What is published, how, and how often somebody asked."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[dict[str, str]] = []
        self.url = ""

    @property
    def body(self) -> bytes:
        """Gives the bytes of the document."""
        if isinstance(self.document, bytes):
            return self.document
        return json.dumps(self.document).encode()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    publisher: Publisher

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: who hangs up early is part of the tests."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Publishes."""
        publisher = self.server.publisher
        publisher.asked.append(dict(self.headers.items()))
        self.send_response(publisher.status)
        for name, value in publisher.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(publisher.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Drops the line."""


@contextlib.contextmanager
def publishing(document: Any) -> Iterator[Publisher]:
    """Runs such an application; gives what it publishes, to be changed."""
    publisher = Publisher(document)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.publisher = publisher
    publisher.url = f"http://127.0.0.1:{server.server_port}/keys?v=1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield publisher
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
