"""What is due for an authorization request at one moment: factors, then consent.

Loads what the decision asks and asks it; nothing is written here and no page is known.
"""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import grants
from idp.actions import sessions
from idp.actions.sessions import SessionFacts
from idp.actions.work import Work
from idp.errors import Contended
from idp.errors import RedirectUriMismatch
from idp.errors import TransactionGone
from idp.errors import UnknownClient
from idp.rules import consent
from idp.rules import permissions
from idp.rules import policy
from idp.rules.factors import Level
from idp.rules.policy import Decision
from idp.rules.policy import Reason
from idp.rules.policy import Step
from idp.rules.requests import AuthorizationRequest
from idp.store import requests
from idp.store import sessions as session_rows
from idp.store.clients import Client
from idp.store.requests import Found
from idp.store.sessions import Session


@dataclass(frozen=True, slots=True)
class Weighed:
    """Everything loaded to decide on a request at one moment.

    ``scopes`` are those that this person can give: rights of administration that they
    do not hold themselves are left out, before anybody is asked for consent.
    """

    client: Client
    session: Session | None
    person: facts.Person | None
    decision: Decision
    scopes: tuple[str, ...]
    missing_scopes: tuple[str, ...]
    insists: bool

    @property
    def step(self) -> Step:
        """What is due: authentication first, then consent."""
        if self.decision.step is not Step.DONE:
            return self.decision.step
        return Step.CONSENT if self.missing_scopes else Step.DONE

    @property
    def unmet(self) -> bool:
        """Whether the level is what is missing, and request or client insist on it."""
        level = self.decision.reason in (
            Reason.LEVEL,
            Reason.NOT_ENROLLED,
            Reason.NOT_ACCEPTED,
        )
        return self.decision.reason is Reason.UNMET or (level and self.insists)


def weigh(
    db: Connection,
    work: Work,
    request: AuthorizationRequest,
    session_token: str | None,
    *,
    forced: bool = False,
    consented: bool = False,
) -> Weighed:
    """Weighs a request against a session; ``forced`` counts none of its proofs.

    ``consented`` says that ``prompt=consent`` was answered for this very request.
    """
    found = requests.find(
        db,
        request.client_id,
        token_hash=session_rows.key_of(session_token),
        factor_budget=facts.FACTOR_BUDGET,
    )
    if found is None:
        raise UnknownClient("client is gone")
    return _weighed(work, request, found, forced=forced, consented=consented)


def check_place(client: Client, request: AuthorizationRequest) -> None:
    """Raises RedirectUriMismatch where an answer may not go any more (SEC-170)."""
    if not grants.may_redirect(client, request.redirect_uri):
        raise RedirectUriMismatch(f"client {client.client_id}")


def hold(db: Connection, session: Session | SessionFacts) -> None:
    """Keeps a session as it was read until the block ends.

    Raises TransactionGone where it has just ended, and Contended where it has another
    cookie or other proofs by now: then everything is asked again (SEC-025, SEC-068).
    """
    held = session_rows.hold(db, session.sid)
    if held is None:
        raise TransactionGone("this session has just ended")
    if (held.token_hash, held.proofs) != (session.token_hash, session.proofs):
        raise Contended("this session has just changed")


def weigh_nobody(work: Work, request: AuthorizationRequest, client: Client) -> Weighed:
    """Weighs a request of a browser in which nobody is signed in."""
    return _weighed(work, request, Found(client), forced=False, consented=False)


def _weighed(
    work: Work,
    request: AuthorizationRequest,
    found: Found,
    *,
    forced: bool,
    consented: bool,
) -> Weighed:
    client, session = found.client, found.session
    if not client.enabled:
        raise UnknownClient("client is disabled")
    check_place(client, request)
    if session is not None and not sessions.alive(work, session):
        session = None
    person = facts.person_of(work, found.person) if session and found.person else None
    proofs = session.proofs if session and not forced else ()
    demand = facts.request_demand(work, request, client, person, proofs=proofs)
    account = person.account if person else None
    decision = policy.next_step(demand or policy.Demand(), account, proofs, work.now)
    if demand is None and decision.step not in (Step.PASSWORD, Step.NEW_PASSWORD):
        decision = Decision(Step.REFUSED, Reason.UNMET)
    scopes = consent.granted_scopes(request.scopes, client.scopes)
    missing: tuple[str, ...] = ()
    if person is not None:
        scopes = permissions.held(scopes, person.permissions)
        missing = consent.missing_scopes(
            scopes,
            found.consented,
            first_party=client.first_party,
            prompted="consent" in request.prompt and not consented,
        )
    insists = _insists(work, request, client, demand)
    return Weighed(client, session, person, decision, scopes, missing, insists)


def _insists(
    work: Work,
    request: AuthorizationRequest,
    client: Client,
    demand: policy.Demand | None,
) -> bool:
    """Tells whether request or client have made a second factor a must.

    Where only the organisation, a role or the person's own flag wants it, the person
    has something to do, and no level was refused.
    """
    if demand is None or demand.level < Level.MFA:
        return False
    of_client = facts.client_demand(work, client, enrol_during_step_up=False)
    return request.acr_essential or of_client.level >= Level.MFA


def audience(work: Work, request: AuthorizationRequest, weighed: Weighed) -> str:
    """Says whom the tokens are for: rights of administration are for our API alone.

    A resource that the application may not name any more gets none.
    """
    issuer = work.settings.issuer
    if permissions.of_scopes(weighed.scopes):
        return permissions.api_audience(issuer)
    named = request.audience
    return named if named in weighed.client.allowed_resources else issuer
