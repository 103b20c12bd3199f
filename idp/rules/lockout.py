"""The arithmetic of guessing budgets: counters and the time in, waits and locks out.

Passwords slow down and never lock; the second factor locks for a while, and at a high
total until an administrator helps (SEC-115 to SEC-121). Counters live in ``store``.
"""

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

NO_WAIT = timedelta(0)


@dataclass(frozen=True, slots=True)
class FactorState:
    """Whether the second factor is locked, and until when; None means until helped."""

    locked: bool
    until: datetime | None = None

    @property
    def forever(self) -> bool:
        """Tells whether only an administrator can unlock."""
        return self.locked and self.until is None


def password_wait(
    failures: int,
    last_failure: datetime | None,
    now: datetime,
    *,
    free: int,
    ceiling: timedelta,
) -> timedelta:
    """Returns how long to wait before the next try: 1, 2, 4 … s after ``free`` failures.

    With the clock put back nobody waits longer than the wait itself (REL-030).
    """
    if failures < free or last_failure is None:
        return NO_WAIT
    doublings = min(failures - free, 32)
    wait = min(timedelta(seconds=2**doublings), ceiling)
    return min(max(last_failure + wait - now, NO_WAIT), wait)


def factor_state(
    failures: int,
    total: int,
    locked_until: datetime | None,
    now: datetime,
    *,
    soft: int,
    hard: int,
) -> FactorState:
    """Reads the lock of a second factor; either limit is enough to lock."""
    if total >= hard:
        return FactorState(True)
    if locked_until is not None and now < locked_until:
        return FactorState(True, locked_until)
    return FactorState(False)


def after_factor_failure(
    failures: int,
    total: int,
    now: datetime,
    *,
    soft: int,
    hard: int,
    lock_for: timedelta,
) -> tuple[int, int, datetime | None]:
    """Counts one failure: every ``soft`` of them in a row lock for ``lock_for``."""
    failures, total = failures + 1, total + 1
    if failures >= soft:
        return 0, total, now + lock_for
    return failures, total, None
