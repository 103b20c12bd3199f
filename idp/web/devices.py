"""A browser's own description in words that its owner recognises.

A guess for people, from text that anybody can make up: nothing is decided by it.
"""

import re

from flask_babel import gettext as _

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


def words(user_agent: str) -> str:
    """Returns browser and system in words, or that they are unknown."""
    program, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if program and system:
        return str(_("%(browser)s on %(system)s", browser=program, system=system))
    return program or system or str(_("Unknown device"))


def _first(table: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for name, sign in table if re.search(sign, text)), None)
