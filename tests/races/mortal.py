"""A provider whose workers die by SIGKILL around a commit, when a test says so.

The way to die is tests/support/killing, which the product knows nothing of. A parent
gives up after ten workers in a row that died young, so no module kills as many.
"""

import contextlib
import dataclasses
import http.client
import pathlib
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from tests.races.shared import Shared
from tests.support.browser import Browser
from tests.support.provider import serving
from tests.support.waiting import until

ROOT = pathlib.Path(__file__).parents[2]
BEFORE_AND_AFTER = pytest.mark.parametrize("when", ["before", "after"])
CUT_OFF = (OSError, http.client.HTTPException)


@dataclasses.dataclass
class Mortal(Shared):
    """A provider one of whose workers dies when told so."""

    armed: pathlib.Path = dataclasses.field(kw_only=True)

    def kill(self, when: str, beginning: str, act: Callable[[], object]) -> None:
        """Does something whose answer never comes, because its worker is dead."""
        self.wait()
        self.armed.write_text(f"{when} {beginning}")
        with pytest.raises(CUT_OFF):
            act()
        assert not self.armed.exists(), "somebody else hung up"
        self._bury()
        self.wait()

    def _bury(self) -> None:
        """Waits until the dead are gone: they may still take somebody's call."""
        for told in self.armed.parent.glob("dead-*"):
            alive = pathlib.Path("/proc", told.name.removeprefix("dead-"))
            until(lambda one=alive: not one.exists(), "the dead worker is gone")
            told.unlink()

    def wait(self) -> None:
        """Waits until a worker answers; dead ones come back by themselves."""
        until(self._answers, "a worker answers")

    def _answers(self) -> bool:
        try:
            return self.http.get("/healthz").status == 200
        except CUT_OFF:
            return False


@contextlib.contextmanager
def mortal_provider(folder: pathlib.Path, url: str | None) -> Iterator[Mortal]:
    """Runs `idp serve` with three workers that can be told to die."""
    armed = folder / "armed"
    hooks = {
        "PYTHONPATH": f"{ROOT / 'tests/support/killing'}:{ROOT}",
        "OSTIARY_KILL_AT": str(armed),
    }
    with serving(folder, database_url=url, workers=3, **hooks) as running:
        parts = dataclasses.fields(running)
        made = {one.name: getattr(running, one.name) for one in parts}
        yield Mortal(**made, armed=armed)


def sent(browser: Browser, action: str, **fields: str) -> Callable[[], Browser]:
    """Gives the sending of a form that is open, as often as it is called."""
    form, trail = browser.html.form(action), list(browser.trail)

    def send() -> Browser:
        browser.trail = list(trail)
        return browser.send(form, fields)

    return send
