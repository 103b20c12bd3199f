"""Reads CPU time: of this thread, of this process, of a whole tree of processes.

Linux only: children are found in `/proc`, and every process has a CPU clock of its
own that counts nanoseconds.
"""

import contextlib
import dataclasses
import pathlib
import time
from collections.abc import Callable

PROC = pathlib.Path("/proc")
SCHEDULED = 2  # the kind of per-process clock that counts user and system time


def thread_ms() -> float:
    """Gives the CPU time of this thread in ms."""
    return time.thread_time_ns() / 1e6


def own_ms() -> float:
    """Gives the CPU time of this process in ms."""
    return time.process_time_ns() / 1e6


@dataclasses.dataclass
class Tree:
    """A process and everything that it started."""

    root: int

    def milliseconds(self) -> dict[int, float]:
        """Gives the CPU time of each living process of the tree in ms."""
        spent = {}
        for pid in (self.root, *_below(self.root)):
            with contextlib.suppress(OSError):
                spent[pid] = time.clock_gettime_ns((~pid << 3) | SCHEDULED) / 1e6
        return spent


def stopwatch(tree: Tree) -> Callable[[], float]:
    """Starts to count; the function answers the ms that the tree has used since."""
    before = tree.milliseconds()

    def passed() -> float:
        now = tree.milliseconds()
        return sum(spent - before.get(pid, 0.0) for pid, spent in now.items())

    return passed


def _below(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for task in (PROC / str(pid) / "task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *_below(int(child))]
    return found


def percentile(values: list[float], per_cent: float) -> float:
    """Gives the value below which so many per cent of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * per_cent / 100))]
