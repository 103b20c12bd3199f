"""The one decision, by the row (``security.md`` 0.2, ``interface.md`` section 1).

``5P 3T 1B`` is a password five minutes ago, a code of the app three minutes ago and a
backup code one minute ago; a minus sign is a moment that has not come yet.
"""

from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st

from idp.rules import policy
from idp.rules.assurance import describe
from idp.rules.assurance import with_proof
from idp.rules.factors import SECOND_FACTORS
from idp.rules.factors import Factor
from idp.rules.factors import Level
from idp.rules.factors import Proof
from idp.rules.factors import Proofs
from idp.rules.moments import CLOCKS_MAY_DIFFER
from idp.rules.policy import Account
from idp.rules.policy import Decision
from idp.rules.policy import Demand
from idp.rules.policy import Reason
from idp.rules.policy import Requirement
from idp.rules.policy import Step

NOW = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
FACTORS = {"P": Factor.PASSWORD, "T": Factor.TOTP, "B": Factor.BACKUP_CODE}
TOTP_ONLY = frozenset({Factor.TOTP})

# who it is: enrolled or not, by choice or because a rule requires it
PLAIN = Account("mia", active=True, enrolled=False, mfa_required=False)
REQUIRED = replace(PLAIN, mfa_required=True)
BY_CHOICE = replace(PLAIN, enrolled=True)
ENROLLED = replace(BY_CHOICE, mfa_required=True)

# what is asked
ANY = Demand()
MFA = Demand(level=Level.MFA)
NO_ENROLMENT = Demand(level=Level.MFA, may_enrol=False)
APP_ONLY = Demand(level=Level.MFA, accepts=TOTP_ONLY)

DONE = (Step.DONE, Reason.SATISFIED)
ENROL = (Step.ENROL, Reason.NOT_ENROLLED)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def proofs(story: str) -> Proofs:
    return tuple(
        Proof(FACTORS[word[-1]], NOW - minutes(float(word[:-1])))
        for word in story.split()
    )


def step(demand: Demand, account: Account | None, story: str) -> tuple[Step, Reason]:
    decision = policy.next_step(demand, account, proofs(story), NOW)
    return decision.step, decision.reason


# --- who it is


@pytest.mark.parametrize("demand", [ANY, MFA, Demand(subject="mia")])
@pytest.mark.parametrize("story", ["", "5P", "5P 3T"])
def test_nobody_is_asked_for_a_password(demand: Demand, story: str) -> None:
    assert step(demand, None, story) == (Step.PASSWORD, Reason.NO_SESSION)


@pytest.mark.parametrize("account", [PLAIN, ENROLLED, replace(PLAIN, active=False)])
def test_somebody_else_than_the_demanded_person_signs_in(account: Account) -> None:
    decided = step(Demand(subject="ben"), account, "5P 3T")
    assert decided == (Step.PASSWORD, Reason.OTHER_SUBJECT)


def test_the_demanded_person_goes_on() -> None:
    assert step(Demand(subject="mia"), ENROLLED, "5P 3T") == DONE


@pytest.mark.parametrize("story", ["", "5P", "5P 3T"])
@pytest.mark.parametrize("account", [PLAIN, ENROLLED])
@pytest.mark.parametrize("demand", [ANY, MFA])
def test_a_disabled_account_is_refused_whatever_was_proved(
    story: str, account: Account, demand: Demand
) -> None:
    disabled = replace(account, active=False)
    assert step(demand, disabled, story) == (Step.REFUSED, Reason.INACTIVE)


# --- the password


@pytest.mark.parametrize("story", ["", "3T", "3B", "-2P", "3T -2P"])
@pytest.mark.parametrize("account", [PLAIN, ENROLLED])
def test_the_password_comes_first(story: str, account: Account) -> None:
    assert step(ANY, account, story) == (Step.PASSWORD, Reason.NO_SESSION)


PROMPTED = (Step.PASSWORD, Reason.PROMPTED)
TOO_OLD = (Step.PASSWORD, Reason.TOO_OLD)


