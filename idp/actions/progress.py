"""Where a login stands and what comes next: shared by every action that moves one on.

``standing_of`` asks the one decision, ``advance`` carries out what it says, which may
be to open the session. No factor is checked here and no page is known.
"""

from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from sqlalchemy.engine import Connection

from idp.actions import borrowed_proofs
from idp.actions import facts
from idp.actions import requests
from idp.actions import sessions
from idp.actions.verdicts import Fault
from idp.actions.verdicts import Verdict
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import TransactionGone
from idp.errors import UnknownClient
from idp.rules import policy
from idp.rules.factors import Level
from idp.rules.policy import Decision
from idp.rules.policy import Reason
from idp.rules.policy import Step
from idp.store import clients
from idp.store import logins
from idp.store import standings
from idp.store.base import hash_token
from idp.store.clients import Client
from idp.store.logins import Login

OPEN = "open"
AUTHENTICATED = "authenticated"
FINISHED = "finished"
REFUSED = "refused"
DEAD = "dead"

OTHER_PERSON = "other_person"
BACKUP_CODE_USED = "backup_code"


@dataclass(frozen=True, slots=True)
class Progress:
    """What to do next; a token that is set has to reach the browser as its cookie."""

    step: Step
    login_id: str
    return_to: str | None = None
    for_request: bool = False
    session_token: str | None = field(default=None, repr=False)
    browser_token: str | None = field(default=None, repr=False)
    error: str | None = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A login with everything that was loaded to decide on it."""

    login: Login
    client: Client | None
    person: facts.Person | None
    decision: Decision


def find_login(
    db: Connection, work: Work, login_id: str, browser_token: str | None
) -> Login:
    """Finds a login of this browser that can still go on (SEC-006, SEC-010)."""
    browser = hash_token(browser_token or "")
    return _usable(db, work, logins.find_login(db, login_id, browser_hash=browser))


def find_standing(
    db: Connection, work: Work, login_id: str, browser_token: str | None
) -> Standing:
    """Finds such a login with its application and its person, and where it stands."""
    browser_hash, budget = hash_token(browser_token or ""), facts.FACTOR_BUDGET
    found = standings.find_standing(
        db, login_id, browser_hash=browser_hash, factor_budget=budget
    )
    if found is None:
        raise TransactionGone("no such login")
    login = _usable(db, work, found.login)
    person = facts.person_of(work, found.person) if found.person else None
    return standing_of(db, work, login, client=found.client, person=person)


def lock_standing(
    db: Connection, work: Work, login_id: str, browser_token: str | None
) -> Standing:
    """Locks such a login, and then finds where it stands.

    Two statements: the second sees what was committed while the first had to wait.
    """
    logins.hold_login(db, login_id, browser_hash=hash_token(browser_token or ""))
    return find_standing(db, work, login_id, browser_token)


def lock_login(
    db: Connection, work: Work, login_id: str, browser_token: str | None
) -> Login:
    """Finds and locks a login of this browser that can still go on."""
    browser = hash_token(browser_token or "")
    return _usable(db, work, logins.lock_login(db, login_id, browser_hash=browser))


def _usable(db: Connection, work: Work, login: Login | None) -> Login:
    if login is None or login.state == DEAD:
        raise TransactionGone("no such login, or it has ended")
    if login.state in (OPEN, AUTHENTICATED) and login.expires_at <= work.now:
        raise TransactionGone("login expired")
    if login.state == OPEN:
        borrowed_proofs.check(db, work, login)
    return login


def standing_of(
    db: Connection,
    work: Work,
    login: Login,
    *,
    client: Client | None = None,
    person: facts.Person | None = None,
) -> Standing:
    """Asks what this login still has to prove, from what is true at this moment.

    Whose login it must be is not asked here: somebody else may sign in, but gets a
    session of their own and no code for the waiting request (``advance``, SEC-104).
    ``client`` and ``person`` are given where the block has read them and not changed
    them since; those of somebody else are not taken.
    """
    if person is None or person.user.id != login.user_id:
        person = facts.load_person(db, work, login.user_id) if login.user_id else None
    demand: policy.Demand | None = facts.page_demand(login.demand, person)
    if login.request is not None:
        asking = login.request.client_id
        if client is None or client.client_id != asking:
            client = clients.find_client(db, asking)
        if client is None or not client.enabled:
            raise UnknownClient("client is gone or disabled")
        requests.check_place(client, login.request)
        demand = facts.request_demand(
            work, login.request, client, person, proofs=login.proofs
        )
    decision = _decide(work, login, person, demand)
    return Standing(login, client, person, decision)


def _decide(
    work: Work,
    login: Login,
    person: facts.Person | None,
    demand: policy.Demand | None,
) -> Decision:
    account = person.account if person else None
    lowest = demand or policy.Demand(level=Level.PWD)
    recently = login.created_at - work.settings.sudo_freshness
    asked = replace(lowest, subject=None, enrol_since=recently)
    decision = policy.next_step(asked, account, login.proofs, work.now)
    unmet = demand is None and decision.step not in (Step.PASSWORD, Step.NEW_PASSWORD)
    if unmet and decision.reason is not Reason.INACTIVE:
        return Decision(Step.REFUSED, Reason.UNMET)
    return decision


def step_of(standing: Standing) -> Step:
    """Names the page that is due: the decision, and what comes before and after it."""
    login = standing.login
    if login.state == FINISHED:
        return Step.NOTICE
    if login.state == REFUSED:
        return Step.DONE
    if login.state == AUTHENTICATED:
        if login.codes_due:
            return Step.BACKUP_CODES
        return Step.NOTICE if login.notice else Step.DONE
    if not login.account_chosen:
        return Step.SELECT_ACCOUNT
    if standing.decision.reason is Reason.LOCKED:
        return Step.SECOND_FACTOR
    if login.replacing and standing.decision.step is Step.DONE:
        return Step.ENROL
    return standing.decision.step


def after_failure(work: Work, login: Login, verdict: Verdict) -> Login:
    """Counts a wrong second factor; a login dies at its limit (SEC-115)."""
    failures = login.failures + (1 if verdict.counted else 0)
    if failures >= work.settings.factor_tries_per_login:
        dead = Verdict(Fault.TOO_MANY).message
        return replace(login, failures=failures, state=DEAD, message=dead)
    return replace(login, failures=failures, message=verdict.message)


def advance(
    db: Connection,
    work: Work,
    login: Login,
    *,
    client: Client | None = None,
    person: facts.Person | None = None,
) -> Progress:
    """Saves a login and carries it as far as it goes without another page.

    Called in the block that changed the login, so that a factor and the session that it
    opens live or die together (SEC-045). ``client``, ``person``: as in ``standing_of``.
    """
    standing = standing_of(db, work, login, client=client, person=person)
    token = None
    if login.state == DEAD:
        _tell_refused(db, work, standing, "too-many-codes")
    if login.state == OPEN and login.account_chosen:
        login, token = _settle(db, work, standing)
    save(db, login)
    return progress_of(replace(standing, login=login), session_token=token)


def _settle(db: Connection, work: Work, standing: Standing) -> tuple[Login, str | None]:
    login, person, decision = standing.login, standing.person, standing.decision
    if decision.reason in (Reason.INACTIVE, Reason.UNMET):
        _tell_refused(db, work, standing, decision.reason.value)
    if decision.reason is Reason.INACTIVE:
        return replace(login, state=DEAD), None
    if decision.reason is Reason.UNMET:
        return replace(login, state=REFUSED), None
    if decision.step is not Step.DONE or person is None or login.replacing:
        return login, None
    borrowed_proofs.hold(db, work, login)
    opened = sessions.open(work, db, login, person)
    other = login.subject is not None and login.subject != person.user.id
    login = replace(
        login,
        state=FINISHED if other else AUTHENTICATED,
        notice=OTHER_PERSON if other else login.notice,
        session_sid=opened.sid,
        message=None,
    )
    return login, opened.token


def _tell_refused(db: Connection, work: Work, standing: Standing, reason: str) -> None:
    """Records a failed sign-in, once: the login cannot continue (REL-081)."""
    user = standing.person.user if standing.person else None
    work.audit(
        db,
        "login.refused",
        outcome="refused",
        reason=reason,
        subject=Subject("user", user.id, user.username) if user else None,
        client_id=standing.client.client_id if standing.client else None,
    )


def progress_of(
    standing: Standing,
    *,
    session_token: str | None = None,
    browser_token: str | None = None,
) -> Progress:
    """Tells the entry layer where to send the browser."""
    login = standing.login
    message = login.message or {}
    return Progress(
        step=step_of(standing),
        login_id=login.id,
        return_to=login.return_to,
        for_request=login.request is not None,
        session_token=session_token,
        browser_token=browser_token,
        error=message.get("error"),
        retry_after=message.get("retry_after"),
    )


def save(db: Connection, login: Login) -> None:
    """Writes what may change of a login."""
    logins.change_login(
        db,
        login.id,
        forced=login.forced,
        user_id=login.user_id,
        proofs=login.proofs,
        session_sid=login.session_sid,
        failures=login.failures,
        state=login.state,
        notice=login.notice,
        account_chosen=login.account_chosen,
        codes_due=login.codes_due,
        replacing=login.replacing,
        message=login.message,
    )


def choose_language(db: Connection, login: Login, language: str) -> None:
    """Keeps the language of a login's pages."""
    logins.change_login(db, login.id, language=language)
