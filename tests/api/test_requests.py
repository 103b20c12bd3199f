"""What the API takes and how it says no: strict bodies, one shape for every fault."""

import json
import pathlib
from typing import Any

import pytest

from tests.api.stage import ApiCaller
from tests.api.stage import Stage
from tests.support.exchange import Answer
from tests.support.faults import changed

PROBLEM = "application/problem+json"


@pytest.fixture
def robot(stage: Stage) -> ApiCaller:
    """Gives a service that may do everything."""
    return stage.service()


def check(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """Checks that this is a problem as RFC 9457 and the interface say it."""
    assert answer.status == status, answer
    assert answer.header("Content-Type") == PROBLEM
    assert answer.header("Cache-Control") == "no-store"
    problem: dict[str, Any] = answer.json()
    assert set(problem) - {"errors"} == {
        *("type", "title", "status", "detail", "code", "request_id"),
    }
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == answer.header("X-Request-Id")
    for fault in problem.get("errors", []):
        assert set(fault) == {"field", "message"}
    return problem


def fields(problem: dict[str, Any]) -> list[str]:
    return [fault["field"] for fault in problem["errors"]]


@pytest.mark.parametrize(
    "path", ["", "/", "/none", "/users/", "/users/none/none", "/v2", "/é"]
)
def test_what_is_not_there_is_told_without_asking_who(stage: Stage, path: str) -> None:
    check(stage.bare()("GET", path), 404, "not-found")


def test_the_root_of_all_versions_is_the_apis_too(stage: Stage) -> None:
    for path in ("/api", "/api/", "/api/v2/users"):
        check(stage.provider.http.get(path), 404, "not-found")
    page = stage.provider.http.get("/apiary")
    assert str(page.header("Content-Type")).startswith("text/html")


def test_another_method_is_told_which_there_are(robot: ApiCaller) -> None:
    answer = robot("PUT", "/users", {})
    check(answer, 405, "method-not-allowed")
    allowed = set(str(answer.header("Allow")).split(", "))
    assert allowed == {"GET", "HEAD", "POST", "OPTIONS"}
    for method in ("TRACE", "PROPFIND"):
        check(robot(method, "/users"), 405, "method-not-allowed")


def test_options_tell_the_methods_and_open_nothing(stage: Stage) -> None:
    origin = {"Origin": "https://evil.example"}
    asked = {**origin, "Access-Control-Request-Method": "POST"}
    answer = stage.bare()("OPTIONS", "/users", headers=asked)
    assert answer.status == 200
    assert "POST" in str(answer.header("Allow"))
    read = stage.service()("GET", "/users", headers=origin)
    assert read.status == 200
    for one in (answer, read):
        names = [name for name, _ in one.headers if name.lower().startswith("access-")]
        assert names == []


def test_a_head_is_a_get_without_its_body(robot: ApiCaller, stage: Stage) -> None:
    answer = robot("HEAD", "/users")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.header("Content-Type") == "application/json"
    assert stage.bare()("HEAD", "/users").status == 401


def test_answers_are_kept_by_nobody(robot: ApiCaller) -> None:
    answer = robot("GET", "/users")
    assert answer.header("Cache-Control") == "no-store"
    assert answer.all_headers("Set-Cookie") == []


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ("Application/JSON;charset=UTF-8", True),
        ("application/json; charset=utf-16", False),
        ("application/problem+json", False),
        ("application/merge-patch+json", False),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data; boundary=x", False),
        ("text/plain", False),
        ("", False),
    ],
)
def test_a_body_is_json_and_says_so(
    robot: ApiCaller, kind: str, accepted: bool
) -> None:
    """AC-147, SEC-289"""
    headers = {"Content-Type": kind}
    answer = robot("POST", "/users", {"username": "zoe"}, headers=headers)
    if accepted:
        assert answer.status == 201, answer
    else:
        check(answer, 415, "media-type")


