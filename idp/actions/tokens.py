"""Tokens after the code: refreshed, issued to services, introspected, revoked.

A refresh token works once; a spent one shown again ends the family (SEC-199). Signing
comes after the block, elsewhere (REL-016). What a grant says is ``actions.grants``.
"""

from sqlalchemy.engine import Connection

from idp.actions import facts
from idp.actions import grants
from idp.actions.grants import GrantFacts
from idp.actions.work import Actor
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import GrantGone
from idp.rules.moments import CLOCKS_MAY_DIFFER
from idp.store import clients
from idp.store import grants as grant_rows
from idp.store import refresh_tokens as refresh_token_rows
from idp.store.base import hash_token
from idp.store.clients import Client as Client
from idp.store.grants import Grant
from idp.store.refresh_tokens import RefreshToken


def find_client(work: Work, client_id: str) -> Client | None:
    """Finds a client, enabled or not."""
    with work.reading() as db:
        return clients.find_client(db, client_id)


def refresh(
    work: Work,
    token: str,
    client_id: str,
    scopes: tuple[str, ...] | None,
    *,
    resource: str | None = None,
) -> GrantFacts:
    """Rotates a refresh token; a spent one shown again ends the family (SEC-199).

    A resource that is not the grant's is refused with BadRequest, and nothing is spent.
    """
    if not grants.plausible(token):
        raise GrantGone("no such token")
    token_hash = hash_token(token)
    with work.writing() as db:
        shown, grant = _family(db, token_hash, client_id)
        if resource not in (None, grant.audience):
            raise BadRequest("resource")
        claimed = refresh_token_rows.claim_refresh(db, token_hash, now=work.now)
        if claimed:
            person, checked = grants.recheck(db, work, grant)
            if person is not None and checked is not None:
                fresh = _next_refresh(db, work, grant, shown)
                grants.record(db, work, "tokens.refreshed", grant, person)
                return grants.facts_of(
                    work, grant, checked, person, refresh_token=fresh, scopes=scopes
                )
            grant_rows.revoke_grants(db, now=work.now, grant_ids=[grant.id])
        else:
            again = grant_rows.find_by_refresh(db, token_hash)
            client = clients.find_client(db, client_id)
            if client is None:
                raise GrantGone("client is gone")
            _spent_again(db, work, again[0] if again else shown, grant, client)
    raise GrantGone("token was used, or something it rests on has ended")


def _family(
    db: Connection, token_hash: str, client_id: str
) -> tuple[RefreshToken, Grant]:
    """Finds a refresh token of a client, and locks its family."""
    found = grant_rows.find_by_refresh(db, token_hash, locked=True)
    if found is None or found[1].client_id != client_id:
        raise GrantGone("no such token of this client")
    return found


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
        found = grants.find(db, work, grant_id)
    if found is None:
        return None
    grant, person, client = found
    return grants.facts_of(work, grant, client, person)


def inspect_refresh(work: Work, token: str) -> tuple[GrantFacts, RefreshToken] | None:
    """Returns what a living refresh token stands for; None when it is none."""
    if not grants.plausible(token):
        return None
    with work.reading() as db:
        found = grant_rows.find_by_refresh(db, hash_token(token))
        if found is None:
            return None
        row, grant = found
        person, client = grants.recheck(db, work, grant)
    if row.used_at is not None or row.expires_at <= work.now:
        return None
    if person is None or client is None:
        return None
    return grants.facts_of(work, grant, client, person), row


def revoke_refresh(work: Work, token: str, client_id: str) -> bool:
    """Revokes the family of a refresh token of this client (RFC 7009, SEC-227)."""
    if not grants.plausible(token):
        return False
    with work.reading() as db:
        found = grant_rows.find_by_refresh(db, hash_token(token))
    if found is None:
        return False
    return revoke_grant(work, found[1].id, client_id)


def revoke_grant(work: Work, grant_id: str, client_id: str) -> bool:
    """Revokes a grant of this client; a foreign one is left alone."""
    with work.writing() as db:
        grant = grant_rows.lock_grant(db, grant_id)
        if grant is None or grant.client_id != client_id:
            return False
        grant_rows.revoke_grants(db, now=work.now, grant_ids=[grant.id])
        work.audit(
            db,
            "tokens.revoked",
            actor=Actor("client", client_id),
            subject=facts.subject_of(db, grant.user_id),
            client_id=client_id,
            sid=grant.sid,
        )
    return True


def _next_refresh(db: Connection, work: Work, grant: Grant, spent: RefreshToken) -> str:
    return grants.add_refresh(db, work, grant, generation=spent.generation + 1)


def _spent_again(
    db: Connection, work: Work, row: RefreshToken, grant: Grant, client: Client
) -> None:
    """Ends the family, unless it is a confidential client's quick retry (SEC-204).

    What was used long after this moment was used before the clock was put back, and no
    retry (REL-030).
    """
    if row.used_at is None:
        return
    ago, grace = work.now - row.used_at, work.settings.refresh_grace
    if not client.public and -CLOCKS_MAY_DIFFER <= ago <= grace:
        return
    grant_rows.revoke_grants(db, now=work.now, grant_ids=[grant.id])
    grants.record_reuse(db, work, "refresh.reused", grant)
