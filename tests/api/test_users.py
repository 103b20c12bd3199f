"""People over the API: what each call takes and answers, and what it does."""

import pytest

from tests.api.stage import ApiCaller
from tests.api.stage import Stage

MEMBERS = {
    *("id", "username", "email", "email_verified", "name", "profile", "source"),
    *("active", "roles", "mfa", "created_at", "last_login_at"),
}


@pytest.fixture
def robot(stage: Stage) -> ApiCaller:
    """Gives a service that may do everything."""
    return stage.service()


@pytest.fixture
def each(stage_on_each: Stage) -> ApiCaller:
    """Gives such a service, once on each database."""
    return stage_on_each.service()


@pytest.fixture
def root(stage_on_each: Stage) -> ApiCaller:
    """Gives an administrator with a fresh token, once on each database."""
    return stage_on_each.caller("root", "administrator")


def test_a_person_is_created_with_a_one_time_password(each: ApiCaller) -> None:
    answer = each("POST", "/users", {"username": "Zoe", "email": "zoe@example.org"})
    assert answer.status == 201, answer
    made = answer.json()
    assert set(made) == MEMBERS | {"initial_password", "expires_at"}
    assert made["email_verified"] is True
    where = str(answer.header("Location"))
    assert where == f"{each.provider.issuer}/api/v1/users/{made['id']}"
    shown = each("GET", f"/users/{made['id']}")
    assert set(shown.json()) == MEMBERS
    assert shown.header("ETag") == answer.header("ETag") == '"1"'


def test_a_password_that_is_given_is_lasting_and_not_shown(robot: ApiCaller) -> None:
    wanted = {"username": "zoe", "password": "correct horse battery"}
    answer = robot("POST", "/users", wanted)
    assert answer.status == 201, answer
    assert set(answer.json()) == MEMBERS
    browser = robot.provider.browser().visit("/login")
    browser.fill("sign-in", username="zoe", password="correct horse battery")
    assert browser.page == "enrol-totp", browser


def test_everything_that_may_be_said_of_a_person_is_kept(each: ApiCaller) -> None:
    wanted = {
        "username": "zoe",
        "name": "Zoe Ann",
        "profile": {"given_name": "Zoe", "address": {"country": "NZ"}},
        "roles": ["auditor"],
        "mfa_required": True,
    }
    made = each("POST", "/users", wanted).json()
    assert {name: made.get(name) for name in ("username", "name", "profile", "roles")}
    assert made["profile"] == wanted["profile"]
    assert made["roles"] == ["auditor"]
    assert made["mfa"]["effective"]["because"] == [
        "organisation",
        "role:auditor",
        "user",
    ]


def test_a_name_that_is_taken_is_a_conflict(each: ApiCaller) -> None:
    assert each("POST", "/users", {"username": "zoe"}).status == 201
    again = each("POST", "/users", {"username": "ZOE"})
    assert (again.status, again.json()["code"]) == (409, "conflict")


def test_a_role_that_is_not_there_is_a_wrong_member(robot: ApiCaller) -> None:
    refused = robot("POST", "/users", {"username": "zoe", "roles": ["none"]})
    assert refused.status == 400
    assert refused.json()["errors"][0]["field"] == "roles"
    made = robot("POST", "/users", {"username": "zoe"}).json()
    refused = robot("PATCH", f"/users/{made['id']}", {"roles": ["none"]})
    assert refused.status == 400
    assert robot("GET", f"/users/{made['id']}").json()["roles"] == []


