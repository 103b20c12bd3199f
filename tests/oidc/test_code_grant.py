"""code_grant: from a code to tokens, once (RFC 6749 section 4.1, RFC 7636)."""

import pytest

from idp.oidc.wire import Answer
from tests.oidc.stage import CALLBACK
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage


def refused(answer: Answer, error: str = "invalid_grant") -> None:
    assert (answer.status, answer.body["error"]) == (400, error), answer.body
    assert "access_token" not in answer.body
    assert dict(answer.headers)["Cache-Control"] == "no-store"


def test_a_code_gives_tokens(stage: Stage, app: App, session: Session) -> None:
    """RFC 6749 section 5.1"""
    answer = stage.redeem(app, stage.back(app, session)["code"])
    assert answer.status == 200
    assert set(answer.body) == {
        *("access_token", "token_type", "expires_in"),
        *("refresh_token", "scope", "id_token"),
    }
    assert answer.body["token_type"] == "Bearer"
    assert answer.body["expires_in"] == 600
    headers = dict(answer.headers)
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Type"] == "application/json"


def test_without_openid_there_is_no_id_token(
    stage: Stage, app: App, session: Session
) -> None:
    answer = stage.tokens(app, session, scope="profile")
    assert "id_token" not in answer
    assert answer["scope"] == "profile"


def test_without_any_scope_none_is_said(
    stage: Stage, app: App, session: Session
) -> None:
    assert "scope" not in stage.tokens(app, session, scope="nonsense")


def test_the_scope_says_what_was_granted(
    stage: Stage, app: App, session: Session
) -> None:
    """RFC 6749 section 3.3, SEC-181"""
    answer = stage.tokens(app, session, scope="email admin openid")
    assert answer["scope"] == "email openid"


def test_a_second_time_takes_everything_back(
    stage: Stage, app: App, session: Session
) -> None:
    """RFC 6749 section 4.1.2, SEC-190"""
    code = stage.back(app, session)["code"]
    first = stage.redeem(app, code).body
    refused(stage.redeem(app, code))
    assert stage.userinfo(first["access_token"]).status == 401
    assert stage.introspect(app, first["access_token"]).body == {"active": False}
    refused(stage.refresh(app, first["refresh_token"]))


def test_a_code_that_was_used_is_known_after_it_would_have_ended(
    stage: Stage, app: App, session: Session
) -> None:
    """SEC-191, oidcc-codereuse-30seconds"""
    code = stage.back(app, session)["code"]
    first = stage.redeem(app, code).body
    stage.clock.advance(minutes=5)
    refused(stage.redeem(app, code))
    assert stage.userinfo(first["access_token"]).status == 401


def test_a_code_of_another_client_stays_good_for_its_owner(
    stage: Stage, app: App, session: Session
) -> None:
    """SEC-192, interface.md section 4"""
    other = stage.client("other")
    code = stage.back(app, session)["code"]
    refused(stage.redeem(other, code))
    assert stage.redeem(app, code).status == 200


@pytest.mark.parametrize("address", [None, "", f"{CALLBACK}2", CALLBACK.upper()])
def test_the_address_is_said_again(
    stage: Stage, app: App, session: Session, address: str | None
) -> None:
    """RFC 6749 section 4.1.3"""
    code = stage.back(app, session)["code"]
    refused(stage.redeem(app, code, redirect_uri=address))
    assert stage.redeem(app, code).status == 200


@pytest.mark.parametrize(
    "verifier", [None, "", "w" * 64, "v" * 42, "v" * 129, "v" * 63 + "ü", "v" * 65]
)
def test_the_verifier_has_to_fit(
    stage: Stage, app: App, session: Session, verifier: str | None
) -> None:
    """RFC 7636 section 4.6"""
    code = stage.back(app, session)["code"]
    refused(stage.redeem(app, code, code_verifier=verifier))
    assert stage.redeem(app, code).status == 200


def test_five_wrong_verifiers_kill_a_code(
    stage: Stage, app: App, session: Session
) -> None:
    """SEC-194"""
    code = stage.back(app, session)["code"]
    for _ in range(5):
        refused(stage.redeem(app, code, code_verifier="w" * 64))
    refused(stage.redeem(app, code))


def test_a_missing_verifier_is_no_guess(
    stage: Stage, app: App, session: Session
) -> None:
    code = stage.back(app, session)["code"]
    for _ in range(5):
        refused(stage.redeem(app, code, code_verifier=None))
    assert stage.redeem(app, code).status == 200


AWAY = {"code_challenge": None, "code_challenge_method": None}


def test_a_verifier_without_a_challenge_is_refused(
    stage: Stage, session: Session
) -> None:
    """SEC-174, RFC 9700 section 4.8"""
    app = stage.client(require_pkce=False)
    code = stage.back(app, session, **AWAY)["code"]
    refused(stage.redeem(app, code))
    assert stage.redeem(app, code, code_verifier=None).status == 200


def test_a_challenge_that_was_sent_is_enforced_all_the_same(
    stage: Stage, session: Session
) -> None:
    """SEC-173"""
    app = stage.client(require_pkce=False)
    code = stage.back(app, session)["code"]
    refused(stage.redeem(app, code, code_verifier=None))
    assert stage.redeem(app, code).status == 200


def test_a_code_ends(stage: Stage, app: App, session: Session) -> None:
    code = stage.back(app, session)["code"]
    stage.clock.advance(seconds=60)
    refused(stage.redeem(app, code))


@pytest.mark.parametrize("text", ["x", "x" * 2000, "ü", "a b", "-" * 43])
def test_what_is_no_code_is_refused(stage: Stage, app: App, text: str) -> None:
    refused(stage.redeem(app, text))


def test_a_missing_code_is_a_malformed_request(stage: Stage, app: App) -> None:
    """RFC 6749 section 5.2"""
    refused(stage.redeem(app, "", code_verifier=None), "invalid_request")


def test_a_client_without_the_grant_is_told(stage: Stage) -> None:
    app = stage.client(grant_types=["client_credentials"], redirect_uris=[])
    refused(stage.redeem(app, "x"), "unauthorized_client")


def test_a_public_client_names_itself(stage: Stage, session: Session) -> None:
    """RFC 6749 section 3.2.1"""
    app = stage.client(token_endpoint_auth_method="none")
    assert stage.tokens(app, session)["id_token"]


def test_codes_and_tokens_hold_enough_chance(
    stage: Stage, app: App, session: Session
) -> None:
    """conformance.md section 10.11: 32 random bytes"""
    code = stage.back(app, session)["code"]
    answer = stage.redeem(app, code).body
    assert len(code) >= 43
    assert len(answer["refresh_token"]) >= 43
