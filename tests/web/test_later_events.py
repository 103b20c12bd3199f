"""REL-052: events of a later version are shown by their name, and break no page."""

import contextlib
import pathlib
import sqlite3

from tests.support.within import Within

LATER = "passkey.enrolled"


def renamed(provider: Within) -> None:
    """Does what a later version may have done: events that are not known here."""
    file = pathlib.Path(provider.settings["IDP_DATA_DIR"]) / "idp.db"
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        names = "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
        for (guard,) in db.execute(names).fetchall():
            db.execute(f"DROP TRIGGER {guard.split()[2]}")
        for table in ("audit_records", "notices"):
            changed = f"UPDATE {table} SET event = ? WHERE event LIKE 'mfa.enrolled'"
            assert db.execute(changed, [LATER]).rowcount


def test_pages_and_commands_go_on(provider: Within) -> None:
    ada = provider.person("ada", "--role", "administrator")
    browser = ada.sign_in(provider.browser())
    renamed(provider)
    for page in ("/settings", "/settings/activity", "/admin/audit", "/admin/users"):
        assert browser.tab().visit(page).status == 200, page
    assert LATER in browser.tab().visit("/admin/audit").text
    assert LATER in provider.command("audit", "export")
    again = ada.enter_backup_code(
        ada.enter_password(provider.browser().visit("/login")), ada.backup_codes[0]
    )
    assert again.status == 200