def test_people_are_listed_in_parts(each: ApiCaller) -> None:
    for number in range(5):
        each("POST", "/users", {"username": f"person{number}"})
    seen, cursor = [], None
    for _ in range(3):
        query = {"limit": "2"} | ({} if cursor is None else {"cursor": cursor})
        part = each.got("/users", **query)
        seen += [one["username"] for one in part["items"]]
        cursor = part["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"person{number}" for number in range(5)]


def test_a_cursor_is_ours_and_of_the_same_question(robot: ApiCaller) -> None:
    """SEC-260"""
    for name in ("ann", "ben", "cid"):
        robot("POST", "/users", {"username": name})
    cursor = robot.got("/users", limit="1")["next_cursor"]
    forged = [cursor[:-1], cursor + "A", cursor.swapcase(), "x", "é", "A" * 1000]
    for text in forged:
        refused = robot("GET", "/users", query={"cursor": text})
        assert refused.status == 400, text
        assert refused.json()["code"] == "bad-request"
    elsewhere = robot("GET", "/users", query={"cursor": cursor, "active": "true"})
    assert elsewhere.status == 400
    assert robot("GET", "/users", query={"cursor": cursor}).status == 200


def test_people_are_found_by_what_they_share(root: ApiCaller) -> None:
    root("POST", "/users", {"username": "ann", "roles": ["auditor"]})
    ben = root("POST", "/users", {"username": "ben", "email": "b@example.org"}).json()
    root("PATCH", f"/users/{ben['id']}", {"active": False})

    def found(**query: str) -> list[str]:
        return [one["username"] for one in root.got("/users", **query)["items"]]

    assert found(query="EXAMPLE.ORG") == ["ben"]
    assert found(role="auditor") == ["ann"]
    assert found(active="false") == ["ben"]
    assert found(mfa="enrolled") == ["root"]
    assert found(mfa="required_not_enrolled", active="true") == ["ann"]
    assert found(source="local", query="BE") == ["ben"]
    assert found(source="ldap") == []


def test_a_change_is_made_field_by_field(each: ApiCaller) -> None:
    made = each("POST", "/users", {"username": "zoe", "name": "Zoe"}).json()
    at = f"/users/{made['id']}"
    changed = each("PATCH", at, {"email": "zoe@example.org"})
    assert changed.status == 200, changed
    assert changed.json()["name"] == "Zoe"
    changed = each("PATCH", at, {"name": None, "active": False, "roles": ["helpdesk"]})
    assert changed.json()["name"] is None
    assert changed.json()["active"] is False
    assert changed.json()["roles"] == ["helpdesk"]
    assert changed.json()["email"] == "zoe@example.org"
    assert each("PATCH", at, {}).json() == changed.json()


def test_a_change_is_made_as_a_whole_or_not_at_all(each: ApiCaller) -> None:
    made = each("POST", "/users", {"username": "zoe"})
    at = f"/users/{made.json()['id']}"
    for wrong in ({"roles": ["none"]}, {"email": "no address"}):
        refused = each("PATCH", at, {"name": "Zoe", "active": False, **wrong})
        assert refused.status == 400, refused
    shown = each("GET", at)
    assert (shown.json()["name"], shown.json()["active"]) == (None, True)
    assert shown.header("ETag") == made.header("ETag")


def test_a_change_that_is_stale_is_refused(stage_on_each: Stage) -> None:
    """REL-023, AC-146: two administrators, one person, nothing is lost"""
    one = stage_on_each.caller("root", "administrator")
    two = stage_on_each.caller("root2", "administrator")
    at = f"/users/{one('POST', '/users', {'username': 'mia'}).json()['id']}"
    tag = {"If-Match": str(one("GET", at).header("ETag"))}
    assert one("PATCH", f"{at}/mfa", {"required": True}).status == 200
    refused = two("PATCH", at, {"email": "mia@example.org"}, headers=tag)
    assert (refused.status, refused.json()["code"]) == (412, "stale")
    assert two("DELETE", at, headers=tag).status == 412
    tag = {"If-Match": str(two("GET", at).header("ETag"))}
    changed = two("PATCH", at, {"email": "mia@example.org"}, headers=tag)
    assert changed.status == 200, changed
    assert changed.json()["mfa"]["required"] is True
    assert two("DELETE", at, headers=tag).status == 412


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("*", 200),
        ('"1"', 200),
        ('W/"1"', 200),
        ('"2"', 412),
        ('"x"', 412),
        ('""', 412),
        ("1", 400),
        ('"1", "2"', 400),
        ("", 400),
    ],
)
def test_if_match_names_one_version(robot: ApiCaller, sent: str, status: int) -> None:
    at = f"/users/{robot('POST', '/users', {'username': 'mia'}).json()['id']}"
    answer = robot("PATCH", at, {"name": "Mia"}, headers={"If-Match": sent})
    assert answer.status == status, answer


def test_if_match_is_refused_where_it_is_not_kept(robot: ApiCaller) -> None:
    answer = robot("POST", "/users", {"username": "a"}, headers={"If-Match": '"1"'})
    assert answer.status == 400
    assert answer.json()["errors"][0]["field"] == "If-Match"


def test_people_go_by_their_id_only(robot: ApiCaller) -> None:
    robot("POST", "/users", {"username": "zoe"})
    for named in ("zoe", "0" * 32, "x" * 32, "%00", "%FF", "é", "..%2Fclients"):
        assert robot("GET", f"/users/{named}").status == 404, named
        assert robot("DELETE", f"/users/{named}").status == 404, named


def test_the_id_of_somebody_deleted_is_never_used_again(each: ApiCaller) -> None:
    """SEC-217: not even by somebody who takes it as a name"""
    made = each("POST", "/users", {"username": "zoe"}).json()
    assert each("DELETE", f"/users/{made['id']}").status == 204
    assert each("GET", f"/users/{made['id']}").status == 404
    again = each("POST", "/users", {"username": "zoe"}).json()
    assert again["id"] != made["id"]
    named = each("POST", "/users", {"username": made["id"]})
    assert named.status == 201
    for method in ("GET", "DELETE"):
        assert each(method, f"/users/{made['id']}").status == 404
    assert each("GET", f"/users/{named.json()['id']}").status == 200


def test_the_last_administrator_stays(root: ApiCaller) -> None:
    """SEC-262, AC-073"""
    (me,) = root.got("/users", query="root")["items"]
    at = f"/users/{me['id']}"
    for change in ({"active": False}, {"roles": ["auditor"]}, {"roles": []}):
        refused = root("PATCH", at, change)
        assert (refused.status, refused.json()["code"]) == (409, "policy"), change
    assert root("DELETE", at).status == 409
    other = root("POST", "/users", {"username": "two", "roles": ["administrator"]})
    assert other.status == 201
    assert root("PATCH", at, {"roles": []}).status == 200


def test_the_command_prints_the_same_object(root: ApiCaller) -> None:
    for username in ("root", "zoe"):
        if username == "zoe":
            wanted = {"username": "zoe", "profile": {"given_name": "Zoe"}}
            root("POST", "/users", {**wanted, "roles": ["auditor"]})
        (shown,) = root.got("/users", query=username)["items"]
        printed = root.provider.command("user", "show", username, "--json")
        assert root.got(f"/users/{shown['id']}") == printed == shown
