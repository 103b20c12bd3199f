"""Deleting audit records that the organisation no longer keeps (REL-083).

Only records that the chain has closed go, from the oldest on, and only while the chain
over them is intact. The tail that they leave says how many are gone and which was the
last; it is sealed with the master key, so that nobody can hide a deletion behind it
(REL-082).
"""

import logging
from datetime import datetime
from datetime import timedelta
from itertools import takewhile

from sqlalchemy.engine import Connection

from idp.actions import audit_chain
from idp.actions.work import SYSTEM
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import Unsealable
from idp.store import audit_chain as chain_rows
from idp.store import audit_tail
from idp.store.audit_chain import Link
from idp.store.audit_tail import Tail

CHUNK = 500
AT_LEAST_LATE = timedelta(days=1)
"""Nothing is done for less, because each purge is a record itself."""

log = logging.getLogger("idp.worker")


def purge(work: Work) -> int:
    """Deletes the next records that are too old, and says so; returns how many.

    A chain that is broken keeps all of its records: they may be evidence.
    """
    if work.settings.audit_retention is None:
        return 0
    before = work.now - work.settings.audit_retention
    try:
        with work.writing() as db:
            return _purge(db, work, before)
    except Unsealable as fault:
        log.error("audit records are kept beyond their time: %s", fault.detail)
        return 0


def _purge(db: Connection, work: Work, before: datetime) -> int:
    head, tail = chain_rows.lock_head(db), audit_tail.find_tail(db)
    oldest = chain_rows.links(db, after=tail.number, upto=head.number, limit=1)
    if not oldest or oldest[0].record.at > before - AT_LEAST_LATE:
        return 0
    if not (
        audit_chain.is_genuine(work, head) and audit_chain.tail_is_genuine(work, tail)
    ):
        raise Unsealable("head or tail of the chain is not genuine")
    found = chain_rows.links(db, after=tail.number, upto=head.number, limit=CHUNK)
    due = list(takewhile(lambda link: link.record.at < before, found))
    _require_whole(tail, due)
    last = due[-1]
    moved = Tail(last.number, last.hash or "", tail.records + len(due), work.now, "")
    audit_tail.put_tail(db, audit_chain.sealed_tail(work, moved))
    if audit_tail.delete_records(db, upto=last.number) != len(due):
        raise Unsealable("records before the tail are there again")
    work.audit(
        db,
        "audit.purged",
        actor=SYSTEM,
        subject=Subject("audit"),
        changes={"records": len(due), "upto": last.number},
    )
    return len(due)


def _require_whole(tail: Tail, due: list[Link]) -> None:
    before = tail.hash
    for link in due:
        problem = audit_chain.problem(link, before)
        if problem is not None:
            raise Unsealable(f"record {link.number}: {problem}")
        before = link.hash or ""
