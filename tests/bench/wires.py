"""Two ways to the provider that also look at the clock: a call, and a kept connection.

Both note the wall time of each request; the call in this process also notes the CPU
time of its thread, without what it takes to build the request.
"""

import http.client
import urllib.parse
from collections.abc import Sequence
from time import perf_counter_ns
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder
from werkzeug.test import run_wsgi_app

from tests.bench.cpu import thread_ms
from tests.support.exchange import TIMEOUT
from tests.support.exchange import Answer

Headers = Sequence[tuple[str, str]]


class Called:
    """Calls the application in this process; `cpu` and `wall` are ms so far."""

    def __init__(self, application: Flask) -> None:
        self.application = application
        self.cpu = 0.0
        self.wall = 0.0

    def __call__(
        self, method: str, url: str, headers: Headers = (), body: bytes = b""
    ) -> Answer:
        """Sends one request."""
        environ = _environ(method, url, headers, body)
        wall, cpu = perf_counter_ns(), thread_ms()
        chunks, status, replied = run_wsgi_app(self.application, environ, buffered=True)
        self.cpu += thread_ms() - cpu
        self.wall += (perf_counter_ns() - wall) / 1e6
        content = b"".join(chunks)
        return Answer(method, url, int(status[:3]), list(replied), content)


def _environ(method: str, url: str, headers: Headers, body: bytes) -> dict[str, Any]:
    parts = urllib.parse.urlsplit(url)
    builder = EnvironBuilder(
        method=method,
        path=parts.path or "/",
        query_string=parts.query,
        base_url=f"{parts.scheme}://{parts.netloc}/",
        headers=[(name, value) for name, value in headers],
        data=body,
    )
    environ = builder.get_environ()
    builder.close()
    environ["REMOTE_ADDR"] = "127.0.0.1"
    return environ


class Kept:
    """Sends requests over one connection that stays open; for one thread."""

    def __init__(self, issuer: str) -> None:
        netloc = urllib.parse.urlsplit(issuer).netloc
        self._connection = http.client.HTTPConnection(netloc, timeout=TIMEOUT)
        self.wall = 0.0

    def __call__(
        self, method: str, url: str, headers: Headers = (), body: bytes = b""
    ) -> Answer:
        """Sends one request."""
        parts = urllib.parse.urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        before = perf_counter_ns()
        connection = self._connection
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if body or method == "POST":
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        reply = connection.getresponse()
        content = reply.read()
        self.wall += (perf_counter_ns() - before) / 1e6
        return Answer(method, url, reply.status, reply.getheaders(), content)

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()
