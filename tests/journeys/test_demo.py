"""`idp demo --check` walks the story by itself, and its API asks for freshness."""

import datetime
import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.test import TestResponse

from idp.demo import payroll_api
from idp.demo import sign_out
from tests.support.clock import real_clock
from tests.support.provider import environment_of
from tests.support.provider import serving


def test_the_walk_holds_and_prints_what_each_application_received() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "idp.cli.main", "demo", "--check"],
        env=environment_of({"IDP_ISSUER": "https://not.this.example"}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert (done.returncode, report["held"]) == (0, True), report["steps"]
    proved = [
        (one["application"], one["id_token"]["preferred_username"])
        for one in report["received"]
    ]
    wiki_then_payroll = [("Wiki", "alice"), ("Payroll", "alice")]
    assert proved == [*wiki_then_payroll, ("Wiki", "alice"), ("Wiki", "bob")]


def payslip(issuer: str, token: str, *, later: int = 0) -> TestResponse:
    """Asks the API, whose clock is `later` seconds ahead."""
    ahead = datetime.timedelta(seconds=later)
    api = payroll_api.create(issuer, clock=lambda: real_clock() + ahead)
    bearer = {"Authorization": f"Bearer {token}"}
    return api.test_client().get("/payslip", headers=bearer)


def challenge(answer: TestResponse) -> dict[str, Any]:
    """Gives the parameters of the challenge in an answer."""
    assert answer.status_code == 401
    said = WWWAuthenticate.from_header(answer.headers["WWW-Authenticate"])
    assert said is not None
    return dict(said.parameters)


def test_the_api_asks_for_a_fresh_second_factor(tmp_path: pathlib.Path) -> None:
    """RFC 9470 section 3"""
    with serving(tmp_path) as provider:
        mia, app = provider.person("mia"), provider.client("App")
        provider.policy("optional")
        alice = provider.person("alice", enrolled=False)
        by_code = mia.enter_password(app.ask(provider.browser()))
        fresh = app.collect(mia.enter_code(by_code)).access
        by_password = alice.enter_password(app.ask(provider.browser()))
        weak = app.collect(by_password).access

        assert payslip(provider.issuer, fresh).status_code == 200
        for answer in (
            payslip(provider.issuer, fresh, later=301),
            payslip(provider.issuer, weak),
        ):
            asked = challenge(answer)
            assert asked["error"] == "insufficient_user_authentication"
            assert (asked["acr_values"], asked["max_age"]) == ("mfa", "300")
        for rubbish in (fresh[:-4], "a.b.c", "x"):
            assert (
                challenge(payslip(provider.issuer, rubbish))["error"] == "invalid_token"
            )


NOTICE: dict[str, Any] = {
    "iss": "http://idp.example",
    "aud": "wiki",
    "exp": 1_000,
    "sid": "s1",
    "events": {sign_out.EVENT: {}},
}


@pytest.mark.parametrize(
    ("changes", "typ", "heard"),
    [
        ({}, "logout+jwt", "s1"),
        ({"aud": ["payroll", "wiki"]}, "logout+jwt", "s1"),
        ({"aud": "payroll"}, "logout+jwt", None),
        ({"iss": "http://other.example"}, "logout+jwt", None),
        ({"exp": 100}, "logout+jwt", None),
        ({"events": {}}, "logout+jwt", None),
        ({"nonce": "n"}, "logout+jwt", None),
        ({}, "JWT", None),
    ],
)
def test_the_applications_hear_only_what_is_meant_for_them(
    changes: dict[str, Any], typ: str, heard: str | None
) -> None:
    """Back-Channel Logout 1.0 section 2.6"""
    key = RSAKey.generate_key(2048, parameters={"kid": "k", "alg": "RS256"})
    published = {"keys": [key.as_dict(private=False)]}
    for by, expected in ((key, heard), (RSAKey.generate_key(2048), None)):
        header = {"alg": "RS256", "kid": "k", "typ": typ}
        token = jwt.encode(header, {**NOTICE, **changes}, by)
        found = sign_out.ended_session(
            token, published, issuer="http://idp.example", client_id="wiki", now=500
        )
        assert found == expected
