"""Judges a report of vulnerabilities: ``python -m tests.support.advisories FILE``.

Fails for each that is not in ``requirements/advisories.toml`` or whose time there is
over. A service that did not answer, or does not know a package, fails nothing and is
said aloud. Asking is up to pip-audit.
"""

import json
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC
from datetime import date
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support import pins

ACCEPTED = pins.FOLDER / "advisories.toml"
UNASKED = "NOT AUDITED: the service of known vulnerabilities did not answer"


def accepted(text: str, *, today: date) -> frozenset[str]:
    """Returns the ids that we live with today; each has to say why."""
    found = tomllib.loads(text).get("accepted", [])
    return frozenset(
        one["id"] for one in found if one["because"] and one["until"] > today
    )


def vulnerable(report: Any, known: frozenset[str]) -> Iterator[str]:
    """Yields a line for each vulnerability that is not among the known ids."""
    for package in report["dependencies"]:
        for found in package.get("vulns", []):
            if known.isdisjoint({found["id"], *found["aliases"]}):
                mended = ", ".join(found["fix_versions"]) or "no version yet"
                where = f"{package['name']} {package['version']}"
                yield f"{where}: {found['id']}, mended in {mended}"


def unasked(report: Any) -> list[str]:
    """Returns the packages that nothing could be said about."""
    return [one["name"] for one in report["dependencies"] if "skip_reason" in one]


def read(file: Path) -> Any:
    """Returns the report, or None where there is none: the tool gave up."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def judge(report: Any, known: frozenset[str]) -> tuple[list[str], bool]:
    """Returns what is to be said, and whether nothing is wrong."""
    if report is None:
        return [UNASKED], True
    wrong = list(vulnerable(report, known))
    skipped = unasked(report)
    asked = len(report["dependencies"]) - len(skipped)
    words = [*wrong, f"{asked} packages looked up, {len(wrong)} vulnerabilities"]
    if skipped:
        words.append(f"{UNASKED} for {len(skipped)} packages: {', '.join(skipped)}")
    return words, not wrong


if __name__ == "__main__":
    today = datetime.now(UTC).date()
    lived_with = accepted(ACCEPTED.read_text(encoding="utf-8"), today=today)
    said, fine = judge(read(Path(sys.argv[1])), lived_with)
    sys.stdout.write("\n".join(said) + "\n")
    sys.exit(0 if fine else 1)
