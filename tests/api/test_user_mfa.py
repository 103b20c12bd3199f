"""Second factors and sessions over the API: what each call does, and to whom."""

import dataclasses

import pytest

from tests.api.stage import ApiCaller
from tests.api.stage import Stage
from tests.support.people import Person
from tests.support.people import is_signed_in


@dataclasses.dataclass
class Scene:
    """Somebody who is enrolled, and a service that may do everything."""

    stage: Stage
    mia: Person
    robot: ApiCaller


def scene_of(stage: Stage) -> Scene:
    return Scene(stage, stage.provider.person("mia"), stage.service())


@pytest.fixture
def mia(scene: Scene) -> Person:
    return scene.mia


@pytest.fixture
def robot(scene: Scene) -> ApiCaller:
    return scene.robot


@pytest.fixture
def scene(stage: Stage) -> Scene:
    return scene_of(stage)


@pytest.fixture
def scene_on_each(stage_on_each: Stage) -> Scene:
    return scene_of(stage_on_each)


def test_the_state_is_told_member_by_member(robot: ApiCaller, mia: Person) -> None:
    told = robot.got(f"/users/{mia.id}/mfa")
    assert set(told) == {
        *("state", "method", "enrolled_at", "last_used_at", "backup_codes_remaining"),
        *("locked_until", "codes_used_until", "required", "effective"),
    }
    assert (told["state"], told["method"]) == ("enrolled", "totp")
    assert told["backup_codes_remaining"] == 10
    assert told == robot.got(f"/users/{mia.id}")["mfa"]


def test_it_is_required_and_not_any_more(robot: ApiCaller, mia: Person) -> None:
    at = f"/users/{mia.id}/mfa"
    for required in (True, False):
        told = robot("PATCH", at, {"required": required}).json()
        assert told["required"] is required
        assert ("user" in told["effective"]["because"]) is required
        assert robot.got(at) == told


def test_taking_it_away_wipes_everything_and_keeps_what_is_required(
    scene_on_each: Scene,
) -> None:
    """SEC-070, SEC-263"""
    mia, robot = scene_on_each.mia, scene_on_each.robot
    browser = mia.sign_in(robot.provider.browser())
    robot("PATCH", f"/users/{mia.id}/mfa", {"required": True})
    at = f"/users/{mia.id}/mfa/disable"
    assert robot("POST", at, {"reason": "Lost the phone."}).status == 204
    told = robot.got(f"/users/{mia.id}/mfa")
    assert (told["state"], told["backup_codes_remaining"]) == ("none", 0)
    assert told["required"] is True
    assert not is_signed_in(browser)
    record = robot.provider.command("audit", "export")
    assert "Lost the phone." in record
    again = mia.enter_password(robot.provider.browser().visit("/login"))
    assert again.page == "enrol-totp"


def test_a_reason_is_needed(robot: ApiCaller, mia: Person) -> None:
    at = f"/users/{mia.id}/mfa/disable"
    for body in ({}, {"reason": ""}, {"reason": " "}, {"reason": "a\nb"}):
        refused = robot("POST", at, body)
        assert refused.status == 400, body
        assert refused.json()["errors"][0]["field"] == "reason"
    assert robot.got(f"/users/{mia.id}/mfa")["state"] == "enrolled"


def test_a_lock_is_taken_away(robot: ApiCaller, mia: Person) -> None:
    browser = mia.enter_password(robot.provider.browser().visit("/login"))
    wrong = mia.phone.code(offset=1000)
    for _ in range(3):
        for _ in range(5):
            if browser.page == "login-totp":
                browser.fill("sign-in", code=wrong)
        browser = mia.enter_password(robot.provider.browser().visit("/login"))
    assert robot.got(f"/users/{mia.id}/mfa")["state"] == "locked"
    assert robot.got(f"/users/{mia.id}/mfa")["locked_until"]
    assert robot("POST", f"/users/{mia.id}/unlock").status == 204
    assert robot.got(f"/users/{mia.id}/mfa")["state"] == "enrolled"


def test_an_initial_password_replaces_the_old_one(
    robot: ApiCaller, mia: Person
) -> None:
    browser = mia.sign_in(robot.provider.browser())
    made = robot("POST", f"/users/{mia.id}/initial-password").json()
    assert set(made) == {"initial_password", "expires_at"}
    assert not is_signed_in(browser)
    mia.password = made["initial_password"]
    again = mia.enter_password(robot.provider.browser().visit("/login"))
    if again.page == "login-totp":
        mia.enter_code(again)
    assert again.page == "login-new-password", again


