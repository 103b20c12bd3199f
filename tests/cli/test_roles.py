"""``idp role``: roles made, changed and taken away (SEC-256, SEC-262)."""

import pytest

from tests.cli.terminal import Terminal

BUILT_IN = ["administrator", "auditor", "helpdesk"]
READ = "idp:users:read"


def test_the_built_in_roles_are_listed(idp_on_each: Terminal) -> None:
    facts = idp_on_each("role", "list", "--json").json
    assert [one["name"] for one in facts["items"]] == BUILT_IN
    names = [
        line.split("\t")[0] for line in idp_on_each("role", "list").out.split("\n")
    ]
    assert names == [*BUILT_IN, ""]


def test_a_role_is_created_as_it_is_shown(idp_on_each: Terminal) -> None:
    made = idp_on_each(
        *("role", "create", "finance", "--permission", READ, "--mfa-required"),
        *("--description", "Money", "--json"),
    ).json
    assert made == {
        "name": "finance",
        "description": "Money",
        "permissions": [READ],
        "mfa_required": True,
        "built_in": False,
    }
    assert made in idp_on_each("role", "list", "--json").json["items"]


def test_only_what_is_named_changes(idp: Terminal) -> None:
    idp("role", "create", "finance", "--permission", READ)
    changed = idp("role", "update", "finance", "--mfa-required", "--json").json
    assert (changed["permissions"], changed["mfa_required"]) == ([READ], True)
    changed = idp("role", "update", "finance", "--no-permissions", "--json").json
    assert (changed["permissions"], changed["mfa_required"]) == ([], True)
    changed = idp("role", "update", "finance", "--no-mfa-required", "--json").json
    assert changed["mfa_required"] is False


def test_a_deleted_role_is_held_by_nobody(idp: Terminal) -> None:
    idp("role", "create", "finance")
    idp("user", "create", "mia", "--role", "finance")
    gone = idp("role", "delete", "finance", "--json").json
    assert gone == {"name": "finance", "people": 1}
    assert idp("user", "show", "mia", "--json").json["roles"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "auditor"), "There is a role"),
        (("create", ""), "needs a name"),
        (("create", "x" * 65), "needs a name"),
        (("create", "a\nb"), "one line"),
        (("update", "nobody"), "There is no role"),
        (("update", "auditor", "--no-permissions"), "keeps its rights"),
        (("delete", "administrator"), "cannot be deleted"),
        (("delete", "nobody"), "There is no role"),
    ],
)
def test_what_is_not_possible_is_said_in_a_sentence(
    idp: Terminal, arguments: tuple[str, ...], words: str
) -> None:
    assert words in idp("role", *arguments).refusal


@pytest.mark.parametrize(
    "arguments",
    [
        ("create",),
        ("create", "x", "--permission", "root"),
        ("update", "x", "--permission", READ, "--no-permissions"),
        ("rename", "x"),
    ],
)
def test_wrong_usage_is_status_2(idp: Terminal, arguments: tuple[str, ...]) -> None:
    assert idp("role", *arguments).wrong_usage
