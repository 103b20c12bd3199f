"""REL-083: the trail over the API, page by page and as a file."""

import csv
import io
import json

import pytest

from tests.api.stage import ApiCaller
from tests.api.stage import Stage

READ = "idp:audit:read"


@pytest.fixture
def robot(stage: Stage) -> ApiCaller:
    for name in ("mia", "rob", "=1+1"):
        stage.provider.command("user", "create", name)
    return stage.service(READ)


def test_pages_follow_one_another(robot: ApiCaller) -> None:
    first = robot.got("/audit", event="user.created", limit="2")
    rest = robot.got(
        "/audit", event="user.created", limit="2", cursor=first["next_cursor"]
    )
    names = [one["subject"]["name"] for one in first["items"] + rest["items"]]
    assert names == ["=1+1", "rob", "mia"]
    assert rest["next_cursor"] is None


def test_a_person_is_found_by_name_and_by_id(robot: ApiCaller) -> None:
    (by_name,) = robot.got("/audit", user="mia", event="user.created")["items"]
    found = robot.got("/audit", user=by_name["subject"]["id"])["items"]
    assert by_name in found
    assert {one["subject"]["name"] for one in found} == {"mia"}


def test_a_time_is_asked_for(robot: ApiCaller) -> None:
    assert robot.got("/audit", since="2999-01-01")["items"] == []
    assert robot.got("/audit", until="2000-01-01T00:00:00Z")["items"] == []
    assert robot.got("/audit", since="2000-01-01T00:00:00-05:00")["items"] != []


@pytest.mark.parametrize(
    "query",
    [
        {"event": "no.event"},
        {"since": "yesterday"},
        {"until": "0001-01-01T00:00:00+10:00"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "1e2"},
        {"cursor": "AAAA"},
        {"cursor": ""},
        {"sort": "hash"},
        {"user": ""},
        {"actor": "x" * 201},
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_400(robot: ApiCaller, query: dict[str, str]) -> None:
    """SEC-260, AC-145"""
    refused = robot("GET", "/audit", query=query)
    assert (refused.status, refused.json()["code"]) == (400, "bad-request")
    assert [one["field"] for one in refused.json()["errors"]] == list(query)


def test_a_cursor_is_bound_to_its_filter(robot: ApiCaller) -> None:
    """SEC-260"""
    cursor = robot.got("/audit", event="user.created", limit="1")["next_cursor"]
    refused = robot("GET", "/audit", query={"cursor": cursor, "limit": "1"})
    assert refused.status == 400


def test_an_export_is_the_same_records_in_order(robot: ApiCaller) -> None:
    listed = robot.got("/audit", event="user.created")["items"]
    answer = robot("GET", "/audit/export", query={"event": "user.created"})
    assert answer.header("Content-Type") == "application/x-ndjson"
    assert 'filename="audit.jsonl"' in str(answer.header("Content-Disposition"))
    lines = [json.loads(line) for line in answer.body.decode().splitlines()]
    assert lines == listed[::-1]


def test_an_export_goes_on_where_a_list_ended(robot: ApiCaller) -> None:
    asked = {"event": "user.created"}
    first = robot.got("/audit", **asked, limit="1")
    going_on = {**asked, "cursor": first["next_cursor"]}
    answer = robot("GET", "/audit/export", query=going_on)
    lines = [json.loads(line) for line in answer.body.decode().splitlines()]
    assert lines == robot.got("/audit", **going_on)["items"][::-1]
    assert [one["subject"]["name"] for one in lines] == ["mia", "rob"]
    (record,) = robot.got("/audit", event="audit.exported")["items"]
    assert record["changes"]["below"] == first["items"][0]["number"]


@pytest.mark.parametrize("cursor", ["", "AAAA"])
def test_an_export_from_no_such_place_is_400(robot: ApiCaller, cursor: str) -> None:
    """SEC-260: nor is it on record"""
    refused = robot("GET", "/audit/export", query={"cursor": cursor})
    assert [one["field"] for one in refused.json()["errors"]] == ["cursor"]
    assert refused.status == 400
    assert robot.got("/audit", event="audit.exported")["items"] == []


def test_a_table_computes_nothing(robot: ApiCaller) -> None:
    """SEC-293, AC-180"""
    answer = robot("GET", "/audit/export", query={"format": "csv", "user": "=1+1"})
    assert answer.header("Content-Type") == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.body.decode())))
    assert {row["subject_name"] for row in rows} == {"'=1+1"}


def test_an_export_is_on_record_with_what_was_asked(robot: ApiCaller) -> None:
    robot("GET", "/audit/export", query={"user": "mia", "format": "csv"})
    (record,) = robot.got("/audit", event="audit.exported")["items"]
    assert record["actor"]["id"] == "robot"
    assert record["changes"]["user"] == "mia"
    assert record["changes"]["format"] == "csv"


def test_a_form_that_there_is_not_is_400(robot: ApiCaller) -> None:
    assert robot("GET", "/audit/export", query={"format": "xml"}).status == 400
    assert robot.got("/audit", event="audit.exported")["items"] == []


def test_only_who_may_read_the_trail_sees_it(stage: Stage) -> None:
    other = stage.service("idp:users:read")
    for path in ("/audit", "/audit/export"):
        assert other("GET", path).json()["code"] == "insufficient-scope"
    helen = stage.caller("helen", "helpdesk")
    assert helen("GET", "/audit").status == 403
