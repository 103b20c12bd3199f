"""R7, R8: MFA of somebody disabled, or made mandatory, on the page of the person."""

import pytest

from tests.journeys.administrators import USERS
from tests.journeys.administrators import administrator
from tests.journeys.administrators import open_person
from tests.support.people import is_signed_in
from tests.support.within import Within

LOST = {"mfa": "disable", "reason": "phone lost, seen in person"}


def test_mfa_is_disabled_for_one_person(provider: Within) -> None:
    """R7, AC-069"""
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    hers = provider.browser()
    mia.enter_code(mia.enter_password(wiki.ask(hers)))
    held = wiki.collect(hers)
    root = open_person(administrator(provider), mia)
    assert root.html.mark("data-mfa-state") == "enrolled"
    root.fill("update-user", **LOST)
    assert (root.page, root.error) == ("admin-user", None)
    assert root.html.mark("data-done") == "mfa-disabled"
    assert root.html.mark("data-mfa-state") == "none"
    assert not is_signed_in(hers)
    assert wiki.refresh(held.refresh).json()["error"] == "invalid_grant"
    assert LOST["reason"] in root.text
    fresh = mia.enter_password(provider.browser().visit("/login"))
    assert fresh.page == "enrol-totp"


def test_without_a_reason_the_effects_are_listed_and_nothing_is_done(
    provider: Within,
) -> None:
    """SEC-263"""
    mia = provider.person("mia")
    root = open_person(administrator(provider), mia)
    root.fill("update-user", mfa="disable", mfa_required="on")
    assert (root.page, root.error) == ("admin-user-mfa-disable", None)
    assert "session ends" in root.text
    assert provider.mfa_of(mia)["state"] == "enrolled"
    root.fill("update-user", reason=" ")
    assert (root.page, root.error) == ("admin-user-mfa-disable", "bad-request")
    root.fill("update-user", reason="phone lost")
    after = provider.mfa_of(mia)
    assert (root.page, after["state"], after["required"]) == (
        "admin-user",
        "none",
        True,
    )


def test_disabling_mfa_of_an_administrator_wants_the_name_typed(
    provider: Within,
) -> None:
    other = provider.person("other", "--role", "administrator")
    root = open_person(administrator(provider), other)
    root.fill("update-user", **LOST)
    assert (root.page, root.error) == ("admin-user-mfa-disable", None)
    root.fill("update-user", reason="lost", confirm_username="root")
    assert (root.page, root.error) == ("admin-user-mfa-disable", "bad-request")
    assert provider.mfa_of(other)["state"] == "enrolled"
    root.fill("update-user", reason="lost", confirm_username="Other")
    assert root.page == "admin-user"
    assert provider.mfa_of(other)["state"] == "none"


def test_mfa_becomes_mandatory_at_the_next_sign_in(provider: Within) -> None:
    """R8"""
    provider.policy("optional")
    ben = provider.person("ben", enrolled=False)
    his = ben.sign_in(provider.browser())
    root = open_person(administrator(provider), ben)
    assert root.html.mark("data-mfa-required") == "off"
    root.fill("update-user", mfa_required="on")
    assert root.html.mark("data-mfa-required") == "on"
    assert "Required by the user" in root.text
    assert his.visit("/settings").page == "enrol-totp"
    fresh = ben.enter_password(provider.browser().visit("/login"))
    assert ben.enrol(fresh).page == "settings"


def test_a_form_from_before_the_person_changed_their_mfa_is_stale(
    provider: Within,
) -> None:
    """AC-146: set up and taken away by whom it is about"""
    provider.policy("optional")
    ben = provider.person("ben", enrolled=False)
    root = open_person(administrator(provider), ben)
    his = ben.sign_in(provider.browser()).visit("/settings/mfa")
    ben.enrol(his.fill("enable-mfa"))
    root.fill("update-user", mfa_required="on")
    assert (root.error, root.html.marks("data-changed")) == ("stale", ["mfa"])
    assert "MFA: off → on" in root.text
    root.visit(f"/admin/users/{ben.id}")
    provider.move.advance(seconds=60)
    his.visit("/settings/mfa/disable").fill("disable-mfa", code=ben.phone.unused_code())
    root.fill("update-user", email="new@example.org")
    assert (root.error, root.html.marks("data-changed")) == ("stale", ["mfa"])


