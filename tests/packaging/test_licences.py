"""The page of licences is what packages say, and each of them may be used."""

import pytest

from tests.support import licences
from tests.support import pins


def test_the_page_says_what_is_pinned_and_what_packages_say_of_themselves() -> None:
    assert licences.written() == licences.rows()
    assert licences.PAGE.read_text(encoding="utf-8") == licences.text()


def test_every_licence_may_be_used() -> None:
    refused = {
        name: words
        for name, (words, _) in licences.rows().items()
        if not licences.accepted(words)
    }

    assert refused == {}


def test_every_package_that_is_shipped_with_is_on_the_page() -> None:
    shipped = {name for part in licences.PARTS for name in pins.pinned(part)}

    assert {"flask", "authlib", "python-ldap", "opentelemetry-sdk"} <= shipped
    assert set(licences.written()) == shipped


@pytest.mark.parametrize(
    ("expression", "may"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("AGPL-3.0-or-later", False),
        (licences.UNKNOWN, False),
    ],
)
def test_both_sides_of_and_have_to_do_but_one_of_or(expression: str, may: bool) -> None:
    assert licences.accepted(expression) is may
