"""Who must prove what, now: the one decision on authentication.

``next_step`` is asked at every door: on each page of a login, before a code is issued,
when it is redeemed, on refresh, and by every page that wants a fresh factor. It is a
pure function of values; loading them is ``actions.facts``. Consent is not decided here.
"""

import enum
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta

from idp.rules.assurance import counting
from idp.rules.assurance import describe
from idp.rules.assurance import second_factor
from idp.rules.factors import SECOND_FACTORS
from idp.rules.factors import Factor
from idp.rules.factors import Level
from idp.rules.factors import Proofs


class Step(enum.Enum):
    """What happens next; the first six are decided here, the rest by actions."""

    PASSWORD = "password"
    NEW_PASSWORD = "new_password"
    SECOND_FACTOR = "second_factor"
    ENROL = "enrol"
    REFUSED = "refused"
    DONE = "done"
    SELECT_ACCOUNT = "select_account"
    BACKUP_CODES = "backup_codes"
    NOTICE = "notice"
    CONSENT = "consent"


class Reason(enum.Enum):
    """Why that step: for logs, tests and protocol errors, not for pages."""

    NO_SESSION = "no_session"
    OTHER_SUBJECT = "other_subject"
    INACTIVE = "inactive"
    TOO_OLD = "too_old"
    PROMPTED = "prompted"
    FORCED = "forced"
    LOCKED = "locked"
    LEVEL = "level"
    ENROLLED = "enrolled"
    REQUIRED = "required"
    NOT_ACCEPTED = "not_accepted"
    NOT_ENROLLED = "not_enrolled"
    UNMET = "unmet"
    SATISFIED = "satisfied"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Demand:
    """What somebody asks for: an authorization request, a page, a redemption.

    ``max_age`` bounds the age of the authentication as a whole; ``since`` does the same
    with a fixed moment, so that a request is not outrun by the typing that it asked
    for. ``second_factor_age`` bounds the second factor alone, ``not_before`` wants a
    password proved since then, and ``enrol_since`` does where a device is set up.
    """

    level: Level = Level.PWD
    max_age: timedelta | None = None
    since: datetime | None = None
    not_before: datetime | None = None
    subject: str | None = None
    accepts: frozenset[Factor] = SECOND_FACTORS
    second_factor_age: timedelta | None = None
    may_enrol: bool = True
    enrol_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What the decision knows of a person; ``mfa_required`` is the effective rule."""

    id: str
    active: bool
    enrolled: bool
    mfa_required: bool
    must_change_password: bool = False
    second_factor_locked: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The next step and why."""

    step: Step
    reason: Reason


@dataclass(frozen=True, slots=True)
class Requirement:
    """Whether MFA is required of somebody, and by which rules (``because``)."""

    required: bool
    because: tuple[str, ...]


def next_step(
    demand: Demand, account: Account | None, proofs: Proofs, now: datetime
) -> Decision:
    """Decides what must be proved next (``architecture.md`` 4.1, SEC-002, SEC-003)."""
    if account is None:
        return Decision(Step.PASSWORD, Reason.NO_SESSION)
    if demand.subject is not None and demand.subject != account.id:
        return Decision(Step.PASSWORD, Reason.OTHER_SUBJECT)
    if not account.active:
        return Decision(Step.REFUSED, Reason.INACTIVE)
    return (
        _password_due(demand, proofs, now)
        or _new_password_due(account)
        or _second_factor_due(demand, account, proofs, now)
        or Decision(Step.DONE, Reason.SATISFIED)
    )


def requires_mfa(
    *, organisation: str, roles: tuple[str, ...], user: bool, client: str | None
) -> Requirement:
    """Joins the four scopes; the strictest wins, none weakens another (SEC-080, 087).

    ``organisation`` is the policy word, ``roles`` the names of the person's roles that
    require MFA (by flag or by holding a permission), ``client`` the id of a client that
    demands it, if one is the context.
    """
    because = ["organisation"] if organisation == "required" else []
    because += [f"role:{name}" for name in sorted(roles)]
    if user:
        because.append("user")
    if client is not None:
        because.append(f"client:{client}")
    return Requirement(bool(because), tuple(because))


def stricter(first: Demand, second: Demand) -> Demand:
    """Joins two demands so that neither loses anything (SEC-097)."""
    return Demand(
        level=max(first.level, second.level),
        max_age=_smaller(first.max_age, second.max_age),
        since=_later(first.since, second.since),
        not_before=_later(first.not_before, second.not_before),
        subject=first.subject if first.subject is not None else second.subject,
        accepts=first.accepts & second.accepts,
        second_factor_age=_smaller(first.second_factor_age, second.second_factor_age),
        may_enrol=first.may_enrol and second.may_enrol,
        enrol_since=_later(first.enrol_since, second.enrol_since),
    )


