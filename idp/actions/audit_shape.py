"""What an audit record looks like to the outside (``interface.md`` section 6)."""

from typing import Any

from idp.store.audit_chain import Link


def facts_of(link: Link) -> dict[str, Any]:
    """Returns a record as plain data; this very shape is what its hash covers."""
    record = link.record
    return {
        "number": link.number,
        "at": record.at.isoformat(timespec="microseconds"),
        "event": record.event,
        "outcome": record.outcome,
        "reason": record.reason,
        "actor": {
            "type": record.actor_type,
            "id": record.actor_id,
            "name": record.actor_name,
            "acr": record.actor_acr,
        },
        "subject": {
            "type": record.subject_type,
            "id": record.subject_id,
            "name": record.subject_name,
        },
        "client_id": record.client_id,
        "sid": record.sid,
        "source": record.source,
        "user_agent": record.user_agent,
        "request_id": record.request_id,
        "changes": record.changes,
        "previous_hash": link.previous_hash,
        "hash": link.hash,
    }
