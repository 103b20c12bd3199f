"""The audit trail: filtered, a page at a time, each record in full, exported."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any
from typing import ClassVar
from urllib.parse import urlencode

from flask import Blueprint
from flask import Response
from flask import request
from flask import stream_with_context

from idp.actions import audit_chain
from idp.actions import audit_export
from idp.actions import audit_query
from idp.actions import clients
from idp.actions.audit_chain import Verdict
from idp.actions.audit_query import Asked
from idp.actions.sessions import SessionFacts
from idp.errors import BadRequest
from idp.rules.permissions import AUDIT_READ
from idp.web.admin import event_words
from idp.web.admin import frame
from idp.web.admin.faults import Fault
from idp.web.admin.gate import administers
from idp.web.work import current_work

blueprint = Blueprint("admin_audit", __name__)
HOME = "/admin/audit"
FIELDS = ("user", "actor", "client", "event", "since", "until")
A_DAY = timedelta(days=1)
BARE_DATE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who did something, or whom or what it was done to."""

    type: str
    id: str | None
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One record; ``facts`` is all of it, as exports have it."""

    number: int
    at: datetime
    event: str
    refused: bool
    reason: str
    actor: Party
    subject: Party
    application: str | None
    changes: tuple[tuple[str, str], ...]
    facts: Mapping[str, Any]

    @property
    def words(self) -> str:
        """Says what happened."""
        return event_words.words(self.event)

    @property
    def why(self) -> str:
        """Says why; a reason that somebody wrote is given as it is."""
        return event_words.why(self.reason) if self.refused else self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage(frame.AdminFrame):
    """A page of records, the newest first, with the filter that found them."""

    template: ClassVar[str] = "admin/audit.html"
    name: ClassVar[str] = "admin-audit"

    action: str
    asked: Mapping[str, str]
    events: tuple[tuple[str, str], ...]
    rows: tuple[AuditRow, ...]
    chain: Verdict
    older_href: str | None = None
    newest_href: str | None = None
    faults: tuple[Fault, ...] = ()


@blueprint.get(HOME)
@administers(AUDIT_READ)
def show_audit(session: SessionFacts) -> Response:
    """Shows the records that the filter of the query finds."""
    work = current_work()
    asked = _asked(request.args)
    said = _said(request.args)
    cursor = request.args.get("cursor")
    found = audit_query.search(work, asked, cursor=cursor)
    names = {one.client_id: one.name for one in clients.list_clients(work)}
    carried = frame.frame(session)
    action = carried["base"] + HOME
    return frame.show(
        AuditPage(
            **carried,
            action=action,
            asked=said,
            events=event_choices(),
            rows=tuple(row_of(facts, names) for facts in found.items),
            chain=audit_chain.standing(work),
            older_href=(
                f"{action}?{urlencode({**said, 'cursor': found.next_cursor})}"
                if found.next_cursor
                else None
            ),
            newest_href=f"{action}?{urlencode(said)}" if cursor else None,
        )
    )


@blueprint.post(f"{HOME}/export")
@administers(AUDIT_READ, back=HOME)
def export(_session: SessionFacts) -> Response:
    """Hands out what the filter finds; a form, because each export is recorded.

    A link could be followed by whatever prefetches pages (SEC-289).
    """
    form = frame.own_form()
    wanted = form.get("format", "jsonl")
    records = audit_export.export(current_work(), _asked(form.fields), form=wanted)
    lines = audit_export.lines(records, form=wanted)
    response = Response(
        stream_with_context(lines), content_type=audit_export.MEDIA_TYPES[wanted]
    )
    day = current_work().now.date().isoformat()
    name = f'attachment; filename="audit-{day}.{wanted}"'
    response.headers["Content-Disposition"] = name
    return response


def _said(given: Mapping[str, str]) -> dict[str, str]:
    """Returns the fields of the filter that say something."""
    stripped = {name: given.get(name, "").strip() for name in FIELDS}
    return {name: value for name, value in stripped.items() if value}


def _asked(given: Mapping[str, str]) -> Asked:
    said = _said(given)
    return Asked(
        user=said.get("user"),
        actor=said.get("actor"),
        client=said.get("client"),
        event=said.get("event"),
        since=_moment(said.get("since")),
        until=_moment(said.get("until"), end=True),
    )


def _moment(text: str | None, *, end: bool = False) -> datetime | None:
    """Reads a day or a moment in UTC; the end of a bare day is when the next begins."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
        moment = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        return moment + A_DAY if end and len(text) == BARE_DATE else moment
    except (ValueError, OverflowError):
        raise BadRequest("since or until is no day") from None


def event_choices() -> tuple[tuple[str, str], ...]:
    """Returns every event with its words, in the order of the words."""
    named = [(event, event_words.words(event)) for event in audit_query.EVENTS]
    return tuple(sorted(named, key=lambda one: one[1].casefold()))


def row_of(facts: Mapping[str, Any], names: Mapping[str, str]) -> AuditRow:
    """Makes a row of a record; ``names`` are those of the applications."""
    client_id = facts["client_id"]
    return AuditRow(
        number=facts["number"],
        at=datetime.fromisoformat(facts["at"]),
        event=facts["event"],
        refused=facts["outcome"] == "refused",
        reason=facts["reason"],
        actor=_party(facts["actor"], names),
        subject=_party(facts["subject"], names),
        application=names.get(client_id, client_id) if client_id else None,
        changes=tuple(
            (name, json.dumps(value, ensure_ascii=False))
            for name, value in facts["changes"].items()
        ),
        facts=facts,
    )


def _party(facts: Mapping[str, Any], names: Mapping[str, str]) -> Party:
    name = facts["name"]
    if name is None and facts["type"] == "client":
        name = names.get(facts["id"])
    return Party(type=facts["type"], id=facts["id"], name=name)
