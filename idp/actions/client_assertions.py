"""Clients that authenticate with a signed assertion (RFC 7523).

Which clients may, and that each assertion works once. What an assertion must say, and
whether its signature is right, is ``oidc.client_assertion``: no secret is here.
"""

from datetime import datetime
from typing import Never

from idp.actions import refused
from idp.actions import throttle
from idp.actions.client_checks import BY_KEY
from idp.actions.work import Work
from idp.errors import Forbidden
from idp.store import client_assertions
from idp.store import clients
from idp.store.base import hash_token
from idp.store.clients import Client


def find_client(work: Work, client_id: str) -> Client:
    """Finds an enabled application that proves itself by a key (SEC-195).

    Raises Forbidden for any other, and TooManyAttempts for a source that failed too
    often (SEC-124).
    """
    throttle.check_source(work)
    with work.reading() as db:
        client = clients.find_client(db, client_id)
    if client is None or not client.enabled or client.auth_method != BY_KEY:
        refuse(work, client)
    return client


def spend(work: Work, client: Client, jti: str, *, expires_at: datetime) -> None:
    """Marks an assertion as used; raises Forbidden for one that was (SEC-196).

    One conditional statement decides. It is no part of the work that follows, so that
    the work can be done again where it had to give way.
    """
    hashed = hash_token(f"{client.client_id}\0{jti}")
    with work.noting() as db:
        first = client_assertions.claim_assertion(db, hashed, expires_at=expires_at)
    if not first:
        refuse(work, client)


def refuse(work: Work, client: Client | None) -> Never:
    """Counts a failure like that of a secret, and raises Forbidden."""
    throttle.count_source(work)
    refused.count_client(work, client)
    raise Forbidden("client authentication failed")
