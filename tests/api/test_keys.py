"""REL-040, REL-041, SEC-218: keys over the API, without the keys."""

from tests.api.stage import Stage

WRITE = "idp:keys:write"
MEMBERS = {"kid", "alg", "state", "created_at", "activated_at", "retired_at"}


def test_keys_are_listed_without_what_they_are(stage: Stage) -> None:
    """SEC-259: nor anything of their private part, sealed or not"""
    listed = stage.service(WRITE).got("/keys")["items"]
    assert [set(one) for one in listed] == [MEMBERS] * len(listed)
    assert {one["state"] for one in listed} == {"active"}


def test_a_new_key_is_published_and_does_not_sign_yet(stage_on_each: Stage) -> None:
    """REL-040"""
    stage = stage_on_each
    robot = stage.service(WRITE)
    made = robot("POST", "/keys/rotate", {"alg": "ES256"})
    assert made.status == 201
    assert (made.json()["alg"], made.json()["state"]) == ("ES256", "next")
    assert made.json() in robot.got("/keys")["items"]
    stage.provider.move.advance(seconds=31)
    address = f"{stage.provider.issuer}/.well-known/jwks.json"
    published = stage.provider.wire("GET", address).json()["keys"]
    assert made.json()["kid"] in {one["kid"] for one in published}


def test_a_revoked_key_ends_what_it_signed(stage: Stage) -> None:
    """REL-041: the token that did it, too"""
    robot = stage.service(WRITE)
    for key in robot.got("/keys")["items"]:
        assert robot("DELETE", f"/keys/{key['kid']}").status == 204
    stage.provider.move.advance(seconds=31)
    refused = robot("GET", "/keys")
    assert (refused.status, refused.json()["code"]) == (401, "invalid-token")
    again = stage.service(WRITE, "second")
    assert len(again.got("/keys")["items"]) == 2


def test_a_key_or_kind_of_key_that_there_is_not(stage: Stage) -> None:
    robot = stage.service(WRITE)
    assert robot("DELETE", "/keys/nothing").status == 404
    for alg in ("none", "HS256", ""):
        refused = robot("POST", "/keys/rotate", {"alg": alg})
        assert refused.json()["errors"][0]["field"] == "alg"


def test_nobody_else_sees_or_touches_the_keys(stage: Stage) -> None:
    """SEC-255: not who may read everything either"""
    ada = stage.caller("ada", "auditor")
    for method, path, body in (
        ("GET", "/keys", None),
        ("POST", "/keys/rotate", {}),
        ("DELETE", "/keys/x", None),
    ):
        assert ada(method, path, body).status == 403
