"""SEC-255, SEC-087, SEC-261: who may enter which page of administration, how fresh.

The table is reviewed by hand; a page that is missing here fails, and so does one that
asks for another right than it says here.
"""

import pytest
from flask import Flask

from idp.rules.permissions import BUILT_IN
from idp.rules.permissions import PERMISSIONS
from idp.web.admin import gate
from tests.support.within import Within
from tests.web.routes import ROUTES
from tests.web.routes import at
from tests.web.test_routes import application

__all__ = ["application"]

ANY = PERMISSIONS
USERS, MFA = "idp:users:write", "idp:mfa:write"
CLIENTS, KEYS = "idp:clients:write", "idp:keys:write"

# Address -> the rights of which one opens it, and those of which one may send its form.
RIGHTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "/admin/": (ANY, ()),
    "/admin/applications": (("idp:clients:read",), (CLIENTS,)),
    "/admin/applications/<client_id>": (("idp:clients:read",), (CLIENTS,)),
    "/admin/applications/<client_id>/delete": ((), (CLIENTS,)),
    "/admin/applications/<client_id>/enabled": ((), (CLIENTS,)),
    "/admin/applications/<client_id>/secrets": ((), (CLIENTS,)),
    "/admin/applications/<client_id>/secrets/remove": ((), (CLIENTS,)),
    "/admin/audit": (("idp:audit:read",), ()),
    "/admin/audit/export": ((), ("idp:audit:read",)),
    "/admin/keys": ((KEYS,), (KEYS,)),
    "/admin/keys/revoke": ((), (KEYS,)),
    "/admin/policy": (("idp:policy:read",), ("idp:policy:write",)),
    "/admin/registrations": (("idp:clients:read",), (CLIENTS,)),
    "/admin/registrations/revoke": ((), (CLIENTS,)),
    "/admin/roles": (("idp:users:read",), ("idp:roles:write",)),
    "/admin/roles/delete": ((), ("idp:roles:write",)),
    "/admin/users": (("idp:users:read",), ()),
    "/admin/users.csv": (("idp:users:read",), ()),
    "/admin/users/<user_id>": (("idp:users:read",), (USERS, MFA)),
    "/admin/users/<user_id>/delete": ((), (USERS,)),
    "/admin/users/<user_id>/initial-password": ((), (USERS,)),
    "/admin/users/<user_id>/mfa/disable": ((MFA,), ()),
    "/admin/users/<user_id>/sessions": ((), ("idp:sessions:write",)),
    "/admin/users/<user_id>/unlock": ((), (MFA,)),
    "/admin/users/new": ((USERS,), (USERS,)),
    "/admin/users/require-mfa": ((MFA,), (MFA,)),
}
# What changes nothing but the trail that it writes, and needs no fresh factor.
READS_BY_POST = {"/admin/audit/export"}


def test_the_table_holds_every_page_of_administration(application: Flask) -> None:
    pages = {rule for rule, route in ROUTES.items() if route.gate == gate.MARK}
    assert pages == set(RIGHTS)
    for rule in application.url_map.iter_rules():
        if rule.rule in RIGHTS:
            view = application.view_functions[rule.endpoint]
            posts = "POST" in (rule.methods or ())
            assert getattr(view, gate.RIGHTS) == RIGHTS[rule.rule][posts], rule
            fresh = posts and rule.rule not in READS_BY_POST
            assert getattr(view, gate.WRITES) is fresh, rule


@pytest.mark.parametrize("role", [None, *BUILT_IN])
def test_each_role_enters_what_its_rights_open(
    provider: Within, role: str | None
) -> None:
    """Who may not is told 403; who may gets past the right, to the form's own token"""
    given = ("--role", role) if role else ()
    browser = provider.person("mia", *given).sign_in(provider.browser())
    held = set(BUILT_IN[role]) if role else set()
    for rule, (reading, writing) in RIGHTS.items():
        if reading:
            browser.visit(at(rule))
            assert (browser.error == "forbidden") is not bool(held & set(reading)), rule
        if writing:
            browser.post(at(rule))
            wanted = "csrf" if held & set(writing) else "forbidden"
            assert (browser.status, browser.error) == (403, wanted), rule


def test_a_right_that_is_lost_is_lost_at_once(provider: Within) -> None:
    browser = provider.person("mia", "--role", "auditor").sign_in(provider.browser())
    assert browser.visit("/admin/users").status == 200
    provider.command("user", "set-roles", "mia", "--json")
    assert browser.visit("/admin/users").error == "forbidden"


def test_reading_needs_mfa_and_leads_back_with_the_filter(provider: Within) -> None:
    """AC-072, SEC-087"""
    provider.policy("optional")
    root = provider.person("root", "--role", "administrator", enrolled=False)
    browser = provider.browser().visit("/admin/users", {"mfa": "none", "query": "ro"})
    root.enter_password(browser)
    assert browser.page == "enrol-totp"
    root.enrol(browser)
    assert browser.page == "admin-users"
    assert browser.at.endswith("/admin/users?mfa=none&query=ro")


def test_a_write_with_an_old_factor_is_asked_again_everywhere(
    provider: Within,
) -> None:
    """AC-144, SEC-261"""
    root = provider.person("root", "--role", "administrator")
    browser = root.sign_in(provider.browser())
    provider.move.advance(minutes=10)
    for rule, (_, writing) in RIGHTS.items():
        if writing and rule not in READS_BY_POST:
            browser.tab().visit("/admin/")
            asked = browser.tab().post(at(rule))
            assert asked.page == "login-password", rule


def test_who_may_not_enter_is_not_asked_for_a_code_first(provider: Within) -> None:
    provider.policy("optional")
    ben = provider.person("ben", enrolled=False)
    browser = ben.sign_in(provider.browser()).visit("/admin/")
    assert (browser.status, browser.error) == (403, "forbidden")


@pytest.mark.parametrize(
    "query",
    ["query=%0d%0aSet-Cookie:%20a=b", "query=\u00e9", "=&&;=%zz", "q=" + "x" * 9000],
)
def test_an_odd_query_leads_back_to_our_own_page(provider: Within, query: str) -> None:
    """SEC-162"""
    root = provider.person("root", "--role", "administrator")
    browser = provider.browser().visit(f"/admin/users?{query}")
    assert browser.page == "login-password"
    root.enter_code(root.enter_password(browser))
    assert browser.at.startswith(f"{provider.issuer}/admin/users")
    assert browser.page in ("admin-users", "error")
    assert "a" not in browser.cookies
