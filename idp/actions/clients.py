"""Applications: registered, shown, changed, switched off; and their secrets checked.

What an address may look like is ``rules.uris``. A secret is shown once and kept as a keyed
hash (SEC-249); generated ones use only letters, digits, ``-`` and ``_``.
"""

import hmac
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Connection

from idp.actions import throttle
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import Conflict
from idp.errors import Forbidden
from idp.errors import NotFound
from idp.rules import consent
from idp.rules import uris
from idp.store import clients
from idp.store import grants
from idp.store.base import new_id
from idp.store.base import new_token
from idp.store.clients import Client

PURPOSE = "client-secret"
AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")
LEVELS = ("pwd", "mfa")
ID_TOKEN_ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")


@dataclass(frozen=True, slots=True)
class NewClient:
    """What is asked for when an application is registered."""

    name: str
    client_id: str | None = None
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = consent.SCOPES
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    auth_method: str = "client_secret_basic"
    secret: str | None = field(default=None, repr=False)
    min_acr: str | None = None
    max_factor_age: timedelta | None = None
    accept_backup_codes: bool = True
    first_party: bool = True
    claims_in_id_token: bool = True
    require_pkce: bool = True
    resource: str | None = None
    allowed_resources: tuple[str, ...] = ()
    id_token_alg: str = "RS256"
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registered:
    """A client with its secret, which is shown here and never again."""

    client: Client
    secret: str | None = field(repr=False)


def create_client(work: Work, wanted: NewClient) -> Registered:
    """Registers an application; raises BadRequest or Conflict and changes nothing."""
    client = _checked(work, _from_wish(work, wanted))
    secret = None if client.public else wanted.secret or new_token()
    with work.writing() as db:
        if clients.find_client(db, client.client_id) is not None:
            raise Conflict("client id", sentence="There is a client with this id.")
        clients.add_client(db, client)
        if secret is not None:
            clients.add_secret(
                db,
                client.client_id,
                secret_id=new_id(),
                secret_hash=_hashed(work, client.client_id, secret),
                now=work.now,
            )
        _record(db, work, "client.created", client)
    return Registered(client, secret)


def _from_wish(work: Work, wanted: NewClient) -> Client:
    return Client(
        client_id=wanted.client_id or new_id(),
        name=wanted.name.strip(),
        redirect_uris=wanted.redirect_uris,
        post_logout_redirect_uris=wanted.post_logout_redirect_uris,
        scopes=wanted.scopes,
        grant_types=wanted.grant_types,
        auth_method=wanted.auth_method,
        min_acr=wanted.min_acr,
        max_factor_age=wanted.max_factor_age,
        accept_backup_codes=wanted.accept_backup_codes,
        first_party=wanted.first_party,
        claims_in_id_token=wanted.claims_in_id_token,
        require_pkce=wanted.require_pkce,
        access_token_lifetime=None,
        allowed_origins=None,
        resource=wanted.resource,
        allowed_resources=wanted.allowed_resources,
        id_token_alg=wanted.id_token_alg,
        enabled=True,
        details=wanted.details,
        version=1,
        created_at=work.now,
    )


def _checked(work: Work, client: Client) -> Client:
    """Checks everything of a client, at creation and at each change (SEC-245)."""
    findings = [*_word_findings(client), *_uri_findings(work, client)]
    if findings:
        raise BadRequest("client metadata", sentence=" ".join(findings))
    return client


def _word_findings(client: Client) -> list[str]:
    known_id = client.client_id.isascii() and client.client_id.isprintable()
    checks = (
        (1 <= len(client.name) <= 200, "A client needs a name of up to 200 characters."),
        (known_id and len(client.client_id) <= 200, "The client id is not usable."),
        (client.auth_method in AUTH_METHODS, "The authentication method is unknown."),
        (set(client.grant_types) <= set(GRANT_TYPES), "A grant type is unknown."),
        (client.min_acr in (None, *LEVELS), "The minimum level is unknown."),
        (client.id_token_alg in ID_TOKEN_ALGORITHMS, "The algorithm is unknown."),
        (
            client.require_pkce or not client.public,
            "PKCE can be switched off for clients with a secret only.",
        ),
        (
            "client_credentials" not in client.grant_types or not client.public,
            "A service needs a secret.",
        ),
        (
            bool(client.redirect_uris)
            or "authorization_code" not in client.grant_types,
            "A client needs at least one redirect URI.",
        ),
    )
    return [finding for fine, finding in checks if not fine]


