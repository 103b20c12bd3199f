"""The audit trail handed out, record by record, whatever its size (REL-083).

Reading it is itself a record. What was written after the export began is not in it.
"""

import json
from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

from idp.actions import audit_query
from idp.actions import audit_shape
from idp.actions import rights
from idp.actions.audit_query import Asked
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.rules import csv
from idp.rules.permissions import AUDIT_READ
from idp.store import audit_search
from idp.store.audit_search import Wanted

FORMS = ("jsonl", "csv")
MEDIA_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
READ_AT_ONCE = 500


def export(
    work: Work,
    asked: Asked | None = None,
    *,
    form: str = "jsonl",
    cursor: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Returns the records asked for, in order of number, in constant memory.

    With the cursor of a list of the same records: those that it has not given yet. The
    export is recorded before it begins; raises BadRequest or Forbidden.
    """
    asked = asked or Asked()
    if form not in FORMS:
        words = f"An export is one of {', '.join(FORMS)}."
        raise BadRequest("format", sentence=words)
    with rights.administering(work, AUDIT_READ) as db:
        sought = audit_query.wanted(db, asked)
        above, below = audit_search.stretch(db, sought)
        changes: dict[str, Any] = {"format": form, **asked.said()}
        if cursor is not None:
            changes["below"] = audit_query.place_of(work, cursor, asked)
            below = min(below, changes["below"])
        work.audit(db, "audit.exported", subject=Subject("audit"), changes=changes)
    return _read(work, sought, above, below)


def _read(
    work: Work, wanted: Wanted, above: int, below: int
) -> Iterator[dict[str, Any]]:
    while True:
        with work.reading() as db:
            found = audit_search.search(
                db,
                wanted,
                above=above,
                below=below,
                limit=READ_AT_ONCE,
                newest_first=False,
            )
        yield from map(audit_shape.facts_of, found)
        if len(found) < READ_AT_ONCE:
            return
        above = found[-1].number


def lines(records: Iterable[dict[str, Any]], *, form: str) -> Iterator[str]:
    """Returns an export as text, line by line; a table begins with its head."""
    if form == "jsonl":
        for record in records:
            yield json.dumps(record) + "\n"
        return
    yield csv.line(audit_shape.COLUMNS)
    for record in records:
        yield csv.line(audit_shape.cells_of(record))
