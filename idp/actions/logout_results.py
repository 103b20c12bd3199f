"""What became of logout notices, for the person they concerned and for administration.

Reads only; how a notice is delivered is ``actions.logout_notices``.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from idp.actions.sessions import SessionFacts
from idp.actions.work import Work
from idp.store import clients
from idp.store import logout_notices


@dataclass(frozen=True, slots=True)
class LogoutResult:
    """How the newest notice to an application went; ``outcome`` is of its last try.

    ``state`` is ``pending``, ``delivered`` or ``failed``.
    """

    at: datetime
    state: str
    outcome: str | None
    tries: int


@dataclass(frozen=True, slots=True)
class OwnLogout:
    """How the newest notice about somebody to an application went."""

    client_id: str
    name: str
    at: datetime
    state: str


def last_of_clients(
    db: Connection, client_id: str | None = None
) -> dict[str, LogoutResult]:
    """Returns how the newest notice to each application went, or to one of them."""
    found = logout_notices.last_of_clients(db, client_id)
    return {
        name: LogoutResult(one.at, one.state, one.outcome, one.tries)
        for name, one in found.items()
    }


def list_own(work: Work, session: SessionFacts) -> tuple[OwnLogout, ...]:
    """Lists the applications that were told about somebody, the latest first."""
    with work.reading() as db:
        found = logout_notices.last_of_user(db, session.user_id)
        names = clients.names(db)
    return tuple(
        OwnLogout(one.client_id, names.get(one.client_id, ""), one.at, one.state)
        for one in found
    )
