"""Sends one HTTP request and gives the answer, over a socket or in this process.

Everything is explicit: no cookies, no redirects, no default headers, so that tests
send what they mean to send. `Browser` and `RelyingParty` build on it.
"""

import base64
import dataclasses
import http.client
import json
import pathlib
import ssl
import urllib.parse
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Protocol

from werkzeug.test import EnvironBuilder
from werkzeug.test import run_wsgi_app

FORM = "application/x-www-form-urlencoded"
TIMEOUT = 60  # seconds; a server that is silent for so long has hung

Fields = Mapping[str, str | None] | Sequence[tuple[str, str]]


@dataclasses.dataclass
class Answer:
    """What came back."""

    method: str
    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        """Gives the body as text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Gives the body as JSON, or fails showing what it was instead."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise AssertionError(f"no JSON: {self!r}") from None

    def header(self, name: str) -> str | None:
        """Gives the first header of this name, or None."""
        return next(iter(self.all_headers(name)), None)

    def all_headers(self, name: str) -> list[str]:
        """Gives all headers of this name."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def __repr__(self) -> str:
        """Shows enough to understand a failed assertion."""
        where = self.header("Location")
        told = f" -> {where}" if where else f": {self.text[:600]}"
        return f"<{self.method} {self.url} {self.status}{told}>"


class Wire(Protocol):
    """A way to reach the provider."""

    def __call__(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        """Sends one request on a connection of its own."""


def network(
    method: str,
    url: str,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
) -> Answer:
    """Sends one request over a new TCP connection."""
    host = urllib.parse.urlsplit(url).netloc
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    return _sent(connection, method, url, headers, body)


def over_tls(authority: pathlib.Path) -> Wire:
    """Gives a wire that speaks TLS and trusts this authority alone."""
    context = ssl.create_default_context(cafile=authority)

    def send(
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        host = urllib.parse.urlsplit(url).netloc
        connection = http.client.HTTPSConnection(host, timeout=TIMEOUT, context=context)
        return _sent(connection, method, url, headers, body)

    return send


def _sent(
    connection: http.client.HTTPConnection,
    method: str,
    url: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
) -> Answer:
    parts = urllib.parse.urlsplit(url)
    try:
        named = {name.lower() for name, _ in headers}
        connection.putrequest(
            method,
            _target(parts),
            skip_host="host" in named,
            skip_accept_encoding=True,
        )
        for name, value in headers:
            connection.putheader(name, value.encode())
        if "content-length" not in named and (body or method == "POST"):
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        reply = connection.getresponse()
        return Answer(method, url, reply.status, reply.getheaders(), reply.read())
    finally:
        connection.close()


def _target(parts: urllib.parse.SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def in_process(application: Callable[..., Iterable[bytes]]) -> Wire:
    """Gives a wire that calls a WSGI application directly."""

    def send(
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        parts = urllib.parse.urlsplit(url)
        builder = EnvironBuilder(
            method=method,
            path=parts.path or "/",
            query_string=parts.query,
            base_url=f"{parts.scheme}://{parts.netloc}/",
            headers=[(name, value) for name, value in headers],
            input_stream=None,
            data=body,
        )
        environ = builder.get_environ()
        builder.close()
        environ["REMOTE_ADDR"] = "127.0.0.1"
        chunks, status, replied = run_wsgi_app(application, environ, buffered=True)
        content = b"".join(chunks)
        return Answer(method, url, int(status[:3]), list(replied), content)

    return send


class Caller:
    """A program without cookies that talks to the provider."""

    def __init__(
        self, issuer: str, wire: Wire, headers: Mapping[str, str] | None = None
    ) -> None:
        self._issuer = issuer
        self._wire = wire
        self._headers = list((headers or {}).items())

    def get(
        self,
        path: str,
        query: Fields = (),
        *,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
    ) -> Answer:
        """Sends a GET (or a method like it) to a path below the issuer."""
        address = with_query(self.address(path), query)
        return self._wire(method, address, self._all(headers))

    def post(
        self,
        path: str,
        form: Fields = (),
        *,
        basic: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        method: str = "POST",
    ) -> Answer:
        """Sends a form, or any body where `headers` names its type."""
        sent = list(self._all(headers))
        if "content-type" not in {name.lower() for name, _ in sent}:
            sent.append(("Content-Type", FORM))
        if basic is not None:
            sent.append(("Authorization", basic_credentials(*basic)))
        content = encoded(form).encode() if body is None else body
        return self._wire(method, self.address(path), sent, content)

    def address(self, path: str) -> str:
        """Gives the full address of a path below the issuer."""
        return path if "://" in path else self._issuer + path

    def _all(self, headers: Mapping[str, str] | None) -> list[tuple[str, str]]:
        return [*self._headers, *(headers or {}).items()]


def encoded(fields: Fields) -> str:
    """Encodes fields as a form does; a field that is None is left out."""
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    return urllib.parse.urlencode([(k, v) for k, v in pairs if v is not None])


def with_query(address: str, fields: Fields) -> str:
    """Appends fields to an address."""
    query = encoded(fields)
    if not query:
        return address
    return f"{address}{'&' if '?' in address else '?'}{query}"


def basic_credentials(name: str, secret: str) -> str:
    """Builds the header of RFC 6749 section 2.3.1: both parts form-encoded."""
    quote = urllib.parse.quote_plus
    both = f"{quote(name)}:{quote(secret)}".encode()
    return "Basic " + base64.b64encode(both).decode()
