"""What the database says about the running service, for those who watch over it."""

from dataclasses import dataclass

from idp.actions import audit_chain
from idp.actions import notices as mails
from idp.actions.work import Work
from idp.store import audit_chain as chain_rows
from idp.store import keys
from idp.store import logout_notices
from idp.store import notices
from idp.store import sessions


@dataclass(frozen=True, slots=True)
class KeyAge:
    """A signing key; the age is in seconds."""

    kid: str
    alg: str
    state: str
    age: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts at one moment; events are those whose place in the chain is closed.

    The age of the oldest mail that waits is in seconds, 0 where none does.
    """

    events: dict[tuple[str, str], int]
    sessions: int
    waiting_mails: int
    oldest_mail_age: float
    waiting_logout_notices: int
    open_records: int
    head_genuine: bool
    keys: tuple[KeyAge, ...]


def figures(work: Work) -> Figures:
    """Counts without reading any table that grows for ever; raises Unavailable."""
    idle_since = work.now - work.settings.session_idle
    with work.reading() as db:
        head = chain_rows.find_head(db)
        return Figures(
            events=chain_rows.totals(db),
            sessions=sessions.count_living(db, now=work.now, idle_since=idle_since),
            waiting_mails=notices.count_waiting(db),
            oldest_mail_age=mails.oldest_age(work, db),
            waiting_logout_notices=logout_notices.count_waiting(db),
            open_records=chain_rows.count_open(db, head),
            head_genuine=audit_chain.is_genuine(work, head),
            keys=tuple(
                KeyAge(
                    row.kid,
                    row.alg,
                    row.state,
                    (work.now - row.created_at).total_seconds(),
                )
                for row in keys.list_keys(db)
            ),
        )
