"""What a grant says, and whether it still holds.

Every path to a token asks here again, with the present state of the account, the
session, the consent, the client and the policy (SEC-193, SEC-201). Codes and refresh
tokens are spent elsewhere.
"""

from dataclasses import dataclass
from dataclasses import field

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import sessions
from idp.actions.work import Actor
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.rules import consent
from idp.rules import permissions
from idp.rules import policy
from idp.rules import uris
from idp.rules.policy import Step
from idp.store import grounds
from idp.store import refresh_tokens as refresh_token_rows
from idp.store.base import hash_token
from idp.store.base import new_token
from idp.store.clients import Client as Client
from idp.store.grants import Grant
from idp.store.grounds import Carried
from idp.store.refresh_tokens import RefreshToken
from idp.store.sessions import Session

LONGEST_TOKEN = 512
OFFLINE = "offline_access"


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """What a grant says: the only source of the claims of tokens.

    ``claims`` holds every standard claim that the person has a value for; which of them
    leave is decided by scope. ``user_id`` is None for a service.
    """

    grant_id: str
    client: Client
    scopes: tuple[str, ...]
    user_id: str | None = None
    username: str | None = None
    sid: str | None = None
    acr: str | None = None
    amr: tuple[str, ...] = ()
    auth_time: int | None = None
    nonce: str | None = None
    audience: str = ""
    claims: dict[str, object] = field(default_factory=dict)
    id_token_claims: tuple[str, ...] = ()
    userinfo_claims: tuple[str, ...] = ()
    refresh_token: str | None = field(default=None, repr=False)


def recheck(
    db: Connection, work: Work, grant: Grant
) -> tuple[facts.Person | None, Client | None]:
    """Asks everything again that the grant rests on; (None, None) when it fell.

    In one statement, which sees whatever was committed before it: after the lock.
    """
    found = grounds.find_carried(db, grant.id, factor_budget=facts.FACTOR_BUDGET)
    return (None, None) if found is None else _weighed(work, grant, found)


def find(
    db: Connection, work: Work, grant_id: str
) -> tuple[Grant, facts.Person, Client] | None:
    """Finds a grant that holds, with its person and its application."""
    found = grounds.find_of_grant(db, grant_id, factor_budget=facts.FACTOR_BUDGET)
    if found is None:
        return None
    person, client = _weighed(work, *found)
    if person is None or client is None:
        return None
    return found[0], person, client


def _weighed(
    work: Work, grant: Grant, found: Carried
) -> tuple[facts.Person | None, Client | None]:
    client = found.grounds.client
    if not client.enabled or grant.revoked_at is not None:
        return None, None
    if grant.expires_at <= work.now:
        return None, None
    if not _session_holds(work, grant, client, found.grounds.session):
        return None, None
    if not may_name(work, client, grant.audience):
        return None, None
    person = facts.person_of(work, found.person)
    demand = policy.redeem(
        facts.client_demand(work, client, enrol_during_step_up=False)
    )
    issued = grant.created_at
    decision = policy.next_step(demand, person.account, grant.proofs, issued)
    missing = consent.missing_scopes(
        grant.scopes,
        found.grounds.consented,
        first_party=client.first_party,
        prompted=False,
    )
    return (
        (None, None) if decision.step is not Step.DONE or missing else (person, client)
    )


def _session_holds(
    work: Work, grant: Grant, client: Client, session: Session | None
) -> bool:
    """Tells whether the session still carries the grant; offline ones need none."""
    if grant.offline and OFFLINE in client.scopes:
        return True
    return session is not None and sessions.alive(work, session)


def may_redirect(client: Client, place: str) -> bool:
    """Tells whether a redirect URI is one of the client's, as these are now."""
    uris_of_client, public = client.redirect_uris, client.public
    return uris.redirect_uri_allowed(place, uris_of_client, public=public)


def may_name(work: Work, client: Client, audience: str) -> bool:
    """Tells whether a client may have tokens for whom it has them (RFC 8707)."""
    issuer = work.settings.issuer
    ours = (issuer, permissions.api_audience(issuer))
    return audience in ours or audience in client.allowed_resources


def add_refresh(db: Connection, work: Work, grant: Grant, *, generation: int) -> str:
    """Adds a refresh token; the family's absolute end was fixed at issue (SEC-203)."""
    token = new_token()
    idle = work.now + work.settings.refresh_idle
    if grant.offline:
        idle = grant.expires_at
    row = RefreshToken(
        token_hash=hash_token(token),
        grant_id=grant.id,
        generation=generation,
        expires_at=min(idle, grant.expires_at),
        used_at=None,
    )
    refresh_token_rows.add_refresh(db, row)
    return token


def record(
    db: Connection, work: Work, event: str, grant: Grant, person: facts.Person
) -> None:
    """Records what became of a grant, whose it is and who asked."""
    user = person.user
    work.audit(
        db,
        event,
        actor=Actor("client", grant.client_id),
        subject=Subject("user", user.id, user.username),
        client_id=grant.client_id,
        sid=grant.sid,
    )


def record_reuse(db: Connection, work: Work, event: str, grant: Grant) -> None:
    """Records that something was shown that had been spent before."""
    work.audit(
        db,
        event,
        outcome="refused",
        subject=facts.subject_of(db, grant.user_id),
        client_id=grant.client_id,
        sid=grant.sid,
    )


def facts_of(
    work: Work,
    grant: Grant,
    client: Client,
    person: facts.Person,
    *,
    refresh_token: str | None = None,
    scopes: tuple[str, ...] | None = None,
) -> GrantFacts:
    """Puts a grant together with what the person is called now.

    A refresh may ask for less; what was never granted is left out, not refused
    (SEC-202). So are rights of administration that the person has lost since, and
    whatever the application may not have any more (SEC-201).
    """
    allowed = consent.granted_scopes(grant.scopes, client.scopes)
    kept = permissions.held(allowed, person.permissions)
    claimable = client.scopes if client.first_party else kept
    if scopes is not None:
        kept = tuple(scope for scope in kept if scope in scopes)
    return GrantFacts(
        grant_id=grant.id,
        client=client,
        scopes=kept,
        user_id=person.user.id,
        username=person.user.username,
        sid=grant.sid,
        acr=grant.acr,
        amr=grant.amr,
        auth_time=int(grant.auth_time.timestamp()) if grant.auth_time else None,
        nonce=grant.nonce,
        audience=grant.audience,
        claims=claims_of(person),
        id_token_claims=consent.still_asked(grant.id_token_claims, claimable),
        userinfo_claims=consent.still_asked(grant.userinfo_claims, claimable),
        refresh_token=refresh_token,
    )


def claims_of(person: facts.Person) -> dict[str, object]:
    """Collects the standard claims that have a value (OpenID Connect Core 5.1)."""
    user = person.user
    claims: dict[str, object] = dict(user.profile)
    claims["preferred_username"] = user.username
    claims["updated_at"] = int(user.updated_at.timestamp())
    claims["groups"] = [role.name for role in person.roles]
    if user.name:
        claims["name"] = user.name
    if user.email:
        claims["email"] = user.email
        claims["email_verified"] = user.email_verified
    return {name: value for name, value in claims.items() if value not in (None, "")}


def plausible(token: str) -> bool:
    """Tells whether text could be one of our codes or tokens at all (SEC-216)."""
    return bool(token) and token.isascii() and len(token) <= LONGEST_TOKEN
