"""Initial access tokens over the API: shown once, listed without themselves, ended."""

import pytest

from tests.api.stage import Stage

HOME = "/registration-tokens"
MEMBERS = {
    *("id", "name", "state", "uses", "uses_left", "created_at", "created_by"),
    *("expires_at", "last_used_at", "clients"),
}


def test_a_token_is_shown_once_and_listed_until_long_after(
    stage_on_each: Stage,
) -> None:
    robot = stage_on_each.service()
    answer = robot("POST", HOME, {"name": "build farm", "uses": 3})
    assert answer.status == 201
    made = answer.json()
    assert set(made) == {*MEMBERS, "token"}
    (listed,) = robot.got(HOME)["items"]
    assert listed == {name: made[name] for name in MEMBERS}
    assert (listed["state"], listed["uses_left"]) == ("usable", 3)
    for _ in range(2):
        assert robot("DELETE", f"{HOME}/{made['id']}").status == 204
    assert robot.got(HOME)["items"][0]["state"] == "revoked"
    trail = robot.got("/audit", event="registration_token.revoked")["items"]
    assert len(trail) == 1


@pytest.mark.parametrize(
    "wish",
    [{"name": " "}, {"name": "a\nb"}, {"uses": 0}, {"uses": 1001}, {"expires_in": 0}],
)
def test_a_token_without_bounds_is_refused(
    stage: Stage, wish: dict[str, object]
) -> None:
    answer = stage.service()("POST", HOME, {"name": "farm", **wish})
    assert answer.status == 400
    assert answer.json()["errors"][0]["field"] in wish


def test_no_token_is_ended_that_is_none(stage: Stage) -> None:
    assert stage.service()("DELETE", f"{HOME}/none").status == 404
