"""An authorization request, from its arrival to the authorization code.

``begin`` and ``resume`` ask the one decision and then consent; **``issue_code`` is the
only creator of codes** and asks both again in its own block, whatever path led there
(SEC-002, SEC-003, SEC-085). OAuth error codes are chosen elsewhere; ``Blocked`` says
why no code could be issued.
"""

from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import login_start
from idp.actions import progress
from idp.actions import requests
from idp.actions import sessions
from idp.actions.progress import Progress
from idp.actions.work import Actor
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import TransactionGone
from idp.rules import acr
from idp.rules import assurance
from idp.rules.policy import Reason
from idp.rules.policy import Step
from idp.rules.requests import AuthorizationRequest
from idp.store import codes
from idp.store import grants
from idp.store import logins
from idp.store import pushed_requests
from idp.store import sessions as session_rows
from idp.store.base import hash_token
from idp.store.base import new_id
from idp.store.base import new_token
from idp.store.clients import Client
from idp.store.codes import Code
from idp.store.grants import Grant
from idp.store.logins import Login
from idp.store.sessions import Session


@dataclass(frozen=True, slots=True)
class Issued:
    """A code for the waiting request; ``application`` is the name of who asked."""

    request: AuthorizationRequest
    application: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pending:
    """A page is due first."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Blocked:
    """The request cannot be met, or only with a page that it forbade.

    ``unmet`` says that the level asked for is what is missing, and that the request or
    the client insists on it.
    """

    request: AuthorizationRequest
    application: str
    step: Step
    reason: Reason
    unmet: bool


Outcome = Issued | Pending | Blocked


def begin(
    work: Work,
    request: AuthorizationRequest,
    session_token: str | None,
    browser_token: str | None,
    client: Client | None = None,
) -> Outcome:
    """Answers a new request: a code at once, a page, or the reason why neither.

    ``client`` is the application where it was just looked at.
    """
    forced = facts.prompts_again(request)
    issued = None if forced else _issued_at_once(work, request, session_token)
    if issued is not None:
        return issued
    if client is not None and session_rows.key_of(session_token) is None:
        weighed = requests.weigh_nobody(work, request, client)
    else:
        with work.reading() as db:
            weighed = requests.weigh(db, work, request, session_token, forced=forced)
    choosing = "select_account" in request.prompt and weighed.person is not None
    if weighed.step is Step.DONE and not choosing:
        return _issue(work, request, session_token)
    unmet = weighed.decision.reason is Reason.UNMET
    if "none" in request.prompt or unmet:
        return _blocked(request, weighed)
    return _page(work, request, session_token, browser_token, weighed, forced=forced)


def _issued_at_once(
    work: Work, request: AuthorizationRequest, session_token: str | None
) -> Issued | None:
    """Tries to issue a code at once: most single sign-ons need no page.

    Only the block that writes decides, so weighing before it would be done twice.
    """
    if "select_account" in request.prompt or session_rows.key_of(session_token) is None:
        return None
    return issue_code(work, request, session_token, login=None)


def _page(
    work: Work,
    request: AuthorizationRequest,
    session_token: str | None,
    browser_token: str | None,
    weighed: requests.Weighed,
    *,
    forced: bool,
) -> Pending:
    """Keeps the request and sends the browser to the first page that is due."""
    choosing = "select_account" in request.prompt
    consent_only = weighed.step is Step.CONSENT and not choosing
    begun = login_start.begin(
        work,
        request=request,
        forced=forced or weighed.decision.step is Step.PASSWORD,
        session=sessions.current(work, session_token) if weighed.session else None,
        browser_token=browser_token,
        state=progress.AUTHENTICATED if consent_only else progress.OPEN,
        client=weighed.client,
    )
    return Pending(replace(begun, step=Step.CONSENT) if consent_only else begun)


def resume(
    work: Work,
    login_id: str,
    session_token: str | None,
    browser_token: str | None,
) -> Outcome:
    """Goes on with a stored request after its pages; asks everything again."""
    with work.reading() as db:
        standing = progress.find_standing(db, work, login_id, browser_token)
        login = standing.login
        if login.request is None:
            raise TransactionGone("no request waits for this login")
    request, consented = login.request, login.consented
    if login.state == progress.REFUSED:
        name = standing.client.name if standing.client else ""
        return Blocked(request, name, Step.REFUSED, Reason.UNMET, unmet=True)
    if progress.step_of(standing) is not Step.DONE:
        return Pending(progress.progress_of(standing))
    issued = issue_code(work, request, session_token, login=login, consented=consented)
    if issued is not None:
        return issued
    with work.reading() as db:
        weighed = requests.weigh(db, work, request, session_token, consented=consented)
    if weighed.step is Step.CONSENT:
        return Pending(replace(progress.progress_of(standing), step=Step.CONSENT))
    if weighed.step in (Step.REFUSED, Step.DONE):
        return _blocked(request, weighed)
    return _page(work, request, session_token, browser_token, weighed, forced=False)


def issue_code(
    work: Work,
    request: AuthorizationRequest,
    session_token: str | None,
    *,
    login: Login | None,
    consented: bool = False,
) -> Issued | None:
    """Creates a code if at this very moment nothing else is due; None otherwise.

    One block: the decision, the grant with frozen acr, amr and auth_time, the code, the
    client's part in the session and the end of the login, which gives one code only.
    Raises TransactionGone where the session is not the one that the login opened.
    """
    code = new_token()
    with work.writing() as db:
        weighed = requests.weigh(db, work, request, session_token, consented=consented)
        session = weighed.session
        if login is not None and (session is None or session.sid != login.session_sid):
            raise TransactionGone("the session of this login is gone")
        if session is None or weighed.person is None or weighed.step is not Step.DONE:
            return None
        _answer_once(db, work, request, login)
        requests.hold(db, session)
        sessions.note_use(db, work, session)
        grant = _grant(work, request, session, weighed)
        grants.add_grant(db, grant)
        codes.add_code(db, _code(work, request, grant, code))
        session_rows.add_participant(db, session.sid, request.client_id, now=work.now)
        _record(db, work, grant, weighed.person)
    return Issued(request, weighed.client.name, code)


def _answer_once(
    db: Connection, work: Work, request: AuthorizationRequest, login: Login | None
) -> None:
    """Ends the login and uses the pushed request up; raises TransactionGone."""
    if login is not None and not logins.finish_login(db, login.id):
        raise TransactionGone("this login has given its code")
    name = request.pushed
    if name is not None and not pushed_requests.claim_request(db, name, now=work.now):
        raise TransactionGone("this pushed request has been answered")


def _issue(
    work: Work, request: AuthorizationRequest, session_token: str | None
) -> Outcome:
    """Issues, or says what came in between (SEC-085)."""
    issued = issue_code(work, request, session_token, login=None)
    if issued is not None:
        return issued
    with work.reading() as db:
        return _blocked(request, requests.weigh(db, work, request, session_token))


def _blocked(request: AuthorizationRequest, weighed: requests.Weighed) -> Blocked:
    reason = weighed.decision.reason
    return Blocked(request, weighed.client.name, weighed.step, reason, weighed.unmet)


def _grant(
    work: Work,
    request: AuthorizationRequest,
    session: Session,
    weighed: requests.Weighed,
) -> Grant:
    client, scopes = weighed.client, weighed.scopes
    demand = facts.client_demand(work, client, enrol_during_step_up=True)
    stated = assurance.describe(
        session.proofs,
        work.now,
        freshness=demand.second_factor_age,
        accepts=demand.accepts,
    )
    offline = "offline_access" in scopes
    lifetime = work.settings.refresh_lifetime
    return Grant(
        id=new_id(),
        user_id=session.user_id,
        client_id=client.client_id,
        sid=session.sid,
        scopes=scopes,
        acr=acr.stated_acr(
            stated.level,
            request.acr_values,
            work.settings.acr_aliases,
            essential=request.acr_essential,
        ),
        amr=stated.amr,
        auth_time=stated.auth_time,
        proofs=session.proofs,
        offline=offline,
        nonce=request.nonce,
        id_token_claims=request.id_token_claims,
        userinfo_claims=request.userinfo_claims,
        audience=requests.audience(work, request, weighed),
        created_at=work.now,
        expires_at=work.now + (work.settings.offline_lifetime if offline else lifetime),
        revoked_at=None,
    )


def _code(work: Work, request: AuthorizationRequest, grant: Grant, code: str) -> Code:
    return Code(
        code_hash=hash_token(code),
        grant_id=grant.id,
        client_id=grant.client_id,
        redirect_uri=request.redirect_uri,
        code_challenge=request.code_challenge,
        expires_at=work.now + work.settings.code_lifetime,
        used_at=None,
        wrong_verifiers=0,
    )


def _record(db: Connection, work: Work, grant: Grant, person: facts.Person) -> None:
    user = person.user
    work.audit(
        db,
        "code.issued",
        actor=Actor("user", user.id, user.username, grant.acr),
        subject=Subject("user", user.id, user.username),
        client_id=grant.client_id,
        sid=grant.sid,
    )
