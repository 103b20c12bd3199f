"""Clients that register themselves and manage their record (RFC 7591, RFC 7592).

Registering takes one use of an initial access token; managing a record takes the
registration access token of that one client (SEC-247, SEC-248). No rights are asked
for: what a client may say at all is ``actions.registration_metadata``.
"""

import hmac
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from typing import Any

from sqlalchemy.engine import Connection

from idp.actions import client_metadata
from idp.actions import client_secrets
from idp.actions import clients
from idp.actions import keys
from idp.actions import registration_metadata
from idp.actions import rights
from idp.actions import throttle
from idp.actions.client_checks import checked
from idp.actions.client_metadata import Registration
from idp.actions.work import Actor
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import Forbidden
from idp.errors import GrantGone
from idp.rules import permissions
from idp.rules.permissions import CLIENTS_READ
from idp.store import clients as records
from idp.store import registration_tokens
from idp.store import registrations
from idp.store.base import hash_token
from idp.store.base import new_token
from idp.store.clients import Client
from idp.store.registration_tokens import RegistrationToken
from idp.store.registrations import Registered as Registered

LONGEST_TOKEN = 200
ACTOR = "registration"


@dataclass(frozen=True, slots=True)
class Issued:
    """A record, the token that admits to it, and a secret that is shown this once."""

    registration: Registration
    access_token: str = field(repr=False)
    client_secret: str | None = field(default=None, repr=False)


Document = Callable[[], Mapping[str, Any]]
"""Reads what was sent, which is not looked at before its sender is known."""


def register(work: Work, token: str | None, document: Document) -> Issued:
    """Registers an application; raises GrantGone for a token that does not admit.

    Raises Forbidden where registration is off, BadRequest for what may not be said,
    TooManyAttempts for a source that tried too many tokens (SEC-124). Refused
    registrations take no use of the token.
    """
    admitted = _admitted(work, token)
    metadata = registration_metadata.read(document())
    fields = client_metadata.fields_of(metadata, {})
    client = clients.new_record(work, None, {**fields, "first_party": False})
    checked(client, work.settings)
    keys.create_missing(work, [client.id_token_alg, client.introspection_alg])
    work.actor = Actor(ACTOR, admitted.id, admitted.name)
    access_token = new_token()
    with work.writing() as db:
        if not registration_tokens.claim_use(db, admitted.id, now=work.now):
            raise GrantGone("registration token was used up meanwhile")
        records.add_client(db, client)
        registrations.add_registration(
            db,
            Registered(
                client_id=client.client_id,
                access_hash=hash_token(access_token),
                token_id=admitted.id,
                label=admitted.name,
                at=work.now,
            ),
        )
        secret = _new_secret(db, work, client)
        made = clients.facts_of(db, work, client)
        told = client_metadata.told(made)
        clients.record(db, work, "client.created", client, told)
    return Issued(made, access_token, secret)


def _admitted(work: Work, token: str | None) -> RegistrationToken:
    _require_on(work)
    found = None
    if token is not None and len(token) <= LONGEST_TOKEN:
        with work.reading() as db:
            found = registration_tokens.find_usable(db, hash_token(token), now=work.now)
    if found is None:
        raise _stranger(work, token)
    return found


def _require_on(work: Work) -> None:
    if not work.settings.dynamic_registration:
        words = "Registration is off here (IDP_DYNAMIC_REGISTRATION)."
        raise Forbidden("registration is off", sentence=words)


def _stranger(work: Work, token: str | None) -> GrantGone:
    """Counts an invalid token as a guess; a missing token is none."""
    if token is not None:
        throttle.check_source(work)
        throttle.count_source(work)
    return GrantGone("no such registration token")


def _new_secret(db: Connection, work: Work, client: Client) -> str | None:
    """Makes the secret of a client that needs one and has none that works."""
    if not client.has_secret:
        return None
    if records.live_secrets(db, client.client_id, now=work.now):
        return None
    secret = client_secrets.chosen(None)
    client_secrets.add(db, work, client.client_id, secret)
    return secret


