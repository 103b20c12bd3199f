"""R2: the second factor is set up inside the login of whoever must have one."""

import urllib.parse

from tests.support.people import is_signed_in
from tests.support.within import Within


def test_who_must_enrol_does_so_on_the_way_to_the_application(
    provider: Within,
) -> None:
    rob = provider.person("rob", enrolled=False)
    wiki = provider.client("Wiki")
    browser = rob.enter_password(wiki.ask(provider.browser()))

    rob.register_device(browser)
    confirmed_at = provider.move.seconds
    rob.keep_codes(browser)

    claims = wiki.collect(browser).claims
    assert (claims["acr"], claims["amr"]) == ("mfa", ["pwd", "otp", "mfa"])
    assert claims["auth_time"] == confirmed_at
    assert len(set(rob.backup_codes)) == 10


def test_the_set_up_page_shows_the_same_secret_as_key_and_as_link(
    provider: Within,
) -> None:
    rob = provider.person("rob", enrolled=False)
    browser = rob.enter_password(provider.browser().visit("/login"))
    secret = browser.html.mark("data-totp-secret")
    links = [href for href in browser.html.marks("href") if "otpauth" in href]

    assert len(links) == 1
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(links[0]).query)
    assert query["secret"] == [secret]
    assert "Register Device" in browser.text


def test_nobody_is_signed_in_before_the_device_is_confirmed(provider: Within) -> None:
    rob = provider.person("rob", enrolled=False)
    browser = rob.enter_password(provider.browser().visit("/login"))
    phone = rob.scan(browser)
    browser.fill("register-device", code=phone.wrong_code())

    assert (browser.page, browser.error) == ("enrol-totp", "wrong-code")
    assert not is_signed_in(browser)


def test_the_codes_are_shown_once_and_the_form_again_without_them(
    provider: Within,
) -> None:
    rob = provider.person("rob", enrolled=False)
    browser = rob.enter_password(provider.browser().visit("/login"))
    rob.register_device(browser)
    assert len(browser.html.marks("data-backup-code")) == 10

    browser.visit(browser.at)
    assert browser.page == "enrol-backup-codes"
    assert browser.html.marks("data-backup-code") == []
    browser.fill("confirm-saved", saved="yes")
    assert browser.page == "settings"


def test_going_on_needs_the_tick(provider: Within) -> None:
    rob = provider.person("rob", enrolled=False)
    browser = rob.enter_password(provider.browser().visit("/login"))
    rob.register_device(browser)
    browser.fill("confirm-saved", saved=None)
    assert browser.page == "enrol-backup-codes"


def test_from_then_on_the_code_is_asked_at_every_sign_in(provider: Within) -> None:
    rob = provider.person("rob")
    browser = rob.enter_password(provider.browser().visit("/login"))
    assert browser.page == "login-totp"
    assert provider.mfa_of(rob)["state"] == "enrolled"


def test_where_enrolling_is_optional_the_password_is_enough(provider: Within) -> None:
    provider.policy("optional")
    alice = provider.person("alice", enrolled=False)
    wiki = provider.client("Wiki")
    browser = alice.enter_password(wiki.ask(provider.browser()))

    claims = wiki.collect(browser).claims
    assert (claims["acr"], claims["amr"]) == ("pwd", ["pwd"])


def test_who_is_enrolled_is_asked_even_where_it_is_optional(provider: Within) -> None:
    mia = provider.person("mia")
    provider.policy("optional")
    browser = mia.enter_password(provider.browser().visit("/login"))
    assert browser.page == "login-totp"


def test_one_person_may_be_required_where_others_are_not(provider: Within) -> None:
    provider.policy("optional")
    rob = provider.person("rob", "--mfa-required", enrolled=False)
    browser = rob.enter_password(provider.browser().visit("/login"))
    assert browser.page == "enrol-totp"


def test_an_application_may_require_it_where_nobody_else_does(
    provider: Within,
) -> None:
    provider.policy("optional")
    alice = provider.person("alice", enrolled=False)
    vault = provider.client("Vault", "--min-acr", "mfa")
    browser = alice.enter_password(vault.ask(provider.browser()))
    alice.enrol(browser)
    assert vault.collect(browser).claims["acr"] == "mfa"
