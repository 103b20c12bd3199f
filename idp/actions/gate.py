"""The gate of our own pages: does this session meet the page's demand, now?

Asks the one decision with what is true at this moment, so that a tightened policy
reaches live sessions at once (SEC-082). What is missing becomes a login that leads
back.
"""

from dataclasses import dataclass

from idp.actions import facts
from idp.actions import login_start
from idp.actions import sessions
from idp.actions.progress import Progress
from idp.actions.sessions import SessionFacts
from idp.actions.work import Work
from idp.errors import PolicyRefused
from idp.rules import policy
from idp.rules.policy import Reason
from idp.rules.policy import Step


@dataclass(frozen=True, slots=True)
class Admitted:
    """The session meets the demand."""

    session: SessionFacts


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
