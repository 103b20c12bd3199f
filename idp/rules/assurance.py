"""What we say was proved: the one place that derives ``acr``, ``amr``, ``auth_time``.

Every token, page and audit line that states a level gets it from ``describe``. Nothing
here decides what is enough; that is ``policy``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

from idp.rules.factors import SECOND_FACTORS
from idp.rules.factors import Factor
from idp.rules.factors import Level
from idp.rules.factors import Proof
from idp.rules.factors import Proofs
from idp.rules.factors import latest_first
from idp.rules.moments import CLOCKS_MAY_DIFFER

ACR = {Level.NONE: "", Level.PWD: "pwd", Level.MFA: "mfa"}
"""The name of each level in ``acr``; ``NONE`` is never put into a token."""

LEVEL_OF_ACR = {"pwd": Level.PWD, "mfa": Level.MFA}

AMR_OF_SECOND_FACTOR = {
    Factor.TOTP: ("pwd", "otp", "mfa"),
    Factor.BACKUP_CODE: ("pwd", "mfa", "backup_code"),
}
"""``pwd``, ``otp``, ``mfa`` are RFC 8176 values; ``backup_code`` is ours (SEC-054)."""


@dataclass(frozen=True, slots=True)
class Assurance:
    """What may be stated about a session; ``moment`` is ``auth_time`` unrounded."""

    level: Level
    acr: str
    amr: tuple[str, ...]
    moment: datetime | None

    @property
    def auth_time(self) -> datetime | None:
        """The whole second of the last factor event of the level reported."""
        return None if self.moment is None else self.moment.replace(microsecond=0)


NOTHING = Assurance(Level.NONE, ACR[Level.NONE], (), None)


def with_proof(
    proofs: Proofs, factor: Factor, now: datetime, *, after: Iterable[datetime] = ()
) -> Proofs:
    """Returns the proofs of a login in which a factor has just been checked.

    A password starts afresh. The moment is no earlier than what it followed: the other
    proofs and ``after``, when the login began and its request arrived. The machine that
    noted these may be a little ahead (REL-032), and a code would seem older than its
    password. What lies further ahead was noted by a clock that was wrong, and does not
    count.
    """
    noted = [*after, *(proof.at for proof in proofs)]
    latest = now + CLOCKS_MAY_DIFFER
    moment = max([now, *(at for at in noted if at <= latest)])
    kept = () if factor is Factor.PASSWORD else proofs
    return (*kept, Proof(factor, moment))


def counting(proofs: Iterable[Proof], now: datetime) -> Proofs:
    """Returns the proofs that count at ``now``, the latest first.

    A password proof starts afresh: whatever was proved before the latest password does
    not count any more, so that an old code never makes a new password look like fresh
    MFA. Proofs from the future do not count either (SEC-101), but what a machine took a
    moment ago whose clock is a little ahead (REL-032).
    """
    latest = now + CLOCKS_MAY_DIFFER
    past = [proof for proof in latest_first(proofs) if proof.at <= latest]
    for index, proof in enumerate(past):
        if proof.factor is Factor.PASSWORD:
            return tuple(past[: index + 1])
    return ()


def second_factor(
    proofs: Iterable[Proof],
    now: datetime,
    *,
    accepts: frozenset[Factor] = SECOND_FACTORS,
    younger_than: timedelta | None = None,
) -> Proof | None:
    """Finds the latest second factor that counts, is accepted and is young enough."""
    for proof in counting(proofs, now):
        fresh = younger_than is None or now - proof.at < younger_than
        if proof.factor in accepts and fresh:
            return proof
    return None


def describe(
    proofs: Iterable[Proof],
    now: datetime,
    *,
    freshness: timedelta | None = None,
    accepts: frozenset[Factor] = SECOND_FACTORS,
) -> Assurance:
    """Says which level was proved, how, and when (SEC-095, SEC-096, SEC-102).

    ``freshness`` is the age at which a second factor stops counting (SEC-105): the
    level falls back to ``pwd``, and ``auth_time`` to that of the password. So it does
    for whoever accepts only some second factors and was shown none of these (SEC-054).
    """
    valid = counting(proofs, now)
    if not valid:
        return NOTHING
    second = second_factor(valid, now, accepts=accepts, younger_than=freshness)
    if second is None:
        return Assurance(Level.PWD, "pwd", ("pwd",), valid[-1].at)
    amr = AMR_OF_SECOND_FACTOR[second.factor]
    return Assurance(Level.MFA, "mfa", amr, second.at)
