"""``idp init``, ``check`` and ``db``: keys, schema, and whether all is well."""

import click

from idp.actions import copying
from idp.actions import maintenance
from idp.actions import restore
from idp.cli import output
from idp.cli import work
from idp.errors import Misconfigured
from idp.settings import SAFE_HASH_COST
from idp.settings import Settings
from idp.vault import write_new_ring


@click.command("init")
@output.speaks
def init() -> None:
    """Make the keys and the database schema; harmless to repeat."""
    settings = Settings.load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.master_key is None:
        settings.keys_dir.mkdir(parents=True, exist_ok=True)
        if write_new_ring(settings.keys_dir / "master.key"):
            click.echo(f"made {settings.keys_dir / 'master.key'}: keep a copy, apart")
    maintenance.initialise(work.build(settings))
    click.echo("ready")


@click.command("check")
@output.speaks
def check() -> None:
    """Check settings, database and keys: one line per finding."""
    settings = Settings.load()
    found = maintenance.readiness(work.build(settings))
    findings = []
    if settings.password_hash_cost < SAFE_HASH_COST:
        findings.append("IDP_PASSWORD_HASH_COST is low: for trying out only")
    if not found.database:
        findings.append("the database does not answer")
    elif not found.migrations:
        findings.append("the database is not up to date: run 'idp init'")
    elif not found.keys:
        findings.append("signing keys are missing or cannot be opened: run 'idp init'")
    for finding in findings:
        click.echo(finding)
    if not found.ready:
        raise SystemExit(1)
    click.echo("ok")


@click.command("after-restore")
@click.option("--keep-backup-codes", is_flag=True, help="Leave backup codes alone.")
@output.as_json
@output.speaks
def after_restore(keep_backup_codes: bool, as_json: bool) -> None:
    """Revoke what a restored backup brought back; people sign in again."""
    done = restore.after_restore(work.build(), keep_backup_codes=keep_backup_codes)
    facts = output.data(done)
    lines = (f"{name.replace('_', ' ')}: {n}" for name, n in facts.items())
    output.show(facts, as_json=as_json, line="\n".join(lines))


@click.group("db")
def db() -> None:
    """The database schema."""


@db.command("upgrade")
@output.speaks
def upgrade() -> None:
    """Move the schema up to this version."""
    maintenance.upgrade(work.build())


@db.command("downgrade")
@click.argument("revision")
@output.speaks
def downgrade(revision: str) -> None:
    """Move the schema down to REVISION ("base" empties it)."""
    maintenance.downgrade(work.build(), revision)


@db.command("current")
@output.as_json
@output.speaks
def current(as_json: bool) -> None:
    """Show the revision of the database and the one expected."""
    found, expected = maintenance.revision(work.build())
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
