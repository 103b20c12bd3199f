"""Measures what a thousand times as many people, sessions and grants cost everybody.

`python -m tests.bench.grown --help` names the choices. Two providers in this process,
a small one and a grown one, are asked in turn, so that what the machine does besides
meets both. Nothing here passes or fails; aimed at is a fifth more at most.
"""

import argparse

from tests.bench.databases import KINDS
from tests.bench.databases import Place
from tests.bench.databases import patiently
from tests.bench.databases import places
from tests.bench.operations import OPERATIONS
from tests.bench.pairs import Pair
from tests.bench.pairs import milliseconds
from tests.bench.pairs import pair_on
from tests.bench.pairs import purging
from tests.bench.pairs import say
from tests.bench.pairs import settle
from tests.bench.stage import Inside
from tests.support import masses

MEASURED = (
    "client-credentials",
    "refresh",
    "userinfo",
    "introspection",
    "authorize",
    "sign-on",
    "login",
)
COPIED = {
    "sessions": {"sid": "s", "token_hash": "h", "browser_hash": "b", "user_id": "id"},
    "session_clients": {"sid": "s"},
    "grants": {"id": "g", "sid": "s", "user_id": "id"},
    "codes": {"code_hash": "c", "grant_id": "g"},
    "refresh_tokens": {"token_hash": "r", "grant_id": "g"},
}
"""What one sign-in leaves, by table, and what each copy has of its own: a beginning and
its number, as `masses` names people."""


def main() -> None:
    """Measures what was asked for and prints it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.grown")
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--database", action="append", choices=KINDS)
    wanted = parser.parse_args()
    for found in places(wanted.database):
        with pair_on(found) as pair:
            say(f"\n{found.name}, {wanted.few} and {wanted.many} people who signed in")
            _measure(pair, found, wanted)


def _measure(pair: Pair, found: Place, wanted: argparse.Namespace) -> None:
    _grow(pair.few, wanted.few)
    took = milliseconds(lambda: _grow(pair.many, wanted.many))
    say(f"  filled in {took / 1000:.0f} s")
    for there in (pair.few, pair.many):
        settle(there, found)
    say(f"  {'ms: median of few, of many; p95':34}")
    pair.tell(MEASURED, wanted.times)
    say(pair.in_turn(purging, wanted.times).line("a purge that finds little"))


def _grow(there: Inside, number: int) -> None:
    """Adds so many people, each with what a sign-in at the application leaves."""
    exchange = next(one for one in OPERATIONS if one.name == "sign-on")
    exchange.make_ready(there.stage, there.wire)()
    database = there.new_work().database
    with patiently(database) as db:
        masses.people(db, number, now=there.stage.clock())
    for table, own in COPIED.items():
        with patiently(database) as db:
            masses.copies(db, table, own, number)


if __name__ == "__main__":
    main()
