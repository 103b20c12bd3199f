"""One server of samples for a run of page tests.

A ``visit`` notes every console message and every request, so that each test which
opens a page also proves that the page is quiet and stays at home.
"""

import dataclasses
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page

from tests.support import screens
from tests.support.samples import FRAMED
from tests.support.samples import SCREENS
from tests.support.screens import Screens
from tests.support.waiting import until

# A browser gives ``autofocus`` its focus when it first draws, which can be after load.
SETTLED = """
() => [null, document.activeElement].includes(document.querySelector("[autofocus]"))
"""


@dataclasses.dataclass
class Visit:
    """An open page and what it did besides."""

    page: Page
    screens: Screens
    console: list[str]
    requests: list[str]

    def open(self, name: str, language: str = "en") -> Page:
        """Opens a sample and waits until the focus is where the page wants it."""
        self.page.goto(self.screens.address(name, language))
        # Not asked by the page itself, which may have no scripts.
        until(
            lambda: bool(self.page.evaluate(SETTLED)), "the focus is where it belongs"
        )
        return self.page

    def everywhere(
        self, look: Callable[[Page], object], language: str = "en"
    ) -> dict[str, object]:
        """Looks at every sample and gives, by name, whatever there is to object to."""
        found = {name: look(self.open(name, language)) for name in SCREENS}
        return {name: objection for name, objection in found.items() if objection}

    def sent(self) -> dict[str, str]:
        """Gives what the last form sent."""
        return self.screens.sent[-1]


@pytest.fixture(scope="session")
def shown() -> Iterator[Screens]:
    with screens.serving() as served:
        yield served


@pytest.fixture
def visiting(chromium: Browser, shown: Screens) -> Iterator[Callable[..., Visit]]:
    shown.sent.clear()
    opened: list[Visit] = []

    def start(served: Screens = shown, **options: Any) -> Visit:
        page = chromium.new_context(**options).new_page()
        page.route(FRAMED, lambda route: route.fulfill(body="ok"))
        visit = Visit(page, served, [], [])
        page.on("console", lambda message: visit.console.append(message.text))
        page.on("pageerror", lambda error: visit.console.append(str(error)))
        page.on("request", lambda request: visit.requests.append(request.url))
        opened.append(visit)
        return visit

    yield start
    for visit in opened:
        visit.page.context.close()
        assert visit.console == []
        foreign = [
            url
            for url in visit.requests
            if not url.startswith(
                (visit.screens.origin, "blob:" + visit.screens.origin, FRAMED)
            )
        ]
        assert foreign == []


@pytest.fixture
def visit(visiting: Callable[..., Visit]) -> Visit:
    return visiting()
