"""``idp audit``: exporting the trail, and verifying that it is intact."""

from datetime import datetime
from typing import Any

import click

from idp.actions import audit_chain
from idp.actions import audit_export
from idp.actions.audit_query import EVENTS
from idp.actions.audit_query import Asked
from idp.cli import channels
from idp.cli import output
from idp.cli import work
from idp.rules.moments import parse_moment


class Moment(click.ParamType[datetime]):
    """A date or a moment as in ISO 8601; without a zone it is UTC."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Reads a moment or says what is wrong with it."""
        found = parse_moment(str(value))
        if found is None:
            self.fail(f"{value!a} is no date or moment", param, ctx)
        return found


@click.group("audit")
def audit() -> None:
    """The audit trail."""


@audit.command("export")
@click.option(
    "--format", "form", type=click.Choice(audit_export.FORMS), default="jsonl"
)
@click.option("--user", help="Whom it is about, by name or id.")
@click.option("--actor", help="Who did it, by name or id; host, system.")
@click.option("--client", help="Which application it concerns, by id.")
@click.option("--event", type=click.Choice(EVENTS), metavar="EVENT")
@click.option(
    "--since", type=Moment(), help="First date or moment, such as 2026-03-02."
)
@click.option("--until", type=Moment(), help="First date or moment not included.")
@output.speaks
def export(form: str, **asked: Any) -> None:
    """Write records to standard output; this is itself recorded."""
    records = audit_export.export(work.build(), Asked(**asked), form=form)
    channels.write(audit_export.lines(records, form=form))


@audit.command("verify")
@output.as_json
@output.speaks
def verify(as_json: bool) -> None:
    """Check the hash chain: status 0 when it is intact, 1 when it is broken."""
    found = audit_chain.verify(work.build())
    output.show(output.data(found), as_json=as_json, line=_sentence(found))
    if not found.intact:
        raise SystemExit(1)


def _sentence(found: audit_chain.Verdict) -> str:
    if not found.intact:
        return f"broken at record {found.number}: {found.problem}"
    tail = f", {found.open_records} newer not closed yet" if found.open_records else ""
    gone = (
        f", the first {found.purged} deleted after their time" if found.purged else ""
    )
    return (
        f"intact: {found.records} records up to number {found.closed_to}{gone}{tail}"
        f"\nhead {found.head or '-'}"
    )
