"""Two providers in this process, few rows in one and many in the other, asked in turn.

What the machine does besides meets both. Nothing here passes or fails.
"""

import contextlib
import dataclasses
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator

from sqlalchemy import text

from idp.actions import maintenance
from tests.bench.cpu import percentile
from tests.bench.databases import Place
from tests.bench.databases import patiently
from tests.bench.operations import OPERATIONS
from tests.bench.operations import Once
from tests.bench.operations import Operation
from tests.bench.stage import Inside
from tests.bench.stage import inside

WARM_UP = 5


@dataclasses.dataclass
class Pair:
    """A provider with few rows, and one with many."""

    few: Inside
    many: Inside

    def in_turn(self, once: Callable[[Inside], Once], times: int) -> "Compared":
        """Does something at both, in turn; gives what it took at each."""
        acts = {"few": once(self.few), "many": once(self.many)}
        took: dict[str, list[float]] = {"few": [], "many": []}
        for turn in range(times + WARM_UP):
            for name in ("few", "many") if turn % 2 else ("many", "few"):
                spent = milliseconds(acts[name])
                if turn >= WARM_UP:
                    took[name].append(spent)
        return Compared(took["few"], took["many"])

    def tell(self, names: tuple[str, ...], times: int) -> None:
        """Measures operations of the bench at both, and prints a line for each."""
        for one in (self.few, self.many):
            one.stage.jars.clear()  # of sessions that may be over by now
        for operation in (one for one in OPERATIONS if one.name in names):

            def ready(there: Inside, operation: Operation = operation) -> Once:
                return operation.make_ready(there.stage, there.wire)

            say(self.in_turn(ready, times).line(operation.title))


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


@contextlib.contextmanager
def pair_on(found: Place) -> Iterator[Pair]:
    """Gives two providers, each with a database of its own."""
    with (
        tempfile.TemporaryDirectory() as name,
        inside(pathlib.Path(name) / "few", found) as few,
        inside(pathlib.Path(name) / "many", found) as many,
    ):
        yield Pair(few, many)


def purging(there: Inside) -> Once:
    """Gives one round of purging."""

    def once() -> None:
        maintenance.purge(there.new_work())

    return once


def settle(there: Inside, found: Place) -> None:
    """Does what the housekeeping of PostgreSQL does within a minute."""
    if found.server is not None:
        with patiently(there.new_work().database) as db:
            db.execute(text("ANALYZE"))


def milliseconds(act: Once) -> float:
    """Does something; gives how long it took."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def say(words: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
