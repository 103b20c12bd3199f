"""Figures about the service, for monitoring."""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.engine import Connection

from idp import logs
from idp.actions import audit_chain
from idp.actions import audit_parts
from idp.actions import jobs
from idp.actions import maintenance
from idp.actions import notices as mails
from idp.actions.jobs import LastRun
from idp.actions.work import Work
from idp.store import audit_chain as chain_rows
from idp.store import keys
from idp.store import logout_notices
from idp.store import notices
from idp.store import sessions

Totals = dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class KeyAge:
    """A signing key; the age is in seconds."""

    kid: str
    alg: str
    state: str
    age: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What the database says; events are those whose place in the chain is closed.

    The ages of what waits the longest are in seconds, 0 where nothing does.
    ``clock_offset`` is None where the database has no clock of its own.
    """

    events: Totals
    logins: Totals
    tokens: Totals
    sessions: int
    waiting_mails: int
    oldest_mail_age: float
    waiting_logout_notices: int
    oldest_logout_notice_age: float
    open_records: int
    head_genuine: bool
    keys: tuple[KeyAge, ...]
    master_keys: int
    jobs: tuple[LastRun, ...]
    clock_offset: float | None

    @property
    def audit_broken(self) -> bool:
        """Tells whether the last verification of the trail found it broken."""
        return any(job.failed for job in self.jobs if job.name == jobs.VERIFY)


class Pressure(NamedTuple):
    """How one process is doing; ``refusals`` counts by event and reason.

    No dataclass, since every request makes one.
    """

    hashes_waiting: int
    hashes_refused: int
    connections: int
    rates_alone: bool
    lines_dropped: int
    refusals: Totals


def figures(work: Work) -> Figures:
    """Counts without reading any table that grows for ever; raises Unavailable."""
    idle_since = work.now - work.settings.session_idle
    with work.reading() as db:
        offset = maintenance.offset_from(work, db)  # first, before time passes
        head = chain_rows.find_head(db)
        totals = chain_rows.totals(db)
        return Figures(
            events=audit_parts.events(totals),
            logins=audit_parts.parts(totals, audit_parts.LOGINS),
            tokens=audit_parts.parts(totals, audit_parts.TOKENS),
            sessions=sessions.count_living(db, now=work.now, idle_since=idle_since),
            waiting_mails=notices.count_waiting(db),
            oldest_mail_age=mails.oldest_age(work, db),
            waiting_logout_notices=logout_notices.count_waiting(db),
            oldest_logout_notice_age=work.seconds_since(
                logout_notices.oldest_waiting(db)
            ),
            open_records=chain_rows.count_open(db, head),
            head_genuine=audit_chain.is_genuine(work, head),
            keys=_key_ages(work, db),
            master_keys=work.vault.size,
            jobs=jobs.last_runs(db, work),
            clock_offset=offset,
        )


def _key_ages(work: Work, db: Connection) -> tuple[KeyAge, ...]:
    return tuple(
        KeyAge(
            row.kid,
            row.alg,
            row.state,
            (work.now - row.created_at).total_seconds(),
        )
        for row in keys.list_keys(db)
    )


def pressure(work: Work) -> Pressure:
    """Looks at the tools of this process; asks no database."""
    return Pressure(
        hashes_waiting=work.hashing.waiting,
        hashes_refused=work.hashing.refused,
        connections=work.database.connections,
        rates_alone=work.rates.is_alone,
        lines_dropped=logs.dropped(),
        refusals=work.tally.totals(),
    )
