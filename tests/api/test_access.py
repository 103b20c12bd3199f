"""Who may call: a living token of ours for the API, its scopes, and the rights now."""

import json

import pytest
from werkzeug.datastructures import WWWAuthenticate

from tests.api.stage import Stage
from tests.support.providers import Maker

READ, WRITE = "idp:users:read", "idp:users:write"
NEW = {"username": "zoe"}


def test_a_service_may_what_its_scopes_say(stage: Stage) -> None:
    robot = stage.service(READ)
    assert robot("GET", "/users").status == 200
    refused = robot("POST", "/users", NEW)
    assert refused.status == 403
    assert refused.json()["code"] == "insufficient-scope"
    challenge = str(refused.header("WWW-Authenticate"))
    assert 'error="insufficient_scope"' in challenge
    assert f'scope="{WRITE}"' in challenge


def test_a_token_that_asked_for_less_may_less(stage: Stage) -> None:
    party = stage.provider.client("Robot", "--service", "--scope", f"{READ} {WRITE}")
    answer = party.token(grant_type="client_credentials", scope=READ)
    narrow = stage.bare(answer.json()["access_token"])
    root = stage.administrator("root", "administrator")
    for caller in (narrow, stage.bare(root.tokens(scope=f"openid {READ}").access)):
        assert caller("GET", "/users").status == 200
        refused = caller("POST", "/users", NEW)
        assert refused.json()["code"] == "insufficient-scope", refused


def test_a_person_may_what_their_roles_say(stage: Stage) -> None:
    auditor = stage.caller("ada", "auditor")
    assert auditor("GET", "/users").status == 200
    assert auditor("POST", "/users", NEW).status == 403
    root = stage.caller("root", "administrator")
    assert root("POST", "/users", NEW).status == 201


def test_who_holds_no_right_has_no_token_for_it(stage: Stage) -> None:
    tokens = stage.administrator("mia").tokens()
    refused = stage.bare(tokens.access)("GET", "/users")
    assert refused.status == 401
    assert refused.json()["code"] == "invalid-token"


def test_no_token_is_told_apart_from_a_bad_one(stage: Stage) -> None:
    none = stage.bare()("GET", "/users")
    assert none.status == 401
    assert none.header("WWW-Authenticate") == 'Bearer realm="api"'
    for token in ("", "x", "a.b.c", "é"):
        header = {"Authorization": f"Basic {token}"}
        assert stage.bare()("GET", "/users", headers=header).json() | {
            "request_id": ""
        } == none.json() | {"request_id": ""}
    bad = stage.bare("a.b.c")("GET", "/users")
    assert (bad.status, bad.json()["code"]) == (401, "invalid-token")
    assert 'error="invalid_token"' in str(bad.header("WWW-Authenticate"))


def test_two_tokens_are_none(stage: Stage) -> None:
    token = stage.service(READ).token
    sent = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    address = f"{stage.provider.issuer}/api/v1/users"
    assert stage.provider.wire("GET", address, sent).status == 401


def test_cookies_and_addresses_carry_no_token(stage: Stage) -> None:
    root = stage.administrator("root", "administrator")
    jar = "; ".join(f"{k}={v}" for k, v in root.browser.cookies.items())
    answer = stage.bare()("GET", "/users", headers={"Cookie": jar})
    assert answer.status == 401
    token = root.tokens().access
    answer = stage.bare()("GET", "/users", query={"access_token": token})
    assert answer.status == 401


def test_a_token_for_another_audience_is_refused(stage: Stage) -> None:
    """SEC-215"""
    root = stage.administrator("root", "administrator")
    plain = root.tokens(scope="openid")
    assert plain.access_claims["aud"] == stage.provider.issuer
    assert stage.bare(plain.access)("GET", "/users").status == 401
    both = root.tokens()
    assert stage.bare(str(both.answer["id_token"]))("GET", "/users").status == 401
    assert stage.bare(both.refresh)("GET", "/users").status == 401


