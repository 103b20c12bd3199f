"""Where an operation spends its CPU: samples, each given to the innermost package.

The kernel interrupts after so much CPU; the standard library counts for its caller.
CPU that the hash of a password uses meanwhile, in a thread of its own, is left out.
"""

import collections
import contextlib
import signal
import types
from collections.abc import Iterator
from threading import Condition
from time import monotonic

from werkzeug.test import run_wsgi_app

from tests.bench.measure import WARM_UP
from tests.bench.operations import Operation
from tests.bench.stage import Inside

EVERY = 0.001  # s of CPU; the kernel may have it less often
PACKAGES = "/site-packages/"
OURS = "/idp/"
LEAST = 0.005

Seen = collections.Counter[str]


def shares(operation: Operation, there: Inside, seconds: float) -> str:
    """Calls the operation again and again; gives a line for each package."""
    once = operation.make_ready(there.stage, there.wire)
    for _ in range(WARM_UP):
        once()
    with _sampling() as seen:
        end = monotonic() + seconds
        while monotonic() < end:
            once()
    total = seen.total() or 1
    lines = [
        f"{number / total:6.1%}  {name}"
        for name, number in seen.most_common()
        if number >= LEAST * total
    ]
    title = f"{operation.title}, {seen.total()} samples of CPU:"
    return "\n".join([title, *lines])


@contextlib.contextmanager
def _sampling() -> Iterator[Seen]:
    seen: Seen = collections.Counter()

    def note(_number: int, frame: types.FrameType | None) -> None:
        if frame is not None and frame.f_code is Condition.wait.__code__:
            return
        name: str | None = None
        while frame is not None and frame.f_code is not run_wsgi_app.__code__:
            name = name or _package(frame.f_code.co_filename)
            frame = frame.f_back
        if frame is not None:  # not while the request was built
            seen[name or "others"] += 1

    before = signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        yield seen
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _package(file: str) -> str | None:
    """Names a package, or a folder of ours; None for the standard library."""
    if PACKAGES in file:
        return file.partition(PACKAGES)[2].partition("/")[0].removesuffix(".py")
    if OURS in file:
        return f"idp/{file.rpartition(OURS)[2].partition('/')[0].removesuffix('.py')}"
    return None
