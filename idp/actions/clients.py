"""Administration of applications: registered, shown, changed, switched off, deleted.

Metadata comes and goes under its RFC 7591 names (``actions.client_metadata``) and is
checked as a whole each time (``actions.client_checks``). Nobody gives an application
rights that they lack (SEC-257).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Connection

from idp.actions import client_clashes
from idp.actions import client_metadata
from idp.actions import client_secrets
from idp.actions import keys
from idp.actions import logout_results
from idp.actions import rights
from idp.actions.client_checks import CODE
from idp.actions.client_checks import REFRESH
from idp.actions.client_checks import checked
from idp.actions.client_metadata import Registration
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import NotFound
from idp.errors import StaleVersion
from idp.rules import consent
from idp.rules import permissions
from idp.rules.permissions import CLIENTS_READ
from idp.rules.permissions import CLIENTS_WRITE
from idp.store import clients
from idp.store import grants
from idp.store.base import new_id
from idp.store.clients import Client

OVERLAP = timedelta(days=1)
LONGEST_OVERLAP = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Registered:
    """An application, and the secret that is shown here and never again."""

    registration: Registration
    client_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A second secret, shown here and never again."""

    client_id: str
    id: str
    client_secret: str = field(repr=False)


def create_client(
    work: Work,
    metadata: Mapping[str, object],
    *,
    client_id: str | None = None,
    secret: str | None = None,
) -> Registered:
    """Registers an application; raises BadRequest, Conflict or Forbidden.

    A secret that is given may hold anything; without one, a random one is made where
    the client proves itself by a secret.
    """
    fields = client_metadata.fields_of(metadata, {})
    client = checked(new_record(work, client_id, fields), work.settings)
    if secret is not None:
        _require_secret(client)
    shown = client_secrets.chosen(secret) if client.has_secret else None
    rights.require(work, CLIENTS_WRITE)
    keys.create_missing(work, [client.id_token_alg, client.introspection_alg])
    with rights.administering(work, CLIENTS_WRITE) as db:
        _require_over(work, client)
        client_clashes.check_id(db, client.client_id)
        client_clashes.check_resource(db, client)
        clients.add_client(db, client)
        if shown is not None:
            client_secrets.add(db, work, client.client_id, shown)
        made = facts_of(db, work, client)
        record(db, work, "client.created", client, client_metadata.told(made))
        return Registered(made, shown)


def new_record(work: Work, client_id: str | None, fields: dict[str, Any]) -> Client:
    """Fills in what is not said (``interface.md`` section 5); writes nothing."""
    if "name" not in fields:
        raise BadRequest("client_name", sentence="An application needs a name.")
    granted = fields.get("grant_types", (CODE, REFRESH))
    person = CODE in granted
    defaults: dict[str, Any] = {
        "redirect_uris": (),
        "post_logout_redirect_uris": (),
        "scopes": consent.SCOPES if person else (),
        "grant_types": granted,
        "auth_method": "client_secret_basic",
        "min_acr": None,
        "max_factor_age": None,
        "accept_backup_codes": True,
        "first_party": True,
        "claims_in_id_token": True,
        "require_pkce": True,
        "access_token_lifetime": None,
        "allowed_origins": None,
        "resource": None,
        "allowed_resources": (),
        "id_token_alg": "RS256",
        "enabled": True,
    }
    return Client(
        client_id=new_id() if client_id is None else client_id,
        version=1,
        created_at=work.now,
        **{**defaults, **fields},
    )


def list_clients(work: Work) -> tuple[Client, ...]:
    """Lists the records of every application, as the protocol reads them."""
    with work.reading() as db:
        return tuple(clients.list_clients(db))


def list_registrations(work: Work) -> tuple[Registration, ...]:
    """Lists every application by name, as administration shows it."""
    with rights.reading(work, CLIENTS_READ) as db:
        secrets = clients.all_live_secrets(db, now=work.now)
        told = logout_results.last_of_clients(db)
        return tuple(
            client_metadata.registration(
                one, secrets.get(one.client_id, ()), told.get(one.client_id)
            )
            for one in clients.list_clients(db)
        )


def show_client(work: Work, client_id: str) -> Registration:
    """Returns an application; raises NotFound."""
    with rights.reading(work, CLIENTS_READ) as db:
        return facts_of(db, work, _find(db, client_id))


