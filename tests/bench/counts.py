"""Counts, for one operation in this process, what noise cannot blur.

Statements, commits and connections are told by the engine; signatures, verifications
and key imports by the interpreter, which names every call into a C function.
"""

import contextlib
import dataclasses
import sys
import types
from collections.abc import Iterator
from typing import Any

import sqlalchemy
from sqlalchemy import event

READS = ("SELECT", "WITH")
NO_WORK = ("BEGIN", "SAVEPOINT", "RELEASE")
CALLS = {
    "sign": "signatures",
    "verify": "verifications",
    "load_pem_private_key": "key_imports",
    "load_pem_public_key": "key_imports",
    "load_der_private_key": "key_imports",
}


@dataclasses.dataclass
class Counts:
    """What one operation did."""

    reads: int = 0
    writes: int = 0
    commits: int = 0
    signatures: int = 0
    verifications: int = 0
    key_imports: int = 0
    connections: int = 0
    statements: list[str] = dataclasses.field(
        default_factory=list, repr=False, kw_only=True
    )

    def public(self) -> dict[str, int]:
        """Gives the numbers without the text of the statements."""
        found = dataclasses.asdict(self)
        del found["statements"]
        return found


@contextlib.contextmanager
def counted() -> Iterator[Counts]:
    """Counts what this thread does until the block ends, on any engine."""
    counts = Counts()

    def on_statement(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        word = statement.lstrip().partition(" ")[0].upper()
        if word in NO_WORK:
            return
        counts.statements.append(" ".join(statement.split()))
        if word in READS:
            counts.reads += 1
        else:
            counts.writes += 1

    def on_commit(_connection: Any) -> None:
        counts.commits += 1

    def on_checkout(_connection: Any, _record: Any, _proxy: Any) -> None:
        counts.connections += 1

    def on_call(_frame: types.FrameType, kind: str, function: Any) -> None:
        name = getattr(function, "__name__", "") if kind == "c_call" else ""
        if name in CALLS:
            member = CALLS[name]
            setattr(counts, member, getattr(counts, member) + 1)

    event.listen(sqlalchemy.Engine, "before_cursor_execute", on_statement)
    event.listen(sqlalchemy.Engine, "commit", on_commit)
    event.listen(sqlalchemy.pool.Pool, "checkout", on_checkout)
    before = sys.getprofile()
    sys.setprofile(on_call)
    try:
        yield counts
    finally:
        sys.setprofile(before)
        event.remove(sqlalchemy.pool.Pool, "checkout", on_checkout)
        event.remove(sqlalchemy.Engine, "commit", on_commit)
        event.remove(sqlalchemy.Engine, "before_cursor_execute", on_statement)
