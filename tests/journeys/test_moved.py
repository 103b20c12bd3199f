"""REL-053: after `idp db copy` all goes on, and what was spent stays spent."""

from collections.abc import Callable

from tests.support.people import is_signed_in
from tests.support.within import Within

OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


def move(provider: Within, url: str) -> None:
    """Copies the database and starts the provider on the copy."""
    provider.command("db", "copy", url, "--json")
    assert isinstance(provider.settings, dict)
    provider.settings["IDP_DATABASE_URL"] = url
    provider.restart()


def test_people_and_applications_go_on_and_nothing_counts_twice(
    provider: Within, database_kind: str, fresh_url: Callable[[str], str]
) -> None:
    """A step, a backup code, an authorization code, a refresh token"""
    wiki, mia = provider.client("Wiki"), provider.person("mia")
    code, backup, other = mia.phone.unused_code(), *mia.backup_codes[:2]
    first = mia.enter_password(provider.browser().visit("/login"))
    assert is_signed_in(mia.enter_backup_code(first, backup))
    browser = mia.enter_password(provider.browser().visit("/login"))
    assert is_signed_in(mia.enter_code(browser, code))
    spent = wiki.collect(wiki.ask(browser, scope="openid offline_access"))
    tokens = wiki.refreshed(spent)
    used = wiki.code(wiki.ask(browser))
    wiki.verified(wiki.redeem(used))
    move(provider, fresh_url(OTHER[database_kind]))
    assert is_signed_in(browser)
    assert wiki.userinfo(tokens.access).status == 200
    wiki.refreshed(tokens)
    again = mia.enter_password(provider.browser().visit("/login"))
    assert mia.enter_code(again, code).page == "login-totp"
    assert mia.enter_backup_code(again, backup).page == "login-backup-code"
    assert is_signed_in(mia.enter_backup_code(again, other))
    assert wiki.refresh(spent.refresh).status == 400
    assert wiki.redeem(used).status == 400
    assert provider.command("audit", "verify")
