"""A4: enrol, enrol again, disable, regenerate.

Elsewhere: AC-058 in tests/races; AC-044, AC-047, AC-049, AC-055 are stories of their
own in tests/journeys/test_settings_mfa.py, AC-057 in tests/journeys/test_scanning.py.
"""

import pytest

from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.phone import Phone
from tests.support.within import Within

CHANGES = ("/settings/mfa/disable", "/settings/mfa/regenerate")


@pytest.fixture
def mia(provider: Within) -> Person:
    """Gives somebody who enrolled, where MFA is optional."""
    person = provider.person("mia")
    provider.policy("optional")
    return person


@pytest.fixture
def alice(provider: Within, mia: Person) -> Person:
    """Gives somebody without a second factor, where MFA is optional."""
    return provider.person("alice", enrolled=False)


def inside(provider: Within, person: Person) -> Browser:
    """Gives a browser of somebody who signed in with all that they have."""
    browser = person.enter_password(provider.browser().visit("/login"))
    if browser.page == "login-totp":
        person.enter_code(browser)
        provider.move.advance(seconds=60)
    return browser


def test_a_wrong_code_enrols_nobody(provider: Within, alice: Person) -> None:
    """AC-045, SEC-063"""
    browser = inside(provider, alice).visit("/settings/mfa/enable")
    pending = Phone(browser.html.mark("data-totp-secret") or "", alice.clock)
    browser.fill("register-device", code="000000")
    assert browser.error == "wrong-code"
    later = alice.enter_password(provider.browser().visit("/login"))
    assert later.page == "settings"
    assert provider.mfa_of(alice)["state"] in ("none", "pending")
    assert pending.unused_code()


@pytest.mark.parametrize("because", ["the application", "the organisation"])
def test_a_browser_left_open_is_no_place_to_set_a_first_device_up(
    provider: Within, alice: Person, because: str
) -> None:
    """SEC-060: whatever wants a second factor now, the password is asked for first"""
    app = provider.client("Wiki")
    browser = inside(provider, alice)
    provider.move.advance(minutes=40)
    if because == "the organisation":
        provider.policy("required")
        app.ask(browser)
    else:
        app.ask(browser, acr_values="mfa")
    assert browser.page == "login-password"
    login = browser.at.removesuffix("/password")
    for page in ("enrol", "backup-codes", "totp"):
        assert browser.visit(f"{login}/{page}").page == "login-password"
    alice.enrol(alice.enter_password(browser))
    assert app.collect(browser).claims["acr"] == "mfa"


def test_of_two_set_ups_each_has_its_own_key(provider: Within, alice: Person) -> None:
    """AC-046, SEC-063: a code of the first confirms nothing in the second"""
    first = inside(provider, alice).visit("/settings/mfa/enable")
    second = inside(provider, alice).visit("/settings/mfa/enable")
    secrets = [one.html.mark("data-totp-secret") or "" for one in (first, second)]
    assert secrets[0] != secrets[1]
    old, new = (Phone(secret, alice.clock) for secret in secrets)
    second.fill("register-device", code=old.unused_code())
    assert second.error == "wrong-code"
    second.fill("register-device", code=new.unused_code())
    assert second.page == "enrol-backup-codes"
    first.fill("register-device", code=old.unused_code())
    assert first.page != "enrol-backup-codes"
    assert not is_signed_in(first)


def test_what_a_form_adds_names_nobody_else(
    provider: Within, alice: Person, mia: Person
) -> None:
    """AC-048, SEC-062"""
    browser = inside(provider, alice).visit("/settings/mfa/enable")
    own = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    forged = {
        "secret": own,
        "user_id": mia.id,
        "username": "mia",
        "digits": "1",
        "interval": "99999",
        "code": Phone(own, alice.clock).unused_code(),
    }
    browser.send(browser.html.form("register-device"), forged)
    assert browser.error == "wrong-code"
    assert provider.mfa_of(mia)["state"] == "enrolled"


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_is_a_form_and_nothing_else(
    provider: Within, mia: Person, path: str
) -> None:
    """AC-050, SEC-155"""
    browser = inside(provider, mia)
    code = mia.phone.unused_code()
    browser.visit(path, [("code", code), ("_method", "POST")])
    assert browser.page in ("settings-mfa-disable", "settings-mfa-regenerate")
    assert provider.mfa_of(mia)["state"] == "enrolled"
    assert provider.mfa_of(mia)["backup_codes_remaining"] == 10


