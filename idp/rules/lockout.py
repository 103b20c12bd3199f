"""The arithmetic of guessing budgets: counters and the time in, waits and locks out.

Passwords slow down and never lock; the second factor locks for a while, and at a high
total until an administrator helps (SEC-115 to SEC-121). Counters live in ``store``.
"""

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from ipaddress import ip_address
from ipaddress import ip_network

from idp.rules.moments import CLOCKS_MAY_DIFFER

NO_WAIT = timedelta(0)
MOST_DOUBLINGS = 32


@dataclass(frozen=True, slots=True)
class FactorState:
    """Whether the second factor is locked, and until when; None means until helped."""

    locked: bool
    until: datetime | None = None

    @property
    def forever(self) -> bool:
        """Tells whether only an administrator can unlock."""
        return self.locked and self.until is None


def one_source(address: str) -> str:
    """Returns what counts as one source: an address, or the /64 of an IPv6 one.

    Whoever has one IPv6 address has the other 2^64 beside it as well.
    """
    try:
        read = ip_address(address)
    except ValueError:
        return address
    if read.version == 4:
        return str(read)
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(ip_network((read, 64), strict=False))


def password_wait(
    failures: int,
    last_failure: datetime | None,
    now: datetime,
    *,
    free: int,
    ceiling: timedelta,
) -> timedelta:
    """Returns the wait before the next try: 1, 2, 4 … s after ``free`` failures.

    Counted from the last failure. With the clock put back nobody waits more than a
    minute longer (REL-030): a failure further ahead lets one more guess in, which is
    counted at its own time. Closer ones are those of another machine (REL-032).
    """
    if failures < free or last_failure is None:
        return NO_WAIT
    if last_failure - now > CLOCKS_MAY_DIFFER:
        return NO_WAIT
    doublings = min(failures - free, MOST_DOUBLINGS)
    wait = min(timedelta(seconds=2**doublings), ceiling)
    return min(max(last_failure + wait - now, NO_WAIT), wait)


def factor_state(
    total: int, locked_until: datetime | None, now: datetime, *, hard: int
) -> FactorState:
    """Reads the lock of a second factor; a ``total`` of ``hard`` locks for good.

    With the clock put back by less than the lock's length it lasts less than twice that
    long (REL-030).
    """
    if total >= hard:
        return FactorState(True)
    if locked_until is not None and now < locked_until:
        return FactorState(True, locked_until)
    return FactorState(False)


def after_factor_failure(
    failures: int, total: int, now: datetime, *, soft: int, lock_for: timedelta
) -> tuple[int, int, datetime | None]:
    """Counts one failure: every ``soft`` of them in a row lock for ``lock_for``.

    Returns failures in a row (begun afresh by a lock), failures in all, and the end of
    the lock that this one sets, or None.
    """
    failures, total = failures + 1, total + 1
    if failures >= soft:
        return 0, total, now + lock_for
    return failures, total, None
