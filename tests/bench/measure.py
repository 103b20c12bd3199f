"""Measures one operation: in this process with counts, and against the real server."""

import dataclasses
import threading
from time import monotonic
from time import perf_counter

from tests.bench.counts import Counts
from tests.bench.counts import counted
from tests.bench.cpu import own_ms
from tests.bench.cpu import percentile
from tests.bench.cpu import stopwatch
from tests.bench.databases import Place
from tests.bench.operations import Once
from tests.bench.operations import Operation
from tests.bench.stage import Inside
from tests.bench.stage import Served
from tests.bench.wires import Kept

WARM_UP = 5
FEWEST = 20
MOST = 2000


@dataclasses.dataclass
class Called:
    """What an operation cost in this process: CPU in ms, and what it did."""

    cpu: float
    database_cpu: float
    counts: Counts


@dataclasses.dataclass
class Asked:
    """What an operation cost the real server, asked over several connections."""

    operations: int
    connections: int
    cpu: float
    database_cpu: float
    per_second: float
    p50: float
    p95: float
    generator_share: float


def in_process(
    operation: Operation, there: Inside, place: Place, seconds: float
) -> Called:
    """Calls the operation again and again; its CPU is the 10th percentile."""
    wire = there.wire
    once = operation.make_ready(there.stage, wire)
    for _ in range(WARM_UP):
        once()
    times: list[float] = []
    of_database = stopwatch(place.tree) if place.tree else None
    end = monotonic() + seconds
    while len(times) < FEWEST or (monotonic() < end and len(times) < MOST):
        before = wire.cpu
        once()
        times.append(wire.cpu - before)
    spent = of_database() / len(times) if of_database else 0.0
    # Last, since the engine never quite forgets that somebody listened.
    with counted() as counts:
        once()
    return Called(percentile(times, 10), spent, counts)


def over_the_wire(
    operation: Operation,
    there: Served,
    place: Place,
    wires: list[Kept],
    *,
    seconds: float,
    most: int | None,
) -> Asked:
    """Asks over all connections at once, for so long or so many times."""
    ready = [operation.make_ready(there.stage, wire) for wire in wires]
    if most is None:
        _all_at_once(ready, wires, seconds=seconds / 4, most=None)
    of_server = stopwatch(there.tree)
    of_database = stopwatch(place.tree) if place.tree else None
    own, began = own_ms(), perf_counter()
    walls = _all_at_once(ready, wires, seconds=seconds, most=most)
    took = perf_counter() - began
    spent, generator = of_server(), own_ms() - own
    of_database_ms = of_database() if of_database else 0.0
    return Asked(
        operations=len(walls),
        connections=len(wires),
        cpu=spent / len(walls),
        database_cpu=of_database_ms / len(walls),
        per_second=len(walls) / took,
        p50=percentile(walls, 50),
        p95=percentile(walls, 95),
        generator_share=generator / (generator + spent + of_database_ms),
    )


def _all_at_once(
    ready: list[Once], wires: list[Kept], *, seconds: float, most: int | None
) -> list[float]:
    """Gives the wall time of each operation in ms."""
    walls: list[float] = []
    faults: list[BaseException] = []
    end = monotonic() + seconds
    each = None if most is None else max(1, most // len(wires))

    def ask(once: Once, wire: Kept) -> None:
        done = 0
        try:
            while done < each if each is not None else monotonic() < end:
                before = wire.wall
                once()
                walls.append(wire.wall - before)
                done += 1
        except BaseException as fault:
            faults.append(fault)

    threads = [
        threading.Thread(target=ask, args=pair)
        for pair in zip(ready, wires, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return walls