def test_sessions_are_listed_and_ended(scene_on_each: Scene) -> None:
    mia, robot = scene_on_each.mia, scene_on_each.robot
    browsers = []
    for _ in range(3):
        robot.provider.after_enrolment()
        browsers.append(mia.sign_in(robot.provider.browser()))
    at = f"/users/{mia.id}/sessions"
    listed = robot.got(at)["items"]
    assert len(listed) == 4
    assert set(listed[0]) == {
        *("sid", "created_at", "last_seen_at", "source", "user_agent", "acr", "amr"),
        "applications",
    }
    assert (listed[0]["acr"], listed[0]["amr"]) == ("mfa", ["pwd", "otp", "mfa"])
    one = listed[0]["sid"]
    assert robot("DELETE", f"/sessions/{one}").status == 204
    assert robot("DELETE", f"/sessions/{one}").status == 404
    assert len(robot.got(at)["items"]) == 3
    assert sum(is_signed_in(browser) for browser in browsers) == 2
    assert robot("DELETE", at).status == 204
    assert robot.got(at)["items"] == []


def test_many_are_required_at_once_after_a_look(scene_on_each: Scene) -> None:
    mia, robot = scene_on_each.mia, scene_on_each.robot
    robot.provider.policy("optional")
    ann = robot("POST", "/users", {"username": "ann"}).json()
    who = {"user_ids": [ann["id"], mia.id], "required": True}
    told = robot("POST", "/users/mfa/require", {**who, "dry_run": True}).json()
    assert (told["matched"], told["would_enrol"]) == (2, 1)
    assert told["sample"] == ["ann"]
    assert robot.got(f"/users/{ann['id']}/mfa")["required"] is False
    done = robot("POST", "/users/mfa/require", who).json()
    assert done["changed"] == 2
    assert robot.got(f"/users/{ann['id']}/mfa")["required"] is True
    loosened = {"filter": {"mfa": "enrolled"}, "required": False}
    assert robot("POST", "/users/mfa/require", loosened).json()["changed"] == 1
    assert robot.got(f"/users/{ann['id']}/mfa")["required"] is True


def test_whom_it_is_about_has_to_be_said_once(robot: ApiCaller) -> None:
    none = {"user_ids": [], "filter": {}}
    for who in ({}, {"user_ids": []}, {"user_ids": ["x"], "filter": {}}, none):
        refused = robot("POST", "/users/mfa/require", {**who, "required": True})
        assert refused.status == 400, who
    unknown = {"filter": {"password_hash": "x"}, "required": True}
    refused = robot("POST", "/users/mfa/require", unknown)
    assert refused.json()["errors"][0]["field"] == "filter.password_hash"


def test_the_report_counts_everybody_who_can_sign_in(scene_on_each: Scene) -> None:
    robot = scene_on_each.robot
    robot("POST", "/users", {"username": "ann", "roles": ["auditor"]})
    told = robot.got("/reports/mfa")
    assert told == {
        "people": 2,
        "enrolled": 1,
        "required_not_enrolled": 1,
        "locked": 0,
        "none": 1,
        "pending": 0,
        "administrators": 1,
        "administrators_without_mfa": 1,
        "few_codes": 0,
    }


def test_a_helpdesk_helps_people_and_not_administrators(
    scene_on_each: Scene,
) -> None:
    """SEC-256, AC-140: refused, on record, and nothing changed"""
    stage, mia = scene_on_each.stage, scene_on_each.mia
    helen = stage.caller("helen", "helpdesk")
    root = stage.provider.person("root", "--role", "administrator")
    other = stage.provider.person("hans", "--role", "helpdesk")
    calls = (
        ("PATCH", "/mfa", {"required": True}),
        ("POST", "/mfa/disable", {"reason": "asked by telephone"}),
        ("POST", "/unlock", None),
        ("DELETE", "/sessions", None),
    )
    for target in (root, other):
        before = helen.got(f"/users/{target.id}")
        for method, path, body in calls:
            refused = helen(method, f"/users/{target.id}{path}", body)
            assert (refused.status, refused.json()["code"]) == (403, "forbidden")
        assert helen.got(f"/users/{target.id}") == before
    for method, path, body in calls:
        assert helen(method, f"/users/{mia.id}{path}", body).status < 300
    for method, path in (("POST", "/initial-password"), ("DELETE", "")):
        assert helen(method, f"/users/{mia.id}{path}").status == 403
    records = stage.provider.command("audit", "export")
    assert records.count('"admin.refused"') == 2 * len(calls) + 2


def test_nobody_gives_a_right_that_they_lack(stage: Stage) -> None:
    """SEC-257, AC-141"""
    stage.provider.command(
        *("role", "create", "clerk", "--permission", "idp:users:read"),
        *("--permission", "idp:users:write", "--permission", "idp:roles:write"),
    )
    clerk = stage.caller("carl", "clerk")
    (me,) = clerk.got("/users", query="carl")["items"]
    wanted = {"username": "eve", "roles": ["administrator"]}
    assert clerk("POST", "/users", wanted).status == 403
    made = clerk("POST", "/users", {"username": "eve", "roles": ["clerk"]})
    assert made.status == 201
    for who in (me["id"], made.json()["id"]):
        refused = clerk("PATCH", f"/users/{who}", {"roles": ["clerk", "helpdesk"]})
        assert refused.status == 403, refused
        assert clerk.got(f"/users/{who}")["roles"] == ["clerk"]
