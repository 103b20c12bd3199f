"""Applications that a person is signed in to or has consented to; revoking them."""

from dataclasses import dataclass
from datetime import datetime

from idp.actions.client_metadata import START
from idp.actions.sessions import SessionFacts
from idp.actions.work import Work
from idp.errors import NotFound
from idp.store import applications
from idp.store import clients
from idp.store import consents
from idp.store import grants


@dataclass(frozen=True, slots=True)
class Application:
    """An application as its person sees it; ``offline``: also while they are away.

    ``start`` is the address where its sign-in can be begun, if it has one.
    """

    client_id: str
    name: str
    scopes: tuple[str, ...]
    since: datetime
    offline: bool
    start: str | None = None


def list_own(work: Work, session: SessionFacts) -> tuple[Application, ...]:
    """Lists the signed-in person's applications, by name, and what each may see."""
    with work.reading() as db:
        allowed = consents.list_of_user(db, session.user_id)
        held = applications.list_living(db, session.user_id, now=work.now)
        known_clients = {one.client_id: one for one in clients.list_clients(db)}
    found: dict[str, Application] = {}
    rows = [*((*row, False) for row in allowed), *held]
    for client_id, scopes, since, offline in rows:
        known, client = found.get(client_id), known_clients.get(client_id)
        found[client_id] = Application(
            client_id,
            client.name if client else client_id,
            tuple(dict.fromkeys((*(known.scopes if known else ()), *scopes))),
            min(since, known.since) if known else since,
            offline or (known is not None and known.offline),
            client.details.get(START) if client and client.enabled else None,
        )
    return tuple(sorted(found.values(), key=lambda one: one.name.casefold()))


def remove(work: Work, session: SessionFacts, client_id: str) -> None:
    """Takes consent and every token back; raises NotFound where there was nothing."""
    with work.writing() as db:
        forgotten = consents.delete_consent(db, session.user_id, client_id)
        ended = grants.revoke_grants(
            db, now=work.now, user_id=session.user_id, client_id=client_id
        )
        if not forgotten and not ended:
            raise NotFound("this application holds nothing of this person")
        work.audit(
            db,
            "consent.revoked",
            actor=session.actor,
            subject=session.subject,
            client_id=client_id,
        )
