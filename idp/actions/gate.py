"""The gate of our own pages and of our API: is the demand met, now?

Asks the one decision with what is true at this moment, so that a tightened policy
reaches live sessions at once (SEC-082). What is missing becomes a login that leads
back.
"""

from dataclasses import dataclass

from idp.actions import facts
from idp.actions import grants
from idp.actions import login_start
from idp.actions import sessions
from idp.actions.client_checks import SERVICE
from idp.actions.progress import Progress
from idp.actions.sessions import SessionFacts
from idp.actions.work import Actor
from idp.actions.work import Work
from idp.errors import PolicyRefused
from idp.rules import permissions
from idp.rules import policy
from idp.rules.moments import CLOCKS_MAY_DIFFER
from idp.rules.policy import Reason
from idp.rules.policy import Step
from idp.store import clients
from idp.store.clients import Client


@dataclass(frozen=True, slots=True)
class Admitted:
    """The session meets the demand."""

    session: SessionFacts


@dataclass(frozen=True, slots=True)
class Holder:
    """Who stands behind a token at our API, with the rights that count now.

    ``step`` is what they still have to prove; DONE for who has, and for services.
    """

    actor: Actor
    client_id: str
    step: Step = Step.DONE


def admit(
    work: Work,
    demand: policy.Demand,
    *,
    return_to: str,
    session_token: str | None,
    browser_token: str | None,
) -> Admitted | Progress:
    """Lets a session in, or begins the login that is missing."""
    session = sessions.current(work, session_token)
    if session is not None:
        with work.reading() as db:
            person = facts.load_person(db, work, session.user_id)
        account = person.account if person else None
        asked = facts.page_demand(demand, person)
        decision = policy.next_step(asked, account, session.proofs, work.now)
        if decision.step is Step.DONE:
            return Admitted(session)
        if decision.reason is Reason.UNMET:
            raise PolicyRefused("enrolment is switched off")
        if decision.step is Step.REFUSED:
            session = None
    return login_start.begin(
        work,
        return_to=return_to,
        demand=demand,
        session=session,
        browser_token=browser_token,
    )


def person_of_grant(work: Work, grant_id: str, *, fresh: bool) -> Holder | None:
    """Returns the person behind a grant; None when anything it rests on has ended.

    ``fresh`` asks for a factor proved just now, as every write does (SEC-261). Of the
    grant's scopes those count that the application may have and the person's roles
    give at this moment.
    """
    with work.reading() as db:
        found = grants.find(db, work, grant_id)
    if found is None:
        return None
    grant, person, client = found
    demand = policy.ADMIN_READ
    if fresh:
        demand = policy.admin_write(work.settings.sudo_freshness)
    of_client = facts.client_demand(work, client, enrol_during_step_up=False)
    asked = policy.stricter(of_client, demand)
    decision = policy.next_step(asked, person.account, grant.proofs, work.now)
    granted = [scope for scope in grant.scopes if scope in client.scopes]
    held = permissions.held(permissions.of_scopes(granted), person.permissions)
    actor = Actor(
        "user",
        person.user.id,
        person.user.username,
        grant.acr,
        held,
        through=client.client_id,
    )
    return Holder(actor, client.client_id, decision.step)


def living_service(work: Work, client_id: str, issued_at: int) -> Client | None:
    """Returns the service that got a token then, if it still is one."""
    with work.reading() as db:
        client = clients.find_client(db, client_id)
    if client is None or not client.enabled or SERVICE not in client.grant_types:
        return None
    made = client.created_at - CLOCKS_MAY_DIFFER
    return client if issued_at >= made.timestamp() else None


def service(work: Work, client_id: str, issued_at: int) -> Holder | None:
    """Returns a service with the rights it has now; None when it is none any more.

    Nor is it the one that had a token before it was made: that was another of the same
    id (SEC-217).
    """
    client = living_service(work, client_id, issued_at)
    if client is None:
        return None
    held = permissions.of_scopes(client.scopes)
    return Holder(Actor("client", client_id, client.name, None, held), client_id)
