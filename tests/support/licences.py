"""Writes the page of licences: ``python -m tests.support.licences``.

Licences are what installed packages say of themselves, as SPDX expressions. Which ones
do beside ours is decided here.
"""

import re
from importlib import metadata
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from tests.support import pins

PAGE = Path(__file__).parents[2] / "docs" / "licences.md"
PARTS = {
    "run": "the program",
    "ldap": "`ostiary[ldap]`",
    "tracing": "`ostiary[tracing]`",
}
"""File of requirements, and for what its packages are installed."""

ACCEPTED = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "LGPL-3.0-only",
        "MIT",
        "MIT-0",
        "MPL-2.0",
        "PSF-2.0",
    }
)
"""What a program under Apache-2.0 may use, unchanged and installed beside it."""

WORDS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What packages write that know no SPDX expression yet."""

LOOKED_UP = {
    "async-timeout": "Apache-2.0",
    "colorama": "BSD-3-Clause",
    "python-ldap": "PSF-2.0 AND MIT",
    "qrcode": "BSD-3-Clause",
    "tzdata": "Apache-2.0",
}
"""Packages whose words say less than their licence file, or for other systems only."""

HEAD = """\
# Licences of what Ostiary needs

What is installed beside the program, and under which licence: written by
`make licences` from what the packages say of themselves, and held to them by a test.
All are used unchanged. The program itself is under [Apache 2.0](../LICENSE);
`make release` writes a bill of materials with versions and hashes.

| Package | Licence | For |
|---|---|---|
"""
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)

UNKNOWN = "unknown"

Row = tuple[str, str]


def rows() -> dict[str, Row]:
    """Returns licence and purpose of each package that is pinned.

    One that is not installed here keeps what the page says of it.
    """
    known = written()
    found: dict[str, Row] = {}
    for part, purpose in PARTS.items():
        for name in pins.pinned(part):
            kept = known.get(name, (UNKNOWN, purpose))[0]
            found.setdefault(name, (licence(name) or kept, purpose))
    return found


def licence(name: str) -> str | None:
    """Returns the licence of a package; None where that cannot be known here."""
    if name in LOOKED_UP:
        return LOOKED_UP[name]
    try:
        said = metadata.metadata(name)
    except PackageNotFoundError:
        return None
    classified = [
        one.rpartition(" :: ")[2]
        for one in said.get_all("Classifier", [])
        if one.startswith("License")
    ]
    words = [said["License-Expression"], said["License"], *classified]
    first = next((word for word in words if word), UNKNOWN).splitlines()[0]
    return WORDS.get(first, first)


def accepted(expression: str) -> bool:
    """Tells whether an SPDX expression may be used: one side of OR, both of AND."""
    return any(
        all(term.strip(" ()") in ACCEPTED for term in side.split(" AND "))
        for side in expression.split(" OR ")
    )


def written() -> dict[str, Row]:
    """Returns the rows of the page as it is."""
    if not PAGE.exists():
        return {}
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {name: (words, purpose) for name, words, purpose in found[1:]}


def text() -> str:
    """Gives what the page has to hold."""
    lines = [
        f"| {name} | {' | '.join(row)} |\n" for name, row in sorted(rows().items())
    ]
    return HEAD + "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
