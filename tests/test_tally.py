"""REL-084: refusals are added up exactly, in bounded space."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from datetime import datetime
from datetime import timedelta

from idp.tally import ELSEWHERE
from idp.tally import Kind
from idp.tally import Tally
from idp.tally import Times

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def kind(source: str) -> Kind:
    return Kind("throttle.hit", "source rate", source)


def test_what_is_alike_is_one_with_its_number_and_its_ends() -> None:
    tally = Tally()
    for second in (3, 1, 2):
        tally.count(kind("a"), at=NOW + timedelta(seconds=second))
    tally.count(kind("b"), at=NOW)
    first, last = NOW + timedelta(seconds=1), NOW + timedelta(seconds=3)
    assert tally.take() == {
        kind("a"): Times(3, first, last),
        kind("b"): Times(1, NOW, NOW),
    }
    assert tally.take() == {}


def test_no_number_is_lost_where_sources_are_too_many() -> None:
    tally = Tally(most=10)
    with ThreadPoolExecutor(8) as threads:
        for number in range(1000):
            threads.submit(tally.count, kind(f"192.0.2.{number}"), at=NOW)
    found = tally.take()
    assert sum(one.times for one in found.values()) == 1000
    assert len(found) == 11
    assert found[kind(ELSEWHERE)].times == 990
