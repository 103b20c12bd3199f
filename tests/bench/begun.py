"""Measures what a million begun logins cost those who sign in meanwhile (REL-067).

`python -m tests.bench.begun --help` names the choices. Two providers in this process,
of which one has all those rows, are asked in turn, so that what the machine does
besides meets both. Nothing here passes or fails.
"""

import argparse
import secrets
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy import select

from idp.actions import maintenance
from idp.store.logins import LoginTable
from tests.bench.cpu import percentile
from tests.bench.databases import KINDS
from tests.bench.databases import Place
from tests.bench.databases import places
from tests.bench.operations import OPERATIONS
from tests.bench.operations import Once
from tests.bench.pairs import Compared
from tests.bench.pairs import Pair
from tests.bench.pairs import milliseconds
from tests.bench.pairs import pair_on
from tests.bench.pairs import purging
from tests.bench.pairs import say
from tests.bench.pairs import settle
from tests.bench.stage import Inside

BATCH = 20_000
SPREAD = timedelta(hours=3)
"""Over what time they were begun; so long a login without any proof is kept."""
LIFETIME = timedelta(minutes=10)
MEASURED = ("refresh", "sign-on", "login")
STALE = timedelta(hours=8)


def main() -> None:
    """Measures what was asked for and prints it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.begun")
    parser.add_argument("--logins", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--database", action="append", choices=KINDS)
    wanted = parser.parse_args()
    for found in places(wanted.database):
        with pair_on(found) as pair:
            say(f"\n{found.name}, {wanted.logins} logins begun")
            _measure(pair, found, wanted.logins, wanted.times)


def _measure(pair: Pair, found: Place, logins: int, times: int) -> None:
    say(f"  {'ms: median without, with; p95':34}")
    _compare(pair, times, "before, nothing on either side")
    took = milliseconds(lambda: _fill(pair.many, logins))
    say(f"  filled in {took / 1000:.0f} s")
    settle(pair.many, found)
    say(pair.in_turn(purging, times).line("a purge that finds little"))
    _compare(pair, times, "beside them")
    for one in (pair.few, pair.many):
        one.stage.clock.advance(seconds=STALE.total_seconds())  # type: ignore[attr-defined]
    _drain(pair, times)
    _compare(pair, times, "when they are gone")


def _compare(pair: Pair, times: int, when: str) -> None:
    say(f"  {when}:")
    say(pair.in_turn(_begin, times).line("a login begun"))
    pair.tell(MEASURED, times)


def _begin(there: Inside) -> Once:
    party = there.stage.party(there.wire)

    def once() -> None:
        party.ask(there.stage.browser(there.wire))

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
                spent.append(milliseconds(act))
    say(Compared(*took).line("a login between two chunks"))
    half, tail = percentile(chunks, 50), percentile(chunks, 95)
    said = f"{len(chunks)} purges, {sum(chunks) / 1000:.0f} s"
    say(f"  {said}: median {half:.1f}, p95 {tail:.1f}, most {max(chunks):.1f} ms")


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


if __name__ == "__main__":
    main()
