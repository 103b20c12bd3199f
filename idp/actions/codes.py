"""Redeeming authorization codes: each is spent once; a second use revokes its grant.

One block claims the code and writes the refresh token and the audit record; signing
comes after it, elsewhere (SEC-190, REL-016). What a grant says is ``actions.grants``.
"""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from idp.actions import grants
from idp.actions.grants import GrantFacts
from idp.actions.work import Work
from idp.errors import GrantGone
from idp.store import codes as code_rows
from idp.store import grants as grant_rows
from idp.store.base import hash_token
from idp.store.clients import Client as Client
from idp.store.codes import Code
from idp.store.grants import Grant

REFRESH_GRANT = "refresh_token"


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What the checks before redemption need of a code."""

    client_id: str
    redirect_uri: str
    code_challenge: str | None
    grant_id: str
    audience: str


def find_code(work: Work, code: str, client_id: str) -> CodeFacts | None:
    """Finds a code of this client that may be redeemed.

    A used one revokes everything that came from it (RFC 6749 section 4.1.2, SEC-190);
    one of another client stays valid for its owner.
    """
    if not grants.plausible(code):
        return None
    with work.reading() as db:
        found = grant_rows.find_by_code(db, hash_token(code))
    if found is None or found[0].client_id != client_id:
        return None
    row, grant = found
    if row.used_at is not None:
        _reused(work, grant)
        return None
    if row.expires_at <= work.now or row.wrong_verifiers >= code_rows.WRONG_VERIFIERS:
        return None
    return CodeFacts(
        row.client_id, row.redirect_uri, row.code_challenge, grant.id, grant.audience
    )


def wrong_verifier(work: Work, code: str) -> None:
    """Counts a wrong verifier; five of them kill the code (SEC-194)."""
    with work.writing() as db:
        code_rows.count_wrong_verifier(db, hash_token(code))


def redeem_code(work: Work, code: str, client_id: str) -> GrantFacts:
    """Spends a code, exactly once, and starts the refresh family where there is one.

    Raises GrantGone, and then nothing is spent but the code itself where it was
    claimed.
    """
    code_hash = hash_token(code)
    with work.writing() as db:
        found = grant_rows.find_by_code(db, code_hash, locked=True)
        if found is None or found[0].client_id != client_id:
            raise GrantGone("no such code of this client")
        row, grant = found
        claimed = code_rows.claim_code(db, code_hash, now=work.now)
        person, client = grants.recheck(db, work, grant) if claimed else (None, None)
        if (
            person is not None
            and client is not None
            and grants.may_redirect(client, row.redirect_uri)
        ):
            token = _first_refresh(db, work, grant, client)
            grants.record(db, work, "tokens.issued", grant, person)
            return grants.facts_of(work, grant, client, person, refresh_token=token)
        _spent_in_vain(db, work, row, grant, claimed=claimed)
    raise GrantGone("code was used, or something it rests on has ended")


def _first_refresh(
    db: Connection, work: Work, grant: Grant, client: Client
) -> str | None:
    if REFRESH_GRANT not in client.grant_types:
        return None
    return grants.add_refresh(db, work, grant, generation=0)


def _spent_in_vain(
    db: Connection, work: Work, row: Code, grant: Grant, *, claimed: bool
) -> None:
    """Revokes what came from a code that was used before, or rests on nothing now."""
    used = claimed or row.used_at is not None
    again = grant_rows.find_by_code(db, row.code_hash)
    if used or (again is not None and again[0].used_at is not None):
        grant_rows.revoke_grants(db, now=work.now, grant_ids=[grant.id])
        if not claimed:
            grants.record_reuse(db, work, "code.reused", grant)


def _reused(work: Work, grant: Grant) -> None:
    with work.writing() as db:
        grant_rows.lock_grant(db, grant.id)
        grant_rows.revoke_grants(db, now=work.now, grant_ids=[grant.id])
        grants.record_reuse(db, work, "code.reused", grant)
