"""Measures what a million begun logins cost those who sign in meanwhile (REL-067).

`python -m tests.bench.begun --help` names the choices. Two providers in this process,
of which one has all those rows, are asked in turn, so that what the machine does
besides meets both. Nothing here passes or fails.
"""

import argparse
import contextlib
import dataclasses
import pathlib
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy import select
from sqlalchemy import text

from idp.actions import maintenance
from idp.store.logins import LoginTable
from tests.bench.cpu import percentile
from tests.bench.databases import KINDS
from tests.bench.databases import Place
from tests.bench.databases import places
from tests.bench.operations import OPERATIONS
from tests.bench.stage import Inside
from tests.bench.stage import inside

BATCH = 20_000
SPREAD = timedelta(hours=3)
"""Over what time they were begun; so long a login without any proof is kept."""
LIFETIME = timedelta(minutes=10)
MEASURED = ("refresh", "sign-on", "login")
STALE = timedelta(hours=8)

Once = Callable[[], None]


@dataclasses.dataclass
class Pair:
    """A provider with the rows, and one without."""

    few: Inside
    many: Inside

    def in_turn(self, once: Callable[[Inside], Once], times: int) -> "Compared":
        """Does something at both, in turn; gives what it took at each."""
        acts = {"few": once(self.few), "many": once(self.many)}
        took: dict[str, list[float]] = {"few": [], "many": []}
        for turn in range(times + 5):
            for name in ("few", "many") if turn % 2 else ("many", "few"):
                spent = _milliseconds(acts[name])
                if turn >= 5:  # which warm up
                    took[name].append(spent)
        return Compared(took["few"], took["many"])


@dataclasses.dataclass
class Compared:
    """What one thing took beside few rows and beside many, in ms."""

    few: list[float]
    many: list[float]

    def line(self, name: str) -> str:
        """Says both medians, the 95th percentiles and how much more the many cost."""
        few, many = (percentile(one, 50) for one in (self.few, self.many))
        tails = (percentile(one, 95) for one in (self.few, self.many))
        more = 100 * (many / few - 1)
        said = "".join(f"{value:9.2f}" for value in (few, many, *tails))
        return f"  {name:34}{said}{more:+8.1f} %"


def main() -> None:
    """Measures what was asked for and prints it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.begun")
    parser.add_argument("--logins", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--database", action="append", choices=KINDS)
    wanted = parser.parse_args()
    for found in places(wanted.database):
        with _pair(found) as pair:
            _say(f"\n{found.name}, {wanted.logins} logins begun")
            _measure(pair, found, wanted.logins, wanted.times)


def _measure(pair: Pair, found: Place, logins: int, times: int) -> None:
    _say(f"  {'ms: median without, with; p95':34}")
    _compare(pair, times, "before, nothing on either side")
    took = _milliseconds(lambda: _fill(pair.many, logins))
    _say(f"  filled in {took / 1000:.0f} s")
    _settle(pair.many, found)
    _say(pair.in_turn(_purging, times).line("a purge that finds little"))
    _compare(pair, times, "beside them")
    for one in (pair.few, pair.many):
        one.stage.clock.advance(seconds=STALE.total_seconds())  # type: ignore[attr-defined]
    _drain(pair, times)
    _compare(pair, times, "when they are gone")


def _compare(pair: Pair, times: int, when: str) -> None:
    _say(f"  {when}:")
    for one in (pair.few, pair.many):
        one.stage.jars.clear()  # of sessions that may be over by now
    _say(pair.in_turn(_begin, times).line("a login begun"))
    for name in MEASURED:
        operation = next(one for one in OPERATIONS if one.name == name)

        def ready(there: Inside, make_ready: Any = operation.make_ready) -> Once:
            made: Once = make_ready(there.stage, there.wire)
            return made

        _say(pair.in_turn(ready, times).line(operation.title))


def _begin(there: Inside) -> Once:
    party = there.stage.party(there.wire)

    def once() -> None:
        party.ask(there.stage.browser(there.wire))

    return once


def _purging(there: Inside) -> Once:
    def once() -> None:
        maintenance.purge(there.new_work())

    return once


def _drain(pair: Pair, times: int) -> None:
    """Purges until nothing is left, with sign-ins between the chunks."""
    maintenance.purge(pair.few.new_work())
    login = next(one for one in OPERATIONS if one.name == "login")
    acts = [login.make_ready(one.stage, one.wire) for one in (pair.few, pair.many)]
    chunks: list[float] = []
    took: list[list[float]] = [[], []]
    deleted = -1
    while deleted:
        began = time.perf_counter()
        deleted = maintenance.purge(pair.many.new_work())
        chunks.append(1000 * (time.perf_counter() - began))
        if len(took[0]) < times:
            for act, spent in zip(acts, took, strict=True):
                spent.append(_milliseconds(act))
    _say(Compared(*took).line("a login between two chunks"))
    half, tail = percentile(chunks, 50), percentile(chunks, 95)
    said = f"{len(chunks)} purges, {sum(chunks) / 1000:.0f} s"
    _say(f"  {said}: median {half:.1f}, p95 {tail:.1f}, most {max(chunks):.1f} ms")


@contextlib.contextmanager
def _pair(found: Place) -> Iterator[Pair]:
    with (
        tempfile.TemporaryDirectory() as name,
        inside(pathlib.Path(name) / "few", found) as few,
        inside(pathlib.Path(name) / "many", found) as many,
    ):
        yield Pair(few, many)


def _fill(there: Inside, logins: int) -> None:
    """Copies a login that was begun, with names and hashes of its own, spread out."""
    _begin(there)()
    with there.new_work().reading() as db:
        begun = select(LoginTable.__table__).where(LoginTable.user_id.is_(None))
        model = db.execute(begun.limit(1)).mappings().one()

    def row(number: int) -> dict[str, Any]:
        ends = there.stage.clock() - SPREAD * (number / logins)
        own = {"id": secrets.token_urlsafe(16), "browser_hash": secrets.token_hex(32)}
        return {**model, **own, "expires_at": ends + LIFETIME}

    for first in range(0, logins, BATCH):
        batch = range(first, min(first + BATCH, logins))
        with there.new_work().noting() as db:
            db.execute(insert(LoginTable), [row(number) for number in batch])


def _settle(there: Inside, found: Place) -> None:
    """Does what the housekeeping of PostgreSQL does within a minute."""
    if found.server is not None:
        with there.new_work().noting() as db:
            db.execute(text("ANALYZE"))


def _milliseconds(act: Once) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
