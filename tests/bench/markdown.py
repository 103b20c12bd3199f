"""What a run found as the table of docs/performance.md, beside what was aimed at."""

from tests.bench.databases import NAMES
from tests.bench.operations import OPERATIONS
from tests.bench.report import TIMES
from tests.bench.report import Result

AIMS = {
    "sqlite": {
        "discovery": 1.8,
        "jwks": 1.8,
        "client-credentials": 4.5,
        "refresh": 2.5,
        "userinfo": 3.4,
        "introspection": 4.5,
        "authorize": 8.0,
        "sign-on": 3.3,
        "login": 6.7,
    },
    "postgresql": {
        "discovery": 1.8,
        "jwks": 1.8,
        "client-credentials": 3.2,
        "refresh": 3.3,
        "userinfo": 4.2,
        "introspection": 5.3,
        "authorize": 7.0,
        "sign-on": 4.2,
        "login": 6.0,
    },
}
"""Multiples of the floor; no pass marks."""


def table(results: list[Result], floors: dict[str, dict[str, float]]) -> str:
    """Writes a line an operation, and the floors of each database."""
    kinds = [kind for kind in NAMES if kind in floors]
    titles = ["Operation", "Reads + writes"]
    for kind in kinds:
        titles += [NAMES[kind], f"{TIMES} floor (aimed at)"]
    found = {(one.operation.name, one.database): one for one in results}
    lines = [titles, ["---"] * len(titles)]
    for operation in OPERATIONS:
        own = [found.get((operation.name, kind)) for kind in kinds]
        if any(one is not None and one.called is not None for one in own):
            counted = next(one for one in own if one is not None)
            cells = [cell for one in own for cell in _cells(one)]
            lines.append([operation.title, _counts(counted), *cells])
    said = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return "\n\n".join([said, *(_floor(kind, floors[kind]) for kind in kinds)])


def _counts(result: Result) -> str:
    called = result.called
    return f"{called.counts.reads} + {called.counts.writes}" if called else ""


def _cells(result: Result | None) -> tuple[str, str]:
    """Writes the CPU ms, the database's part after the plus, and the multiples."""
    if result is None or result.called is None:
        return "", ""
    spent = f"{result.called.cpu:.2f}"
    if result.called.database_cpu >= 0.005:
        spent += f" + {result.called.database_cpu:.2f}"
    aim = AIMS[result.database].get(result.operation.name)
    aimed = "" if aim is None else f" ({aim:g})"
    return spent, f"{result.times_floor or 0:.1f}{aimed}"


def _floor(kind: str, pieces: dict[str, float]) -> str:
    said = ", ".join(f"{name} {cost:.3f}" for name, cost in pieces.items())
    return f"Floor on {NAMES[kind]}, ms: {said}."