@pytest.mark.parametrize(
    ("story", "account", "decided"),
    [
        ("11P", PLAIN, PROMPTED),
        ("10P", PLAIN, DONE),
        ("9P", PLAIN, DONE),
        # a new code after an old password is not what was asked
        ("11P 1T", ENROLLED, PROMPTED),
        ("9P 1T", ENROLLED, DONE),
        # an old code before the new password is worth nothing
        ("20P 15T 9P", ENROLLED, (Step.SECOND_FACTOR, Reason.REQUIRED)),
    ],
)
def test_a_prompt_wants_password_and_code_since_then(
    story: str, account: Account, decided: tuple[Step, Reason]
) -> None:
    demand = Demand(not_before=NOW - minutes(10))
    assert step(demand, account, story) == decided


# what was proved, by whom, and whether it is older than ten minutes
AGED = [
    ("9P", PLAIN, DONE),
    ("10P", PLAIN, DONE),
    ("10.01P", PLAIN, TOO_OLD),
    ("90P 9T", ENROLLED, DONE),
    ("90P 10T", ENROLLED, DONE),
    ("90P 11T", ENROLLED, TOO_OLD),
    ("90P 80T 1P", ENROLLED, (Step.SECOND_FACTOR, Reason.REQUIRED)),
    ("90P 80T -2T", ENROLLED, TOO_OLD),
]


@pytest.mark.parametrize(
    "demand",
    [Demand(max_age=minutes(10)), Demand(since=NOW - minutes(10))],
    ids=["by age", "by moment"],
)
@pytest.mark.parametrize(("story", "account", "decided"), AGED)
def test_what_is_too_old_is_asked_again_from_the_password_on(
    demand: Demand, story: str, account: Account, decided: tuple[Step, Reason]
) -> None:
    assert step(demand, account, story) == decided


@pytest.mark.parametrize(
    ("max_age", "since", "decided"),
    [(10, 3, TOO_OLD), (3, 10, TOO_OLD), (10, 10, DONE), (5, 5, DONE)],
)
def test_of_an_age_and_a_moment_the_stricter_binds(
    max_age: float, since: float, decided: tuple[Step, Reason]
) -> None:
    demand = Demand(max_age=minutes(max_age), since=NOW - minutes(since))
    assert step(demand, PLAIN, "5P") == decided


@pytest.mark.parametrize(
    ("demand", "story"),
    [
        # the token would tell of the old code, because no backup code is accepted
        (Demand(accepts=TOTP_ONLY), "90P 80T 1B"),
        # the token would fall back to the old password
        (Demand(second_factor_age=minutes(1)), "90P 1T"),
    ],
)
def test_the_age_is_that_of_the_authentication_a_token_would_tell(
    demand: Demand, story: str
) -> None:
    asked = replace(demand, max_age=minutes(10))
    assert step(asked, BY_CHOICE, story) == TOO_OLD


def test_a_password_that_must_be_changed_comes_before_the_second_factor() -> None:
    forced = replace(ENROLLED, must_change_password=True)
    decided = (Step.NEW_PASSWORD, Reason.FORCED)
    assert step(MFA, forced, "5P") == decided
    assert step(MFA, forced, "5P 3T") == decided
    assert step(MFA, forced, "") == (Step.PASSWORD, Reason.NO_SESSION)


# --- the second factor: the table of security.md 0.2


def due(reason: Reason) -> tuple[Step, Reason]:
    return Step.SECOND_FACTOR, reason


