"""Signed requests by value: RFC 9101, OpenID Connect Core 6.1, RFC 9126 section 3."""

import urllib.parse
from typing import Any

import pytest

from idp.actions.authorize import Pending
from idp.errors import BadRequest
from idp.errors import RedirectUriMismatch
from idp.oidc.pushed_requests import PREFIX
from idp.oidc.wire import Answer
from idp.oidc.wire import FormPost
from idp.oidc.wire import Redirect
from tests.oidc.proofs import BY_KEY
from tests.oidc.proofs import KEY
from tests.oidc.proofs import OTHER
from tests.oidc.proofs import claims
from tests.oidc.proofs import posted
from tests.oidc.proofs import proof
from tests.oidc.stage import CALLBACK
from tests.oidc.stage import CHALLENGE
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage
from tests.support import client_keys
from tests.support.client_keys import pair
from tests.support.publisher import publishing

JWKS = {"jwks": client_keys.key_set(KEY)}
ELSEWHERE = "https://rp.example/other"


@pytest.fixture
def app(stage: Stage) -> App:
    return stage.client("rp", **JWKS, redirect_uris=[CALLBACK, ELSEWHERE])


@pytest.fixture
def mia(stage: Stage) -> Session:
    stage.person("mia")
    return stage.sign_in("mia")


def said(stage: Stage, **changes: Any) -> dict[str, Any]:
    """Gives what a request object has to say, but for the changes."""
    members = {
        "iss": "rp",
        "aud": stage.issuer,
        "client_id": "rp",
        "response_type": "code",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "within",
        "nonce": "n",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in members.items() if value is not None}


def send(
    stage: Stage, text: str, session: Session | None = None, **outer: str
) -> Redirect | FormPost | Pending:
    """Sends a browser with the client id and an object, and what is said beside it."""
    query = urllib.parse.urlencode({"client_id": "rp", "request": text, **outer})
    return stage.send(query, session)


def back(
    stage: Stage, text: str, session: Session | None = None, **outer: str
) -> dict[str, str]:
    """Gives the answer in the query of the address."""
    sent = send(stage, text, session, **outer)
    assert isinstance(sent, Redirect), sent
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sent.location).query))


def fault(stage: Stage, text: str) -> tuple[str, str]:
    """Gives error and state of a refusal told at the address beside the object."""
    found = back(stage, text, redirect_uri=CALLBACK, state="beside")
    assert "code" not in found
    return found["error"], found["state"]


def test_client_id_and_object_are_enough(stage: Stage, app: App, mia: Session) -> None:
    """RFC 9101 section 5"""
    answer = back(stage, KEY.sign(said(stage), typ="oauth-authz-req+jwt"), mia)
    assert (answer["state"], answer["iss"]) == ("within", stage.issuer)
    tokens = stage.redeem(app, answer["code"])
    assert tokens.status == 200
    assert stage.claims(tokens.body["id_token"])["nonce"] == "n"


def test_only_what_is_signed_counts(stage: Stage, app: App, mia: Session) -> None:
    """RFC 9101 section 6.3"""
    sent = send(
        stage,
        KEY.sign(said(stage, state=None, scope="openid email", max_age=3600)),
        mia,
        redirect_uri=ELSEWHERE,
        state="beside",
        scope="openid groups",
        prompt="login",
        response_mode="form_post",
        nonce="beside",
    )
    assert isinstance(sent, Redirect)
    assert sent.location.startswith(f"{CALLBACK}?code=")
    assert "state=" not in sent.location
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(sent.location).query))
    body = stage.redeem(app, query["code"]).body
    assert body["scope"] == "openid email"
    assert stage.claims(body["id_token"])["nonce"] == "n"


def test_members_are_read_as_json_says_them(
    stage: Stage, app: App, mia: Session
) -> None:
    """OpenID Connect Core 6.1: numbers are numbers, claims are an object"""
    wish = {"userinfo": {"email": {"essential": True}}}
    text = KEY.sign(said(stage, claims=wish, max_age=600, response_mode="form_post"))
    sent = send(stage, text, mia)
    assert isinstance(sent, FormPost)
    code = dict(sent.fields)["code"]
    token = stage.redeem(app, code).body["access_token"]
    assert "sub" in stage.userinfo(token).body


