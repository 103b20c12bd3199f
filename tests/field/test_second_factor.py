"""Rows 15 to 19: codes as people and their phones write them, and the set-up page."""

import subprocess
import urllib.parse

import pytest

from tests.support.browser import Browser
from tests.support.needs import need
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.phone import Phone
from tests.support.providers import Maker
from tests.support.within import Within


def after_password(provider: Within, person: Person) -> Browser:
    """Gives a new jar that waits at the step after the password."""
    return person.enter_password(provider.browser().visit("/login"))


@pytest.mark.parametrize(
    "written",
    ["{a} {b}", " {a}{b}\r\n", "{a}\u00a0{b}", "{a}\u202f{b}", "{a}\t{b}", "{a}{b}"],
)
def test_blanks_in_a_code_do_no_harm(
    provider: Within, mia: Person, written: str
) -> None:
    """Row 15"""
    browser, code = after_password(provider, mia), mia.phone.code()
    mia.enter_code(browser, written.format(a=code[:3], b=code[3:]))
    assert is_signed_in(browser)


@pytest.mark.parametrize("zeros", ["0", "00"])
def test_a_code_that_begins_with_zero_is_a_code(
    provider: Within, mia: Person, zeros: str
) -> None:
    """Row 15"""
    while not mia.phone.code().startswith(zeros):
        provider.move.advance(seconds=30)
    short = after_password(provider, mia)
    mia.enter_code(short, mia.phone.code().lstrip("0"))
    assert not is_signed_in(short)
    mia.enter_code(short, mia.phone.code())
    assert is_signed_in(short)


def test_a_pasted_code_is_not_cut(provider: Within, mia: Person) -> None:
    """Row 15"""
    fields = after_password(provider, mia).html.form("sign-in").inputs
    (field,) = [item for item in fields if item.get("name") == "code"]
    assert int(field.get("maxlength", "64")) >= 16


def test_the_key_of_a_set_up_does_not_change_under_ones_hands(
    provider: Within,
) -> None:
    """Row 16"""
    rob = provider.person("rob", enrolled=False)
    browser = after_password(provider, rob)
    phone, address = rob.scan(browser), browser.at
    seen = {browser.html.mark("data-totp-secret")}
    for _ in range(3):
        browser.fill("register-device", code=phone.wrong_code())
        seen.add(browser.html.mark("data-totp-secret"))
    seen.add(browser.visit(address).html.mark("data-totp-secret"))
    seen.add(browser.tab().visit(address).html.mark("data-totp-secret"))
    assert len(seen) == 1
    browser.fill("register-device", code=phone.code())
    assert browser.page == "enrol-backup-codes"


def test_a_set_up_that_was_left_counts_for_nothing(provider: Within) -> None:
    """Row 16"""
    rob = provider.person("rob", enrolled=False)
    abandoned = rob.scan(after_password(provider, rob))
    assert provider.mfa_of(rob)["state"] in ("none", "pending")

    browser = after_password(provider, rob)
    assert browser.page == "enrol-totp"
    browser.fill("register-device", code=abandoned.code())
    assert browser.error == "wrong-code"
    rob.enrol(browser)
    assert is_signed_in(browser)


def key_uri(browser: Browser) -> str:
    """Gives the one `otpauth` link of the set-up page."""
    (uri,) = [href for href in browser.html.marks("href") if "otpauth:" in href]
    return uri