def test_rights_that_are_taken_away_count_at_once(stage: Stage) -> None:
    root = stage.caller("root", "administrator")
    assert root("GET", "/users").status == 200
    stage.provider.command("user", "create", "other", "--role", "administrator")
    stage.provider.command("user", "set-roles", "root", "--role", "auditor")
    assert root("GET", "/users").status == 200
    refused = root("POST", "/users", NEW)
    assert (refused.status, refused.json()["code"]) == (403, "forbidden")


def test_scopes_that_a_service_loses_count_at_once(stage: Stage) -> None:
    robot = stage.service(f"{READ} {WRITE}")
    stage.provider.command("client", "update", "robot", "--scope", READ)
    assert robot("GET", "/users").status == 200
    assert robot("POST", "/users", NEW).status == 403
    stage.provider.command("client", "disable", "robot")
    assert robot("GET", "/users").status == 401
    stage.provider.command("client", "enable", "robot")
    assert robot("GET", "/users").status == 200
    code = (
        "--grant-type",
        "authorization_code",
        "--redirect-uri",
        "https://a.example/",
    )
    stage.provider.command("client", "update", "robot", *code)
    assert robot("GET", "/users").status == 401


def test_scopes_that_an_application_loses_count_at_once(stage: Stage) -> None:
    root = stage.caller("root", "administrator")
    stage.provider.command("client", "update", "console", "--scope", f"openid {READ}")
    assert root("GET", "/users").status == 200
    refused = root("POST", "/users", NEW)
    assert (refused.status, refused.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("ending", ["disable", "end-sessions", "disable-mfa"])
def test_what_ends_the_person_ends_the_token(stage: Stage, ending: str) -> None:
    ada = stage.caller("ada", "auditor")
    assert ada("GET", "/users").status == 200
    reason = ["--reason", "test"] if ending == "disable-mfa" else []
    stage.provider.command("user", ending, "ada", *reason)
    refused = ada("GET", "/users")
    assert (refused.status, refused.json()["code"]) == (401, "invalid-token")


def test_a_revoked_token_is_dead(stage: Stage) -> None:
    ada = stage.administrator("ada", "auditor")
    tokens = ada.tokens()
    assert ada.console.revoke(tokens.refresh).status == 200
    assert stage.bare(tokens.access)("GET", "/users").status == 401


def test_a_token_that_is_over_is_dead(stage: Stage) -> None:
    ada = stage.caller("ada", "auditor")
    stage.provider.move.advance(minutes=9)
    assert ada("GET", "/users").status == 200
    stage.provider.move.advance(minutes=2)
    assert ada("GET", "/users").status == 401


def test_a_write_needs_a_factor_proved_just_now(stage: Stage) -> None:
    """SEC-261, RFC 9470: what the challenge says is asked for, and then it works"""
    root = stage.administrator("root", "administrator")
    stage.provider.move.advance(minutes=6)
    stale = stage.bare(root.tokens().access)
    assert stale("GET", "/users").status == 200
    refused = stale("POST", "/users", NEW)
    assert (refused.status, refused.json()["code"]) == (401, "step-up")
    challenge = WWWAuthenticate.from_header(refused.header("WWW-Authenticate"))
    assert challenge is not None
    assert challenge.type == "bearer"
    assert challenge.parameters["error"] == "insufficient_user_authentication"
    asked = {name: challenge.parameters[name] for name in ("max_age", "acr_values")}
    assert asked == {"max_age": "300", "acr_values": "mfa"}
    assert stale.got("/users", query="zoe")["items"] == []
    fresh = stage.bare(root.tokens(**asked).access)
    assert fresh("POST", "/users", NEW).status == 201


def test_a_refreshed_token_proves_nothing_new(stage: Stage) -> None:
    root = stage.administrator("root", "administrator")
    tokens = root.tokens()
    stage.provider.move.advance(minutes=6)
    again = stage.bare(root.console.refreshed(tokens).access)
    assert again("GET", "/users").status == 200
    assert again("POST", "/users", NEW).json()["code"] == "step-up"


def test_a_level_that_has_worn_off_is_asked_for(new_provider: Maker) -> None:
    """SEC-105: an offline token outlives the second factor it was issued for"""
    stage = Stage(new_provider(IDP_MFA_FRESHNESS="1h", IDP_SUDO_FRESHNESS="5m"))
    root = stage.administrator("root", "administrator")
    tokens = root.tokens(scope=f"{root.scope} offline_access")
    stage.provider.move.advance(hours=2)
    worn = stage.bare(root.console.refreshed(tokens).access)
    refused = worn("GET", "/users")
    assert (refused.status, refused.json()["code"]) == (401, "step-up")
    assert 'acr_values="mfa"' in str(refused.header("WWW-Authenticate"))


def test_a_service_needs_no_factor(stage: Stage) -> None:
    robot = stage.service(f"{READ} {WRITE}")
    assert robot("POST", "/users", NEW).status == 201


def test_bad_tokens_count_for_their_source(new_provider: Maker) -> None:
    """SEC-115: and good ones are never refused for it"""
    stage = Stage(new_provider(IDP_SOURCE_RATE="3/minute", IDP_TRUSTED_PROXIES="1"))
    robot, here = stage.service(READ), {"X-Forwarded-For": "192.0.2.7"}
    statuses = [
        stage.bare("a.b.c")("GET", "/users", headers=here).status for _ in range(5)
    ]
    assert statuses == [401, 401, 401, 429, 429]
    elsewhere = {"X-Forwarded-For": "192.0.2.8"}
    assert stage.bare("a.b.c")("GET", "/users", headers=elsewhere).status == 401
    assert robot("GET", "/users", headers=here).status == 200
    refused = stage.bare("a.b.c")("GET", "/users", headers=here)
    assert refused.json()["code"] == "too-many-attempts"
    assert int(str(refused.header("Retry-After"))) > 0


def test_refusals_are_on_record(stage: Stage) -> None:
    """A11, AC-140"""
    helen = stage.caller("helen", "helpdesk")
    assert helen("POST", "/users", NEW).status == 403
    lines = stage.provider.command("audit", "export").splitlines()
    refused = [line for line in lines if '"admin.refused"' in line]
    assert len(refused) == 1
    assert '"helen"' in refused[0]
    assert WRITE in refused[0]


def test_what_a_person_changes_is_recorded_with_the_application(stage: Stage) -> None:
    root = stage.caller("root", "administrator")
    assert root("POST", "/users", NEW).status == 201
    lines = stage.provider.command("audit", "export").splitlines()
    (record,) = [json.loads(one) for one in lines if '"user.created"' in one][-1:]
    assert record["actor"]["name"] == "root"
    assert record["actor"]["acr"] == "mfa"
    assert record["client_id"] == "console"


def test_consent_names_the_rights_that_the_person_can_give(stage: Stage) -> None:
    scope = f"openid {READ} {WRITE}"
    party = stage.provider.client("Guest", "--ask-consent", "--scope", scope)
    ada = stage.administrator("ada", "auditor")
    page = party.ask(ada.browser, scope=scope)
    assert page.page == "consent", page
    assert "See people, their roles and sessions" in page.answer.text
    assert "Create, change, disable" not in page.answer.text
    page.fill("consent", decision="allow")
    assert party.collect(page).scope == {"openid", READ}


def test_an_issuer_with_a_path_has_its_api_below_it(new_provider: Maker) -> None:
    issuer = "http://127.0.0.1:5000/idp"
    stage = Stage(new_provider(IDP_ISSUER=issuer))
    root = stage.administrator("root", "administrator").tokens()
    assert root.access_claims["aud"] == f"{issuer}/api/v1"
    assert stage.bare(root.access)("POST", "/users", NEW).status == 201
    refused = stage.bare(root.access)("GET", "/none").json()
    assert refused["type"] == f"{issuer}/api/v1/docs#not-found"
    outside = stage.provider.wire("GET", "http://127.0.0.1:5000/api/v1/users")
    assert str(outside.header("Content-Type")).startswith("text/html")
