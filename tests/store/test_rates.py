"""REL-005: failures per source: in this process, in Valkey, while Valkey is away."""

import pathlib
import time
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from idp.store.rates import SILENT_SECONDS
from idp.store.rates import SourceRate
from idp.store.valkey_line import TIMEOUT_SECONDS
from tests.support.barrier import at_once
from tests.support.mailbox import Rude
from tests.support.mailbox import says
from tests.support.valkey import Valkey
from tests.support.valkey import free_port
from tests.support.valkey import running_valkey
from tests.support.waiting import until


@pytest.fixture
def valkey(tmp_path: pathlib.Path) -> Iterator[Valkey]:
    with running_valkey(tmp_path) as server:
        yield server


def fail(rate: SourceRate, times: int, source: str = "192.0.2.1") -> None:
    for _ in range(times):
        rate.count(source)


def test_a_source_may_fail_as_often_as_the_limit_says() -> None:
    rate = SourceRate("5/minute")
    fail(rate, 4)
    assert rate.allowed("192.0.2.1")
    fail(rate, 1)
    assert not rate.allowed("192.0.2.1")
    assert 1 <= rate.retry_after("192.0.2.1") <= 60


def test_another_source_is_not_concerned() -> None:
    rate = SourceRate("5/minute")
    fail(rate, 9)
    assert rate.allowed("192.0.2.2")


def test_asking_counts_nothing() -> None:
    rate = SourceRate("5/minute")
    assert all(rate.allowed("192.0.2.1") for _ in range(50))


def test_zero_switches_counting_off() -> None:
    rate = SourceRate("0")
    fail(rate, 100)
    assert rate.allowed("192.0.2.1")
    assert rate.retry_after("192.0.2.1") == 1


def test_parallel_failures_are_all_counted() -> None:
    rate = SourceRate("32/minute")
    at_once([lambda: rate.count("192.0.2.1")] * 31)
    assert rate.allowed("192.0.2.1")
    fail(rate, 1)
    assert not rate.allowed("192.0.2.1")


@pytest.mark.parametrize("scheme", ["redis", "valkey"])
def test_two_processes_share_a_budget_in_valkey(valkey: Valkey, scheme: str) -> None:
    """Either name of the scheme does, as the settings promise"""
    url = valkey.url.replace("redis", scheme, 1)
    first, second = SourceRate("6/minute", url), SourceRate("6/minute", url)
    fail(first, 3)
    fail(second, 3)
    for rate in (first, second):
        assert not rate.allowed("192.0.2.1")
        assert 1 < rate.retry_after("192.0.2.1") <= 60


@pytest.mark.parametrize(("limit", "free"), [("10/minute", 5), ("1/minute", 1)])
def test_without_valkey_the_limit_is_stricter_never_gone(limit: str, free: int) -> None:
    """REL-005: neither "unlimited" nor "refuse everybody" """
    rate = SourceRate(limit, f"redis://127.0.0.1:{free_port()}/0")
    fail(rate, free - 1)
    assert rate.allowed("192.0.2.1")
    fail(rate, 1)
    assert not rate.allowed("192.0.2.1")
    assert rate.retry_after("192.0.2.1") > 1
    assert rate.allowed("192.0.2.2")


def test_valkey_going_away_forgets_no_failure(valkey: Valkey) -> None:
    rate = SourceRate("10/minute", valkey.url)
    fail(rate, 5)
    assert rate.allowed("192.0.2.1")
    valkey.stop()
    assert not rate.allowed("192.0.2.1")


def test_valkey_coming_back_is_used_again(valkey: Valkey) -> None:
    rate = SourceRate("4/minute", valkey.url)
    valkey.stop()
    fail(rate, 2)
    valkey.start()
    assert rate.allowed("192.0.2.1")
    fail(rate, 4)
    assert not SourceRate("4/minute", valkey.url).allowed("192.0.2.1")


@pytest.mark.parametrize(
    "full",
    [
        "CONFIG SET maxmemory-policy noeviction",
        "CONFIG SET maxmemory-policy allkeys-lru",
        "REPLICAOF 127.0.0.1 1",
    ],
)
def test_a_valkey_that_takes_no_counts_is_as_good_as_away(
    valkey: Valkey, full: str
) -> None:
    """REL-005: it can be read, and would say for ever that nobody failed"""
    rate = SourceRate("10/minute", valkey.url)
    assert rate.allowed("192.0.2.1")
    assert valkey.tell(*full.split()) == "+OK"
    assert valkey.tell("CONFIG", "SET", "maxmemory", "1mb") == "+OK"
    fail(rate, 5)
    assert not rate.allowed("192.0.2.1")
    assert rate.is_alone
    assert rate.retry_after("192.0.2.1") > 1
    assert rate.allowed("192.0.2.2")
    valkey.tell("REPLICAOF", "NO", "ONE")
    valkey.tell("CONFIG", "SET", "maxmemory", "0")
    fail(rate, 1, "192.0.2.2")
    assert rate.allowed("192.0.2.1")
    assert not rate.is_alone


