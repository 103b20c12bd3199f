"""The hash chain over the audit trail: closed by the worker, verified on request.

The hashes need no secret, so that an export can be checked anywhere. The head is sealed
with the master key: whoever can only write to the database cannot make another chain
and pass it off as this one.
"""

import contextlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace

from sqlalchemy.engine import Connection

from idp.actions import audit_parts
from idp.actions import audit_shape
from idp.actions import jobs
from idp.actions import rights
from idp.actions.work import Work
from idp.errors import Unavailable
from idp.errors import Unsealable
from idp.rules import chain
from idp.rules.permissions import AUDIT_READ
from idp.store import audit_chain
from idp.store import audit_tail
from idp.store.audit_chain import Head
from idp.store.audit_chain import Link
from idp.store.audit_tail import Tail

PURPOSE = "audit-head"
PURPOSE_OF_TAIL = "audit-tail"
CHUNK = 200
TRIES = 3
"""Of a verification beside which records go whose time is over."""
READ_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found; ``number`` is the record where the chain breaks.

    ``purged`` of the ``records`` are gone, because their time was over.
    """

    intact: bool
    records: int
    closed_to: int
    open_records: int
    head: str
    purged: int = 0
    number: int | None = None
    problem: str | None = None


def begin(db: Connection, work: Work) -> None:
    """Seals the head of a trail without records, for a database that is being made.

    One that anybody could put back would make every record open again, and whatever
    was then closed anew genuine.
    """
    head = audit_chain.lock_head(db)
    if head == Head(0, chain.FIRST, 0, ""):
        audit_chain.put_head(db, sealed(work, head))


def close(work: Work) -> int:
    """Closes the chain over the next committed records; returns how many.

    Raises Unsealable when the head is not the one that was left here, because going on
    from it would make it genuine.
    """
    with work.reading() as db:
        if audit_chain.last_number(db) == audit_chain.find_head(db).number:
            return 0
    with work.writing() as db:
        upto = audit_chain.settled_number(db)
    with work.writing() as db:
        head = audit_chain.lock_head(db)
        _require_genuine(work, head)
        found = audit_chain.links(db, after=head.number, upto=upto, limit=CHUNK)
        closed = list(_chained(head.hash, found))
        if not closed:
            return 0
        if audit_chain.close_links(db, closed) != len(closed):
            raise Unsealable("audit records beyond the head are closed already")
        tally = audit_parts.tally(one.record for one in closed)
        audit_chain.add_totals(db, tally)
        audit_chain.put_head(db, _moved(work, head, closed))
    return len(closed)


def _chained(before: str, found: list[Link]) -> Iterator[Link]:
    for link in found:
        own_hash = chain.link(before, audit_shape.facts_of(link))
        yield link.closed(before, own_hash)
        before = own_hash


def _moved(work: Work, head: Head, closed: list[Link]) -> Head:
    last = closed[-1]
    return sealed(
        work, Head(last.number, last.hash or "", head.records + len(closed), "")
    )


def sealed(work: Work, head: Head) -> Head:
    """Returns a head with the seal of the newest master key."""
    return replace(head, seal=work.vault.mac(_text(head), purpose=PURPOSE).hex())


def _require_genuine(work: Work, head: Head) -> None:
    if not is_genuine(work, head):
        raise Unsealable("the head of the audit chain is not the one left here")


def is_genuine(work: Work, head: Head) -> bool:
    """Tells whether a head carries a seal of ours, as an unused one does, too."""
    macs = work.vault.macs(_text(head), purpose=PURPOSE)
    return any(hmac.compare_digest(mac.hex(), head.seal) for mac in macs)


def sealed_tail(work: Work, tail: Tail) -> Tail:
    """Returns a tail with the seal of the newest master key."""
    return replace(
        tail, seal=work.vault.mac(_text(tail), purpose=PURPOSE_OF_TAIL).hex()
    )


def tail_is_genuine(work: Work, tail: Tail) -> bool:
    """Tells whether a tail carries a seal of ours; an unused one has none."""
    if tail == Tail(0, chain.FIRST, 0, None, ""):
        return True
    macs = work.vault.macs(_text(tail), purpose=PURPOSE_OF_TAIL)
    return any(hmac.compare_digest(mac.hex(), tail.seal) for mac in macs)


def _text(end: Head | Tail) -> bytes:
    return f"{end.number} {end.records} {end.hash}".encode()


def verify(work: Work) -> Verdict:
    """Computes the chain again, in constant memory, and says where it breaks.

    The outcome is kept for who watches over the service.
    """
    found = _verified(work)
    with contextlib.suppress(Unavailable):  # one that can only be read is fine, too
        jobs.done(work, jobs.VERIFY, failed=not found.intact)
    return found


def _verified(work: Work) -> Verdict:
    for _ in range(TRIES):
        found, head, tail = _standing(work)
        if found.intact:
            found = _walked(work, found, head, tail)
        if found.intact or tail == _standing(work)[2]:
            break
    return found


def _walked(work: Work, found: Verdict, head: Head, tail: Tail) -> Verdict:
    before, count, last = tail.hash, tail.records, tail.number
    for link in _closed_links(work, head, tail):
        broken = problem(link, before)
        if broken is not None:
            return _broken(found, link.number, broken)
        before, count, last = link.hash or "", count + 1, link.number
    if (before, count, last) != (head.hash, head.records, head.number):
        return _broken(found, last + 1, "records at the end are missing")
    return found


def standing(work: Work) -> Verdict:
    """Says up to where the chain is closed and whether its head is ours.

    Cheap whatever the size; only ``verify`` looks at every record.
    """
    return _standing(work)[0]


def _standing(work: Work) -> tuple[Verdict, Head, Tail]:
    with rights.reading(work, AUDIT_READ) as db:
        head, tail = audit_chain.find_head(db), audit_tail.find_tail(db)
        open_records = audit_chain.count_open(db, head)
    found = Verdict(
        *(True, head.records, head.number, open_records, head.hash, tail.records)
    )
    if not is_genuine(work, head):
        words = "the head of the chain is not genuine"
        return _broken(found, head.number, words), head, tail
    if not tail_is_genuine(work, tail):
        words = "what is gone before this record was not purged by this service"
        return _broken(found, tail.number + 1, words), head, tail
    return found, head, tail


def _broken(found: Verdict, number: int, problem: str) -> Verdict:
    return replace(found, intact=False, number=number, problem=problem)


def _closed_links(work: Work, head: Head, tail: Tail) -> Iterator[Link]:
    last = tail.number
    while last < head.number:
        with work.reading() as db:
            found = audit_chain.links(
                db, after=last, upto=head.number, limit=READ_AT_ONCE
            )
        if not found:
            return
        yield from found
        last = found[-1].number


def problem(link: Link, before: str) -> str | None:
    """Says what is wrong with a closed record that follows a hash; None for nothing."""
    if link.hash is None:
        return "the record is not closed, but later ones are"
    if link.previous_hash != before:
        return "the record does not follow the one before it: one was removed or added"
    if not hmac.compare_digest(
        link.hash, chain.link(before, audit_shape.facts_of(link))
    ):
        return "the record was changed"
    return None
