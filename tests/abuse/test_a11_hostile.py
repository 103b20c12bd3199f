"""A11: services that would help themselves, and text that means more than it says.

The front door on both databases; what is refused in one step is in
``test_a11_administration``.
"""

import pytest

from tests.abuse.oracles import no_server_error
from tests.api.stage import ALL
from tests.api.stage import Stage
from tests.journeys.administrators import USERS
from tests.journeys.administrators import administrator
from tests.support.providers import Maker
from tests.support.within import Within

STRANGE = ("%00", "a%00b", "%ed%a0%80", "%ff", "%0d%0aX: y", "%f0%9f%98%80" * 90)
READ = (
    *("/admin/users?query=", "/admin/users?role=", "/admin/users?source="),
    *("/admin/users?cursor=", "/admin/users.csv?query=", "/admin/users.csv?role="),
    *("/admin/users/require-mfa?user_ids=", "/admin/roles?role="),
    *("/admin/audit?user=", "/admin/audit?actor=", "/admin/audit?client="),
    *("/admin/audit?cursor=", "/admin/audit?since=", "/admin/policy?mfa="),
    *("/admin/users/", "/admin/applications/"),
)


@pytest.fixture
def provider(new_provider: Maker, database_kind: str) -> Within:
    return new_provider(database_kind)


def test_strange_signs_in_an_address_are_no_fault_of_ours(provider: Within) -> None:
    """AC-145, SEC-260, SEC-287: neither database is asked what it cannot hold"""
    root = administrator(provider)
    for begin in READ:
        for text in STRANGE:
            root.visit(begin + text)
            no_server_error(root.answer)


def test_a_name_that_calls_itself_a_formula_is_text_in_the_file(
    provider: Within,
) -> None:
    """AC-180, SEC-293"""
    provider.person("mia", "--name", "x;=cmd|' /C calc'!A0", enrolled=False)
    root = administrator(provider)
    table = root.visit(f"{USERS}.csv").answer.text
    assert "x;'=cmd" in table
    assert ";=" not in table


def test_no_service_gives_itself_or_another_more(provider: Within) -> None:
    """AC-141, SEC-257: by scope, by role, by an application or by its secret"""
    stage = Stage(provider)
    alice = provider.person("alice", enrolled=False)
    provider.command("role", "create", "powers", "--permission", "idp:keys:write")
    weak = "idp:users:read idp:users:write idp:clients:read idp:clients:write"
    robot = stage.service(weak, name="weak")
    before = robot.got(f"/users/{alice.id}"), robot.got("/clients/weak")
    new = {
        "client_name": "x",
        "client_id": "x",
        "grant_types": ["client_credentials"],
        "scope": "idp:users:read",
    }
    tried = (
        ("PATCH", f"/users/{alice.id}", {"roles": ["powers"]}),
        ("POST", "/users", {"username": "eve", "roles": ["administrator"]}),
        ("PATCH", "/clients/weak", {"scope": ALL}),
        ("PATCH", "/clients/weak", {"scope": ""}),
        ("PATCH", "/clients/console", {"redirect_uris": ["https://evil.example/"]}),
        ("PATCH", "/clients/console", {"token_endpoint_auth_method": "none"}),
        ("PATCH", "/clients/console", {"scope": "openid"}),
        ("POST", "/clients/console/secrets", {}),
        ("POST", "/clients/weak/secrets", {}),
        ("DELETE", "/clients/console", None),
        ("POST", "/clients", new),
        ("POST", "/roles", {"name": "mine", "permissions": ["idp:keys:write"]}),
        ("PATCH", "/policy", {"mfa": "optional"}),
        ("GET", "/audit", None),
    )
    for method, path, body in tried:
        answer = robot(method, path, body)
        assert answer.status == 403, (method, path, answer)
    assert (robot.got(f"/users/{alice.id}"), robot.got("/clients/weak")) == before


def test_a_role_or_an_application_taken_away_ends_what_was_open(
    provider: Within,
) -> None:
    """SEC-255: tokens are worth what their holder may do at this moment"""
    stage = Stage(provider)
    boss = stage.service()
    weak = stage.service("idp:users:read", name="weak")
    helen = stage.caller("helen", "helpdesk")
    assert weak("GET", "/users").status == helen("GET", "/users").status == 200
    her = next(one for one in boss.got("/users")["items"] if one["username"] == "helen")
    boss("PATCH", f"/users/{her['id']}", {"roles": []})
    assert helen("GET", "/users").status == 403
    assert boss("PATCH", "/clients/weak", {"enabled": False}).status == 200
    assert weak("GET", "/users").status == 401
    boss("PATCH", f"/users/{her['id']}", {"roles": ["helpdesk"], "active": False})
    assert helen("GET", "/users").status == 401
