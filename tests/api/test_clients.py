"""Applications over the API: RFC 7591 names, secrets shown once, nobody climbs."""

import json
from typing import Any

import pytest

from tests.api.stage import ApiCaller
from tests.api.stage import Stage

READ, WRITE = "idp:clients:read", "idp:clients:write"
CALLBACK = "https://wiki.example/cb"
WIKI: dict[str, Any] = {"client_name": "Wiki", "redirect_uris": [CALLBACK]}
MEMBERS = {
    *("client_id", "client_id_issued_at", "client_name", "redirect_uris"),
    *("post_logout_redirect_uris", "backchannel_logout_uri", "response_types"),
    *("backchannel_logout_session_required", "frontchannel_logout_uri"),
    *("frontchannel_logout_session_required", "last_logout_notice"),
    "initiate_login_uri",
    *("grant_types", "token_endpoint_auth_method", "scope", "jwks", "jwks_uri"),
    *("id_token_signed_response_alg", "min_acr", "max_factor_age", "resource"),
    "introspection_signed_response_alg",
    *("accept_backup_codes", "first_party", "claims_in_id_token", "require_pkce"),
    *("access_token_lifetime", "allowed_origins", "allowed_resources", "enabled"),
    *("token_endpoint_auth_signing_alg", "request_object_signing_alg", "secrets"),
    *("require_signed_request_object", "require_pushed_authorization_requests"),
    *("default_acr_values", "default_max_age", "require_auth_time"),
}


def made(caller: ApiCaller, **wish: Any) -> dict[str, Any]:
    answer = caller("POST", "/clients", {**WIKI, **wish})
    assert answer.status == 201, answer
    found: dict[str, Any] = answer.json()
    return found


def test_an_application_is_made_with_the_defaults_of_the_paper(
    stage_on_each: Stage,
) -> None:
    """interface.md section 4"""
    robot = stage_on_each.service(f"{READ} {WRITE}")
    wiki = made(robot)
    assert set(wiki) == {*MEMBERS, "client_secret"}
    assert wiki["accept_backup_codes"] is wiki["first_party"] is True
    assert wiki["claims_in_id_token"] is wiki["require_pkce"] is True
    assert wiki["grant_types"] == ["authorization_code", "refresh_token"]
    assert robot.got(f"/clients/{wiki['client_id']}") == {
        name: value for name, value in wiki.items() if name != "client_secret"
    }


def test_a_secret_is_shown_once_and_works(stage: Stage) -> None:
    """SEC-249, SEC-259"""
    robot = stage.service()
    job = {"grant_types": ["client_credentials"], "redirect_uris": []}
    first = made(robot, **job, client_id="job", client_secret="p:w% +")
    assert first["client_secret"] == "p:w% +"
    second = robot("POST", "/clients/job/secrets", {"expire_others_in": 60}).json()
    assert set(second) == {"client_id", "id", "client_secret"}
    everything = json.dumps([robot.got("/clients"), robot.got("/audit")])
    for secret in (first["client_secret"], second["client_secret"]):
        assert json.dumps(secret)[1:-1] not in everything
    shown = robot.got("/clients/job")["secrets"]
    assert [one["expires_at"] is None for one in shown] == [False, True]
    assert second["id"] == shown[1]["id"]


def test_a_secret_is_ended_and_the_last_one_stays(stage: Stage) -> None:
    robot = stage.service()
    made(robot, client_id="wiki")
    robot("POST", "/clients/wiki/secrets", {})
    old, new = (one["id"] for one in robot.got("/clients/wiki")["secrets"])
    assert robot("DELETE", f"/clients/wiki/secrets/{old}").status == 204
    assert robot("DELETE", f"/clients/wiki/secrets/{old}").status == 404
    last = robot("DELETE", f"/clients/wiki/secrets/{new}")
    assert (last.status, last.json()["code"]) == (403, "policy")


def test_a_change_keeps_the_rest_and_null_takes_away(stage: Stage) -> None:
    robot = stage.service()
    wiki = made(robot, client_id="wiki", min_acr="mfa", max_factor_age=300)
    path = "/clients/wiki"
    changed = robot("PATCH", path, {"max_factor_age": None, "client_name": "New"})
    del wiki["client_secret"]
    expected = {**wiki, "max_factor_age": None, "client_name": "New"}
    assert changed.json() == robot.got(path) == expected


def test_a_weaker_minimum_is_on_record(stage: Stage) -> None:
    """REL-080: what was, and what is"""
    robot = stage.service()
    made(robot, client_id="wiki", min_acr="mfa")
    robot("PATCH", "/clients/wiki", {"min_acr": None, "accept_backup_codes": False})
    (record,) = robot.got("/audit", event="client.changed")["items"]
    assert record["changes"] == {
        "min_acr": ["mfa", None],
        "accept_backup_codes": [True, False],
    }
    assert record["actor"] == {
        "type": "client",
        "id": "robot",
        "name": "robot",
        "acr": None,
    }