def change_client(
    work: Work,
    client_id: str,
    metadata: Mapping[str, object],
    *,
    version: int | None = None,
) -> Registration:
    """Changes what is given, checked as a whole; raises StaleVersion among others.

    One that is disabled stops at once (SEC-250). What changed is recorded, old and new.
    """
    rights.require(work, CLIENTS_WRITE)
    named = [str(metadata.get(name)) for name in client_metadata.SIGNED]
    algorithms = [alg for alg in named if alg in keys.ALGORITHMS]
    if algorithms:
        with work.reading() as db:
            _require_over(work, _find(db, client_id))
        keys.create_missing(work, algorithms)
    with rights.administering(work, CLIENTS_WRITE) as db:
        before = _find(db, client_id)
        _require_over(work, before)
        if version is not None and version != before.version:
            raise StaleVersion("client")
        fields = client_metadata.fields_of(metadata, before.details)
        after = replace(before, **fields)
        if set(metadata) != {"enabled"}:  # what will not do can be switched off too
            checked(after, work.settings)
        _require_over(work, after)
        client_clashes.check_resource(db, after)
        if after != before:
            write_change(db, work, before, after)
        return facts_of(db, work, _find(db, client_id))


def write_change(db: Connection, work: Work, before: Client, after: Client) -> None:
    """Writes a change and what follows from it; one record for each kind of change."""
    if not clients.change_client(db, after):
        raise StaleVersion("client")
    old, new = (client_metadata.registration(one, ()) for one in (before, after))
    changes = client_metadata.changes(old, new)
    switched = {k: v for k, v in changes.items() if k == "enabled"}
    if before.enabled and not after.enabled:
        grants.revoke_grants(db, now=work.now, client_id=after.client_id)
        record(db, work, "client.disabled", after, switched)
        changes.pop("enabled")
    if changes:
        record(db, work, "client.changed", after, changes)


def set_enabled(work: Work, client_id: str, *, enabled: bool) -> Registration:
    """Enables or disables an application; a disabled one stops at once (SEC-250)."""
    return change_client(work, client_id, {"enabled": enabled})


def delete_client(work: Work, client_id: str) -> None:
    """Deletes an application with its secrets, consents and grants."""
    with rights.administering(work, CLIENTS_WRITE) as db:
        client = _find(db, client_id)
        _require_over(work, client)
        clients.delete_client(db, client_id)
        record(db, work, "client.deleted", client)


def rotate_secret(
    work: Work, client_id: str, *, expire_others_in: timedelta = OVERLAP
) -> NewSecret:
    """Makes a second secret; the previous one works a while longer (SEC-249)."""
    if not timedelta(0) <= expire_others_in <= LONGEST_OVERLAP:
        words = f"Other secrets end within {LONGEST_OVERLAP.days} days."
        raise BadRequest("expire_others_in", sentence=words)
    with rights.administering(work, CLIENTS_WRITE) as db:
        client = _of_secrets(db, work, client_id)
        _require_secret(client)
        secret_id, secret = client_secrets.rotate(
            db, work, client_id, overlap=expire_others_in
        )
        record(db, work, "client.secret_added", client, {"secret_id": secret_id})
        return NewSecret(client_id, secret_id, secret)


def remove_secret(work: Work, client_id: str, secret_id: str) -> Registration:
    """Ends a secret at once; the last one of who needs one stays (SEC-249)."""
    with rights.administering(work, CLIENTS_WRITE) as db:
        client = _of_secrets(db, work, client_id)
        client_secrets.remove(db, work, client, secret_id)
        record(db, work, "client.secret_removed", client, {"secret_id": secret_id})
        return facts_of(db, work, client)


def _of_secrets(db: Connection, work: Work, client_id: str) -> Client:
    """Finds an application and lets one change of its secrets happen at a time."""
    clients.lock_client(db, client_id)
    client = _find(db, client_id)
    _require_over(work, client)
    return client


def _require_secret(client: Client) -> None:
    """Refuses what is for applications with a secret only."""
    if client.public:
        raise BadRequest("secret", sentence="A public client has no secret.")
    if not client.has_secret:
        words = "An application that proves itself by a key has no secret."
        raise BadRequest("secret", sentence=words)


def _find(db: Connection, client_id: str) -> Client:
    client = clients.find_client(db, client_id)
    if client is None:
        raise NotFound("client", sentence="There is no client with this id.")
    return client


def _require_over(work: Work, client: Client) -> None:
    """Refuses to touch or make an application with rights that the actor lacks."""
    rights.require_grant(work, permissions.of_scopes(client.scopes))


def facts_of(db: Connection, work: Work, client: Client) -> Registration:
    """Returns an application as it is shown, with the secrets that work."""
    live = clients.live_secrets(db, client.client_id, now=work.now)
    told = logout_results.last_of_clients(db, client.client_id)
    return client_metadata.registration(client, live, told.get(client.client_id))


def record(
    db: Connection,
    work: Work,
    event: str,
    client: Client,
    changes: dict[str, Any] | None = None,
) -> None:
    """Records what happened to an application."""
    subject = Subject("client", client.client_id, client.name)
    work.audit(db, event, subject=subject, client_id=client.client_id, changes=changes)
