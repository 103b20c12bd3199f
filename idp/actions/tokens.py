"""From a code or a refresh token to the facts that tokens are made of.

Every path asks the decision again (``policy.redeem``) with what is true at this moment:
account, session, consent, client and policy (SEC-193, SEC-201). One block claims, writes
and audits; signing comes after it, elsewhere (REL-016).
"""

from dataclasses import dataclass
from dataclasses import field
from datetime import timedelta

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import sessions
from idp.actions.work import Actor
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import Refusal
from idp.rules import consent
from idp.rules import policy
from idp.rules.policy import Step
from idp.store import clients
from idp.store import consents
from idp.store import grants
from idp.store import sessions as session_rows
from idp.store.base import hash_token
from idp.store.base import new_token
from idp.store.clients import Client as Client
from idp.store.grants import Code
from idp.store.grants import Grant
from idp.store.grants import RefreshToken

WRONG_VERIFIERS = 5
REFRESH_GRANT = "refresh_token"
LONGEST_TOKEN = 512


class GrantGone(Refusal):
    """A code or refresh token that does not work (any more); ``invalid_grant``."""

    code = "expired"
    sentence = "This grant has ended."


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What the checks before redemption need of a code."""

    client_id: str
    redirect_uri: str
    code_challenge: str | None
    grant_id: str


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


def find_client(work: Work, client_id: str) -> Client | None:
    """Finds a client, enabled or not."""
    with work.reading() as db:
        return clients.find_client(db, client_id)


def find_code(work: Work, code: str, client_id: str) -> CodeFacts | None:
    """Finds a code of this client that may be redeemed.

    A used one revokes everything that came from it (RFC 6749 section 4.1.2, SEC-190);
    one of another client stays valid for its owner.
    """
    if not _plausible(code):
        return None
    with work.reading() as db:
        found = grants.find_code(db, hash_token(code))
    if found is None or found[0].client_id != client_id:
        return None
    row, grant = found
    if row.used_at is not None:
        _reused(work, grant)
        return None
    if row.expires_at <= work.now or row.wrong_verifiers >= WRONG_VERIFIERS:
        return None
    return CodeFacts(row.client_id, row.redirect_uri, row.code_challenge, grant.id)


def wrong_verifier(work: Work, code: str) -> None:
    """Counts a wrong verifier; five of them kill the code (SEC-194)."""
    with work.writing() as db:
        grants.count_wrong_verifier(db, hash_token(code))


def redeem_code(work: Work, code: str, client_id: str) -> GrantFacts:
    """Spends a code, exactly once, and starts the refresh family where there is one.

    Raises GrantGone, and then nothing is spent but the code itself where it was claimed.
    """
    code_hash = hash_token(code)
    with work.writing() as db:
        found = grants.find_code(db, code_hash)
        if found is None or found[0].client_id != client_id:
            raise GrantGone("no such code of this client")
        row, grant = found
        if grants.lock_grant(db, grant.id) is None:
            raise GrantGone("grant is gone")
        claimed = grants.claim_code(db, code_hash, now=work.now)
        person, client = _recheck(db, work, grant) if claimed else (None, None)
        if person is not None and client is not None:
            token = _first_refresh(db, work, grant, client)
            _record(db, work, "tokens.issued", grant, person)
            return _facts_of(work, grant, client, person, refresh_token=token)
        _spent_in_vain(db, work, row, grant, claimed=claimed)
    raise GrantGone("code was used, or something it rests on has ended")


def refresh(
    work: Work, token: str, client_id: str, scopes: tuple[str, ...] | None
) -> GrantFacts:
    """Rotates a refresh token; a spent one shown again ends the family (SEC-199)."""
    if not _plausible(token):
        raise GrantGone("no such token")
    token_hash = hash_token(token)
    with work.writing() as db:
        found = grants.find_refresh(db, token_hash)
        if found is None or found[1].client_id != client_id:
            raise GrantGone("no such token of this client")
        grant = grants.lock_grant(db, found[1].id)
        client = clients.find_client(db, client_id)
        if grant is None or client is None:
            raise GrantGone("grant is gone")
        claimed = grants.claim_refresh(db, token_hash, now=work.now)
        if claimed:
            person, checked = _recheck(db, work, grant)
            if person is not None and checked is not None:
                fresh = _next_refresh(db, work, grant, found[0])
                _record(db, work, "tokens.refreshed", grant, person)
                return _facts_of(
                    work, grant, checked, person, refresh_token=fresh, scopes=scopes
                )
            grants.revoke_grants(db, now=work.now, grant_ids=[grant.id])
        else:
            again = grants.find_refresh(db, token_hash)
            _spent_again(db, work, again[0] if again else found[0], grant, client)
    raise GrantGone("token was used, or something it rests on has ended")


def client_credentials(
    work: Work, client: Client, scopes: tuple[str, ...], audience: str
) -> GrantFacts:
    """Records tokens for a service itself; no person, no refresh token."""
    with work.writing() as db:
        who = Actor("client", client.client_id, client.name)
        subject = Subject("client", client.client_id, client.name)
        work.audit(
            db, "tokens.issued", actor=who, subject=subject, client_id=client.client_id
        )
    return GrantFacts("", client, scopes, audience=audience)


def inspect(work: Work, grant_id: str) -> GrantFacts | None:
    """Returns what a living grant says; None when anything it rests on has ended."""
    with work.reading() as db:
        grant = grants.find_grant(db, grant_id)
        if grant is None:
            return None
        person, client = _recheck(db, work, grant)
    if person is None or client is None:
        return None
    return _facts_of(work, grant, client, person)


def inspect_refresh(work: Work, token: str) -> tuple[GrantFacts, RefreshToken] | None:
    """Returns what a living refresh token stands for; None when it is none."""
    if not _plausible(token):
        return None
    with work.reading() as db:
        found = grants.find_refresh(db, hash_token(token))
        if found is None:
            return None
        row, grant = found
        person, client = _recheck(db, work, grant)
    if row.used_at is not None or row.expires_at <= work.now:
        return None
    if person is None or client is None:
        return None
    return _facts_of(work, grant, client, person), row


def revoke_refresh(work: Work, token: str, client_id: str) -> bool:
    """Revokes the family of a refresh token of this client (RFC 7009, SEC-227)."""
    if not _plausible(token):
        return False
    with work.reading() as db:
        found = grants.find_refresh(db, hash_token(token))
    if found is None:
        return False
    return revoke_grant(work, found[1].id, client_id)


def revoke_grant(work: Work, grant_id: str, client_id: str) -> bool:
    """Revokes a grant of this client; a foreign one is left alone."""
    with work.writing() as db:
        grant = grants.lock_grant(db, grant_id)
        if grant is None or grant.client_id != client_id:
            return False
        grants.revoke_grants(db, now=work.now, grant_ids=[grant.id])
        subject = Subject("grant", grant.id)
        who = Actor("client", client_id)
        work.audit(
            db, "tokens.revoked", actor=who, subject=subject, client_id=client_id
        )
    return True


def _plausible(token: str) -> bool:
    return bool(token) and token.isascii() and len(token) <= LONGEST_TOKEN


def _recheck(
    db: Connection, work: Work, grant: Grant
) -> tuple[facts.Person | None, Client | None]:
    """Asks everything again that the grant rests on; (None, None) when it fell."""
    client = clients.find_client(db, grant.client_id)
    person = facts.load_person(db, work, grant.user_id) if grant.user_id else None
    if client is None or not client.enabled or person is None:
        return None, None
    if grant.revoked_at is not None or grant.expires_at <= work.now:
        return None, None
    if not _session_holds(db, work, grant):
        return None, None
    demand = policy.redeem(
        facts.client_demand(work, client, enrol_during_step_up=False)
    )
    decision = policy.next_step(demand, person.account, grant.proofs, work.now)
    missing = consent.missing_scopes(
        grant.scopes,
        consents.find_consent(db, person.user.id, client.client_id),
        first_party=client.first_party,
        prompted=False,
    )
    return (None, None) if decision.step is not Step.DONE or missing else (person, client)


def _session_holds(db: Connection, work: Work, grant: Grant) -> bool:
    """Tells whether the session still carries the grant; offline ones need none."""
    if grant.offline:
        return True
    session = session_rows.find_by_sid(db, grant.sid) if grant.sid else None
    return session is not None and sessions.alive(work, session)


def _first_refresh(
    db: Connection, work: Work, grant: Grant, client: Client
) -> str | None:
    if REFRESH_GRANT not in client.grant_types:
        return None
    return _add_refresh(db, work, grant, generation=0)


def _next_refresh(
    db: Connection, work: Work, grant: Grant, spent: RefreshToken
) -> str:
    return _add_refresh(db, work, grant, generation=spent.generation + 1)


def _add_refresh(db: Connection, work: Work, grant: Grant, *, generation: int) -> str:
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
    grants.add_refresh(db, row)
    return token


def _spent_in_vain(
    db: Connection, work: Work, row: Code, grant: Grant, *, claimed: bool
) -> None:
    """Revokes what came from a code that was used before, or rests on nothing now."""
    used = claimed or row.used_at is not None
    again = grants.find_code(db, row.code_hash)
    if used or (again is not None and again[0].used_at is not None):
        grants.revoke_grants(db, now=work.now, grant_ids=[grant.id])
        if not claimed:
            _record_reuse(db, work, "code.reused", grant)


def _spent_again(
    db: Connection, work: Work, row: RefreshToken, grant: Grant, client: Client
) -> None:
    """Ends the family, unless it is a confidential client's quick retry (SEC-204)."""
    if row.used_at is None:
        return
    grace: timedelta = work.settings.refresh_grace
    if not client.public and work.now - row.used_at <= grace:
        return
    grants.revoke_grants(db, now=work.now, grant_ids=[grant.id])
    _record_reuse(db, work, "refresh.reused", grant)