def _uri_findings(work: Work, client: Client) -> list[str]:
    loopback = work.settings.is_loopback
    findings = []
    for uri in client.redirect_uris:
        complaint = uris.complaint_about_redirect_uri(
            uri, public=client.public, loopback_issuer=loopback
        )
        if complaint:
            findings.append(f"The redirect URI {uri!a} {complaint}.")
    for uri in client.post_logout_redirect_uris:
        complaint = uris.complaint_about_redirect_uri(
            uri, public=client.public, loopback_issuer=loopback
        )
        if complaint:
            findings.append(f"The post-logout URI {uri!a} {complaint}.")
    return findings


def list_clients(work: Work) -> tuple[Client, ...]:
    """Lists every application by name."""
    with work.reading() as db:
        return tuple(clients.list_clients(db))


def show_client(work: Work, client_id: str) -> Client:
    """Returns an application; raises NotFound."""
    with work.reading() as db:
        client = clients.find_client(db, client_id)
    if client is None:
        raise NotFound("client", sentence="There is no client with this id.")
    return client


def change_client(work: Work, client_id: str, **changes: Any) -> Client:
    """Changes fields of an application, checked as a whole; raises NotFound, BadRequest."""
    with work.writing() as db:
        client = clients.find_client(db, client_id)
        if client is None:
            raise NotFound("client", sentence="There is no client with this id.")
        changed = _checked(work, replace(client, **changes))
        clients.change_client(db, changed)
        names = sorted(changes)
        _record(db, work, "client.changed", changed, {"fields": names})
    return changed


def set_enabled(work: Work, client_id: str, *, enabled: bool) -> None:
    """Enables or disables an application; a disabled one stops at once (SEC-250)."""
    with work.writing() as db:
        if not clients.set_enabled(db, client_id, enabled=enabled):
            raise NotFound("client", sentence="There is no client with this id.")
        if not enabled:
            grants.revoke_grants(db, now=work.now, client_id=client_id)
        event = "client.changed" if enabled else "client.disabled"
        work.audit(db, event, subject=Subject("client", client_id), client_id=client_id)


def delete_client(work: Work, client_id: str) -> None:
    """Deletes an application with its secrets and grants."""
    with work.writing() as db:
        if not clients.delete_client(db, client_id):
            raise NotFound("client", sentence="There is no client with this id.")
        work.audit(db, "client.deleted", subject=Subject("client", client_id))


def rotate_secret(work: Work, client_id: str, *, expire_others_in: timedelta) -> str:
    """Makes a second secret; the others work a while longer (SEC-249)."""
    secret, secret_id = new_token(), new_id()
    with work.writing() as db:
        client = clients.find_client(db, client_id)
        if client is None or client.public:
            raise NotFound("client", sentence="No client with this id has a secret.")
        hashed = _hashed(work, client_id, secret)
        clients.add_secret(
            db, client_id, secret_id=secret_id, secret_hash=hashed, now=work.now
        )
        clients.expire_secrets(
            db, client_id, except_id=secret_id, at=work.now + expire_others_in
        )
        _record(db, work, "client.secret_added", client)
    return secret


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


def _hashed(work: Work, client_id: str, secret: str) -> str:
    return _macs(work, client_id, secret)[0]


def _record(
    db: Connection,
    work: Work,
    event: str,
    client: Client,
    changes: dict[str, Any] | None = None,
) -> None:
    subject = Subject("client", client.client_id, client.name)
    work.audit(
        db, event, subject=subject, client_id=client.client_id, changes=changes
    )

