"""``idp db``: the database schema, and copying one database to another."""

import click

from idp.actions import copying
from idp.actions import maintenance
from idp.actions.work import Work
from idp.cli import output
from idp.cli import work
from idp.errors import Misconfigured
from idp.settings import Settings


@click.group("db")
def db() -> None:
    """The database schema."""


@db.command("upgrade")
@output.as_json
@output.speaks
def upgrade(as_json: bool) -> None:
    """Move the schema up to this version."""
    built = work.build(may_create=True)
    maintenance.upgrade(built)
    _show_revision(built, as_json=as_json)


@db.command("downgrade")
@click.argument("revision")
@output.as_json
@output.speaks
def downgrade(revision: str, as_json: bool) -> None:
    """Move the schema down to REVISION ("base" empties it)."""
    built = work.build()
    maintenance.downgrade(built, revision)
    _show_revision(built, as_json=as_json)


@db.command("current")
@output.as_json
@output.speaks
def current(as_json: bool) -> None:
    """Show the revision of the database and the one expected."""
    _show_revision(work.build(), as_json=as_json)


def _show_revision(built: Work, *, as_json: bool) -> None:
    found, expected = maintenance.revision(built)
    output.show(
        {"current": found, "expected": expected},
        as_json=as_json,
        line=f"{found or 'empty'} (expected {expected})",
    )


@db.command("copy")
@click.argument("target_url")
@output.as_json
@output.speaks
def copy(target_url: str, as_json: bool) -> None:
    """Copy every row to the empty database TARGET_URL; stop the server first.

    From SQLite to PostgreSQL or back. The key ring stays where it is and opens both.
    """
    if not target_url.strip():
        raise click.BadParameter("names no database", param_hint="TARGET_URL")
    try:
        target = Settings.load({"IDP_DATABASE_URL": target_url})
    except Misconfigured as refusal:
        words = refusal.findings[0].partition(": ")[2]
        raise click.BadParameter(words, param_hint="TARGET_URL") from None
    copied = copying.copy_to(work.build(), target.database_url.get_secret_value())
    total = sum(copied.values())
    output.show(
        {"rows": copied},
        as_json=as_json,
        line=f"{total} rows copied; IDP_DATABASE_URL may name the new database now",
    )