@pytest.mark.parametrize(
    "changes",
    [
        *({"client_id": "other"}, {"iss": "other"}, {"client_id": ["rp"]}),
        *({"iss": None, "client_id": None}, {"sub": "rp"}),
        *({"aud": "https://other.example"}, {"aud": []}, {"aud": 7}),
        *({"exp": 0}, {"exp": "soon"}, {"nbf": 99999999999}, {"iat": 99999999999}),
        *({"request": "x"}, {"request_uri": "https://rp.example/r"}),
        *({"scope": ["openid"]}, {"state": 1.5}, {"max_age": True}),
        *({"state": "\ud800"}, {"state": "a\0b"}),
    ],
    ids=ascii,
)
def test_an_object_that_says_something_else_is_refused(
    stage: Stage, app: App, changes: dict[str, Any]
) -> None:
    text = KEY.sign(said(stage, **changes))
    assert fault(stage, text) == ("invalid_request_object", "beside")


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
def test_a_moment_beyond_every_number_is_no_fault_of_ours(
    stage: Stage, app: App, claim: str
) -> None:
    """SEC-287: JSON knows no largest number"""
    text = KEY.sign(said(stage, **{claim: 10**400}))
    assert fault(stage, text) == ("invalid_request_object", "beside")


@pytest.mark.parametrize(
    "changes",
    [
        *({"iss": None}, {"client_id": None}, {"aud": None}, {"nonce": None}),
        *({"jti": "j"}, {"unknown": [{"deep": 1}]}, {"registration_": True}),
    ],
    ids=str,
)
def test_what_need_not_be_said_may_be_left_out(
    stage: Stage, app: App, mia: Session, changes: dict[str, Any]
) -> None:
    assert "code" in back(stage, KEY.sign(said(stage, **changes)), mia)


def test_an_audience_may_be_one_of_several(
    stage: Stage, app: App, mia: Session
) -> None:
    listed = [stage.issuer, "https://other.example"]
    now = stage.clock.seconds
    text = KEY.sign(said(stage, aud=listed, exp=now + 1, nbf=now + 60, iat=now + 60))
    assert "code" in back(stage, text, mia)


def test_a_wrong_signature_is_told(stage: Stage, app: App) -> None:
    members = said(stage)
    for text in (
        OTHER.sign(members),
        OTHER.sign(members, jwk=OTHER.public),
        KEY.sign(members, kid="unknown"),
        KEY.sign(members, crit=["x"]),
        KEY.sign(members, typ="client-authentication+jwt"),
        client_keys.unsigned(members),
        client_keys.signed_by_secret(members, (app.secret or "").encode()),
        *("x", "a.b.c", "a.b.c.d.e", "x" * 20000),
    ):
        assert fault(stage, text) == ("invalid_request_object", "beside")


def test_with_nowhere_to_tell_it_a_page_does(stage: Stage, app: App) -> None:
    with pytest.raises(BadRequest):
        send(stage, OTHER.sign(said(stage)))


def test_the_address_is_checked_within_and_beside(stage: Stage, app: App) -> None:
    """conformance.md 4: oidcc-ensure-request-object-with-redirect-uri"""
    good = KEY.sign(said(stage))
    for text, outer in (
        (good, {"redirect_uri": f"{CALLBACK}_invalid"}),
        (good, {"redirect_uri": ""}),
        (KEY.sign(said(stage, redirect_uri=f"{CALLBACK}_invalid")), {}),
        (KEY.sign(said(stage, redirect_uri=None)), {}),
        (KEY.sign(said(stage, redirect_uri=None)), {"redirect_uri": CALLBACK}),
    ):
        with pytest.raises(RedirectUriMismatch):
            send(stage, text, **outer)


def test_faults_within_are_told_at_the_address_within(stage: Stage, app: App) -> None:
    sent = send(stage, KEY.sign(said(stage, response_type="token")))
    assert isinstance(sent, Redirect)
    assert "error=unsupported_response_type" in sent.location
    assert "state=within" in sent.location


def test_it_cannot_come_twice_or_with_a_reference(stage: Stage, app: App) -> None:
    text = KEY.sign(said(stage))
    found = back(stage, text, redirect_uri=CALLBACK, request_uri="https://rp.example/r")
    assert found["error"] == "invalid_request"
    query = {"client_id": "rp", "redirect_uri": CALLBACK, "request": [text, text]}
    sent = stage.send(urllib.parse.urlencode(query, doseq=True))
    assert isinstance(sent, Redirect)
    assert "error=invalid_request&" in sent.location


def test_without_keys_it_is_not_supported(stage: Stage) -> None:
    stage.client("rp")
    text = KEY.sign(said(stage))
    assert fault(stage, text)[0] == "request_not_supported"
    with pytest.raises(RedirectUriMismatch):
        send(stage, text)