def test_a_stale_form_is_refused_and_says_what_changed(provider: Within) -> None:
    """AC-146"""
    mia = provider.person("mia")
    root = open_person(administrator(provider), mia)
    other = open_person(administrator(provider, "other"), mia)
    other.fill("update-user", mfa_required="on")
    root.fill("update-user", email="new@example.org", active="off")
    assert (root.page, root.error) == ("admin-user", "stale")
    assert root.html.marks("data-changed") == ["mfa_required"]
    assert provider.mfa_of(mia)["required"]
    shown = provider.command("user", "show", "mia", "--json")
    assert (shown["active"], shown["email"]) == (True, None)
    root.fill("update-user", email="new@example.org")
    assert root.html.mark("data-done") == "updated"


def test_an_old_factor_is_asked_again_and_nothing_was_done(provider: Within) -> None:
    """AC-144, SEC-261"""
    mia, root = provider.person("mia"), provider.person("root", "--role", "helpdesk")
    browser = open_person(root.sign_in(provider.browser()), mia)
    provider.move.advance(minutes=10)
    browser.fill("update-user", mfa_required="on")
    assert browser.page == "login-password"
    assert not provider.mfa_of(mia)["required"]
    root.enter_code(root.enter_password(browser))
    assert browser.page == "admin-user"
    assert browser.at.endswith(f"{USERS}/{mia.id}")
    assert not provider.mfa_of(mia)["required"]
    browser.fill("update-user", mfa_required="on")
    assert provider.mfa_of(mia)["required"]


def test_a_helpdesk_helps_people_without_rights_only(provider: Within) -> None:
    """AC-140, SEC-256"""
    mia = provider.person("mia")
    other = provider.person("other", "--role", "helpdesk")
    helen = open_person(administrator(provider, "helen", "helpdesk"), mia)
    assert "roles" not in {
        one.get("name") for one in helen.html.form("update-user").inputs
    }
    token = helen.html.form("update-user").fields[0]
    helen.fill("update-user", **LOST)
    assert provider.mfa_of(mia)["state"] == "none"
    helen.visit(f"{USERS}/{other.id}")
    assert "update-user" not in helen.html.marks("data-action")
    for path in ("", "/unlock", "/sessions", "/delete", "/initial-password"):
        helen.post(f"{USERS}/{other.id}{path}", [token, *LOST.items(), ("all", "yes")])
        assert (helen.status, helen.error) == (403, "forbidden"), path
    assert provider.mfa_of(other)["state"] == "enrolled"


def test_nobody_gives_rights_that_he_lacks(provider: Within) -> None:
    """AC-141, SEC-257"""
    mia = provider.person("mia")
    rights = ("idp:users:read", "idp:users:write")
    given = [word for right in rights for word in ("--permission", right)]
    provider.command("role", "create", "clerk", *given, "--json")
    clerk = open_person(administrator(provider, "clara", "clerk"), mia)
    form = clerk.html.form("update-user")
    for role in ("administrator", "clerk"):
        clerk.send(form, {"roles": role})
        assert (clerk.status, clerk.error) == (403, "forbidden")
    assert provider.command("user", "show", "mia", "--json")["roles"] == []


@pytest.mark.parametrize("change", [{"active": "off"}, {"roles": ""}])
def test_the_last_administrator_stays(provider: Within, change: dict[str, str]) -> None:
    """AC-073, SEC-262"""
    root = provider.person("root", "--role", "administrator")
    browser = open_person(root.sign_in(provider.browser()), root)
    browser.fill("update-user", **change)
    assert (browser.page, browser.error) == ("admin-user", "policy")
    assert "last administrator" in browser.text
    shown = provider.command("user", "show", "root", "--json")
    assert (shown["active"], shown["roles"]) == (True, ["administrator"])


def test_ones_own_mfa_and_password_are_for_the_settings(provider: Within) -> None:
    """SEC-065: administration asks for no code of the app"""
    root = provider.person("root", "--role", "administrator")
    browser = open_person(root.sign_in(provider.browser()), root)
    assert "initial-password" not in browser.html.marks("data-action")
    form = browser.html.form("update-user")
    for fields, path in ((LOST, ""), ({}, "/initial-password")):
        typed = {**fields, "confirm_username": "root"}
        token = next(pair for pair in form.fields if pair[0] == "csrf_token")
        browser.post(f"{USERS}/{root.id}{path}", [token, *typed.items()])
        assert (browser.page, browser.error) == ("admin-user", "policy")
    assert provider.mfa_of(root)["state"] == "enrolled"
    assert is_signed_in(browser)
