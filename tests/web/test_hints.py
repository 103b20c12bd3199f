"""A slip in a code field is told kindly and is no failure."""

from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.within import Within

SLIPS = (
    ("", "Something is missing."),
    ("12345", "A code has exactly six digits."),
    ("0123-4567-89ab-cdef", "That looks like a backup code."),
)
TRIES = 12  # more than a login or an account would bear


def at_codes(provider: Within, somebody: Person) -> Browser:
    return somebody.enter_password(provider.browser().visit("/login"))


def test_slips_in_the_field_for_digits(provider: Within, mia: Person) -> None:
    browser = at_codes(provider, mia)
    for turn in range(TRIES):
        typed, sentence = SLIPS[turn % len(SLIPS)]
        browser.fill("sign-in", code=typed)
        assert (browser.page, browser.error) == ("login-totp", "wrong-code")
        assert sentence in browser.text
    assert mia.enter_code(browser).page == "settings"


def test_slips_in_the_field_for_a_backup_code(provider: Within, mia: Person) -> None:
    browser = at_codes(provider, mia).click("use-backup-code")
    for turn in range(TRIES):
        typed, sentence = (
            ("", "Something is missing."),
            ("123 456", "That looks like a code from your app."),
        )[turn % 2]
        browser.fill("sign-in", backup_code=typed)
        assert browser.page == "login-backup-code"
        assert browser.error == "wrong-backup-code"
        assert sentence in browser.text
    mia.enter_backup_code(browser, mia.backup_codes[0])
    assert browser.page == "login-notice"


def test_what_was_wrong_with_a_code_is_not_said_of_a_backup_code(
    provider: Within, mia: Person
) -> None:
    browser = at_codes(provider, mia).fill("sign-in", code=SLIPS[2][0])
    assert browser.error == "wrong-code"

    browser.click("use-backup-code")
    assert (browser.page, browser.error) == ("login-backup-code", None)

    browser.fill("sign-in", backup_code="123 456")
    assert browser.error == "wrong-backup-code"
    browser.visit(browser.at.replace("backup-code", "totp"))
    assert (browser.page, browser.error) == ("login-totp", None)


def test_slips_at_the_set_up_keep_the_key(provider: Within) -> None:
    rob = provider.person("rob", enrolled=False)
    browser = rob.enter_password(provider.browser().visit("/login"))
    secret = browser.html.mark("data-totp-secret")
    for turn in range(TRIES):
        typed, sentence = SLIPS[turn % len(SLIPS)]
        browser.fill("register-device", code=typed)
        assert (browser.page, browser.error) == ("enrol-totp", "wrong-code")
        assert sentence in browser.text
        assert browser.html.mark("data-totp-secret") == secret
    rob.register_device(browser)
    assert browser.page == "enrol-backup-codes"


def test_slips_in_the_settings(provider: Within, mia: Person) -> None:
    provider.policy("optional")
    browser = mia.sign_in(provider.browser()).visit("/settings/mfa/disable")
    for _ in range(TRIES):
        for typed, sentence in SLIPS[:2]:
            browser.fill("disable-mfa", code=typed)
            assert browser.error == "wrong-code"
            assert sentence in browser.text
    browser.fill("disable-mfa", code=mia.phone.unused_code())
    assert provider.mfa_of(mia)["state"] == "none"