def test_a_disabled_application_gets_no_token(stage: Stage) -> None:
    """SEC-250"""
    robot = stage.service()
    other = stage.provider.client("Job", "--id", "job", "--service", "--scope", "x")
    robot("PATCH", "/clients/job", {"enabled": False})
    assert other.token(grant_type="client_credentials").status == 401
    robot("PATCH", "/clients/job", {"enabled": True})
    assert other.token(grant_type="client_credentials").status == 200


def test_a_stale_change_is_412(stage: Stage) -> None:
    """REL-023"""
    robot = stage.service()
    tag = robot("POST", "/clients", {**WIKI, "client_id": "wiki"}).header("ETag")
    headers = {"If-Match": str(tag)}
    first = robot("PATCH", "/clients/wiki", {"client_name": "1"}, headers=headers)
    second = robot("PATCH", "/clients/wiki", {"client_name": "2"}, headers=headers)
    assert (first.status, second.status) == (200, 412)
    assert robot.got("/clients/wiki")["client_name"] == "1"


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris"),
        ({"post_logout_redirect_uris": ["data:x"]}, "post_logout_redirect_uris"),
        ({"backchannel_logout_uri": "file:///x"}, "backchannel_logout_uri"),
        ({"frontchannel_logout_uri": "https://x.example"}, "frontchannel_logout_uri"),
        ({"jwks_uri": "https://u:p@rp.example/"}, "jwks_uri"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "x"}]}}, "jwks"),
        ({"min_acr": "gold"}, "min_acr"),
        ({"id_token_signed_response_alg": "none"}, "id_token_signed_response_alg"),
        ({"grant_types": ["password"]}, "grant_types.0"),
        ({"scope": "idp:everything"}, "scope"),
        ({"access_token_lifetime": 3601}, "access_token_lifetime"),
        ({"require_pkce": "no"}, "require_pkce"),
        ({"client_name": None}, "client_name"),
        ({"logo_uri": "https://rp.example/x.svg"}, "logo_uri"),
        ({"secrets": []}, "secrets"),
        ({"details": {}}, "details"),
    ],
    ids=str,
)
def test_a_bad_member_is_named_on_both_paths(
    stage: Stage, bad: dict[str, Any], field: str
) -> None:
    """SEC-245, SEC-258, AC-149: at creation and at each change alike"""
    robot = stage.service()
    before = made(robot, client_id="wiki")
    for refused in (
        robot("POST", "/clients", {**WIKI, **bad}),
        robot("PATCH", "/clients/wiki", bad),
    ):
        assert refused.status == 400
        assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert robot.got("/clients/wiki") == {
        name: value for name, value in before.items() if name != "client_secret"
    }


def test_every_fault_is_named_at_once(stage: Stage) -> None:
    bad = {"allowed_origins": ["*"], "resource": "x", "require_pkce": False}
    public = {"token_endpoint_auth_method": "none"}
    refused = stage.service()("POST", "/clients", {**WIKI, **public, **bad})
    assert sorted(one["field"] for one in refused.json()["errors"]) == [
        *("allowed_origins", "require_pkce", "resource"),
    ]


def test_nobody_gives_a_client_rights_that_they_lack(stage: Stage) -> None:
    """SEC-256, SEC-257: nor lays hands on one that has them"""
    robot = stage.service(f"{READ} {WRITE}")
    made(robot, client_id="wiki")
    scope = {"scope": "openid idp:keys:write"}
    for refused in (
        robot("POST", "/clients", {**WIKI, **scope}),
        robot("PATCH", "/clients/wiki", scope),
        robot("PATCH", "/clients/console", {"redirect_uris": [CALLBACK]}),
        robot("POST", "/clients/console/secrets", {}),
        robot("DELETE", "/clients/console"),
    ):
        assert (refused.status, refused.json()["code"]) == (403, "forbidden")


def test_a_taken_id_is_a_conflict(stage: Stage) -> None:
    robot = stage.service()
    made(robot, client_id="wiki")
    again = robot("POST", "/clients", {**WIKI, "client_id": "wiki"})
    assert (again.status, again.json()["code"]) == (409, "conflict")


def test_a_deleted_application_is_gone(stage: Stage) -> None:
    robot = stage.service()
    made(robot, client_id="wiki")
    assert robot("DELETE", "/clients/wiki").status == 204
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert robot(method, "/clients/wiki", body).status == 404