def test_a_body_that_is_packed_is_not_unpacked(robot: ApiCaller) -> None:
    headers = {"Content-Encoding": "gzip"}
    answer = robot("POST", "/users", {"username": "zoe"}, headers=headers)
    check(answer, 415, "media-type")


DEEP = b'{"username": "zoe", "profile": ' + b"[" * 5000 + b"]" * 5000 + b"}"
LESS_DEEP = b'{"username": "zoe", "profile": ' + b'{"a":' * 11 + b"1" + b"}" * 12


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"zoe"',
        b'{"username": "zoe"} {}',
        b'{"username": "zoe", "username": "root"}',
        b'{"username": "zoe", "profile": {"name": "a", "name": "b"}}',
        b'{"username": "z\\u0000e"}',
        b'{"username": "z\\ud800e"}',
        b'{"username": "zoe", "profile": {"\\u0000": "a"}}',
        b'{"username": "z\xffe"}',
        '{"username": "zoe"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"username": "zoe"}',
        b'{"username": "zoe", "mfa_required": NaN}',
        b'{"username": "zoe", "profile": {"a": Infinity}}',
        DEEP,
        LESS_DEEP,
        b"{'username': 'zoe'}",
        b'{"username": "zoe",}',
        b'{"username": 5}',
        b'{"username": null}',
        b'{"username": ["zoe"]}',
        b'{"username": "zoe", "mfa_required": "true"}',
        b'{"username": "zoe", "mfa_required": 1}',
        b'{"username": "zoe", "roles": "auditor"}',
        b'{"username": "zoe", "roles": [1]}',
        b'{"username": "zoe", "roles": {"0": "auditor"}}',
        b'{"username": ""}',
        b'{"username": " "}',
        b'{"username": "a\\nb"}',
        b'{"username": "zoe", "email": "nowhere"}',
        b'{"username": "zoe", "profile": {"sub": "x"}}',
        b'{"username": "zoe", "password": ""}',
        b'{"name": "Zoe"}',
    ],
    ids=range(35),
)
def test_a_body_is_as_described_or_nothing_happens(
    robot: ApiCaller, raw: bytes
) -> None:
    """SEC-287, SEC-288, AC-154"""
    problem = check(robot("POST", "/users", raw=raw), 400, "bad-request")
    assert "zoe" not in json.dumps(problem)
    assert robot.got("/users")["items"] == []


def test_a_body_that_is_too_large_is_not_read(robot: ApiCaller) -> None:
    raw = json.dumps({"username": "z" * 70_000}).encode()
    check(robot("POST", "/users", raw=raw), 413, "too-large")


def test_a_body_where_none_belongs_is_refused(robot: ApiCaller) -> None:
    made = robot("POST", "/users", {"username": "zoe"}).json()
    at = f"/users/{made['id']}"
    for method, path in (("POST", "/unlock"), ("DELETE", ""), ("GET", "")):
        check(robot(method, at + path, {}), 400, "bad-request")
    assert robot("GET", at).status == 200


def test_each_wrong_member_is_named(robot: ApiCaller) -> None:
    wrong = {"username": 1, "roles": ["a", 2], "x": 3, "password": "secret words" * 99}
    problem = check(robot("POST", "/users", wrong), 400, "bad-request")
    assert set(fields(problem)) == {"username", "roles.1", "x", "password"}
    assert "secret words" not in json.dumps(problem)


@pytest.mark.parametrize(
    "member",
    [
        *("id", "sub", "email_verified", "source", "created_at", "last_login_at"),
        *("mfa", "mfa_enabled", "totp_secret", "password_hash", "version", "deleted"),
        *("is_admin", "role", "org_id", "must_change_password", "permissions"),
    ],
)
def test_no_other_member_can_be_written(robot: ApiCaller, member: str) -> None:
    """SEC-258, AC-142"""
    made = robot("POST", "/users", {"username": "mia"}).json()
    at = f"/users/{made['id']}"
    before = robot.got(at)
    for value in (True, "x", None, {"required": False}):
        body = {"name": "Mia", member: value}
        problem = check(robot("PATCH", at, body), 400, "bad-request")
        assert fields(problem) == [member]
        new = {"username": "eve", member: value}
        check(robot("POST", "/users", new), 400, "bad-request")
    assert robot.got(at) == before
    assert robot.got("/users", query="eve")["items"] == []


