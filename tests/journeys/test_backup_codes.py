"""R4: the phone is gone, a backup code opens the door, once."""

from tests.support.people import is_signed_in
from tests.support.within import Within


def test_a_backup_code_opens_the_application_and_the_token_says_how(
    provider: Within,
) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.enter_password(wiki.ask(provider.browser()))
    mia.enter_backup_code(browser, mia.backup_codes[0])
    assert browser.page == "login-notice"
    browser.fill("continue-as")

    claims = wiki.collect(browser).claims
    assert claims["acr"] == "mfa"
    assert claims["amr"] == ["pwd", "mfa", "backup_code"]


def test_the_page_after_it_says_how_many_are_left(provider: Within) -> None:
    mia = provider.person("mia")
    browser = mia.enter_password(provider.browser().visit("/login"))
    mia.enter_backup_code(browser, mia.backup_codes[3])
    assert browser.html.mark("data-backup-codes-remaining") == "9"
    assert provider.mfa_of(mia)["backup_codes_remaining"] == 9


def test_each_code_works_once(provider: Within) -> None:
    mia = provider.person("mia")
    first = mia.enter_password(provider.browser().visit("/login"))
    mia.enter_backup_code(first, mia.backup_codes[0])
    second = mia.enter_password(provider.browser().visit("/login"))
    mia.enter_backup_code(second, mia.backup_codes[0])

    assert is_signed_in(first)
    assert second.page == "login-backup-code"
    assert second.error is not None
    assert not is_signed_in(second)


def test_the_code_may_be_typed_as_people_type(provider: Within) -> None:
    mia = provider.person("mia")
    typed = " " + mia.backup_codes[0].lower().replace("-", " ") + "\n"
    browser = mia.enter_password(provider.browser().visit("/login"))
    mia.enter_backup_code(browser, typed)
    assert is_signed_in(browser)


def test_the_way_back_to_the_phone_stays_open(provider: Within) -> None:
    mia = provider.person("mia")
    browser = mia.enter_password(provider.browser().visit("/login"))
    totp_page = browser.at
    mia.enter_backup_code(browser, "0000-0000-0000-0000")
    assert browser.error == "wrong-backup-code"

    mia.enter_code(browser.visit(totp_page))
    assert is_signed_in(browser)


def test_an_application_that_refuses_them_asks_for_the_phone(
    provider: Within,
) -> None:
    mia = provider.person("mia")
    bank = provider.client("Bank", "--no-backup-codes")
    browser = mia.enter_password(provider.browser().visit("/login"))
    mia.enter_backup_code(browser, mia.backup_codes[0])

    bank.ask(browser)
    mia.enter_code(browser)
    assert bank.collect(browser).claims["amr"] == ["pwd", "otp", "mfa"]