def _reused(work: Work, grant: Grant) -> None:
    with work.writing() as db:
        grants.lock_grant(db, grant.id)
        grants.revoke_grants(db, now=work.now, grant_ids=[grant.id])
        _record_reuse(db, work, "code.reused", grant)


def _record_reuse(db: Connection, work: Work, event: str, grant: Grant) -> None:
    work.audit(
        db,
        event,
        outcome="refused",
        subject=Subject("user", grant.user_id),
        client_id=grant.client_id,
        sid=grant.sid,
    )


def _record(
    db: Connection, work: Work, event: str, grant: Grant, person: facts.Person
) -> None:
    user = person.user
    work.audit(
        db,
        event,
        actor=Actor("client", grant.client_id),
        subject=Subject("user", user.id, user.username),
        client_id=grant.client_id,
        sid=grant.sid,
    )


def _facts_of(
    work: Work,
    grant: Grant,
    client: Client,
    person: facts.Person,
    *,
    refresh_token: str | None = None,
    scopes: tuple[str, ...] | None = None,
) -> GrantFacts:
    """Puts a grant together with what the person is called now.

    A refresh may ask for less; what was never granted is left out, not refused (SEC-202).
    """
    kept = grant.scopes
    if scopes is not None:
        kept = tuple(scope for scope in grant.scopes if scope in scopes)
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
        id_token_claims=grant.id_token_claims,
        userinfo_claims=grant.userinfo_claims,
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