def test_an_emptied_valkey_does_not_give_a_whole_budget_back(valkey: Valkey) -> None:
    """REL-007"""
    rate = SourceRate("4/minute", valkey.url)
    fail(rate, 4)
    assert valkey.tell("FLUSHALL") == "+OK"
    assert not rate.allowed("192.0.2.1")
    assert rate.retry_after("192.0.2.1") > 1


def test_nobody_queues_behind_a_silent_valkey(valkey: Valkey) -> None:
    """REL-005: it is asked once and then left alone, and used again by itself"""
    rate = SourceRate("10/minute", valkey.url)
    fail(rate, 4)
    began = time.monotonic()
    valkey.fall_silent()
    try:
        asked = sum(_waits(lambda: rate.count("192.0.2.1")) for _ in range(100))
        assert asked <= 1 + (time.monotonic() - began) / SILENT_SECONDS
        assert not rate.allowed("192.0.2.1")
    finally:
        valkey.go_on()
    until(lambda: rate.allowed("192.0.2.2") and not rate.is_alone, "it is used again")


def test_a_valkey_that_counts_is_no_complaint_and_costs_no_source_a_try(
    valkey: Valkey,
) -> None:
    rate = SourceRate("1/minute", valkey.url)
    assert [rate.complaint() for _ in range(3)] == [None] * 3
    assert rate.allowed("192.0.2.1")
    assert SourceRate("1/minute").complaint() is None
    assert SourceRate("0", f"redis://127.0.0.1:{free_port()}").complaint() is None


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("CONFIG SET requirepass secret", "it refuses the password, or asks for one"),
        ("CONFIG SET maxmemory 1kb", "it is full and takes no counts"),
        ("REPLICAOF 127.0.0.1 1", "it is a replica and takes no counts"),
        ("ACL SETUSER default -evalsha", "its user has no right to count"),
    ],
)
def test_what_keeps_valkey_from_counting_is_said(
    valkey: Valkey, command: str, complaint: str
) -> None:
    assert valkey.tell(*command.split()) == "+OK"
    assert SourceRate("10/minute", valkey.url).complaint() == complaint


def test_a_wrong_place_for_valkey_is_said(valkey: Valkey) -> None:
    def complaint(url: str) -> str | None:
        return SourceRate("10/minute", url).complaint()

    away = f"redis://127.0.0.1:{free_port()}/0"
    assert complaint(away) == "no connection: ConnectionRefusedError"
    assert complaint(valkey.url.replace("/0", "/99")) == "it takes no counts"
    valkey.fall_silent()
    try:
        assert complaint(valkey.url) == "no answer in time"
    finally:
        valkey.go_on()


def test_a_server_that_is_no_valkey_is_said() -> None:
    with Rude(says("SSH-2.0-hunter2")) as server:
        rate = SourceRate("10/minute", f"redis://127.0.0.1:{server.port}/0")
        assert rate.complaint() == "it does not speak as Valkey does"


def _waits(ask: Callable[[], object]) -> bool:
    began = time.monotonic()
    ask()
    return time.monotonic() - began >= TIMEOUT_SECONDS


def test_a_source_begins_many_logins_but_not_any_number() -> None:
    """REL-067"""
    rate = SourceRate("2/minute")
    assert [rate.start("192.0.2.1") for _ in range(101)] == [True] * 100 + [False]
    assert rate.start("192.0.2.2")
    assert rate.allowed("192.0.2.1")
    assert all(SourceRate("0").start("192.0.2.1") for _ in range(200))


def test_logins_are_counted_over_all_machines_and_without_valkey(
    valkey: Valkey,
) -> None:
    machines = [SourceRate("1/minute", valkey.url) for _ in range(2)]
    begun = [machines[turn % 2].start("192.0.2.1") for turn in range(51)]
    assert begun == [True] * 50 + [False]
    alone = SourceRate("1/minute", f"redis://127.0.0.1:{free_port()}")
    assert [alone.start("192.0.2.1") for _ in range(51)] == begun