def mfa_change(sudo_freshness: timedelta) -> Demand:
    """Demands what a change of one's own MFA needs: a fresh authenticator code."""
    return Demand(
        level=Level.MFA, max_age=sudo_freshness, accepts=frozenset({Factor.TOTP})
    )


def admin_write(sudo_freshness: timedelta) -> Demand:
    """Demands what an administrative write needs: MFA, proved just now (SEC-261)."""
    return Demand(level=Level.MFA, max_age=sudo_freshness)


def second_factor_setup(sudo_freshness: timedelta) -> Demand:
    """Demands what enabling or replacing one's own second factor needs.

    Everything that the account has, proved just now; a backup code will do, because it
    is what is left when the device is gone (SEC-060).
    """
    return Demand(level=Level.MFA, max_age=sudo_freshness)


ACCOUNT_PAGE = Demand(level=Level.PWD)
ADMIN_READ = Demand(level=Level.MFA)


def redeem(demand: Demand) -> Demand:
    """Keeps of a demand what holds after issue too, with no tie to now (SEC-193).

    The second factor has to have been fresh when the code was issued, so the decision
    is asked for that moment: what a token says was true then.
    """
    return replace(demand, max_age=None, since=None, not_before=None)


def _password_due(demand: Demand, proofs: Proofs, now: datetime) -> Decision | None:
    valid = counting(proofs, now)
    if not valid:
        return Decision(Step.PASSWORD, Reason.NO_SESSION)
    if demand.not_before is not None and valid[-1].at < demand.not_before:
        return Decision(Step.PASSWORD, Reason.PROMPTED)
    by_age = None if demand.max_age is None else now - demand.max_age
    oldest = _later(by_age, demand.since)
    age, accepts = demand.second_factor_age, demand.accepts
    stated = describe(valid, now, freshness=age, accepts=accepts).moment
    if oldest is not None and (stated is None or stated < oldest):
        return Decision(Step.PASSWORD, Reason.TOO_OLD)
    return None


def _new_password_due(account: Account) -> Decision | None:
    if account.must_change_password:
        return Decision(Step.NEW_PASSWORD, Reason.FORCED)
    return None


def _second_factor_due(
    demand: Demand, account: Account, proofs: Proofs, now: datetime
) -> Decision | None:
    reason = _missing_second_factor(demand, account, proofs, now)
    if reason is None:
        return None
    if account.enrolled and account.second_factor_locked:
        return Decision(Step.REFUSED, Reason.LOCKED)
    if account.enrolled:
        return Decision(Step.SECOND_FACTOR, reason)
    if demand.may_enrol or account.mfa_required:
        return _enrolment(demand, proofs, now)
    return Decision(Step.REFUSED, Reason.UNMET)


def _enrolment(demand: Demand, proofs: Proofs, now: datetime) -> Decision:
    """Sets a first device up only for who has just given the password (SEC-060).

    Whoever finds somebody's browser open must not make a device of theirs the owner's.
    """
    password = counting(proofs, now)[-1]
    if demand.enrol_since is not None and password.at < demand.enrol_since:
        return Decision(Step.PASSWORD, Reason.TOO_OLD)
    return Decision(Step.ENROL, Reason.NOT_ENROLLED)


def _missing_second_factor(
    demand: Demand, account: Account, proofs: Proofs, now: datetime
) -> Reason | None:
    """Names why a second factor is due, or None when none is.

    Where MFA is required or demanded the factor must be fresh. Whoever is enrolled by
    choice is asked once in a session (SEC-081); after the freshness limit that session
    goes on, but tokens say ``pwd`` (SEC-105). Whoever must have a second factor and has
    none any more enrols, whatever the session once proved with it (SEC-084).
    """
    if account.mfa_required and not account.enrolled:
        return Reason.REQUIRED
    demanded = demand.level >= Level.MFA
    needed = demanded or account.mfa_required
    if not needed and not account.enrolled:
        return None
    age = demand.second_factor_age if needed else None
    accepts = demand.accepts
    if second_factor(proofs, now, accepts=accepts, younger_than=age) is not None:
        return None
    if second_factor(proofs, now, younger_than=age) is not None:
        return Reason.NOT_ACCEPTED
    if demanded:
        return Reason.LEVEL
    return Reason.REQUIRED if account.mfa_required else Reason.ENROLLED


def _smaller(first: timedelta | None, second: timedelta | None) -> timedelta | None:
    given = [age for age in (first, second) if age is not None]
    return min(given) if given else None


def _later(first: datetime | None, second: datetime | None) -> datetime | None:
    given = [moment for moment in (first, second) if moment is not None]
    return max(given) if given else None
