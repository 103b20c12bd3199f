"""``idp init`` and ``after-restore``: a new installation, and one from a backup."""

import click

from idp.actions import maintenance
from idp.actions import restore
from idp.cli import output
from idp.cli import work
from idp.errors import Misconfigured
from idp.settings import Settings
from idp.vault import RING_FILE
from idp.vault import Vault
from idp.vault import write_new_ring


@click.command("init")
@output.as_json
@output.speaks
def init(as_json: bool) -> None:
    """Make the keys and the database schema; harmless to repeat."""
    settings = Settings.load()
    made = False
    with work.making(settings.data_dir):
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.master_key is None:
        with work.making(settings.keys_dir / RING_FILE):
            settings.keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_second_ring(settings)
            made = write_new_ring(settings.keys_dir / RING_FILE)
    maintenance.initialise(work.build(settings, may_create=True, seals=True))
    words = f"made {settings.keys_dir / RING_FILE}: keep a copy, apart\nready"
    facts = {"ready": True, "made_key_ring": made}
    output.show(facts, as_json=as_json, line=words if made else "ready")


def _refuse_second_ring(settings: Settings) -> None:
    """Refuses where the ring of a database is lost: a new one would open nothing."""
    ring = settings.keys_dir / RING_FILE
    if ring.exists():
        return
    blind = Vault(Vault.create_ring())
    # Others may start at this moment; they make the ring before they seal with it.
    built = work.build(settings, vault=blind, may_create=True)
    if maintenance.is_sealed(built) and not ring.exists():
        words = f"{ring} is not there, and the database was sealed with it"
        raise Misconfigured([f"{words}: put it back, from its backup"])


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
