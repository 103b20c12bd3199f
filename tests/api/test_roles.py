"""Roles over the API: whole changes, preconditions, and nobody climbs."""

import pytest

from tests.api.stage import Stage

READ, WRITE = "idp:users:read", "idp:roles:write"
FINANCE = {"name": "finance", "description": "Money", "mfa_required": True}


def test_a_role_is_made_shown_changed_and_deleted(stage_on_each: Stage) -> None:
    robot = stage_on_each.service(f"{READ} {WRITE} idp:mfa:write")
    made = robot("POST", "/roles", {**FINANCE, "permissions": [READ]})
    assert made.status == 201
    shown = {**FINANCE, "permissions": [READ], "built_in": False}
    assert made.json() == robot.got("/roles/finance") == shown
    assert str(made.header("Location")).endswith("/api/v1/roles/finance")
    changed = robot("PATCH", "/roles/finance", {"description": "More"})
    assert changed.json() == {**shown, "description": "More"}
    assert changed.json() in robot.got("/roles")["items"]
    assert robot("DELETE", "/roles/finance").status == 204
    assert robot("GET", "/roles/finance").status == 404


def test_the_built_in_roles_are_listed_and_stay(stage: Stage) -> None:
    robot = stage.service()
    listed = {one["name"]: one for one in robot.got("/roles")["items"]}
    assert set(listed) == {"administrator", "auditor", "helpdesk"}
    assert all(one["built_in"] for one in listed.values())
    for refused in (
        robot("DELETE", "/roles/auditor"),
        robot("PATCH", "/roles/auditor", {"permissions": []}),
    ):
        assert refused.json()["code"] == "policy"
    assert robot.got("/roles/auditor") == listed["auditor"]


def test_a_stale_change_is_412(stage: Stage) -> None:
    """REL-023, AC-146"""
    robot = stage.service()
    tag = str(robot("POST", "/roles", FINANCE).header("ETag"))
    first = robot(
        "PATCH", "/roles/finance", {"description": "1"}, headers={"If-Match": tag}
    )
    assert first.status == 200
    assert robot("GET", "/roles/finance").header("ETag") == first.header("ETag")
    second = robot(
        "PATCH", "/roles/finance", {"mfa_required": False}, headers={"If-Match": tag}
    )
    assert (second.status, second.json()["code"]) == (412, "stale")
    assert robot.got("/roles/finance")["mfa_required"] is True


def test_what_a_role_asks_is_lowered_by_who_may_change_mfa(stage: Stage) -> None:
    """SEC-080: the right over roles raises it only"""
    robot = stage.service(f"{READ} {WRITE}")
    robot("POST", "/roles", FINANCE)
    for refused in (
        robot("PATCH", "/roles/finance", {"mfa_required": False}),
        robot("DELETE", "/roles/finance"),
    ):
        assert (refused.status, refused.json()["code"]) == (403, "forbidden")
    assert robot.got("/roles/finance")["mfa_required"] is True


def test_a_taken_name_is_a_conflict(stage: Stage) -> None:
    robot = stage.service()
    robot("POST", "/roles", FINANCE)
    again = robot("POST", "/roles", FINANCE)
    assert (again.status, again.json()["code"]) == (409, "conflict")


def test_nobody_makes_a_role_with_rights_that_they_lack(stage: Stage) -> None:
    """SEC-257, AC-141: not by making one, nor by changing one"""
    robot = stage.service(f"{READ} {WRITE}")
    robot("POST", "/roles", FINANCE)
    more = {"permissions": ["idp:keys:write"]}
    for refused in (
        robot("POST", "/roles", {"name": "mine", **more}),
        robot("PATCH", "/roles/finance", more),
        robot("PATCH", "/roles/auditor", {"description": "x"}),
        robot("DELETE", "/roles/administrator"),
    ):
        assert (refused.status, refused.json()["code"]) == (403, "forbidden")
    assert robot.got("/roles/finance")["permissions"] == []


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": " a"}, "name"),
        ({"permissions": ["idp:everything"]}, "permissions.0"),
        ({"permissions": "idp:users:read"}, "permissions"),
        ({"mfa_required": "yes"}, "mfa_required"),
        ({"description": "x" * 501}, "description"),
        ({"description": "a\nb"}, "description"),
        ({"built_in": True}, "built_in"),
    ],
)
def test_a_bad_member_is_named(
    stage: Stage, bad: dict[str, object], field: str
) -> None:
    """SEC-258"""
    refused = stage.service()("POST", "/roles", {**FINANCE, **bad})
    assert refused.status == 400
    assert [one["field"] for one in refused.json()["errors"]] == [field]


def test_a_deleted_role_is_lost_by_whoever_held_it(stage: Stage) -> None:
    robot = stage.service()
    robot("POST", "/roles", FINANCE)
    stage.provider.command("user", "create", "mia", "--role", "finance")
    assert robot("DELETE", "/roles/finance").status == 204
    assert robot.got("/users", query="mia")["items"][0]["roles"] == []
    (record,) = robot.got("/audit", event="role.deleted")["items"]
    assert record["changes"]["people"] == 1


@pytest.mark.parametrize("name", ["Finance", "auditor"])
def test_a_name_that_is_taken_is_the_fault_of_the_name(stage: Stage, name: str) -> None:
    robot = stage.service()
    robot("POST", "/roles", FINANCE)
    refused = robot("POST", "/roles", {"name": name})
    assert (refused.status, refused.json()["code"]) == (409, "conflict")
    assert [one["field"] for one in refused.json()["errors"]] == ["name"]