# --- coming back (RFC 7592)


def read(work: Work, client_id: str, token: str | None) -> Issued:
    """Shows a client its own record, without the secret, which is not stored.

    Raises GrantGone for a token that is not this client's, Forbidden where the record
    is not the application's to keep any more.
    """
    with work.reading() as db:
        client = _own(db, work, client_id, token)
        return Issued(clients.facts_of(db, work, client), token or "")


def update(work: Work, client_id: str, token: str | None, document: Document) -> Issued:
    """Replaces what an application says of itself; what administrators said stays.

    Raises what ``read`` and ``register`` do. The token stays as it is: were it replaced
    and the answer lost, the application could not come back.
    """
    with work.reading() as db:
        before = _own(db, work, client_id, token)
    sent = document()
    fields = _fields(sent, before)
    after = checked(replace(before, **fields), work.settings)
    keys.create_missing(work, [after.id_token_alg, after.introspection_alg])
    with _changing(work, client_id, token) as (db, current):
        _check_secret(db, work, current, sent.get("client_secret"))
        after = checked(replace(current, **_fields(sent, current)), work.settings)
        if after != current:
            clients.write_change(db, work, current, after)
        secret = _new_secret(db, work, after)
        if secret is not None:
            clients.record(db, work, "client.secret_added", after)
        return Issued(clients.facts_of(db, work, after), token or "", secret)


def remove(work: Work, client_id: str, token: str | None) -> None:
    """Deletes an application at its own wish, with its secrets, consents and grants."""
    with _changing(work, client_id, token) as (db, client):
        records.delete_client(db, client_id)
        clients.record(db, work, "client.deleted", client)


def _fields(sent: Mapping[str, Any], before: Client) -> dict[str, Any]:
    """Reads a whole new record (RFC 7592 section 2.2); raises BadRequest."""
    if sent.get("client_id") != before.client_id:
        words = "client_id must be that of the application."
        raise BadRequest("client_id", faults=[("client_id", words)])
    metadata = registration_metadata.read(sent)
    return client_metadata.fields_of(metadata, before.details)


def _check_secret(db: Connection, work: Work, client: Client, secret: object) -> None:
    if secret is None:
        return
    live = records.live_secrets(db, client.client_id, now=work.now)
    if isinstance(secret, str) and client_secrets.matching(
        work, live, client.client_id, secret
    ):
        return
    words = "client_secret is not the secret of the application."
    raise BadRequest("client_secret", faults=[("client_secret", words)])


@contextmanager
def _changing(
    work: Work, client_id: str, token: str | None
) -> Iterator[tuple[Connection, Client]]:
    """Opens a block that holds the lock of the client's record."""
    with work.writing() as db:
        records.lock_client(db, client_id)
        client = _own(db, work, client_id, token)
        work.actor = Actor("client", client_id, client.name)
        yield db, client


def _own(db: Connection, work: Work, client_id: str, token: str | None) -> Client:
    """Finds the client whose token this is (SEC-248).

    A record that an administrator has disabled, vouched for or given rights is theirs:
    whoever could still change its addresses would speak in their name.
    """
    _require_on(work)
    row = registrations.find_registration(db, client_id)
    given = hash_token((token or "")[:LONGEST_TOKEN])
    client = records.find_client(db, client_id)
    if row is None or client is None or not _same(row.access_hash, given):
        raise _stranger(work, token)
    vouched_for = client.first_party or permissions.of_scopes(client.scopes)
    if not client.enabled or vouched_for or client.resource is not None:
        words = "The application may not do this here."
        raise Forbidden("record is not the application's to keep", sentence=words)
    return client


def _same(stored: str, given: str) -> bool:
    return hmac.compare_digest(stored.encode(), given.encode())


def origin_of(work: Work, client_id: str) -> Registered | None:
    """Tells by which token an application registered itself; None for all others."""
    with rights.reading(work, CLIENTS_READ) as db:
        return registrations.find_registration(db, client_id)
