"""The one loader of what policy asks: a person's account and a client's demand.

Reads rows and turns them into the values of ``rules.policy``; every action that asks
``next_step`` gets its arguments here. It writes nothing and decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from datetime import timedelta

from sqlalchemy.engine import Connection

from idp.actions import rights
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import TransactionGone
from idp.rules import acr
from idp.rules import assurance
from idp.rules import lockout
from idp.rules import policy
from idp.rules.factors import SECOND_FACTORS
from idp.rules.factors import Factor
from idp.rules.factors import Level
from idp.rules.factors import Proofs
from idp.rules.requests import AuthorizationRequest
from idp.store import attempts
from idp.store import people
from idp.store import users
from idp.store.authenticators import TotpCredential
from idp.store.clients import Client
from idp.store.organisation import Policy
from idp.store.roles import Role
from idp.store.users import UserRow

FACTOR_BUDGET = "factor:"
"""How the names of the budgets of second factors begin; they do not lapse with time."""

LONGEST_AGE = 10**9
"""Seconds; a ``max_age`` beyond it (31 years) is as good as none."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person as the decision sees them, with the rows it was read from."""

    user: UserRow
    roles: tuple[Role, ...]
    totp: TotpCredential | None
    lock: lockout.FactorState
    requirement: policy.Requirement
    organisation: Policy

    @property
    def permissions(self) -> frozenset[str]:
        """The rights of administration that the person holds through roles, now."""
        return rights.of_roles(self.roles)

    @property
    def account(self) -> policy.Account:
        """The value that ``next_step`` takes."""
        return policy.Account(
            id=self.user.id,
            active=self.user.active and not self.user.deleted,
            enrolled=self.totp is not None,
            mfa_required=self.requirement.required,
            must_change_password=self.user.must_change_password,
            second_factor_locked=self.lock.locked,
        )


def factor_key(user_id: str) -> str:
    """Names the budget that all second factors of one account share (SEC-051, 115)."""
    return f"{FACTOR_BUDGET}{user_id}"


def load_person(db: Connection, work: Work, user_id: str) -> Person | None:
    """Loads a person with everything the decision needs; None when there is no such.

    The requirement is the strictest of organisation, roles and user (SEC-080, SEC-087).
    """
    found = people.find_person(db, user_id, factor_key=factor_key(user_id))
    return None if found is None else person_of(work, found)


def lock_person(db: Connection, work: Work, user_id: str) -> Person | None:
    """Keeps other writers off a person until the block ends, and then loads them."""
    users.hold_user(db, user_id)
    return load_person(db, work, user_id)


def load_people(db: Connection, work: Work, ids: Sequence[str]) -> dict[str, Person]:
    """Loads many people in one statement, by id; unknown ids are left out."""
    found = people.find_people(db, ids, factor_budget=FACTOR_BUDGET)
    return {user_id: person_of(work, rows) for user_id, rows in found.items()}


def person_of(work: Work, found: people.PersonRows) -> Person:
    """Makes a person of the rows about them."""
    return Person(
        user=found.user,
        roles=found.roles,
        totp=found.totp,
        lock=factor_state(work, found.factor_attempts),
        requirement=policy.requires_mfa(
            organisation=found.policy.mfa,
            roles=tuple(role.name for role in found.roles if demands_mfa(role)),
            user=found.user.mfa_required,
            client=None,
        ),
        organisation=found.policy,
    )


def username_of(db: Connection, user_id: str | None) -> str | None:
    """Returns the name somebody signs in with, for display."""
    user = users.find_user(db, user_id) if user_id else None
    return user.username if user else None


def subject_of(db: Connection, user_id: str) -> Subject:
    """Returns somebody as the one whom an audit record is about."""
    return Subject("user", user_id, username_of(db, user_id))


def demands_mfa(role: Role) -> bool:
    """Tells whether a role requires MFA: it says so, or it holds a permission."""
    return role.mfa_required or bool(role.permissions)