@pytest.mark.parametrize(
    ("demand", "account", "story", "decided"),
    [
        # optional and none: a password will do
        (ANY, PLAIN, "5P", DONE),
        # optional and enrolled: may enrol, never may skip
        (ANY, BY_CHOICE, "5P", due(Reason.ENROLLED)),
        (ANY, BY_CHOICE, "5P 3T", DONE),
        (ANY, BY_CHOICE, "5P 3B", DONE),
        (ANY, BY_CHOICE, "5P 3T 1P", due(Reason.ENROLLED)),
        # required and none: enrol, and nothing else
        (ANY, REQUIRED, "5P", ENROL),
        (NO_ENROLMENT, REQUIRED, "5P", ENROL),
        (ANY, REQUIRED, "5P 3T", ENROL),
        (MFA, REQUIRED, "5P 3B", ENROL),
        # required and enrolled
        (ANY, ENROLLED, "5P", due(Reason.REQUIRED)),
        (ANY, ENROLLED, "5P 3T", DONE),
        (ANY, ENROLLED, "5P 3B", DONE),
        # demanded: by a client, a request or a page
        (MFA, PLAIN, "5P", ENROL),
        (NO_ENROLMENT, PLAIN, "5P", (Step.REFUSED, Reason.UNMET)),
        (MFA, BY_CHOICE, "5P", due(Reason.LEVEL)),
        (MFA, ENROLLED, "5P", due(Reason.LEVEL)),
        (NO_ENROLMENT, ENROLLED, "5P", due(Reason.LEVEL)),
        (MFA, ENROLLED, "5P 3B", DONE),
        (MFA, PLAIN, "5P 3T", DONE),
        # where a backup code is not accepted
        (APP_ONLY, ENROLLED, "5P 3B", due(Reason.NOT_ACCEPTED)),
        (replace(ANY, accepts=TOTP_ONLY), BY_CHOICE, "5P 3B", due(Reason.NOT_ACCEPTED)),
        (APP_ONLY, ENROLLED, "5P 3T 1B", DONE),
        (APP_ONLY, ENROLLED, "5P 3B 1T", DONE),
        (APP_ONLY, ENROLLED, "5P", due(Reason.LEVEL)),
    ],
)
def test_after_the_password(
    demand: Demand, account: Account, story: str, decided: tuple[Step, Reason]
) -> None:
    assert step(demand, account, story) == decided


@pytest.mark.parametrize(
    ("demand", "account", "story", "decided"),
    [
        (ANY, ENROLLED, "90P 59T", DONE),
        (ANY, ENROLLED, "90P 60T", due(Reason.REQUIRED)),
        (MFA, BY_CHOICE, "90P 59T", DONE),
        (MFA, BY_CHOICE, "90P 60T", due(Reason.LEVEL)),
        (APP_ONLY, ENROLLED, "90P 60T 1B", due(Reason.NOT_ACCEPTED)),
        (APP_ONLY, ENROLLED, "90P 60B", due(Reason.LEVEL)),
        # by choice and not demanded: the session goes on, at `pwd`
        (ANY, BY_CHOICE, "90P 60T", DONE),
        (ANY, BY_CHOICE, "90P", due(Reason.ENROLLED)),
    ],
)
def test_a_factor_that_is_needed_must_be_younger_than_the_limit(
    demand: Demand, account: Account, story: str, decided: tuple[Step, Reason]
) -> None:
    asked = replace(demand, second_factor_age=minutes(60))
    assert step(asked, account, story) == decided


LOCKED = (Step.REFUSED, Reason.LOCKED)


@pytest.mark.parametrize(
    ("demand", "account", "story", "decided"),
    [
        (ANY, BY_CHOICE, "5P", LOCKED),
        (ANY, ENROLLED, "5P", LOCKED),
        (MFA, ENROLLED, "5P", LOCKED),
        (APP_ONLY, ENROLLED, "5P 3B", LOCKED),
        # a lock ends no session that was finished before
        (MFA, ENROLLED, "5P 3T", DONE),
        # the lock is seen after the right password only
        (MFA, ENROLLED, "", (Step.PASSWORD, Reason.NO_SESSION)),
        # what is left over from an earlier enrolment bars nobody from a new one
        (MFA, REQUIRED, "5P", ENROL),
    ],
)
def test_a_locked_second_factor_is_refused_where_it_is_due(
    demand: Demand, account: Account, story: str, decided: tuple[Step, Reason]
) -> None:
    locked = replace(account, second_factor_locked=True)
    assert step(demand, locked, story) == decided


# --- who requires it


