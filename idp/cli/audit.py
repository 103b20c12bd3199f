"""``idp audit``: the trail handed out, and whether it is whole."""

import csv
import json
import sys
from collections.abc import Callable
from collections.abc import Iterator
from datetime import UTC
from datetime import datetime
from typing import Any
from typing import TextIO

import click

from idp.actions import audit_chain
from idp.actions import audit_export
from idp.cli import output
from idp.cli import work

NESTED = {"actor": ("type", "id", "name", "acr"), "subject": ("type", "id", "name")}
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d")
"""What a cell must not begin with, or spreadsheets compute it (SEC-293)."""


class Moment(click.ParamType[datetime]):
    """A date or a moment as in ISO 8601; without a zone it is UTC."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Reads a moment or says what is wrong with it."""
        try:
            read = datetime.fromisoformat(str(value))
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!a} is no date or moment", param, ctx)


@click.group("audit")
def audit() -> None:
    """The audit trail."""


@audit.command("export")
@click.option("--format", "form", type=click.Choice(("jsonl", "csv")), default="jsonl")
@click.option(
    "--since", type=Moment(), help="First date or moment, such as 2026-03-02."
)
@output.speaks
def export(form: str, since: datetime | None) -> None:
    """Write every record to standard output; this is itself recorded."""
    records = audit_export.export(work.build(), since=since, form=form)
    WRITERS[form](records, sys.stdout)


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
    return (
        f"intact: {found.records} records up to number {found.closed_to}{tail}"
        f"\nhead {found.head or '-'}"
    )


def _write_lines(records: Iterator[dict[str, Any]], out: TextIO) -> None:
    for record in records:
        out.write(json.dumps(record) + "\n")


def _write_csv(records: Iterator[dict[str, Any]], out: TextIO) -> None:
    writer = None
    for record in records:
        row = dict(_cells(record))
        if writer is None:
            writer = csv.DictWriter(out, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)


def _cells(record: dict[str, Any]) -> Iterator[tuple[str, str | int]]:
    for name, value in record.items():
        if name in NESTED:
            for part in NESTED[name]:
                yield f"{name}_{part}", _safe(value[part])
        elif name == "changes":
            yield name, _safe(json.dumps(value))
        else:
            yield name, value if isinstance(value, int) else _safe(value)


def _safe(value: str | None) -> str:
    """Marks as text what a spreadsheet would take for a formula."""
    text = value or ""
    return f"'{text}" if text.startswith(FORMULA) else text


WRITERS: dict[str, Callable[[Iterator[dict[str, Any]], TextIO], None]] = {
    "jsonl": _write_lines,
    "csv": _write_csv,
}
