"""What a run found, as one JSON document or as tables to be read by people."""

import dataclasses
from typing import Any

from tests.bench.floor import PIECES
from tests.bench.floor import Floor
from tests.bench.measure import Asked
from tests.bench.measure import Called
from tests.bench.operations import Operation

TIMES = "\N{MULTIPLICATION SIGN}"
COLUMNS = (
    ("operation", 34),
    ("floor", 7),
    ("CPU", 7),
    ("database", 9),
    (f"{TIMES} floor", 8),
    ("reads", 6),
    ("writes", 7),
    ("commits", 8),
    ("signed", 7),
    ("│ CPU", 8),
    ("database", 9),
    ("per s", 8),
    ("p50", 7),
    ("p95", 7),
    ("client", 7),
)
LEGEND = """\
CPU and database are ms of CPU for one operation; {times} floor is both over the floor.
Left of the line: called in this process, 10th percentile, without the hashing thread.
Right of it: the real `idp serve`, its whole tree of processes, {connections} \
connections that
ask at once; p50 and p95 are ms of waiting for one operation, client is the share of
all CPU that this program took itself. No figure here is a pass mark."""


@dataclasses.dataclass
class Result:
    """One operation on one database."""

    operation: Operation
    database: str
    called: Called | None
    asked: Asked | None
    floor: float

    @property
    def times_floor(self) -> float | None:
        """Gives how many times the floor the operation costs, where that is known."""
        if self.called is not None:
            spent = self.called.cpu + self.called.database_cpu
        elif self.asked is not None:
            spent = self.asked.cpu + self.asked.database_cpu
        else:
            return None
        return spent / self.floor

    def public(self) -> dict[str, Any]:
        """Gives everything as plain values."""
        called, asked = self.called, self.asked
        return {
            "operation": self.operation.name,
            "database": self.database,
            "floor_ms": self.floor,
            "floor_of": self.operation.floor,
            "times_floor": self.times_floor,
            "in_process": called
            and {
                "cpu_ms": called.cpu,
                "database_cpu_ms": called.database_cpu,
                **called.counts.public(),
            },
            "served": asked and dataclasses.asdict(asked),
        }


def floor_lines(floor: Floor) -> str:
    """Writes the pieces of the floor, one a line."""
    lines = [
        f"  {floor.cost(name):8.3f} ms  {said}"
        + (_of_server(floor) if name == "commit" else "")
        for name, said in PIECES.items()
    ]
    return "\n".join(lines)


def _of_server(floor: Floor) -> str:
    if not floor.of_server:
        return ""
    return f", {floor.of_server:.3f} ms of it in the database server"


def table(results: list[Result]) -> str:
    """Writes one line an operation."""
    rows = [tuple(title for title, _ in COLUMNS), *map(_row, results)]
    return "\n".join(map(_line, rows))


def legend(results: list[Result]) -> str:
    """Says what the columns mean."""
    asked = [result.asked.connections for result in results if result.asked]
    return LEGEND.format(connections=max(asked, default=0), times=TIMES)


def _row(result: Result) -> tuple[str, ...]:
    called, asked = result.called, result.asked
    times = result.times_floor
    return (
        result.operation.title,
        f"{result.floor:.2f}",
        f"{called.cpu:.2f}" if called else "",
        _or_blank(called.database_cpu) if called else "",
        f"{times:.1f} {TIMES}" if times else "",
        *(_counts(called) if called else ("",) * 4),
        f"│ {asked.cpu:.2f}" if asked else "│",
        _or_blank(asked.database_cpu) if asked else "",
        f"{asked.per_second:.0f}" if asked else "",
        f"{asked.p50:.1f}" if asked else "",
        f"{asked.p95:.1f}" if asked else "",
        f"{asked.generator_share:.0%}" if asked else "",
    )


def _counts(called: Called) -> tuple[str, ...]:
    counts = called.counts
    numbers = (counts.reads, counts.writes, counts.commits, counts.signatures)
    return tuple(str(number) for number in numbers)


def _or_blank(value: float) -> str:
    return f"{value:.2f}" if value else ""


def _line(cells: tuple[str, ...]) -> str:
    (first, width), *others = COLUMNS
    del first
    left = f"{cells[0]:{width}}"
    pairs = zip(cells[1:], others, strict=True)
    return left + "".join(f"{cell:>{width}}" for cell, (_, width) in pairs)
