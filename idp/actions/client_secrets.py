"""Client secrets: made, rotated, verified.

A secret is shown once and kept as a keyed hash (SEC-249); generated ones use only
letters, digits, ``-`` and ``_``. A client may use only its registered authentication
method (SEC-195).
"""

import hmac
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.engine import Connection

from idp.actions import refused
from idp.actions import throttle
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import Forbidden
from idp.errors import NotFound
from idp.errors import PolicyRefused
from idp.errors import Unavailable
from idp.store import client_secrets
from idp.store import clients
from idp.store.base import new_id
from idp.store.base import new_token
from idp.store.clients import Client
from idp.store.clients import ClientSecret

PURPOSE = "client-secret"
LONGEST_SECRET = 1024
NOTED_EVERY = timedelta(hours=1)


def add(db: Connection, work: Work, client_id: str, secret: str) -> str:
    """Adds a secret beside the existing ones and returns its id."""
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


def remove(db: Connection, work: Work, client: Client, secret_id: str) -> None:
    """Ends a secret at once; raises NotFound, and PolicyRefused for the last one.

    Without any, an application could not even be told apart from a stranger: it is
    disabled, or gets a new secret first.
    """
    live = [one.id for one in clients.live_secrets(db, client.client_id, now=work.now)]
    if secret_id not in live:
        raise NotFound("secret", sentence="There is no secret with this id.")
    if live == [secret_id] and client.has_secret:
        words = "The last secret stays. Make another first, or disable the application."
        raise PolicyRefused("secret", sentence=words)
    clients.delete_secret(db, client.client_id, secret_id)


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
        client, live = client_secrets.find_with_secrets(db, client_id, now=work.now)
    used = matching(work, live, client_id, secret or "")
    usable = client is not None and client.enabled and client.auth_method == method
    if client is not None and usable and (used or client.public):
        _note_use(work, used, client_id, secret or "")
        return client
    if method != "none":
        throttle.count_source(work)
    refused.count_client(work, client)
    raise Forbidden("client authentication failed")


def matching(
    work: Work, live: Sequence[ClientSecret], client_id: str, secret: str
) -> ClientSecret | None:
    """Returns the secret that somebody shows, if it is one of a client's."""
    found = None
    for stored in live:
        for mac in _macs(work, client_id, secret):
            if hmac.compare_digest(stored.secret_hash, mac):
                found = stored
    return found


def _note_use(
    work: Work, used: ClientSecret | None, client_id: str, secret: str
) -> None:
    """Records when a secret was used, to the hour; it does not matter if that fails.

    It is hashed anew then, so that an older master key runs out of use (REL-042).
    """
    if used is None:
        return
    before = work.now - NOTED_EVERY
    if used.last_used_at is None or used.last_used_at <= before:
        anew = _macs(work, client_id, secret)[0]
        with suppress(Unavailable), work.noting() as db:
            client_secrets.note_use(
                db, used.id, secret_hash=anew, now=work.now, before=before
            )


def _macs(work: Work, client_id: str, secret: str) -> tuple[str, ...]:
    data = f"{client_id}\0{secret}".encode("utf-8", "surrogatepass")
    return tuple(mac.hex() for mac in work.vault.macs(data, purpose=PURPOSE))
