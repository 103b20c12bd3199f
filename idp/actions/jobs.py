"""When each job of the background worker last ran, on whichever machine.

One row a job, beside the other counters; how a job is done is not known here.
"""

from dataclasses import dataclass
from dataclasses import replace

from sqlalchemy.engine import Connection

from idp.actions.directory_sync import CLAIM
from idp.actions.work import Work
from idp.store import attempts

PREFIX = "job:"
JOBS = ("keys", "endings", "purge", "chain")
VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class LastRun:
    """A job, the seconds since it was last done, and whether it went wrong then."""

    name: str
    age: float
    failed: bool = False


def done(work: Work, name: str, *, failed: bool = False) -> None:
    """Notes that a job was done at this moment."""
    with work.writing() as db:
        row = attempts.lock(db, f"{PREFIX}{name}", now=work.now)
        attempts.save(db, replace(row, last_at=work.now, failures=int(failed)))


def last_runs(db: Connection, work: Work) -> tuple[LastRun, ...]:
    """Says when each job was last done; those that never were are left out."""
    keys = {f"{PREFIX}{name}": name for name in (*JOBS, VERIFY)} | {CLAIM: "directory"}
    found = {row.key: row for row in attempts.list_of(db, sorted(keys))}
    return tuple(
        LastRun(keys[key], (work.now - row.last_at).total_seconds(), row.failures > 0)
        for key, row in sorted(found.items())
        if row.last_at is not None
    )
