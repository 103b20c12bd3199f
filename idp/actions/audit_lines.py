"""A log line for each record of the audit trail, written once the record is committed.

It holds ids only: names and changes are in the trail, whose readers need a right
(REL-075, REL-076). A record that was rolled back is not logged.
"""

import logging
from collections.abc import Iterable

from idp import logs
from idp.store.audit import AuditRecord
from idp.store.base import hash_token

log = logging.getLogger("idp.audit")

FACTORS = "amr"


def write(records: Iterable[AuditRecord]) -> None:
    """Writes the lines of records that are committed."""
    if not log.isEnabledFor(logging.INFO):
        return
    for record in records:
        logs.write(log, logging.INFO, record.event, _facts(record))


def _facts(record: AuditRecord) -> dict[str, object]:
    facts = {
        "outcome": record.outcome,
        "reason": record.reason,
        "actor_type": record.actor_type,
        "actor": record.actor_id,
        "acr": record.actor_acr,
        "factors": record.changes.get(FACTORS),
        "subject_type": record.subject_type,
        "subject": record.subject_id,
        "client_id": record.client_id,
        "session": hash_token(record.sid)[:16] if record.sid else None,
        "source": record.source,
        "user_agent": record.user_agent,
        "request_id": record.request_id,
    }
    return {name: value for name, value in facts.items() if value}