def factor_state(work: Work, counted: attempts.Attempts | None) -> lockout.FactorState:
    """Reads the lock of the second factor from its counters."""
    return lockout.factor_state(
        counted.total if counted else 0,
        counted.locked_until if counted else None,
        work.now,
        hard=work.settings.factor_tries_total,
    )


def require_person(db: Connection, work: Work, user_id: str) -> Person:
    """Loads a person with an active account; raises TransactionGone otherwise."""
    person = load_person(db, work, user_id)
    if person is None or not person.account.active:
        raise TransactionGone("this account has ended")
    return person


def client_demand(
    work: Work, client: Client, *, enrol_during_step_up: bool
) -> policy.Demand:
    """Turns a client's settings into a demand that no request can lower (SEC-097)."""
    ages = [work.settings.mfa_freshness]
    if client.max_factor_age is not None:
        ages.append(client.max_factor_age)
    level = Level.MFA if _has_minimum(client) and client.min_acr != "pwd" else Level.PWD
    accepts = SECOND_FACTORS
    if not client.accept_backup_codes:
        accepts = accepts - {Factor.BACKUP_CODE}
    return policy.Demand(
        level=level,
        accepts=accepts,
        second_factor_age=min(ages),
        may_enrol=enrol_during_step_up,
    )


def _has_minimum(client: Client) -> bool:
    """Tells whether a client has a minimum level; an age of the factor implies one."""
    return client.min_acr is not None or client.max_factor_age is not None


def page_demand(demand: policy.Demand, person: Person | None) -> policy.Demand:
    """Turns the demand of a page of ours into one for this person.

    Where the organisation has switched MFA off, nobody enrols of their own accord; who
    must or already has is asked all the same.
    """
    if person is None or person.organisation.mfa != "disabled":
        return demand
    return replace(demand, may_enrol=False)


def request_demand(
    work: Work,
    request: AuthorizationRequest,
    client: Client,
    person: Person | None,
    *,
    proofs: Proofs,
) -> policy.Demand | None:
    """Turns a request into a demand; None when nothing it asks for can be met.

    ``max_age`` becomes a fixed moment, so that the typing it asks for cannot outrun it.
    Without a person nothing is known of what can be reached; the answer is then good
    enough to ask for the password, after which it is made again.
    """
    may_enrol = True if person is None else person.organisation.enrol_during_step_up
    base = client_demand(work, client, enrol_during_step_up=may_enrol)
    proved = assurance.second_factor(
        proofs, work.now, accepts=base.accepts, younger_than=base.second_factor_age
    )
    level = acr.asked_level(
        request.acr_values,
        aliases=work.settings.acr_aliases,
        reach=_reach(person, proved=proved is not None),
        essential=request.acr_essential or _has_minimum(client),
    )
    if level is None:
        return None
    asked = policy.Demand(
        level=level,
        since=_since(request),
        not_before=request.arrived_at if prompts_again(request) else None,
        subject=request.subject,
    )
    return policy.stricter(base, asked)


def prompts_again(request: AuthorizationRequest) -> bool:
    """Tells whether the request wants the factors again, whatever the session has."""
    return "login" in request.prompt or request.max_age == 0


def _since(request: AuthorizationRequest) -> datetime | None:
    if request.max_age is None:
        return None
    return request.arrived_at - timedelta(seconds=min(request.max_age, LONGEST_AGE))


def _reach(person: Person | None, *, proved: bool) -> acr.Reach:
    """Says what asking leads to; what is proved already needs no asking.

    A lock ends no finished session, so it takes nothing from one either.
    """
    if person is None:
        return acr.Reach(second_factor=True, enrolment=True)
    account = person.account
    may_enrol = person.organisation.enrol_during_step_up or account.mfa_required
    return acr.Reach(
        second_factor=proved or (account.enrolled and not account.second_factor_locked),
        enrolment=not account.enrolled and may_enrol,
    )
