"""A browser's own description of itself: which program, on which system.

A guess for people, from text that anybody can make up: nothing is decided by it.
"""

import re

BROWSERS = (
    ("Edge", r"Edg(?:A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"(?:Firefox|FxiOS)/"),
    ("Chrome", r"(?:Chrome|CriOS|Chromium|HeadlessChrome)/"),
    ("Safari", r"Version/.*Safari/"),
    ("curl", r"^curl/"),
)
SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)


def recognise(user_agent: str) -> tuple[str | None, str | None]:
    """Returns the names of browser and system, as far as they are known."""
    return _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)


def _first(table: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for name, sign in table if re.search(sign, text)), None)
