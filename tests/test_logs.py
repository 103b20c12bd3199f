"""REL-075 to REL-078: lines that can be trusted, and that hold no secret."""

import io
import json
import logging
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from idp import logs
from idp.errors import Unavailable
from idp.settings import Settings

HOSTILE = 'x\n{"level": "error"}\r\u2028\x1b[31m\x00\ud800"'
Said = Callable[[], str]


@pytest.fixture(params=["json", "console"])
def said(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Said:
    """Configures a shape and gives what was written since the last look."""
    logs.configure(Settings(log_format=request.param))
    return lambda: capsys.readouterr().err


class Keeping(logging.Handler):
    """Somebody else who listens."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class Broken(io.StringIO):
    """Standard error of somebody who has gone."""

    def write(self, text: str, /) -> int:
        raise BrokenPipeError


def raised(outer: BaseException, inner: BaseException) -> BaseException:
    try:
        try:
            raise inner
        except type(inner) as cause:
            raise outer from cause
    except type(outer) as fault:
        return fault


def test_nothing_from_outside_starts_a_line_or_steers_a_terminal(said: Said) -> None:
    """REL-077"""
    log = logging.getLogger("idp.test")
    log.warning("said %s", HOSTILE, extra={logs.FACTS: {"path": HOSTILE}})
    line = said()
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert not any(sign in line[:-1] for sign in "\r\u2028\x1b\x00")


def test_no_field_is_forged_in_the_shape_for_people(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(Settings(log_format="console"))
    facts = {"path": "/x status=200", "status": 404}
    logging.getLogger("idp.test").info("request", extra={logs.FACTS: facts})
    line = capsys.readouterr().err
    assert line.endswith('request path="/x status=200" status=404\n')


def test_an_exception_is_told_by_kind_and_place_never_by_its_text(said: Said) -> None:
    """REL-076: drivers put the values of a statement into the text"""
    fault = raised(RuntimeError("token SECRET-1"), ValueError("password SECRET-2"))
    logging.getLogger("idp.test").error("unexpected fault", exc_info=fault)
    text = said()
    assert "builtins.RuntimeError" in text
    assert "builtins.ValueError" in text
    assert "test_logs.py" in text
    assert "SECRET" not in text


def test_a_refusal_of_ours_adds_its_detail(said: Said) -> None:
    fault = raised(Unavailable("OperationalError", retry_after=5), OSError("SECRET"))
    logging.getLogger("idp.test").warning("not done", exc_info=fault)
    text = said()
    assert "idp.errors.Unavailable: OperationalError" in text
    assert "SECRET" not in text


def test_every_json_line_has_its_moment_and_the_request(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(Settings(log_format="json"))
    token = logs.request_id.set("r-1")
    logging.getLogger("idp.test").warning("first")
    logs.request_id.reset(token)
    logging.getLogger("idp.test").warning("second")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first["at"].endswith("Z")
    assert (first["level"], first["logger"]) == ("warning", "idp.test")
    assert first["request_id"] == "r-1"
    assert "request_id" not in second


def test_libraries_are_heard_from_warnings_on(said: Said) -> None:
    """What they say below holds statements, parameters and tokens"""
    logs.configure(Settings(log_level="debug", log_format="json"))
    for name in ("authlib.test", "sqlalchemy.engine", "urllib3", "somebody"):
        logging.getLogger(name).info("SECRET of %s", name)
    logging.getLogger("idp.test").debug("ours")
    text = said()
    assert "SECRET" not in text
    assert "ours" in text


def test_a_log_that_cannot_be_written_stops_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """REL-078"""
    logs.configure(Settings())
    monkeypatch.setattr(sys, "stderr", Broken())
    root, log = logging.getLogger(), logging.getLogger("idp.test")
    log.error("nobody hears this")
    ours = [one for one in root.handlers if isinstance(one, logs.ToStandardError)]
    monkeypatch.setattr(root, "handlers", ours)
    logs.write(log, logging.ERROR, "nor this", {})


def test_a_line_is_the_same_whether_somebody_else_hears_it_or_not(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, log = logging.getLogger(), logging.getLogger("idp.test")
    facts = {"path": HOSTILE, "long": "x" * 900, "status": 404, "none": None}
    (ours,) = [one for one in root.handlers if isinstance(one, logs.ToStandardError)]
    heard = Keeping()
    told = []
    for handlers in ([ours], [ours, heard]):
        monkeypatch.setattr(root, "handlers", handlers)
        logs.write(log, logging.DEBUG, "not worth a line", facts)
        logs.write(log, logging.INFO, "request", facts)
        told.append(re.sub(r"\d\d:\d\d:\d\d(\.\d+)?", "", said()))
    assert told[0] == told[1]
    assert told[0].count("\n") == 1
    assert "request" in told[0]
    (record,) = heard.records
    assert (record.getMessage(), vars(record)[logs.FACTS]) == ("request", facts)


@pytest.mark.parametrize("name", ["idp.test", "idp", None])
def test_who_listens_or_filters_anywhere_above_a_line_is_asked(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str | None,
) -> None:
    logs.configure(Settings(log_format="json"))
    root, above = logging.getLogger(), logging.getLogger(name)
    ours = [one for one in root.handlers if isinstance(one, logs.ToStandardError)]
    monkeypatch.setattr(root, "handlers", ours)
    heard = Keeping()
    monkeypatch.setattr(above, "handlers", [*above.handlers, heard])
    logs.write(logging.getLogger("idp.test"), logging.INFO, "request", {})
    monkeypatch.setattr(ours[0], "filters", [lambda _record: False])
    logs.write(logging.getLogger("idp.test"), logging.INFO, "request", {})
    assert len(heard.records) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_configuring_twice_does_not_write_twice(said: Said) -> None:
    logs.configure(Settings(log_format="json"))
    logging.getLogger("idp.test").warning("once")
    assert said().count("once") == 1


@pytest.mark.parametrize(
    ("settings", "shape"), [({}, "json"), ({"log_format": "console"}, "console")]
)
def test_the_server_writes_in_our_shape(settings: dict[str, Any], shape: str) -> None:
    found = logs.for_server(Settings(**settings))
    assert found["formatters"]["ours"]["()"].lower().endswith(f"{shape}lines")
    assert found["loggers"]["_granian"]["handlers"] == ["ours"]
