"""Small servers of the tests themselves, each on a free port of the loopback.

`echo` stands for an application behind a proxy and answers with the headers it got;
`files` gives out named files and documents, for a page that runs in a browser.
"""

import contextlib
import http.server
import json
import pathlib
import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import ClassVar

Content = pathlib.Path | Callable[[], str]
TYPES = {".html": "text/html", ".js": "text/javascript", ".json": "application/json"}


class _Quiet(http.server.BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Drops the line."""

    def answer(self, status: int, kind: str, body: bytes) -> None:
        """Sends one whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Echo(_Quiet):
    def do_GET(self) -> None:
        """Answers with the path and the headers of the request."""
        facts = {"path": self.path, "headers": dict(self.headers.items())}
        self.answer(200, "application/json", json.dumps(facts).encode())


class _Files(_Quiet):
    contents: ClassVar[Mapping[str, Content]] = {}

    def do_GET(self) -> None:
        """Answers with what is known under this path."""
        path = self.path.partition("?")[0]
        content = self.contents.get(path)
        if content is None:
            self.answer(404, "text/plain", b"not here")
            return
        kind = TYPES[pathlib.PurePath(path).suffix or ".html"]
        is_file = isinstance(content, pathlib.Path)
        body = content.read_bytes() if is_file else content().encode()
        self.answer(200, kind, body)


@contextlib.contextmanager
def echo() -> Iterator[int]:
    """Serves an application that repeats what it was told; gives its port."""
    with _serving(_Echo) as port:
        yield port


@contextlib.contextmanager
def files(contents: Mapping[str, Content]) -> Iterator[int]:
    """Serves these contents by path; gives the port."""
    handler = type("Handler", (_Files,), {"contents": contents})
    with _serving(handler) as port:
        yield port


@contextlib.contextmanager
def _serving(handler: type[_Quiet]) -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
