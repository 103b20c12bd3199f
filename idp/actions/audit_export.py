"""The audit trail handed out, record by record, whatever its size (REL-083).

Reading it is itself a record. What was written after the export began is not in it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from idp.actions import audit_shape
from idp.actions import rights
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.rules.permissions import AUDIT_READ
from idp.store import audit
from idp.store import audit_chain

READ_AT_ONCE = 500


def export(
    work: Work, *, since: datetime | None = None, form: str = "jsonl"
) -> Iterator[dict[str, Any]]:
    """Returns the records from a moment on, in order of number, in constant memory.

    The export is recorded before it begins; raises Forbidden.
    """
    with rights.administering(work, AUDIT_READ) as db:
        upto = audit_chain.last_number(db)
        asked = {"format": form, "since": since.isoformat() if since else None}
        subject = Subject("audit")
        work.audit(db, "audit.exported", subject=subject, changes=asked)
        last = audit.number_before(db, since) if since else 0
    return _read(work, last, upto, since)


def _read(
    work: Work, last: int, upto: int, since: datetime | None
) -> Iterator[dict[str, Any]]:
    while last < upto:
        with work.reading() as db:
            found = audit_chain.links(db, after=last, upto=upto, limit=READ_AT_ONCE)
        if not found:
            return
        for link in found:
            if since is None or link.record.at >= since:
                yield audit_shape.facts_of(link)
        last = found[-1].number