@pytest.mark.parametrize(
    ("organisation", "roles", "user", "client", "because"),
    [
        ("optional", (), False, None, ()),
        ("disabled", (), False, None, ()),
        ("required", (), False, None, ("organisation",)),
        ("optional", ("finance",), False, None, ("role:finance",)),
        ("optional", ("b", "a"), False, None, ("role:a", "role:b")),
        ("optional", (), True, None, ("user",)),
        ("optional", (), False, "payroll", ("client:payroll",)),
        ("disabled", ("a",), False, None, ("role:a",)),
        ("disabled", (), True, None, ("user",)),
        ("disabled", (), False, "payroll", ("client:payroll",)),
        (
            "required",
            ("a",),
            True,
            "payroll",
            ("organisation", "role:a", "user", "client:payroll"),
        ),
    ],
)
def test_any_one_of_the_four_requires_it_and_none_weakens_another(
    *,
    organisation: str,
    roles: tuple[str, ...],
    user: bool,
    client: str | None,
    because: tuple[str, ...],
) -> None:
    required = policy.requires_mfa(
        organisation=organisation, roles=roles, user=user, client=client
    )
    assert required == Requirement(bool(because), because)


# --- the named demands


@pytest.mark.parametrize(
    ("demand", "account", "story", "decided"),
    [
        (policy.ACCOUNT_PAGE, PLAIN, "500P", DONE),
        (policy.ACCOUNT_PAGE, BY_CHOICE, "500P", due(Reason.ENROLLED)),
        (policy.ADMIN_READ, ENROLLED, "500P 400T", DONE),
        (policy.ADMIN_READ, ENROLLED, "500P", due(Reason.LEVEL)),
        (policy.admin_write(minutes(5)), ENROLLED, "500P 4T", DONE),
        (policy.admin_write(minutes(5)), ENROLLED, "500P 4B", DONE),
        (policy.admin_write(minutes(5)), ENROLLED, "500P 6T", TOO_OLD),
        (policy.mfa_change(minutes(5)), ENROLLED, "500P 4T", DONE),
        (policy.mfa_change(minutes(5)), ENROLLED, "500P 6T", TOO_OLD),
        (policy.mfa_change(minutes(5)), ENROLLED, "4P 3B", due(Reason.NOT_ACCEPTED)),
        (policy.mfa_change(minutes(5)), ENROLLED, "500P 400T 1B", TOO_OLD),
        (policy.second_factor_setup(minutes(5)), PLAIN, "4P", ENROL),
        (policy.second_factor_setup(minutes(5)), PLAIN, "6P", TOO_OLD),
        (policy.second_factor_setup(minutes(5)), BY_CHOICE, "4P", due(Reason.LEVEL)),
        (policy.second_factor_setup(minutes(5)), BY_CHOICE, "4P 3B", DONE),
        (policy.second_factor_setup(minutes(5)), BY_CHOICE, "9P 6T", TOO_OLD),
    ],
)
def test_what_our_own_pages_demand(
    demand: Demand, account: Account, story: str, decided: tuple[Step, Reason]
) -> None:
    assert step(demand, account, story) == decided


def test_after_issue_level_and_factors_still_bind_and_no_age_does() -> None:
    demand = Demand(
        level=Level.MFA,
        max_age=minutes(1),
        since=NOW,
        not_before=NOW,
        subject="mia",
        accepts=TOTP_ONLY,
        second_factor_age=minutes(2),
        may_enrol=False,
    )
    assert policy.redeem(demand) == Demand(
        level=Level.MFA,
        subject="mia",
        accepts=TOTP_ONLY,
        second_factor_age=minutes(2),
        may_enrol=False,
    )


# --- two demands joined


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ({}, {}, {}),
        ({"level": Level.MFA}, {}, {"level": Level.MFA}),
        ({"max_age": minutes(5)}, {}, {"max_age": minutes(5)}),
        (
            {"max_age": minutes(5)},
            {"max_age": timedelta(0)},
            {"max_age": timedelta(0)},
        ),
        ({"since": NOW}, {"since": NOW - minutes(1)}, {"since": NOW}),
        ({"not_before": NOW}, {"not_before": NOW - minutes(1)}, {"not_before": NOW}),
        ({"subject": "mia"}, {}, {"subject": "mia"}),
        ({"accepts": TOTP_ONLY}, {}, {"accepts": TOTP_ONLY}),
        (
            {"accepts": TOTP_ONLY},
            {"accepts": frozenset({Factor.BACKUP_CODE})},
            {"accepts": frozenset()},
        ),
        (
            {"second_factor_age": minutes(5)},
            {"second_factor_age": minutes(9)},
            {"second_factor_age": minutes(5)},
        ),
        ({"may_enrol": False}, {}, {"may_enrol": False}),
        ({"enrol_since": NOW}, {}, {"enrol_since": NOW}),
    ],
)
def test_joined_demands_keep_the_stricter_of_each(
    first: dict[str, Any], second: dict[str, Any], joined: dict[str, Any]
) -> None:
    one, other = Demand(**first), Demand(**second)
    assert policy.stricter(one, other) == Demand(**joined)
    assert policy.stricter(other, one) == Demand(**joined)


