"""Ears: every exchange over the wire in order, and everything that any logger says.

The log is kept twice: as the program prints it, and as a careless handler would, with
the texts of exceptions.
"""

import base64
import dataclasses
import io
import logging
import sys
import urllib.parse
from collections.abc import Sequence
from types import TracebackType
from typing import TextIO

from tests.support.exchange import Answer
from tests.support.exchange import Wire

LIBRARIES = ("sqlalchemy.engine", "sqlalchemy.pool", "sqlalchemy.dialects")


@dataclasses.dataclass(frozen=True)
class Exchange:
    """One request and its answer: what went in, what came out to be seen."""

    asked: bytes
    told: bytes
    shown: bytes
    """The body and where it leads, without cookies being set."""


@dataclasses.dataclass
class Loud:
    """A wire that keeps what goes over it."""

    wire: Wire
    exchanges: list[Exchange] = dataclasses.field(default_factory=list)

    def __call__(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        """Sends a request and keeps both sides, decoded."""
        answer = self.wire(method, url, headers, body)
        asked = [url, urllib.parse.unquote_plus(url), *map(_decoded, headers)]
        asked += [body.decode(), urllib.parse.unquote_plus(body.decode())]
        lines = [f"{name}: {value}" for name, value in answer.headers]
        led = urllib.parse.unquote(answer.header("Location") or "")
        told = "\n".join([*lines, led, ""]).encode() + answer.body
        shown = led.encode() + b"\n" + answer.body
        self.exchanges.append(Exchange("\n".join(asked).encode(), told, shown))
        return answer


def _decoded(header: tuple[str, str]) -> str:
    name, value = header
    if name == "Authorization" and value.startswith("Basic "):
        value = base64.b64decode(value.removeprefix("Basic ")).decode()
        return f"{name}: {value}\n{urllib.parse.unquote_plus(value)}"
    return f"{name}: {value}"


class Overheard:
    """Everything that was logged while it listened, by every logger there is."""

    def __init__(self) -> None:
        self.printed = io.StringIO()
        self.careless = io.StringIO()
        self._handler = logging.StreamHandler(self.careless)
        self._handler.setFormatter(
            logging.Formatter("%(name)s %(levelname)s %(message)s %(args)s %(facts)s")
        )
        self._handler.addFilter(_with_facts)
        self._levels: dict[logging.Logger, int] = {}
        self._stderr: TextIO = sys.stderr

    def __enter__(self) -> "Overheard":
        """Turns everything up."""
        root = logging.getLogger()
        # With a level of its own stays only what the program itself keeps quiet.
        loud = [root, *map(logging.getLogger, LIBRARIES)]
        self._levels = {logger: logger.level for logger in loud}
        for logger in loud:
            logger.setLevel(logging.DEBUG)
        root.addHandler(self._handler)
        self._stderr, sys.stderr = sys.stderr, self.printed
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        frames: TracebackType | None,
    ) -> None:
        """Turns everything back."""
        sys.stderr = self._stderr
        logging.getLogger().removeHandler(self._handler)
        for logger, level in self._levels.items():
            logger.setLevel(level)

    @property
    def places(self) -> dict[str, bytes]:
        """Gives both shapes of the log."""
        return {
            "log": self.printed.getvalue().encode(),
            "careless log": self.careless.getvalue().encode(),
        }


def _with_facts(record: logging.LogRecord) -> bool:
    record.facts = getattr(record, "facts", {})
    return True
