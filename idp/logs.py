"""The program's log: one line an event, as JSON or as text for a terminal.

Nothing from outside can forge a line or a field (REL-077), and the text of exceptions
is never written, because drivers put values into it (REL-076). Libraries are heard from
level warning on; below that they log parameters and tokens.
"""

import contextlib
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC
from datetime import datetime
from typing import Any
from typing import NamedTuple

from idp import clock
from idp.errors import Refusal
from idp.log_backlog import Backlog
from idp.settings import Settings

FACTS = "facts"
"""The name under which a call hands over its fields: ``extra={FACTS: {…}}``."""

OURS = ("idp", "_granian")
LONGEST_VALUE = 500
_ENCODER = json.JSONEncoder(default=repr)
_PLAIN = frozenset("\"'=\\ ")

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that this thread answers; in each line that it writes."""


class Said(NamedTuple):
    """What a line is made of, whether a record was made for it or not."""

    at: datetime
    level: str
    logger: str
    message: str
    facts: Mapping[str, object]
    fault: BaseException | None = None


class Lines(logging.Formatter):
    """A shape of lines."""

    def format(self, record: logging.LogRecord) -> str:
        """Formats a record with its facts."""
        fault = record.exc_info[1] if record.exc_info else None
        facts = getattr(record, FACTS, {})
        at = datetime.fromtimestamp(record.created, UTC)
        level, name = record.levelname, record.name
        return self.line(Said(at, level, name, record.getMessage(), facts, fault))

    def line(self, said: Said) -> str:
        """Formats what was said."""
        raise NotImplementedError


class ToStandardError(logging.Handler):
    """Writes to whatever standard error is at that moment; a fault there is silent."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one line; never raises, so that nobody waits for a log (REL-078)."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self.put(self.format(record))

    def put(self, line: str) -> None:
        """Writes one line; raises what standard error raises."""
        self.acquire()
        try:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()
        finally:
            self.release()


_backlog = Backlog()
"""One for the process, like the standard error that it leads to."""


class ToBacklog(ToStandardError):  # noqa: N818  standard error is no exception
    """Hands its lines to a thread: for processes that answer requests (REL-078)."""

    def put(self, line: str) -> None:
        """Takes one line; never waits."""
        _backlog.put(f"{line}\n")


def write(
    log: logging.Logger, level: int, message: str, facts: Mapping[str, object]
) -> None:
    """Writes a frequent line cheaply: the caller is not looked up.

    No record is made for it where nobody but us would hear it.
    """
    if not log.isEnabledFor(level):
        return
    alone = _alone(log)
    if alone is None:
        extra = {FACTS: facts}
        log.handle(
            log.makeRecord(log.name, level, "", 0, message, (), None, extra=extra)
        )
        return
    handler, lines = alone
    said = Said(clock.now(), logging.getLevelName(level), log.name, message, facts)
    with contextlib.suppress(OSError, ValueError, AttributeError):
        handler.put(lines.line(said))


def _alone(log: logging.Logger) -> tuple[ToStandardError, Lines] | None:
    """Finds our handler and its shape, if that is all that there is for a logger."""
    handlers: list[logging.Handler] = []
    above: logging.Logger | None = log
    while above is not None:
        if above.filters:
            return None
        handlers += above.handlers
        above = above.parent if above.propagate else None
    if len(handlers) != 1 or handlers[0].filters:
        return None
    (only,) = handlers
    if isinstance(only, ToStandardError) and isinstance(only.formatter, Lines):
        return only, only.formatter
    return None


def dropped() -> int:
    """Returns how many lines of this process were dropped because too many waited."""
    return _backlog.dropped


class JsonLines(Lines):
    """One JSON object a line, in ASCII."""

    def line(self, said: Said) -> str:
        """Formats what was said."""
        return _ENCODER.encode(_fields(said))


class ConsoleLines(Lines):
    """Moment, level, what happened, then ``name=value``; for people."""

    def line(self, said: Said) -> str:
        """Formats what was said; the frames of an exception follow, indented."""
        fields = _fields(said)
        at, level, name = (fields.pop(key) for key in ("at", "level", "logger"))
        frames = fields.pop("traceback", [])
        words = [at[11:19], level.ljust(7), name, printable(fields.pop("message"))]
        words += [f"{key}={_quoted(value)}" for key, value in fields.items()]
        return "\n    ".join([" ".join(words), *map(printable, frames)])


FORMATTERS = {"json": JsonLines, "console": ConsoleLines}


def configure(settings: Settings) -> None:
    """Sends the logs of this process to standard error; harmless to repeat."""
    handler = ToStandardError()
    handler.setFormatter(FORMATTERS[_shape(settings)]())
    _use(handler)
    for name in OURS:
        logging.getLogger(name).setLevel(settings.log_level.upper())


def never_wait() -> None:
    """Lets no line be waited for from here on: for processes that serve (REL-078)."""
    for old in logging.getLogger().handlers[:]:
        if isinstance(old, ToStandardError):
            handler = ToBacklog()
            handler.setFormatter(old.formatter)
            _use(handler)


def drain(within: float = 1.0) -> None:
    """Writes the backlog before the process ends; gives up after so many seconds."""
    _backlog.drain(within)


def _use(handler: logging.Handler) -> None:
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, ToStandardError)]:
        root.removeHandler(old)
    root.addHandler(handler)


def for_server(settings: Settings) -> dict[str, Any]:
    """Returns the configuration that gives the server's own lines the same shape."""
    formatter = FORMATTERS[_shape(settings)]
    return {
        "formatters": {"ours": {"()": f"{__name__}.{formatter.__name__}"}},
        "handlers": {"ours": {"class": f"{__name__}.ToBacklog", "formatter": "ours"}},
        "loggers": {"_granian": {"handlers": ["ours"], "propagate": False}},
    }


def traceback_of(fault: BaseException) -> list[str]:
    """Returns what was raised and where, causes last, without any value.

    Only a refusal of ours adds its detail, which never holds a secret.
    """
    lines: list[str] = []
    for one in _chain(fault):
        detail = f": {one.detail}" if isinstance(one, Refusal) else ""
        lines.append(f"{type(one).__module__}.{type(one).__qualname__}{detail}")
        lines += [
            f"at {frame.filename}:{frame.lineno} in {frame.name}"
            for frame in traceback.extract_tb(one.__traceback__)
        ]
    return lines


def _chain(fault: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = fault
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _shape(settings: Settings) -> str:
    return settings.log_format or ("console" if sys.stderr.isatty() else "json")


def _fields(said: Said) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "at": said.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": said.level.lower(),
        "logger": said.logger,
        "message": said.message,
    }
    own_id = request_id.get()
    if own_id:
        fields["request_id"] = own_id
    for name, value in said.facts.items():
        fields[name] = _short(value) if isinstance(value, str) else value
    if said.fault is not None:
        fields["traceback"] = traceback_of(said.fault)
    return fields


def _short(value: str) -> str:
    return f"{value[:LONGEST_VALUE]}…" if len(value) > LONGEST_VALUE else value


def _quoted(value: object) -> str:
    text = printable(str(value))
    return json.dumps(text) if not text or _PLAIN & set(text) else text


def printable(text: str) -> str:
    """Escapes whatever could end a line or steer a terminal."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii")
        for sign in text
    )
