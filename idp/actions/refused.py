"""Refusals that strangers can cause: counted at once, recorded in batches (REL-084).

A record has the source, the application if an existing one was named, and in
``changes`` how often, and when first and last. Each refusal is a log line as well.
"""

import logging

from idp import logs
from idp.actions.work import Work
from idp.errors import Refusal
from idp.rules import lockout
from idp.store import audit
from idp.store.audit import AuditRecord
from idp.store.clients import Client
from idp.tally import Kind
from idp.tally import Times

log = logging.getLogger("idp.refused")

CLIENT = "client.refused"
THROTTLE = "throttle.hit"


def count(work: Work, event: str, reason: str, *, client_id: str | None = None) -> None:
    """Counts one refusal of the source that asks; an application must be one of ours.

    What somebody else typed for one may be a secret (REL-076).
    """
    source = lockout.one_source(work.origin.source)
    kind = Kind(event, reason, source, client_id)
    work.tally.count(kind, at=work.now)
    facts = {"reason": reason, "client_id": client_id, "source": work.origin.source}
    log.info(event, extra={logs.FACTS: facts})


def count_client(work: Work, client: Client | None) -> None:
    """Counts a failed client authentication, of a known client or not."""
    if client is None:
        count(work, CLIENT, "unknown")
    else:
        reason = "proof" if client.enabled else "disabled"
        count(work, CLIENT, reason, client_id=client.client_id)


def record(work: Work) -> int:
    """Writes down what was counted; returns how many records that took.

    What cannot be written now is kept; raises nothing.
    """
    taken = work.tally.take()
    if not taken:
        return 0
    try:
        with work.writing() as db:
            audit.append(db, *(_record(work, *one) for one in taken.items()))
    except Refusal as fault:
        log.warning("refusals could not be recorded yet", exc_info=fault)
        for kind, times in taken.items():
            work.tally.add(kind, times)
        return 0
    return len(taken)


def _record(work: Work, kind: Kind, times: Times) -> AuditRecord:
    return AuditRecord(
        at=work.now,
        event=kind.event,
        outcome="refused",
        reason=kind.reason,
        actor_type="anonymous",
        actor_id=None,
        actor_name=None,
        actor_acr=None,
        subject_type="client" if kind.client_id else "none",
        subject_id=kind.client_id,
        subject_name=None,
        client_id=kind.client_id,
        sid=None,
        source=kind.source,
        user_agent="",
        request_id="",
        changes={
            "times": times.times,
            "first": times.first.isoformat(timespec="seconds"),
            "last": times.last.isoformat(timespec="seconds"),
        },
    )
