"""Guessing budgets as tables: how long to wait, when a factor locks and unlocks."""

from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.rules import lockout
from idp.rules.lockout import FactorState

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
LOCK = timedelta(minutes=15)
CEILING = timedelta(seconds=60)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def wait(
    failures: int, last: datetime | None, *, ceiling: timedelta = CEILING
) -> float:
    return lockout.password_wait(
        failures, last, NOW, free=5, ceiling=ceiling
    ).total_seconds()


@pytest.mark.parametrize(
    ("failures", "waits"),
    [
        (0, 0),
        (4, 0),
        (5, 1),
        (6, 2),
        (7, 4),
        (8, 8),
        (10, 32),
        (11, 60),
        (12, 60),
        (10**9, 60),
    ],
)
def test_after_the_free_tries_the_wait_doubles_up_to_the_ceiling(
    failures: int, waits: int
) -> None:
    assert wait(failures, NOW) == waits


@pytest.mark.parametrize(
    ("ago", "waits"),
    [(0, 8), (3, 5), (7.5, 0.5), (8, 0), (3600, 0), (-3, 8), (-60, 8), (-61, 0)],
)
def test_the_wait_runs_from_the_last_failure(ago: float, waits: float) -> None:
    assert wait(8, NOW - seconds(ago)) == waits


def test_without_a_last_failure_nobody_waits() -> None:
    assert wait(99, None) == 0


def test_a_low_ceiling_holds_from_the_first_wait_on() -> None:
    assert wait(9, NOW, ceiling=seconds(5)) == 5


@given(
    failures=st.integers(0, 10_000),
    ago=st.timedeltas(timedelta(days=-400), timedelta(days=400)),
)
def test_no_wait_is_negative_or_above_the_ceiling(
    failures: int, ago: timedelta
) -> None:
    assert 0 <= wait(failures, NOW - ago) <= CEILING.total_seconds()


@pytest.mark.parametrize(
    ("total", "locked_until", "state"),
    [
        (0, None, FactorState(False)),
        (99, None, FactorState(False)),
        (10, NOW + seconds(1), FactorState(True, NOW + seconds(1))),
        (10, NOW, FactorState(False)),
        (10, NOW - seconds(1), FactorState(False)),
        (100, None, FactorState(True)),
        (100, NOW + LOCK, FactorState(True)),
        (101, NOW - LOCK, FactorState(True)),
    ],
)
def test_a_factor_is_locked_for_a_while_or_until_helped(
    total: int, locked_until: datetime | None, state: FactorState
) -> None:
    assert lockout.factor_state(total, locked_until, NOW, hard=100) == state


@pytest.mark.parametrize(
    ("state", "forever"),
    [
        (FactorState(False), False),
        (FactorState(True, NOW), False),
        (FactorState(True), True),
    ],
)
def test_only_a_lock_without_an_end_is_for_good(
    *, state: FactorState, forever: bool
) -> None:
    assert state.forever is forever


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((0, 0), (1, 1, None)),
        ((8, 8), (9, 9, None)),
        ((9, 9), (0, 10, NOW + LOCK)),
        ((9, 99), (0, 100, NOW + LOCK)),
        ((0, 10), (1, 11, None)),
        ((50, 50), (0, 51, NOW + LOCK)),
    ],
)
def test_every_tenth_failure_in_a_row_locks(
    before: tuple[int, int], after: tuple[int, int, datetime | None]
) -> None:
    counted = lockout.after_factor_failure(*before, NOW, soft=10, lock_for=LOCK)

    assert counted == after


@given(
    failures=st.integers(0, 300),
    soft=st.integers(1, 100),
    hard=st.integers(1, 100),
)
def test_guesses_evaluated_never_pass_the_limits(
    failures: int, soft: int, hard: int
) -> None:
    row, total, until, evaluated, now = 0, 0, None, 0, NOW
    for _ in range(failures):
        if lockout.factor_state(total, until, now, hard=hard).locked:
            break
        evaluated += 1
        row, total, locked = lockout.after_factor_failure(
            row, total, now, soft=soft, lock_for=LOCK
        )
        until = locked or until

    assert total == evaluated <= min(soft, hard)


@given(
    pauses=st.lists(st.timedeltas(timedelta(0), timedelta(hours=1)), max_size=200),
    soft=st.integers(1, 20),
)
def test_whoever_waits_gets_soft_tries_per_lock_and_hard_in_all(
    pauses: list[timedelta], soft: int
) -> None:
    row, total, until, now = 0, 0, None, NOW
    tried: list[datetime] = []
    for pause in pauses:
        now += pause
        if not lockout.factor_state(total, until, now, hard=100).locked:
            tried.append(now)
            row, total, locked = lockout.after_factor_failure(
                row, total, now, soft=soft, lock_for=LOCK
            )
            until = locked or until

    assert len(tried) <= 100
    for first, beyond in zip(tried, tried[soft:], strict=False):
        assert beyond - first >= LOCK


def test_a_clock_put_back_ten_minutes_does_not_double_the_lock() -> None:
    until = NOW + LOCK
    put_back = NOW - timedelta(minutes=10)
    state = lockout.factor_state(10, until, put_back, hard=100)

    assert state.until is not None
    assert state.until - put_back <= 2 * LOCK


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("host", "host"),
    ],
)
def test_a_network_of_ipv6_is_one_source(address: str, expected: str) -> None:
    assert lockout.one_source(address) == expected