def test_what_is_written_elsewhere_is_not_written_here(robot: ApiCaller) -> None:
    made = robot("POST", "/users", {"username": "mia"}).json()
    at = f"/users/{made['id']}"
    for body in ({"username": "eve"}, {"password": "x" * 20}, {"mfa_required": False}):
        check(robot("PATCH", at, body), 400, "bad-request")
    for body in ({}, {"required": 0}, {"required": True, "state": "enrolled"}):
        check(robot("PATCH", f"{at}/mfa", body), 400, "bad-request")


@pytest.mark.parametrize(
    "query",
    [
        "sort=password_hash",
        "fields=password_hash",
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=5.0",
        "limit=%201",
        "limit=1e2",
        "limit=99999999999999999999",
        "limit=",
        "limit=1&limit=1",
        "mfa=on",
        "mfa=none&mfa=none",
        "active=1",
        "active=True",
        "active=",
        "query=%00",
        "query=%ff",
        "query=%ed%a0%80",
        "cursor=",
        "cursor=1%27%20OR%201=1",
        "role=" + "x" * 1025,
        "password_hash=x",
        "%00=x",
        "&".join(f"p{number}=1" for number in range(60)),
    ],
)
def test_a_query_is_as_described(robot: ApiCaller, query: str) -> None:
    """SEC-260, AC-145"""
    answer = robot.provider.wire(
        "GET",
        f"{robot.provider.issuer}/api/v1/users?{query}",
        [("Authorization", f"Bearer {robot.token}")],
    )
    problem = check(answer, 400, "bad-request")
    assert "OR 1=1" not in json.dumps(problem)


def test_what_is_wrong_with_a_parameter_is_a_sentence(robot: ApiCaller) -> None:
    problem = check(robot("GET", "/users", query={"limit": "x"}), 400, "bad-request")
    assert problem["errors"] == [
        {"field": "limit", "message": "A whole number is needed"}
    ]


def test_a_parameter_where_none_belongs_is_named(robot: ApiCaller) -> None:
    answer = robot("GET", "/reports/mfa", query={"verbose": "1"})
    assert fields(check(answer, 400, "bad-request")) == ["verbose"]


def test_a_fault_of_ours_tells_nothing(
    robot: ApiCaller, tmp_path: pathlib.Path
) -> None:
    """SEC-184, AC-178: and the next request is answered as ever"""
    robot("POST", "/users", {"username": "zoe"})
    (file,) = tmp_path.rglob("idp.db")
    spoilt = "UPDATE users SET profile = '[\"inside\"]'"
    with changed(f"sqlite:///{file}", spoilt, "UPDATE users SET profile = '{}'"):
        problem = check(robot("GET", "/users"), 500, "server-error")
    assert "inside" not in json.dumps(problem)
    assert robot("GET", "/users").status == 200


def test_another_host_is_refused_in_the_same_shape(stage: Stage) -> None:
    headers = {"Host": "evil.example"}
    check(stage.bare()("GET", "/users", headers=headers), 400, "bad-request")


def test_the_place_of_what_was_created_can_be_followed(robot: ApiCaller) -> None:
    for name in ("Büro 1", "a?b#c", "%41", '"><script>'):
        answer = robot("POST", "/roles", {"name": name})
        assert answer.status == 201, answer
        where = str(answer.header("Location"))
        assert where.isascii()
        path = where.removeprefix(f"{robot.provider.issuer}/api/v1")
        assert robot.got(path)["name"] == name