def test_a_key_uri_is_what_every_app_reads(new_provider: Maker) -> None:
    """Row 17"""
    provider = new_provider(IDP_ORGANISATION="Example Co & Söhne 100%")
    ana = provider.person("ana+x@example.org", enrolled=False)
    uri = key_uri(after_password(provider, ana))
    parts = urllib.parse.urlsplit(uri)
    query = dict(urllib.parse.parse_qsl(parts.query, strict_parsing=True))
    label = urllib.parse.unquote(parts.path.removeprefix("/"))

    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert "+" not in uri
    assert "%20" in parts.query
    assert "%2B" in parts.path
    assert query["issuer"] == "Example Co & Söhne 100%"
    assert label == "Example Co & Söhne 100%:ana+x@example.org"
    assert len(query["secret"]) == 32
    assert set(query["secret"]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    usual = {"algorithm": "SHA1", "digits": "6", "period": "30"}
    assert usual == {**usual, **{n: query[n] for n in usual if n in query}}


def test_a_name_cannot_smuggle_a_second_secret_into_the_key_uri(
    provider: Within,
) -> None:
    """Row 17, SEC-040"""
    evil = provider.person('a&issuer=Evil&secret=AAAA"', enrolled=False)
    uri = key_uri(after_password(provider, evil))
    names = [name for name, _ in urllib.parse.parse_qsl(uri.partition("?")[2])]
    assert sorted(names) == sorted(set(names))


def test_an_other_program_makes_the_same_code(provider: Within) -> None:
    """Row 17: typed in lower case with blanks, into oathtool"""
    oathtool = need("oathtool")
    rob = provider.person("rob", enrolled=False)
    browser = after_password(provider, rob)
    secret = browser.html.mark("data-totp-secret") or ""
    typed = " ".join(secret[i : i + 4] for i in range(0, 32, 4)).lower()
    at = f"--now={provider.move.now:%Y-%m-%d %H:%M:%S UTC}"
    done = subprocess.run(
        [oathtool, "--base32", "--totp", at, typed],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == Phone(secret, provider.clock).code()
    browser.fill("register-device", code=done.stdout.strip())
    assert browser.page == "enrol-backup-codes"


def test_the_code_page_has_one_field_that_managers_understand(
    provider: Within, mia: Person
) -> None:
    """Row 18, WCAG 1.3.5"""
    browser = after_password(provider, mia)
    form = browser.html.form("sign-in")
    (field,) = [item for item in form.inputs if item.get("type") != "hidden"]
    assert field["name"] == "code"
    assert field.get("type", "text") == "text"
    assert field["autocomplete"] == "one-time-code"
    assert field["inputmode"] == "numeric"
    assert "password" not in browser.html.marks("type")

    browser.click("use-backup-code")
    backup = browser.html.form("sign-in").inputs
    (field,) = [item for item in backup if item.get("name") == "backup_code"]
    assert field["autocomplete"] == "off"


def test_the_password_page_has_both_fields_in_one_form(provider: Within) -> None:
    """Row 18"""
    inputs = provider.browser().visit("/login").html.form("sign-in").inputs
    told = {item["name"]: item.get("autocomplete") for item in inputs}
    assert told["username"] == "username"
    assert told["password"] == "current-password"


def test_a_manager_learns_whose_password_is_asked_for_again(
    provider: Within, mia: Person
) -> None:
    """Row 18: at a new sign-in that an application wants, and for a new password"""
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    pages = {"sign-in": wiki.ask(browser.tab(), prompt="login")}
    pages["change-password"] = browser.tab().visit("/settings/password")
    for form, page in pages.items():
        inputs = page.html.form(form).inputs
        (named,) = [one for one in inputs if one.get("autocomplete") == "username"]
        assert (named["type"], named["value"]) == ("text", mia.username)


@pytest.mark.parametrize(
    "written",
    [
        "  {code}\r\n",
        "\t{code}",
        "{lower}",
        "{non_breaking}",
        "{dashes}",
        "{code}.",
    ],
)
def test_a_backup_code_is_taken_as_copying_makes_it(
    provider: Within, mia: Person, written: str
) -> None:
    """Row 19"""
    code = mia.backup_codes[0]
    text = written.format(
        code=code,
        lower=code.lower(),
        non_breaking=code.replace("-", "\u2011"),
        dashes=code.replace("-", "\u2013"),
    )
    browser = after_password(provider, mia)
    mia.enter_backup_code(browser, text)
    assert is_signed_in(browser)


def test_a_pasted_backup_code_is_not_cut(provider: Within, mia: Person) -> None:
    """Row 19"""
    browser = after_password(provider, mia).click("use-backup-code")
    inputs = browser.html.form("sign-in").inputs
    (field,) = [item for item in inputs if item.get("name") == "backup_code"]
    assert int(field.get("maxlength", "64")) >= 64


def test_a_code_in_the_wrong_field_is_hinted_at(provider: Within, mia: Person) -> None:
    """Row 19"""
    browser = after_password(provider, mia)
    mia.enter_code(browser, mia.backup_codes[0])
    assert (browser.page, browser.error) == ("login-totp", "wrong-code")
    mia.enter_backup_code(browser, mia.phone.code())
    assert (browser.page, browser.error) == ("login-backup-code", "wrong-backup-code")
    assert not is_signed_in(browser)


def test_who_has_no_phone_reads_how_to_turn_mfa_off(
    provider: Within, mia: Person
) -> None:
    """Row 19"""
    provider.policy("optional")
    browser = mia.sign_in(provider.browser()).visit("/settings/mfa/disable")
    assert "Without the app, ask your administrator" in browser.text
