"""REL-075: a worker without a database says so once, and once that it is back."""

import logging
import pathlib
import threading
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from idp.actions import logout_notices
from idp.actions import notices
from idp.cli import deliveries
from idp.cli import outbox
from idp.cli.outages import BACK
from idp.errors import Unavailable
from tests.actions.scene import Scene
from tests.cli.test_deliveries import prepared

TIMES = 5


def failing(stop: threading.Event, fault: Exception) -> Callable[..., list[str]]:
    """Gives what fails some times, answers then, and stops who asked a time later."""
    asked = iter(range(TIMES + 2))

    def ask(*_: object, **__: object) -> list[str]:
        if (number := next(asked)) < TIMES:
            raise fault
        if number > TIMES:
            stop.set()
        return []

    return ask


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    for module in (deliveries, outbox):
        monkeypatch.setattr(module, "EVERY_SECONDS", 0.001)
    return threading.Event()


@pytest.fixture
def scene(tmp_path: pathlib.Path) -> Iterator[Scene]:
    post = {"IDP_SMTP_URL": "smtp://127.0.0.1:1", "IDP_MAIL_FROM": "op@example.org"}
    made = prepared(tmp_path, **post)
    yield made
    made.close()


@pytest.mark.parametrize("who", ["deliveries", "outbox"])
@pytest.mark.parametrize("is_away", [True, False])
def test_a_database_that_is_away_is_two_lines_and_no_trace(
    scene: Scene,
    stop: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    who: str,
    is_away: bool,
) -> None:
    caplog.set_level(logging.INFO)
    work = scene.work()
    fault = Unavailable("x", reason="Connection refused") if is_away else KeyError()
    if who == "deliveries":
        monkeypatch.setattr(logout_notices, "list_due", failing(stop, fault))
        deliveries.Deliveries(work, stop).run()
    else:
        monkeypatch.setattr(notices, "is_any_due", failing(stop, fault))
        outbox.Outbox(work, stop).run()
    said = [one for one in caplog.records if one.name.startswith("idp.")]
    traces = [one for one in said if one.exc_info]
    if is_away:
        assert (len(said), traces, said[-1].getMessage()) == (2, [], BACK)
    else:
        assert len(said) == len(traces) == TIMES
