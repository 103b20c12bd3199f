"""The last sign-in to each application, and the level that it reached."""

from dataclasses import dataclass
from datetime import datetime

from idp.actions import rights
from idp.actions.work import Work
from idp.rules.permissions import CLIENTS_READ
from idp.store import audit_use


@dataclass(frozen=True, slots=True)
class LastUse:
    """A sign-in: its moment, and its level (``acr``) as it was said in the token."""

    at: datetime
    acr: str | None


def last_sign_ins(work: Work, client_id: str | None = None) -> dict[str, LastUse]:
    """Returns the last sign-in to each application that had one, or to one of them."""
    with rights.reading(work, CLIENTS_READ) as db:
        rows = audit_use.last_codes(db, client_id)
    return {found: LastUse(at, acr) for found, at, acr in rows}