# --- what holds for every demand, account and story

AGES = st.none() | st.integers(0, 20).map(minutes)
MOMENTS = st.none() | st.integers(-2, 20).map(lambda ago: NOW - minutes(ago))
DEMANDS = st.builds(
    Demand,
    level=st.sampled_from(Level),
    max_age=AGES,
    since=MOMENTS,
    not_before=MOMENTS,
    subject=st.none() | st.just("mia"),
    accepts=st.sets(st.sampled_from(sorted(SECOND_FACTORS, key=str))).map(frozenset),
    second_factor_age=AGES,
    may_enrol=st.booleans(),
)
ACCOUNTS = st.builds(
    Account,
    st.sampled_from(["mia", "ben"]),
    active=st.booleans(),
    enrolled=st.booleans(),
    mfa_required=st.booleans(),
    must_change_password=st.booleans(),
    second_factor_locked=st.booleans(),
)
# of a request that arrived by now, perhaps at a machine whose clock is ahead
ARRIVED = MOMENTS.filter(lambda at: at is None or at <= NOW + CLOCKS_MAY_DIFFER)
MEETABLE = st.builds(
    Demand,
    level=st.sampled_from(Level),
    since=ARRIVED,
    not_before=ARRIVED,
    second_factor_age=st.none() | st.integers(1, 20).map(minutes),
    may_enrol=st.booleans(),
    enrol_since=ARRIVED,
)
STORIES = st.lists(
    st.builds(
        lambda factor, ago: Proof(factor, NOW - minutes(ago)),
        st.sampled_from(Factor),
        st.integers(-2, 20),
    ),
    max_size=5,
).map(tuple)


@given(demand=DEMANDS, account=ACCOUNTS, given_proofs=STORIES)
def test_nobody_is_done_below_what_is_asked(
    demand: Demand, account: Account, given_proofs: Proofs
) -> None:
    decision = policy.next_step(demand, account, given_proofs, NOW)
    if decision.step is not Step.DONE:
        return
    age, accepts = demand.second_factor_age, demand.accepts
    told = describe(given_proofs, NOW, freshness=age, accepts=accepts)
    ever = describe(given_proofs, NOW, accepts=accepts)
    assert account.active
    assert demand.subject in (None, account.id)
    assert told.level >= max(demand.level, Level.PWD)
    assert told.level is Level.MFA or not account.mfa_required
    assert ever.level is Level.MFA or not account.enrolled
    assert account.enrolled or not account.mfa_required
    assert told.moment is not None
    assert demand.max_age is None or NOW - told.moment <= demand.max_age
    assert demand.since is None or told.moment >= demand.since


@given(demand=MEETABLE, account=ACCOUNTS, given_proofs=STORIES)
@example(demand=ANY, account=BY_CHOICE, given_proofs=proofs("-1P"))
@example(demand=MFA, account=ENROLLED, given_proofs=proofs("-1P"))
@example(demand=APP_ONLY, account=ENROLLED, given_proofs=proofs("-1P -1B"))
@example(
    demand=Demand(not_before=NOW + minutes(1)), account=PLAIN, given_proofs=proofs("5P")
)
@example(
    demand=Demand(since=NOW + minutes(0.5)), account=PLAIN, given_proofs=proofs("5P")
)
def test_proving_what_is_asked_leads_on(
    demand: Demand, account: Account, given_proofs: Proofs
) -> None:
    """Also where a password or a request came to a machine that is ahead (REL-032)"""
    before = policy.next_step(demand, account, given_proofs, NOW).step
    if before not in (Step.PASSWORD, Step.SECOND_FACTOR):
        return
    factor = Factor.PASSWORD if before is Step.PASSWORD else Factor.TOTP
    wanted = (demand.since, demand.not_before, demand.enrol_since)
    after = [at for at in wanted if at is not None]
    proved = with_proof(given_proofs, factor, NOW, after=after)
    assert policy.next_step(demand, account, proved, NOW).step is not before


