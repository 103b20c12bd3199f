"""The seam between the web and the protocol: what came in, and the one parser for it.

Bytes in, single-valued parameters out. Nothing here knows what a parameter means; the
limits of ``security.md`` 0.1 and the rules on repeated parameters are applied here.
"""

from collections.abc import Collection
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from urllib.parse import parse_qsl

from idp.errors import BadRequest

FORM = "application/x-www-form-urlencoded"
LONGEST = 4096
"""Bytes of one parameter; ``state`` and ``nonce`` of this length still work."""

LONGEST_TOKEN = 16384
"""Bytes of a parameter that is a whole token with claims in it."""

TOKENS = ("id_token_hint", "request")

MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request to a protocol endpoint, as bytes."""

    method: str
    query: bytes = field(default=b"", repr=False)
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    authorization: str | None = field(default=None, repr=False)

    @property
    def is_form(self) -> bool:
        """Tells whether the body says that it is a form."""
        return self.content_type.partition(";")[0].strip().lower() == FORM


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer of an endpoint; ``client_id`` is whom it is for, if known."""

    status: int
    body: dict[str, Any] = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    client_id: str | None = None
    token: str | None = field(default=None, repr=False)
    """A signed answer in place of the body; the headers say its type."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """An authorization answer in the query of the return address."""

    location: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FormPost:
    """An authorization answer as a form that the browser posts (Form Post 2)."""

    action: str
    client_id: str
    application: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one request; an empty one counts as absent (RFC 6749 3.1)."""

    values: dict[str, tuple[str, ...]] = field(repr=False)

    def get(self, name: str) -> str | None:
        """Returns the value of a parameter that was sent once and is not empty."""
        return self.sent(name) or None

    def sent(self, name: str) -> str | None:
        """Returns the value of a parameter that was sent once, even an empty one."""
        found = self.values.get(name, ())
        return found[0] if len(found) == 1 else None

    def repeated(self, names: Collection[str]) -> str | None:
        """Names one of these parameters that was sent more than once (SEC-175)."""
        return next(
            (name for name in names if len(self.values.get(name, ())) > 1), None
        )

    def oversized(self, names: Collection[str]) -> str | None:
        """Names one of these parameters that is longer than allowed."""
        return next((name for name in names if self._too_long(name)), None)

    def single(self) -> dict[str, str]:
        """Returns what was sent once and is not empty, for Authlib."""
        return {
            name: values[0]
            for name, values in self.values.items()
            if len(values) == 1 and values[0]
        }

    def _too_long(self, name: str) -> bool:
        limit = LONGEST_TOKEN if name in TOKENS else LONGEST
        return any(
            len(value) > limit or len(value.encode()) > limit
            for value in self.values.get(name, ())
        )


def front_channel(http: HttpRequest) -> Parameters:
    """Reads the parameters that a browser brought, in the query or in a form.

    Raises BadRequest for what cannot be read at all (SEC-287). The same parameter with
    the same value in both places counts once, a different one as repeated.
    """
    pairs = _pairs(http.query)
    if http.method == "POST":
        if http.body and not http.is_form:
            raise BadRequest("body is no form")
        in_query = set(pairs)
        pairs += [pair for pair in _pairs(http.body) if pair not in in_query]
    return _collected(pairs)


def lenient(http: HttpRequest) -> Parameters:
    """Reads parameters where a page answers in any case; unreadable ones are none."""
    try:
        return front_channel(http)
    except BadRequest:
        return Parameters({})


def back_channel(http: HttpRequest) -> Parameters:
    """Reads the form that a program posted; raises BadRequest."""
    return _collected(_pairs(http.body))


def back_channel_forgiving(http: HttpRequest) -> Parameters:
    """Reads a posted form; an unreadable one is no error, it just holds no token."""
    text = http.body.decode(errors="replace")
    try:
        return _collected(parse_qsl(text, True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return Parameters({})


def names_in_query(http: HttpRequest) -> set[str]:
    """Names the parameters in the address, readable or not."""
    query = http.query.decode(errors="replace")
    return {part.partition("=")[0] for part in query.split("&")}


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(
            raw.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as fault:
        raise BadRequest("parameters are not readable") from fault
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise BadRequest("a parameter holds NUL")
    return pairs


def _collected(pairs: Iterable[tuple[str, str]]) -> Parameters:
    values: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        values[name] = (*values.get(name, ()), value)
    return Parameters(values)
