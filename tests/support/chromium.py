"""One Chromium for the whole run, whichever folders of tests use it.

The library behind it runs once in a process at a time, so a second fixture of this
kind, anywhere, breaks the tests that come after the first.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import sync_playwright

from tests.support import needs
from tests.support import screens


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Gives the machine's own Chromium; each test opens a context of its own."""
    executable = needs.need("chromium")
    with sync_playwright() as playwright:
        browser = screens.launch(playwright, executable)
        yield browser
        browser.close()
