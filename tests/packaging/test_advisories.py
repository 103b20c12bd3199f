"""A known vulnerability fails the audit; a service that is away does not."""

from datetime import date
from typing import Any

import pytest

from tests.support import advisories

TODAY = date(2026, 11, 25)
VULNERABLE: dict[str, Any] = {
    "name": "werkzeug",
    "version": "1.0.0",
    "vulns": [
        {
            "id": "PYSEC-2023-58",
            "aliases": ["CVE-2023-25577"],
            "fix_versions": ["2.2.3"],
        }
    ],
}
SOUND: dict[str, Any] = {"name": "flask", "version": "3.1.3", "vulns": []}
UNSEEN: dict[str, Any] = {"name": "pyotp", "skip_reason": "Dependency not found"}


def report(*packages: dict[str, Any]) -> dict[str, Any]:
    """Makes a report like the tool's."""
    return {"dependencies": list(packages), "fixes": []}


def test_a_known_vulnerability_fails_and_says_what_mends_it() -> None:
    words, fine = advisories.judge(report(SOUND, VULNERABLE), frozenset())

    assert not fine
    assert words[0] == "werkzeug 1.0.0: PYSEC-2023-58, mended in 2.2.3"
    assert words[1] == "2 packages looked up, 1 vulnerabilities"


@pytest.mark.parametrize("name", ["PYSEC-2023-58", "CVE-2023-25577"])
def test_one_that_we_live_with_fails_nothing_until_its_day(name: str) -> None:
    kept = f'[[accepted]]\nid = "{name}"\nuntil = 2026-12-01\nbecause = "not called"\n'

    before = advisories.accepted(kept, today=TODAY)
    after = advisories.accepted(kept, today=date(2026, 12, 1))

    assert advisories.judge(report(VULNERABLE), before)[1]
    assert not advisories.judge(report(VULNERABLE), after)[1]


def test_nobody_lives_with_one_without_a_reason() -> None:
    kept = '[[accepted]]\nid = "PYSEC-2023-58"\nuntil = 2026-12-01\nbecause = ""\n'

    assert advisories.accepted(kept, today=TODAY) == frozenset()


def test_what_could_not_be_asked_is_said_and_fails_nothing() -> None:
    words, fine = advisories.judge(report(SOUND, UNSEEN), frozenset())

    assert fine
    assert words[-1] == f"{advisories.UNASKED} for 1 packages: pyotp"
    assert advisories.judge(None, frozenset()) == ([advisories.UNASKED], True)


def test_a_vulnerability_fails_beside_packages_that_nobody_knows() -> None:
    assert not advisories.judge(report(UNSEEN, VULNERABLE), frozenset())[1]


def test_our_own_list_can_be_read() -> None:
    text = advisories.ACCEPTED.read_text(encoding="utf-8")

    assert isinstance(advisories.accepted(text, today=TODAY), frozenset)