def test_the_registered_algorithm_is_the_only_one(stage: Stage, mia: Session) -> None:
    key = pair("mine", "RS256")
    stage.client(
        "rp", jwks=client_keys.key_set(key), request_object_signing_alg="PS256"
    )
    assert fault(stage, key.sign(said(stage)))[0] == "invalid_request_object"
    key.alg = "PS256"
    assert "code" in back(stage, key.sign(said(stage)), mia)


def test_keys_may_be_published(stage: Stage, mia: Session) -> None:
    with publishing(client_keys.key_set(KEY)) as published:
        stage.client("rp", jwks_uri=published.url)
        assert "code" in back(stage, KEY.sign(said(stage)), mia)


def test_who_has_to_sign_cannot_do_without(stage: Stage, mia: Session) -> None:
    """RFC 9101 section 10.5"""
    app = stage.client("rp", **JWKS, require_signed_request_object=True)
    assert stage.back(app, mia)["error"] == "invalid_request"
    assert "code" in back(stage, KEY.sign(said(stage)), mia)
    assert push(stage, app, {"redirect_uri": CALLBACK, "response_type": "code"}) == (
        400,
        "invalid_request",
    )


# --- pushed


def pushed(stage: Stage, app: App, fields: dict[str, str]) -> Answer:
    form = stage.form(app, dict(fields))
    return stage.server.push(form, stage.work())


def push(stage: Stage, app: App, fields: dict[str, str]) -> tuple[int, str | None]:
    answer = pushed(stage, app, fields)
    return answer.status, answer.body.get("error")


def follow(stage: Stage, answer: Answer, mia: Session) -> Any:
    query = {"client_id": "rp", "request_uri": answer.body["request_uri"]}
    return stage.send(urllib.parse.urlencode(query), mia)


def test_an_object_can_be_pushed(stage: Stage, app: App, mia: Session) -> None:
    answer = pushed(stage, app, {"request": KEY.sign(said(stage)), "state": "beside"})
    assert answer.status == 201
    assert answer.body["request_uri"].startswith(PREFIX)
    sent = follow(stage, answer, mia)
    assert "state=within" in sent.location


def test_an_object_that_is_pushed_is_checked_at_once(stage: Stage, app: App) -> None:
    for text in (
        OTHER.sign(said(stage)),
        client_keys.unsigned(said(stage)),
        KEY.sign(said(stage, client_id="other")),
        KEY.sign(said(stage, request_uri="urn:x")),
    ):
        assert push(stage, app, {"request": text}) == (400, "invalid_request_object")
    wrong = KEY.sign(said(stage, redirect_uri="https://evil.example/"))
    assert push(stage, app, {"request": wrong}) == (400, "invalid_request")


def test_a_client_may_have_to_push(stage: Stage, mia: Session) -> None:
    """RFC 9126 section 6"""
    app = stage.client("rp", **JWKS, require_pushed_authorization_requests=True)
    assert stage.back(app, mia)["error"] == "invalid_request"
    assert fault(stage, KEY.sign(said(stage)))[0] == "invalid_request"
    answer = pushed(stage, app, {"request": KEY.sign(said(stage))})
    assert "code=" in follow(stage, answer, mia).location


def test_key_assertion_and_object_go_together(stage: Stage, mia: Session) -> None:
    """FAPI 2.0 in short: pushed, signed, and proved by the same key"""
    stage.client("rp", **JWKS, **BY_KEY, require_pushed_authorization_requests=True)
    assertion = proof(KEY.sign(claims(stage, "rp")))
    form = posted({"request": KEY.sign(said(stage)), **assertion})
    answer = stage.server.push(form, stage.work())
    assert answer.status == 201
    code = follow(stage, answer, mia).location.partition("code=")[2].partition("&")[0]
    form = posted(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": "v" * 64,
            **proof(KEY.sign(claims(stage, "rp"))),
        }
    )
    assert stage.server.token(form, stage.work()).status == 200


def test_a_request_is_no_proof_and_a_proof_no_request(stage: Stage) -> None:
    """RFC 9101 section 10.8, RFC 8725 section 3.12"""
    stage.client("rp", **JWKS, **BY_KEY)
    request = {**said(stage), "jti": "j", "exp": stage.clock.seconds + 60}
    form = posted({"token": "x", **proof(KEY.sign(request))})
    assert stage.server.revoke(form, stage.work()).status == 401
    both = {**said(stage), **claims(stage, "rp")}
    assert fault(stage, KEY.sign(both))[0] == "invalid_request_object"
