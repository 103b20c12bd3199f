"""Secrets of applications: made, rotated, checked.

A secret is shown once and kept as a keyed hash (SEC-249); generated ones use only
letters, digits, ``-`` and ``_``. The registered method of authentication is the only
one (SEC-195).
"""

import hmac
from datetime import timedelta

from sqlalchemy.engine import Connection

from idp.actions import throttle
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import Forbidden
from idp.store import clients
from idp.store.base import new_id
from idp.store.base import new_token
from idp.store.clients import Client

PURPOSE = "client-secret"
LONGEST_SECRET = 1024


def add(db: Connection, work: Work, client_id: str, secret: str) -> str:
    """Keeps a secret beside those that there are, and returns its id."""
    secret_id = new_id()
    clients.add_secret(
        db,
        client_id,
        secret_id=secret_id,
        secret_hash=_macs(work, client_id, secret)[0],
        now=work.now,
    )
    return secret_id


def chosen(secret: str | None) -> str:
    """Returns the secret that was given, or a new one of 256 bits."""
    if secret is None:
        return new_token()
    if not 1 <= len(secret) <= LONGEST_SECRET:
        words = f"A secret has 1 to {LONGEST_SECRET} characters."
        raise BadRequest("secret", sentence=words)
    return secret


def rotate(
    db: Connection, work: Work, client_id: str, *, overlap: timedelta
) -> tuple[str, str]:
    """Makes a second secret and returns its id and itself; at most two work at once."""
    secret = new_token()
    others = clients.live_secrets(db, client_id, now=work.now)
    if others:
        clients.expire_secrets(db, client_id, except_id=others[-1].id, at=work.now)
    secret_id = add(db, work, client_id, secret)
    clients.expire_secrets(db, client_id, except_id=secret_id, at=work.now + overlap)
    return secret_id, secret


def authenticate_client(
    work: Work, client_id: str, secret: str | None, method: str
) -> Client:
    """Checks who a client is, by its registered method only (SEC-195).

    Raises Forbidden for every kind of failure, and TooManyAttempts for a source that
    failed too often (SEC-124). A failed authentication consumes nothing.
    """
    if method != "none":
        throttle.check_source(work)
    with work.reading() as db:
        client = clients.find_client(db, client_id)
        live = clients.live_secrets(db, client_id, now=work.now) if client else ()
    given = _macs(work, client_id, secret or "")
    right = False
    for stored in live:
        for mac in given:
            right = hmac.compare_digest(stored.secret_hash, mac) or right
    usable = client is not None and client.enabled and client.auth_method == method
    if client is not None and usable and (right or client.public):
        return client
    if method != "none":
        throttle.count_source(work)
    raise Forbidden("client authentication failed")


def _macs(work: Work, client_id: str, secret: str) -> tuple[str, ...]:
    data = f"{client_id}\0{secret}".encode("utf-8", "surrogatepass")
    return tuple(mac.hex() for mac in work.vault.macs(data, purpose=PURPOSE))
