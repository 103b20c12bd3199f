"""Measures what the provider costs on this machine, beside the floor of the same run.

`python -m tests.bench --help` names the choices. Nothing here passes or fails: figures
of two machines, or of two days, compare only as multiples of their floors.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import sys
import tempfile

from tests.bench import markdown
from tests.bench import measure
from tests.bench import report
from tests.bench import sampling
from tests.bench.databases import KINDS
from tests.bench.databases import Place
from tests.bench.databases import place
from tests.bench.floor import PIECES
from tests.bench.floor import Floor
from tests.bench.floor import floor
from tests.bench.operations import OPERATIONS
from tests.bench.operations import Operation
from tests.bench.report import Result
from tests.bench.stage import FULL_COST
from tests.bench.stage import Inside
from tests.bench.stage import Served
from tests.bench.stage import inside
from tests.bench.stage import served
from tests.bench.wires import Kept

CONNECTIONS = 4
PROFILED_SECONDS = 8
MISSING = "PostgreSQL is not installed here, so its part is left out."


def main() -> None:
    """Measures what was asked for and prints it."""
    wanted = _arguments()
    results: list[Result] = []
    floors: dict[str, dict[str, float]] = {}
    for kind in wanted.database or KINDS:
        with place(kind) as found:
            if found is None:
                sys.stderr.write(f"{MISSING}\n")
                continue
            if wanted.profile:
                _profile(found, wanted.profile)
                continue
            with floor(found, FULL_COST) as costs:
                there = _on(found, costs, wanted)
                floors[kind] = {name: costs.cost(name) for name in PIECES}
                results += there
                if not (wanted.json or wanted.markdown):
                    _say(f"\n{found.name}, {_machine()}\n\nThe floor:")
                    _say(report.floor_lines(costs))
                    _say("\n" + report.table(there))
    if wanted.profile:
        return
    if wanted.json:
        found_all = [result.public() for result in results]
        _say(json.dumps({"floor_ms": floors, "results": found_all}, indent=2))
    elif wanted.markdown:
        _say(markdown.table(results, floors))
    else:
        _say("\n" + report.legend(results))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    names = [operation.name for operation in OPERATIONS]
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description="Measures what operations cost here, beside the floor.",
    )
    parser.add_argument("--quick", action="store_true", help="rough figures, sooner")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument(
        "--markdown", action="store_true", help="the table of docs/performance.md"
    )
    parser.add_argument(
        "--profile",
        choices=names,
        metavar="NAME",
        help="where one operation spends its CPU, by package",
    )
    parser.add_argument("--no-server", action="store_true", help="in process only")
    parser.add_argument(
        "--database", action="append", choices=KINDS, help="only this one"
    )
    parser.add_argument(
        "--operation",
        action="append",
        choices=names,
        metavar="NAME",
        help=f"only this one, may be repeated: {', '.join(names)}",
    )
    return parser.parse_args()


def _profile(found: Place, name: str) -> None:
    """Prints where an operation spends its CPU on one database."""
    one = next(one for one in OPERATIONS if one.name == name)
    with (
        tempfile.TemporaryDirectory() as folder,
        inside(pathlib.Path(folder) / "inside", found) as there,
    ):
        _say(f"\n{found.name}, {sampling.shares(one, there, PROFILED_SECONDS)}")


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}"


def _on(found: Place, costs: Floor, wanted: argparse.Namespace) -> list[Result]:
    """Measures on one database: the floor, an operation, the floor, the next one."""
    seconds = 0.8 if wanted.quick else 2.5
    people, dear = (12, 4) if wanted.quick else (44, 12)
    chosen = [one for one in OPERATIONS if _asked_for(one, wanted)]
    with contextlib.ExitStack() as running:
        folder = pathlib.Path(running.enter_context(tempfile.TemporaryDirectory()))
        within = running.enter_context(inside(folder / "inside", found))
        server = None
        if not wanted.no_server:
            server = running.enter_context(
                served(
                    folder / "served",
                    found,
                    people=people + CONNECTIONS,
                    dear=dear,
                    workers=os.cpu_count() or 1,
                )
            )
        wires = [] if server is None else _wires(running, server)
        results = []
        for one in chosen:
            costs.measure()
            most = None
            if one.per_person:
                most = dear if "bcrypt" in one.floor else people
            results.append(
                _result(one, found, within, server, wires, seconds=seconds, most=most)
            )
        for result in results:
            result.floor = costs.of(result.operation.floor)
        return results


def _asked_for(one: Operation, wanted: argparse.Namespace) -> bool:
    return not wanted.operation or one.name in wanted.operation


def _wires(running: contextlib.ExitStack, server: Served) -> list[Kept]:
    wires = [Kept(server.stage.issuer) for _ in range(CONNECTIONS)]
    for wire in wires:
        running.callback(wire.close)
    return wires


def _result(
    one: Operation,
    found: Place,
    within: Inside,
    server: Served | None,
    wires: list[Kept],
    *,
    seconds: float,
    most: int | None,
) -> Result:
    # The hash runs in a thread of its own, so only the server's figure holds it.
    called = None
    if "bcrypt" not in one.floor:
        called = measure.in_process(one, within, found, seconds)
    asked = None
    if server is not None:
        asked = measure.over_the_wire(
            one, server, found, wires, seconds=seconds, most=most
        )
    return Result(one, found.kind, called, asked, floor=1.0)


if __name__ == "__main__":
    main()