@pytest.mark.parametrize("path", CHANGES)
def test_a_form_of_another_site_spends_nothing(
    provider: Within, mia: Person, path: str
) -> None:
    """AC-051, SEC-155"""
    browser = inside(provider, mia)
    code = mia.phone.unused_code()
    foreign = inside(provider, provider.person("eve", enrolled=False)).visit(
        "/settings/sessions"
    )
    fields = dict(foreign.html.form("end-session").fields)
    for given in ("", fields["csrf_token"]):
        browser.post(path, [("code", code), ("csrf_token", given)])
        assert (browser.status, browser.error) == (403, "csrf")
    assert provider.mfa_of(mia)["state"] == "enrolled"
    fresh = mia.enter_password(provider.browser().visit("/login"))
    assert is_signed_in(fresh.fill("sign-in", code=code))


def test_what_a_page_of_the_settings_holds_is_no_proof_at_a_sign_in(
    provider: Within, mia: Person
) -> None:
    """AC-009, SEC-009: neither its token nor a code of somebody's earlier sign-in"""
    browser = inside(provider, mia)
    spent = mia.phone.code(-2)
    form = browser.visit("/settings/mfa/disable").html.form("disable-mfa")
    fresh = mia.enter_password(provider.browser().visit("/login"))
    fresh.post(fresh.at, {**dict(form.fields), "code": mia.phone.unused_code()})
    assert (fresh.status, fresh.error) == (403, "csrf")
    again = mia.enter_password(provider.browser().visit("/login"))
    again.send(again.html.form("sign-in"), {"code": spent, "action": "disable-mfa"})
    assert again.page == "login-totp"
    assert not is_signed_in(again)
    assert not is_signed_in(fresh)


def test_guesses_here_and_at_the_sign_in_are_one_budget(
    provider: Within, mia: Person
) -> None:
    """AC-052, SEC-065, SEC-115"""
    browser = inside(provider, mia).visit("/settings/mfa/disable")
    for _ in range(10):
        browser.fill("disable-mfa", code="000000")
    assert browser.error == "locked"
    browser.fill("disable-mfa", code=mia.phone.unused_code())
    assert browser.error == "locked"
    assert provider.mfa_of(mia)["state"] == "locked"
    assert mia.enter_password(provider.browser().visit("/login")).error == "locked"


def test_a_rule_forbids_to_disable_even_with_a_right_code(
    provider: Within, mia: Person
) -> None:
    """AC-053, SEC-066"""
    browser = inside(provider, mia).visit("/settings/mfa/disable")
    form, code = browser.html.form("disable-mfa"), mia.phone.unused_code()
    provider.command("user", "require-mfa", "mia")
    browser.send(form, {"code": code})
    assert (browser.status, browser.error) == (403, "policy")
    assert provider.mfa_of(mia)["state"] == "enrolled"


def test_an_older_session_of_less_worth_ends(provider: Within, alice: Person) -> None:
    """AC-054, SEC-067, SEC-068"""
    older = inside(provider, alice)
    browser = inside(provider, alice).visit("/settings/mfa/enable")
    alice.register_device(browser)
    assert not is_signed_in(older)


def test_the_key_is_not_shown_again(provider: Within, mia: Person) -> None:
    """AC-056, SEC-039"""
    browser = inside(provider, mia)
    for path in ("/settings", "/settings/mfa", "/settings/mfa/enable"):
        browser.visit(path)
        assert browser.html.mark("data-totp-secret") is None
        assert "otpauth:" not in browser.html.source
