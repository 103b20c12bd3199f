"""Which packages the files in ``requirements/`` pin. What they are like is not here."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "requirements"
# An extra stays in its pin: a pip that looks for the newest first asks for both alike.
PIN = re.compile(
    r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE
)


def pinned(name: str) -> dict[str, str]:
    """Returns the version of each package in one file, by name."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return dict(PIN.findall(text))
