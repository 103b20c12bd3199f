"""The audit trail over the API: page by page, or exported as a file."""

from datetime import datetime
from typing import Annotated
from typing import Any
from typing import Literal

from pydantic import BeforeValidator
from pydantic import Field
from pydantic import WithJsonSchema

from idp.actions import audit_export
from idp.actions import audit_query
from idp.actions.audit_query import Asked
from idp.rules.moments import parse_moment
from idp.rules.permissions import AUDIT_READ
from idp.web.api.models import Cursor
from idp.web.api.models import Page
from idp.web.api.models import Query
from idp.web.api.models import Shown
from idp.web.api.resources import Answer
from idp.web.api.resources import Call
from idp.web.api.resources import Resources
from idp.web.api.resources import Stream
from idp.web.api.words import OneOf

resources = Resources("audit", "The trail of what happened.")

Text = Annotated[str, Field(min_length=1, max_length=audit_query.LONGEST)]
Event = Annotated[str, OneOf(audit_query.EVENTS)]
Written = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]


def _moment(text: object) -> datetime:
    found = parse_moment(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("a date or moment is needed")
    return found


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema(
        {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]}
    ),
]


class AuditActor(Shown):
    """Who did it; `type` is user, client, host, system or anonymous."""

    type: str
    id: str | None
    name: str | None
    acr: str | None


class AuditSubject(Shown):
    """Whom or what it was done to."""

    type: str
    id: str | None
    name: str | None


class AuditRecord(Shown):
    """One record; the hashes of the newest ones come later."""

    number: int
    at: Written
    event: str
    outcome: Literal["ok", "refused"]
    reason: str
    actor: AuditActor
    subject: AuditSubject
    client_id: str | None
    sid: str | None
    source: str
    user_agent: str
    request_id: str
    changes: dict[str, Any]
    previous_hash: str | None
    hash: str | None


class AuditRecords(Shown):
    """A part of the trail, the newest first; without a cursor it was the last."""

    items: list[AuditRecord]
    next_cursor: str | None


class AuditFilter(Query):
    """Which records; every condition that is given has to hold."""

    user: Annotated[Text, Field(description="Whom it is about: id or name.")] | None = (
        None
    )
    actor: (
        Annotated[Text, Field(description="Who did it: id or name, `host`, `system`.")]
        | None
    ) = None
    client: (
        Annotated[Text, Field(description="In which application: its id.")] | None
    ) = None
    event: Event | None = None
    since: Annotated[Moment, Field(description="The first moment.")] | None = None
    until: Annotated[Moment, Field(description="The first not included.")] | None = None

    def asked(self) -> Asked:
        """Returns the filter as the actions take it."""
        return Asked(
            user=self.user,
            actor=self.actor,
            client=self.client,
            event=self.event,
            since=self.since,
            until=self.until,
        )


class AuditPage(AuditFilter, Page):
    """Which records, and which part of their list."""


class AuditExport(AuditFilter):
    """Which records, and in which form."""

    format: Annotated[str, OneOf(audit_export.FORMS)] = "jsonl"
    cursor: (
        Annotated[Cursor, Field(description="Only what a list of them has left.")]
        | None
    ) = None


@resources.declare(
    "GET",
    "/audit",
    needs=AUDIT_READ,
    summary="List records",
    query=AuditPage,
    gives=AuditRecords,
)
def list_audit(call: Call[AuditPage, None]) -> Answer:
    """Lists records, the newest first."""
    asked = call.query
    found = audit_query.search(
        call.work, asked.asked(), limit=asked.limit, cursor=asked.cursor
    )
    return Answer(AuditRecords.model_validate(found))


@resources.declare(
    "GET",
    "/audit/export",
    needs=AUDIT_READ,
    summary="Export records",
    description="In order of number, however many; this is itself recorded.",
    query=AuditExport,
    gives=tuple(audit_export.MEDIA_TYPES.values()),
)
def export_audit(call: Call[AuditExport, None]) -> Answer:
    """Hands records out as a file."""
    asked, form = call.query, call.query.format
    records = audit_export.export(
        call.work, asked.asked(), form=form, cursor=asked.cursor
    )
    return Answer(
        Stream(
            audit_export.lines(records, form=form),
            media_type=audit_export.MEDIA_TYPES[form],
            filename=f"audit.{form}",
        )
    )
