"""What an audit record looks like to the outside (``interface.md`` section 6)."""

import json
from typing import Any

from idp.store.audit_chain import Link

_NESTED = {"actor": ("type", "id", "name", "acr"), "subject": ("type", "id", "name")}
_MEMBERS = (
    *("number", "at", "event", "outcome", "reason", "actor", "subject", "client_id"),
    *("sid", "source", "user_agent", "request_id", "changes", "previous_hash", "hash"),
)
COLUMNS = tuple(
    column
    for name in _MEMBERS
    for column in [f"{name}_{part}" for part in _NESTED.get(name, ())] or [name]
)
"""The head of a table of records; what is nested is joined by an underscore."""


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


def cells_of(record: dict[str, Any]) -> list[str | int | None]:
    """Returns such a record as the row of a table with ``COLUMNS``."""
    cells: list[str | int | None] = []
    for name in _MEMBERS:
        if name in _NESTED:
            cells += [record[name][part] for part in _NESTED[name]]
        elif name == "changes":
            cells.append(json.dumps(record[name]))
        else:
            cells.append(record[name])
    return cells
