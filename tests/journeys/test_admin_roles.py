"""Roles on their page: made, changed, deleted, and nobody gives what they lack."""

import pytest

from tests.support.browser import Browser
from tests.support.within import Within

HOME = "/admin/roles"


@pytest.fixture
def browser(provider: Within) -> Browser:
    """Gives the browser of an administrator."""
    ada = provider.person("ada", "--role", "administrator")
    return ada.sign_in(provider.browser()).visit(HOME)


def one(browser: Browser, name: str) -> Browser:
    """Opens the form of one role."""
    return browser.visit(HOME, [("role", name)])


def test_a_role_is_made_given_and_reaches_an_application(
    provider: Within, browser: Browser
) -> None:
    browser.fill("save-role", name="finance", description="Counts", mfa_required="on")
    assert browser.html.mark("data-done") == "role-created"
    ben = provider.person("ben", "--role", "finance")
    wiki = provider.client("Wiki")
    his = ben.sign_in(provider.browser())
    assert wiki.collect(wiki.ask(his, scope="openid groups")).claims["groups"] == [
        "finance"
    ]
    assert provider.mfa_of(ben)["effective"]["because"] == [
        "organisation",
        "role:finance",
    ]
    one(browser, "finance")
    assert browser.html.mark("data-holders") == "1"


def test_what_a_role_allows_changes_for_its_holders_at_once(
    provider: Within, browser: Browser
) -> None:
    provider.command("role", "create", "desk", "--permission", "idp:users:read")
    dan = provider.person("dan", "--role", "desk")
    his = dan.sign_in(provider.browser())
    assert his.visit("/admin/policy").error == "forbidden"
    one(browser, "desk").fill("save-role", permissions="idp:policy:read")
    assert his.visit("/admin/policy").page == "admin-policy"
    assert his.visit(HOME).error == "forbidden"


def test_nobody_gives_a_right_that_they_lack(provider: Within) -> None:
    provider.command(
        *("role", "create", "lead", "--permission", "idp:users:read"),
        *("--permission", "idp:roles:write"),
    )
    lea = provider.person("lea", "--role", "lead")
    hers = lea.sign_in(provider.browser()).visit(HOME)
    hers.fill("save-role", name="more", permissions="idp:keys:write")
    assert (hers.status, hers.error) == (403, "forbidden")
    one(hers, "administrator")
    form = hers.html.form("save-role")
    assert "permissions" not in dict(form.fields), "all of it is only to be looked at"
    hers.send(form, {"description": "mine"})
    assert (hers.status, hers.error) == (403, "forbidden")
    names = {
        role["name"] for role in provider.command("role", "list", "--json")["items"]
    }
    assert names == {"administrator", "auditor", "helpdesk", "lead"}


def test_a_taken_or_empty_name_is_told_and_the_ticks_are_kept(
    browser: Browser,
) -> None:
    for name in ("auditor", " "):
        browser.visit(HOME).fill(
            "save-role", name=name, permissions="idp:users:read", description="new"
        )
        assert (browser.page, browser.error) == ("admin-roles", "bad-request")
        assert "name-error" in str(browser.html.marks("aria-describedby"))
        kept = browser.html.form("save-role").fields
        assert ("permissions", "idp:users:read") in kept
        assert ("description", "new") in kept


def test_a_built_in_role_says_what_is_fixed(browser: Browser) -> None:
    one(browser, "helpdesk")
    assert "built in: its name and what it allows are fixed" in browser.text
    assert "delete-role" not in browser.html.marks("data-action")
    browser.fill("save-role", description="First line")
    assert browser.html.mark("data-done") == "role-changed"
    form = one(browser, "helpdesk").html.form("save-role")
    browser.send(form, {"permissions": "idp:keys:write"})
    assert (browser.page, browser.error) == ("admin-roles", "policy")


def test_a_role_is_deleted_by_whoever_saw_how_many_hold_it(
    provider: Within, browser: Browser
) -> None:
    provider.command("role", "create", "finance")
    ben = provider.person("ben", "--role", "finance")
    one(browser, "finance")
    assert "Take it from 1 person" in browser.text
    browser.fill("delete-role")
    assert (browser.page, browser.error) == ("admin-roles", "bad-request")
    browser.fill("delete-role", confirm="yes")
    assert browser.html.mark("data-done") == "role-deleted"
    assert "finance" not in browser.html.marks("data-role")
    assert provider.command("user", "show", ben.username, "--json")["roles"] == []


def test_the_older_of_two_forms_of_a_role_changes_nothing(
    provider: Within, browser: Browser
) -> None:
    provider.command("role", "create", "finance")
    old = one(browser.tab(), "finance")
    one(browser, "finance").fill("save-role", description="Counts")
    old.fill("save-role", description="Spends")
    assert (old.page, old.error) == ("admin-roles", "stale")
    assert dict(old.html.form("save-role").fields)["description"] == "Counts"


def test_a_role_that_there_is_not_is_a_page_that_says_so(browser: Browser) -> None:
    one(browser, "nowhere")
    assert (browser.status, browser.error) == (404, "not-found")


def test_a_role_may_be_called_what_looks_like_markup(
    provider: Within, browser: Browser
) -> None:
    evil = '"><img src=x onerror=alert(1)>&role=x..é'
    browser.fill("save-role", name=evil)
    assert "<img src=x" not in browser.answer.text
    one(browser, evil).fill("save-role", description="odd")
    assert browser.html.mark("data-done") == "role-changed"
    assert evil in browser.html.marks("data-role")


def test_who_may_not_change_mfa_lowers_it_by_no_role(provider: Within) -> None:
    """SEC-080: neither the role nor whoever holds it"""
    provider.command("role", "create", "strict", "--mfa-required")
    rights = ("users:read", "users:write", "roles:write")
    given = [word for one in rights for word in ("--permission", f"idp:{one}")]
    provider.command("role", "create", "lead", *given)
    ben = provider.person("ben", "--role", "strict")
    browser = provider.person("lea", "--role", "lead").sign_in(provider.browser())
    one(browser, "strict")
    assert "delete-role" not in browser.html.marks("data-action")
    assert browser.fill("save-role", mfa_required="").error == "forbidden"
    browser.visit(f"/admin/users/{ben.id}")
    assert browser.fill("update-user", roles="").error == "forbidden"
    assert "role:strict" in provider.mfa_of(ben)["effective"]["because"]
