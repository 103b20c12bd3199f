"""The picture of coverage, and the form of a person: small sums that people rely on."""

import pytest

from idp.actions.fleet import Coverage
from idp.web.admin import home
from idp.web.admin import user_form
from tests.support.people_samples import MIA
from tests.support.people_samples import dossier


def coverage(enrolled: int, locked: int, pending: int, none: int) -> Coverage:
    """Makes the figures of people in these states."""
    people = enrolled + locked + pending + none
    return Coverage(people, enrolled, 0, locked, none, pending, 0, 0, 0)


@pytest.mark.parametrize(
    ("found", "percents"),
    [
        (coverage(4, 0, 0, 0), ["100", "0", "0", "0"]),
        (coverage(999, 0, 0, 1), [">99", "0", "0", "<1"]),
        (coverage(8793, 10, 50, 950), ["90", "<1", "<1", "10"]),
        (coverage(1, 1, 1, 1), ["25", "25", "25", "25"]),
        (coverage(0, 0, 0, 0), ["0", "0", "0", "0"]),
    ],
)
def test_nobody_is_rounded_away(found: Coverage, percents: list[str]) -> None:
    parts = [one.percent for one in home.segments(found)]

    assert [f"{part.about}{part.whole}" for part in parts] == percents


def test_the_ring_closes() -> None:
    parts = home.segments(coverage(3, 1, 2, 1))
    ends = [one.start + one.length for one in parts]
    assert parts[0].start == 0
    assert [one.start for one in parts[1:]] == ends[:-1]
    assert ends[-1] == pytest.approx(100)


@pytest.mark.parametrize(
    "seen",
    [
        *("", "[]", "null", "{", "1e999", "[" * 8000, '{"active": [[[]], 1]}'),
        *('{"active": {"a": 1e999}}', r'{"active": "\ud800\u0000\n"}'),
    ],
)
def test_what_a_form_says_it_has_seen_is_never_trusted(seen: str) -> None:
    found = user_form.differences(seen, dossier(MIA))
    assert all(name == "active" and was.isprintable() for name, was, _ in found)


def test_what_changed_is_told_field_by_field() -> None:
    seen = user_form.written(dossier(MIA)).replace('"finance"', '"sales"')
    assert user_form.differences(seen, dossier(MIA)) == [["roles", "sales", "finance"]]
