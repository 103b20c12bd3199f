"""R2, R5, R6: the second factor in the hands of its owner."""

import pytest

from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.within import Within

DISABLE = "/settings/mfa/disable"
REGENERATE = "/settings/mfa/regenerate"


def settings(provider: Within, mia: Person) -> Browser:
    """Signs Mia in and opens her second factor."""
    browser = mia.sign_in(provider.browser())
    provider.move.advance(seconds=60)
    return browser.visit("/settings/mfa")


def test_a_person_turns_mfa_off_with_a_code_of_the_app(provider: Within) -> None:
    mia = provider.person("mia")
    provider.policy("optional")
    browser = settings(provider, mia).click("disable-mfa")
    browser.fill("disable-mfa", code=mia.phone.unused_code())
    assert (browser.page, browser.html.mark("data-mfa-state")) == (
        "settings-mfa",
        "none",
    )
    assert is_signed_in(mia.enter_password(provider.browser().visit("/login")))


def test_a_backup_code_does_not_turn_mfa_off_and_stays_unused(provider: Within) -> None:
    mia = provider.person("mia")
    provider.policy("optional")
    browser = settings(provider, mia).visit(DISABLE)
    browser.fill("disable-mfa", code=mia.backup_codes[0])
    assert (browser.page, browser.error) == (
        "settings-mfa-disable",
        "not-accepted-here",
    )
    fresh = mia.enter_password(provider.browser().visit("/login"))
    assert mia.enter_backup_code(fresh, mia.backup_codes[0]).page == "login-notice"


def test_mfa_stays_where_a_rule_requires_it(provider: Within) -> None:
    mia = provider.person("mia")
    browser = settings(provider, mia).visit(DISABLE)
    assert (browser.page, browser.error) == ("settings-mfa-disable", "policy")
    assert "your organisation" in browser.text


@pytest.mark.parametrize("code", ["", "12345", "abcdef"])
def test_what_is_no_code_changes_nothing(provider: Within, code: str) -> None:
    mia = provider.person("mia")
    provider.policy("optional")
    browser = settings(provider, mia).visit(DISABLE).fill("disable-mfa", code=code)
    assert (browser.page, browser.error) == ("settings-mfa-disable", "wrong-code")


def test_a_code_of_the_sign_in_does_not_count_twice(provider: Within) -> None:
    mia = provider.person("mia")
    provider.policy("optional")
    browser = provider.browser().visit("/login")
    code = mia.phone.unused_code()
    mia.enter_code(mia.enter_password(browser), code)
    browser.visit(DISABLE).fill("disable-mfa", code=code)
    assert browser.error == "used-code"


def test_new_backup_codes_void_the_old_ones_and_are_shown_once(
    provider: Within,
) -> None:
    mia = provider.person("mia")
    old = mia.backup_codes[0]
    browser = settings(provider, mia).click("regenerate-codes")
    browser.fill("regenerate-codes", code=mia.phone.unused_code())
    new = browser.html.marks("data-backup-code")
    assert (browser.page, len(new)) == ("enrol-backup-codes", 10)
    assert browser.visit(browser.at).html.marks("data-backup-code") == []
    assert browser.fill("confirm-saved", saved="yes").page == "settings-mfa"
    refused = mia.enter_password(provider.browser().visit("/login"))
    assert mia.enter_backup_code(refused, old).error == "wrong-backup-code"
    assert mia.enter_backup_code(refused, new[0]).page == "login-notice"


def test_a_new_code_set_ends_other_sessions_and_refresh_tokens(
    provider: Within,
) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    elsewhere = provider.browser()
    mia.enter_code(mia.enter_password(wiki.ask(elsewhere)))
    held = wiki.collect(elsewhere)
    provider.move.advance(seconds=60)
    browser = settings(provider, mia).visit(REGENERATE)
    browser.fill("regenerate-codes", code=mia.phone.unused_code())
    assert not is_signed_in(elsewhere)
    assert wiki.refresh(held.refresh).json()["error"] == "invalid_grant"
    assert is_signed_in(browser)


def test_a_new_device_counts_from_its_confirmation_on(provider: Within) -> None:
    mia = provider.person("mia")
    old = mia.phone
    browser = settings(provider, mia).click("replace-device")
    assert browser.page == "enrol-totp"
    still = mia.enter_password(provider.browser().visit("/login"))
    assert is_signed_in(still.fill("sign-in", code=old.unused_code()))
    provider.move.advance(seconds=60)
    mia.register_device(browser)
    mia.backup_codes = browser.html.marks("data-backup-code")
    assert browser.fill("confirm-saved", saved="yes").page == "settings-mfa"
    provider.move.advance(seconds=60)
    fresh = mia.enter_password(provider.browser().visit("/login"))
    assert fresh.fill("sign-in", code=old.unused_code()).error == "wrong-code"
    assert is_signed_in(mia.enter_code(fresh))


def test_whoever_signed_in_with_a_backup_code_may_replace_the_device(
    provider: Within,
) -> None:
    mia = provider.person("mia")
    browser = mia.enter_password(provider.browser().visit("/login"))
    mia.enter_backup_code(browser, mia.backup_codes[0])
    browser.click("replace-device")
    mia.register_device(browser)
    assert len(browser.html.marks("data-backup-code")) == 10


def test_somebody_without_mfa_enables_it_and_proves_the_password_again(
    provider: Within,
) -> None:
    provider.policy("optional")
    ben = provider.person("ben", enrolled=False)
    browser = ben.enter_password(provider.browser().visit("/login"))
    provider.move.advance(minutes=10)
    browser.visit("/settings/mfa").fill("enable-mfa")
    assert browser.page == "login-password"
    ben.enter_password(browser)
    ben.register_device(browser)
    browser.fill("confirm-saved", saved="yes")
    assert browser.html.mark("data-mfa-state") == "enrolled"


def test_whoever_turned_mfa_off_can_turn_it_on_again_at_once(
    provider: Within,
) -> None:
    """SEC-068: the code that turned it off is no second factor afterwards"""
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    provider.policy("optional")
    browser = settings(provider, mia).visit(DISABLE)
    browser.fill("disable-mfa", code=mia.phone.unused_code())
    claims = wiki.collect(wiki.ask(browser)).claims
    assert (claims["acr"], claims["amr"]) == ("pwd", ["pwd"])
    bank = provider.client("Bank", "--min-acr", "mfa")
    assert bank.ask(browser).page == "enrol-totp"
    browser.visit("/settings/mfa").fill("enable-mfa")
    mia.enrol(browser)
    assert browser.html.mark("data-mfa-state") == "enrolled"


def test_where_mfa_is_switched_off_nobody_enrols(provider: Within) -> None:
    provider.policy("disabled")
    ben = provider.person("ben", enrolled=False)
    browser = ben.enter_password(provider.browser().visit("/login"))
    assert "enable-mfa" not in browser.visit("/settings/mfa").html.marks("data-action")
    browser.visit("/settings/mfa/enable")
    assert (browser.status, browser.error) == (403, "policy")