@given(
    account=st.sampled_from([PLAIN, BY_CHOICE, ENROLLED]),
    level=st.sampled_from(Level),
    max_age=st.none() | st.integers(0, 90),
    prompted=st.booleans(),
    factor_age=st.none() | st.integers(2, 20).map(minutes),
    given_proofs=STORIES,
    clocks=st.lists(st.integers(0, 60), min_size=5, max_size=5),
)
@example(ENROLLED, Level.MFA, None, False, None, (), [0, 40, 0, 0, 0])
@example(ENROLLED, Level.MFA, 10, False, None, (), [40, 0, 0, 0, 0])
@example(PLAIN, Level.PWD, None, True, None, (), [60, 0, 0, 0, 0])
@example(PLAIN, Level.MFA, None, False, None, (), [60, 0, 0, 0, 0])
def test_each_factor_is_asked_once_whatever_clocks_the_hosts_have(
    account: Account,
    level: Level,
    max_age: int | None,
    prompted: bool,
    factor_age: timedelta | None,
    given_proofs: Proofs,
    clocks: list[int],
) -> None:
    """REL-032: each page comes from a host that is so many seconds ahead"""
    arrived, *pages = [NOW + timedelta(seconds=ahead) for ahead in clocks]
    demand = Demand(
        level=level,
        since=None if max_age is None else arrived - timedelta(seconds=max_age),
        not_before=arrived if prompted else None,
        second_factor_age=factor_age,
        enrol_since=arrived - timedelta(seconds=10),
    )
    held = tuple(one for one in given_proofs if one.at <= NOW + CLOCKS_MAY_DIFFER)
    asked = []
    for now in pages:
        due = policy.next_step(demand, account, held, now).step
        if due in (Step.PASSWORD, Step.SECOND_FACTOR):
            factor = Factor.PASSWORD if due is Step.PASSWORD else Factor.TOTP
            held = with_proof(held, factor, now, after=[arrived])
            asked.append(due)
    assert len(asked) == len(set(asked))


@given(
    one=DEMANDS, other=DEMANDS, account=ACCOUNTS, given_proofs=STORIES, data=st.data()
)
def test_a_joined_demand_is_met_only_where_each_is(
    one: Demand,
    other: Demand,
    account: Account,
    given_proofs: Proofs,
    data: st.DataObject,
) -> None:
    joined = policy.stricter(one, other)
    done = Decision(Step.DONE, Reason.SATISFIED)
    if policy.next_step(joined, account, given_proofs, NOW) == done:
        each = data.draw(st.sampled_from([one, other]))
        assert policy.next_step(each, account, given_proofs, NOW) == done


@pytest.mark.parametrize(
    ("demand", "account"), [(MFA, PLAIN), (ANY, REQUIRED), (MFA, REQUIRED)]
)
@pytest.mark.parametrize(
    ("story", "decided"),
    [
        ("4P", ENROL),
        ("5P", ENROL),
        ("6P", (Step.PASSWORD, Reason.TOO_OLD)),
        ("6P 4P", ENROL),
    ],
)
def test_a_first_device_is_set_up_with_a_recent_password(
    demand: Demand, account: Account, story: str, decided: tuple[Step, Reason]
) -> None:
    """SEC-060: who finds a browser open makes no device of theirs the owner's"""
    recent = replace(demand, enrol_since=NOW - minutes(5))
    assert step(recent, account, story) == decided


def test_a_recent_password_is_wanted_for_nothing_else() -> None:
    recent = Demand(enrol_since=NOW - minutes(5))
    assert step(recent, PLAIN, "600P") == DONE
    assert step(recent, ENROLLED, "9P 8T") == DONE
