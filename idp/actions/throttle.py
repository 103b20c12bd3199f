"""Counting of guesses: per account, per account and source, and per source.

Guesses are weighed outside the database and **judged under the lock of their counter**:
a guess whose budget was used up in the meantime is not looked at. So N parallel guesses
count N times, no more are judged than the limit allows, and right answers in parallel
do not get in each other's way (SEC-116, SEC-122). The arithmetic is ``rules.lockout``.
"""

import math
from dataclasses import replace
from datetime import datetime
from datetime import timedelta

from sqlalchemy.engine import Connection

from idp.actions import refused
from idp.actions.verdicts import Verdict
from idp.actions.work import Work
from idp.errors import TooManyAttempts
from idp.rules import lockout
from idp.settings import Settings
from idp.store import attempts
from idp.store import password_attempts
from idp.store.rates import OFF
from idp.store.rates import SourceRate

OTHER_SOURCES_FREE = 25
"""Wrong passwords for an account from everywhere before other sources wait as well."""

OTHER_SOURCES_CEILING = timedelta(seconds=5)
"""The longest wait of a source that has not guessed itself (SEC-120)."""

START_WAIT_SECONDS = 60


def source_rate(settings: Settings) -> SourceRate:
    """Makes the counter of failures per source, unconnected; raises Misconfigured."""
    url = settings.valkey_url
    valkey = None if url is None else url.get_secret_value()
    return SourceRate(settings.source_rate or OFF, valkey)


def complaint(settings: Settings) -> str | None:
    """Says why each process counts alone, where Valkey should count for all."""
    return source_rate(settings).complaint()


def check_source(work: Work) -> None:
    """Refuses a source that failed too often lately (SEC-115); counts nothing."""
    work.let_go()  # Valkey may take its time
    source = lockout.one_source(work.origin.source)
    if not work.rates.allowed(source):
        wait = work.rates.retry_after(source)
        refused.count(work, refused.THROTTLE, "source rate")
        raise TooManyAttempts("source rate", retry_after=wait)


def count_source(work: Work) -> None:
    """Counts one failure of the source; successes are never counted."""
    work.let_go()
    work.rates.count(lockout.one_source(work.origin.source))


def count_verdict(work: Work, verdict: Verdict) -> None:
    """Counts a verdict against the source where it was a guess that failed."""
    if verdict.fault is not None and verdict.counted:
        count_source(work)


def count_start(work: Work) -> None:
    """Counts a login begun by a stranger; refuses beyond what a crowd would begin.

    Each is a row, so without a limit the disk is in everybody's hands (REL-067).
    """
    work.let_go()
    source = lockout.one_source(work.origin.source)
    if not work.rates.start(source):
        refused.count(work, refused.THROTTLE, "logins begun")
        raise TooManyAttempts("logins begun", retry_after=START_WAIT_SECONDS)


def password_keys(work: Work, account: str) -> tuple[str, str]:
    """Names the two budgets of a password guess: this source's, and everybody's.

    ``account`` is the account id, or the canonical name where there is no account, so
    that an unknown name is throttled like a known one (SEC-119, SEC-130).
    """
    address = lockout.one_source(work.origin.source)
    source = work.vault.mac(address.encode(), purpose="source").hex()[:32]
    name = work.vault.mac(account.encode(), purpose="attempts").hex()[:32]
    return f"password:{name}:{source}", f"password:{name}"


def password_wait(
    work: Work, own: attempts.Attempts | None, every: attempts.Attempts | None
) -> int:
    """Returns the whole seconds that this source has to wait, 0 when it may try."""
    waits = [
        _wait(
            work,
            own,
            free=work.settings.password_tries,
            ceiling=work.settings.password_delay_max,
        ),
        _wait(work, every, free=OTHER_SOURCES_FREE, ceiling=OTHER_SOURCES_CEILING),
    ]
    return math.ceil(max(waits).total_seconds())


def has_to_wait(work: Work, keys: tuple[str, str]) -> bool:
    """Tells whether this source has to wait before it may try an account again."""
    with work.reading() as db:
        own, every = password_attempts.find_two(db, keys)
    return password_wait(work, own, every) > 0


def _wait(
    work: Work,
    counted: attempts.Attempts | None,
    *,
    free: int,
    ceiling: timedelta,
) -> timedelta:
    if counted is None:
        return timedelta(0)
    return lockout.password_wait(
        counted.failures, counted.last_at, work.now, free=free, ceiling=ceiling
    )


def seconds_until(work: Work, moment: datetime | None) -> int | None:
    """Returns whole seconds from now until a moment, None where there is no end."""
    if moment is None:
        return None
    return max(1, math.ceil((moment - work.now).total_seconds()))


def count_failure(db: Connection, work: Work, counted: attempts.Attempts) -> None:
    """Counts one wrong password on a counter that the caller has locked."""
    failed = replace(
        counted,
        failures=counted.failures + 1,
        total=counted.total + 1,
        last_at=work.now,
    )
    password_attempts.save(db, failed)


def count_factor_failure(
    db: Connection, work: Work, counted: attempts.Attempts
) -> attempts.Attempts:
    """Counts one wrong code on a locked counter; locks the factor at the limits."""
    failures, total, until = lockout.after_factor_failure(
        counted.failures,
        counted.total,
        work.now,
        soft=work.settings.factor_tries,
        lock_for=work.settings.factor_lock,
    )
    if until is None:
        until = counted.locked_until
    failed = replace(
        counted, failures=failures, total=total, last_at=work.now, locked_until=until
    )
    attempts.save(db, failed)
    return failed
