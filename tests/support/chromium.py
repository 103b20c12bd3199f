"""One Chromium for the whole run, whichever folders of tests use it.

The library behind it runs once in a process at a time, so a second fixture of this
kind, anywhere, breaks the tests that come after the first.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Playwright
from playwright.sync_api import sync_playwright

from tests.support import needs

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def launch(playwright: Playwright, executable: str) -> Browser:
    """Starts the machine's own Chromium without a window."""
    return playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Gives the machine's own Chromium; each test opens a context of its own."""
    executable = needs.need("chromium")
    with sync_playwright() as playwright:
        browser = launch(playwright, executable)
        yield browser
        browser.close()
