"""Measures lists and figures of a large organisation: people, audit trail, coverage.

`python -m tests.bench.fleet --help` names the choices. Wall time in this process, the
best of some runs, rights and cursors included, and how many statements were sent.
"""

import argparse
import contextlib
import dataclasses
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from datetime import timedelta

from idp.actions import audit_query
from idp.actions import fleet
from idp.actions import organisation
from idp.actions import people
from idp.actions.audit_query import Asked
from idp.actions.fleet import Filter
from idp.actions.fleet import Selection
from idp.actions.work import Work
from idp.vault import Vault
from tests.bench.counts import counted
from tests.bench.databases import KINDS
from tests.bench.databases import Place
from tests.bench.databases import patiently
from tests.bench.databases import places
from tests.bench.databases import raw_connection
from tests.oidc.stage import Stage
from tests.support import masses

RUNS = 3
Act = Callable[[Work], object]


@dataclasses.dataclass
class Figure:
    """What one operation took."""

    name: str
    milliseconds: float
    statements: int | None


def page(**asked: object) -> Act:
    """Makes the first page of people with a filter."""
    wanted = Filter(**asked)  # type: ignore[arg-type]
    return lambda work: fleet.list_people(work, wanted)


def records(**asked: object) -> Act:
    """Makes the newest page of the audit trail with a filter."""
    wanted = Asked(**asked)  # type: ignore[arg-type]
    return lambda work: audit_query.list_records(work, wanted)


READS: dict[str, Act] = {
    "people, first page of 50": page(),
    "people, a page of 200": lambda w: fleet.list_people(w, Filter(), limit=200),
    **{f"people, mfa={state}": page(mfa=state) for state in people.STATES},
    "people, role=helpdesk": page(role="helpdesk"),
    "people, a role of many": page(role="dept1"),
    "people, source=local": page(source="local"),
    "people, disabled": page(active=False),
    "people, administrators without MFA": page(
        privileged=True, mfa="required_not_enrolled"
    ),
    "people, not seen for 90 days": page(not_seen_for=timedelta(days=90)),
    "people, not seen for 30 years": page(not_seen_for=timedelta(days=10_957)),
    "search, a name of many": page(query="maier"),
    "search, two words": page(query="mia kel"),
    "search, one person": page(query="maier84500"),
    "search, nobody": page(query="nobody"),
    "counts of all filters": lambda w: fleet.counts(w, Filter()),
    "coverage": fleet.coverage,
    "preview of a policy": lambda w: organisation.preview(w, mfa="required"),
    "audit, newest page": records(),
    "audit, one person": records(user="id4711"),
    "audit, one client": records(client="app7"),
    "audit, one event": records(event="login.refused"),
}
DEPARTMENT = Filter(role="dept1")


def main() -> None:
    """Measures what was asked for and prints it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fleet")
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--database", action="append", choices=KINDS)
    wanted = parser.parse_args()
    for found in places(wanted.database):
        with _stage(found, wanted.people, wanted.records) as stage:
            _say(f"\n{found.name}, {wanted.people} people, {wanted.records} records")
            for figure in _figures(stage):
                took = f"{figure.milliseconds:9.1f} ms"
                _say(f"  {figure.name:36}{took}{figure.statements or '':>5}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def _stage(found: Place, people: int, records: int) -> Iterator[Stage]:
    """Gives a provider whose database is that large."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        url = f"sqlite:///{folder / 'idp.db'}"
        if found.server is not None:
            url = found.server.fresh_database()
        stage = Stage(folder, Vault.create_ring(), IDP_DATABASE_URL=url)
        stage.prepare()
        now = stage.clock()
        with patiently(stage.database) as db:
            masses.people(db, people, now=now)
        with patiently(stage.database) as db:
            masses.records(db, records, people=people, now=now)
        if found.server is not None:
            with raw_connection(url) as connection:
                connection.execute(b"VACUUM ANALYZE")
        yield stage
        stage.close()


def _figures(stage: Stage) -> Iterator[Figure]:
    for name, act in READS.items():
        took = min(_milliseconds(stage, act) for _ in range(RUNS))
        with counted() as counts:
            act(stage.administration())
        yield Figure(name, took, counts.reads + counts.writes)
    many = fleet.count(stage.administration(), DEPARTMENT)
    took = _milliseconds(stage, require_of_a_department)
    yield Figure(f"MFA required of {many} people", took, None)


def require_of_a_department(work: Work) -> object:
    """Requires MFA of everybody with one role."""
    return fleet.require_mfa(work, Selection(filter=DEPARTMENT), required=True)


def _milliseconds(stage: Stage, act: Act) -> float:
    begun = time.perf_counter()
    act(stage.administration())
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
