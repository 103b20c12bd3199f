"""The organisation's rules over the API: whole changes, and trials that change none."""

from typing import Any

import pytest

from tests.api.stage import Stage

READ, WRITE = "idp:policy:read", "idp:policy:write"


def test_rules_are_changed_one_by_one(stage_on_each: Stage) -> None:
    robot = stage_on_each.service(f"{READ} {WRITE}")
    before = robot.got("/policy")
    assert set(before) == {"mfa", "enrol_during_step_up", "backup_code_warning"}
    changed = robot("PATCH", "/policy", {"backup_code_warning": 5})
    expected = {**before, "backup_code_warning": 5}
    assert changed.json() == robot.got("/policy") == expected


def test_the_record_of_a_change_names_what_changed(stage: Stage) -> None:
    """REL-080"""
    robot = stage.service()
    rules = robot.got("/policy")
    robot("PATCH", "/policy", {**rules, "backup_code_warning": 5})
    (record,) = robot.got("/audit", event="policy.changed")["items"]
    was = rules["backup_code_warning"]
    assert record["changes"] == {"backup_code_warning": [was, 5]}


def test_a_stale_change_is_412(stage: Stage) -> None:
    """REL-023"""
    robot = stage.service()
    tag = {"If-Match": str(robot("GET", "/policy").header("ETag"))}
    first = robot("PATCH", "/policy", {"mfa": "required"}, headers=tag)
    assert first.status == 200
    robot("PATCH", "/policy", {"mfa": "disabled"}, headers={})
    second = robot("PATCH", "/policy", {"mfa": "optional"}, headers=tag)
    assert (second.status, second.json()["code"]) == (412, "stale")
    assert robot.got("/policy")["mfa"] == "disabled"


def test_a_trial_tells_who_would_enrol_and_changes_nothing(stage: Stage) -> None:
    robot = stage.service()
    robot("PATCH", "/policy", {"mfa": "optional"})
    stage.provider.command("user", "create", "mia")
    before = robot.got("/policy")
    found = robot("POST", "/policy/preview", {"mfa": "required"}).json()
    assert found == {
        "people": 1,
        "would_enrol": 1,
        "administrators": 0,
        "no_longer_required": 0,
        "sample": ["mia"],
    }
    assert robot.got("/policy") == before


def test_a_trial_is_no_write(stage: Stage) -> None:
    """SEC-261: who may read may try out, without a younger factor"""
    ada = stage.administrator("ada", "auditor")
    stage.provider.move.advance(minutes=6)
    caller = stage.bare(ada.tokens().access)
    assert caller("POST", "/policy/preview", {"mfa": "optional"}).status == 200


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"mfa": "off"}, "mfa"),
        ({"mfa": None}, "mfa"),
        ({"enrol_during_step_up": 1}, "enrol_during_step_up"),
        ({"backup_code_warning": -1}, "backup_code_warning"),
        ({"backup_code_warning": 11}, "backup_code_warning"),
        ({"backup_code_warning": 2.5}, "backup_code_warning"),
        ({"version": 7}, "version"),
    ],
    ids=str,
)
def test_a_bad_member_is_named(stage: Stage, bad: dict[str, Any], field: str) -> None:
    robot = stage.service()
    before = robot.got("/policy")
    refused = robot("PATCH", "/policy", bad)
    assert refused.status == 400
    assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert robot.got("/policy") == before
