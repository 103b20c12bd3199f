"""private_key_jwt: RFC 7523, OpenID Connect Core 9, SEC-196, SEC-210..212."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization import PublicFormat
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from idp.actions import clients
from idp.actions import maintenance
from idp.oidc.authlib_request import ProtocolRequest
from idp.oidc.client_assertion import TYPE
from idp.oidc.clients import METHODS
from idp.oidc.exchange import Exchange
from idp.oidc.wire import Answer
from idp.store.rates import SourceRate
from tests.oidc.proofs import BY_KEY
from tests.oidc.proofs import KEY
from tests.oidc.proofs import OTHER
from tests.oidc.proofs import ask
from tests.oidc.proofs import claims
from tests.oidc.proofs import posted
from tests.oidc.proofs import proof
from tests.oidc.proofs import robot
from tests.oidc.stage import Stage
from tests.oidc.stage import basic
from tests.support import client_keys
from tests.support.client_keys import pair

REFUSED = {
    "error": "invalid_client",
    "error_description": "Client authentication failed.",
}


def refused(answer: Answer) -> None:
    """Says that an answer is the one that every wrong proof gets."""
    assert (answer.status, answer.body) == (401, REFUSED)
    assert "WWW-Authenticate" not in dict(answer.headers)


@pytest.mark.parametrize(
    "alg", ["RS256", "PS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
)
def test_a_client_proves_itself_by_a_signature(stage: Stage, alg: str) -> None:
    key = pair("mine", alg)
    robot(stage, KEY, key)
    assert ask(stage, key.sign(claims(stage))).status == 200


def test_ed25519_by_its_newer_name(stage: Stage) -> None:
    """RFC 9864"""
    key = pair("mine", "EdDSA")
    robot(stage, key)
    key.alg = "Ed25519"
    assert ask(stage, key.sign(claims(stage))).status == 200


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        *(("iss", None), ("iss", "other"), ("sub", "other"), ("sub", 7)),
        *(("aud", None), ("aud", "https://other.example"), ("aud", "robot")),
        *(("jti", None), ("jti", ""), ("jti", 7), ("jti", "j" * 257), ("jti", "a\nb")),
        *(("exp", None), ("exp", "soon"), ("exp", True), ("exp", 1e300)),
        *(("nbf", "now"), ("iat", {}), ("exp", float("nan")), ("exp", -1)),
    ],
    ids=str,
)
def test_an_assertion_that_says_something_else_is_refused(
    stage: Stage, claim: str, value: object
) -> None:
    robot(stage)
    refused(ask(stage, KEY.sign({**claims(stage), claim: value})))


@pytest.mark.parametrize("claim", ["exp", "nbf", "iat"])
def test_a_moment_beyond_every_number_is_no_fault_of_ours(
    stage: Stage, claim: str
) -> None:
    """SEC-287: it is read before anything is verified, and JSON knows no largest one"""
    robot(stage)
    for beyond in (10**400, -(10**400), 10**4000):
        refused(ask(stage, OTHER.sign({**claims(stage), claim: beyond})))


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        *(({"exp": 0}, 401), ({"exp": -300}, 401), ({"exp": 1}, 200)),
        *(({"exp": 300}, 200), ({"exp": 301}, 401), ({"exp": 3600}, 401)),
        *(({"nbf": 8}, 200), ({"nbf": 60}, 200), ({"nbf": 61}, 401)),
        *(({"iat": 8}, 200), ({"iat": 61}, 401), ({"iat": -300}, 200)),
    ],
    ids=str,
)
def test_it_holds_for_five_minutes_at_most_and_from_about_now(
    stage: Stage, changes: dict[str, int], status: int
) -> None:
    """conformance.md 11: 8 s ahead is taken, more than 60 s is not"""
    robot(stage)
    moments = {name: stage.clock.seconds + after for name, after in changes.items()}
    assert ask(stage, KEY.sign(claims(stage, **moments))).status == status


def test_the_audience_is_the_issuer_or_the_token_endpoint(stage: Stage) -> None:
    """docs/decisions/0010"""
    robot(stage)
    issuer = stage.issuer
    assert ask(stage, KEY.sign(claims(stage, aud=issuer))).status == 200
    assert ask(stage, KEY.sign(claims(stage, aud=f"{issuer}/token"))).status == 200
    for wrong in (
        *([issuer], [issuer, "https://other.example"], f"{issuer}/", f"{issuer}/par"),
        *(issuer.upper(), f"{issuer}/introspect", {"aud": issuer}, ""),
    ):
        refused(ask(stage, KEY.sign(claims(stage, aud=wrong))))


def test_a_client_of_the_newer_kind_names_the_issuer_only(stage: Stage) -> None:
    """FAPI 2.0: the token endpoint is no audience"""
    robot(stage, require_pushed_authorization_requests=True)
    refused(ask(stage, KEY.sign(claims(stage, aud=f"{stage.issuer}/token"))))
    assert ask(stage, KEY.sign(claims(stage))).status == 200


def test_an_assertion_works_once(stage: Stage) -> None:
    robot(stage)
    assertion = KEY.sign(claims(stage))
    assert ask(stage, assertion).status == 200
    refused(ask(stage, assertion))
    stage.clock.advance(seconds=59)
    refused(ask(stage, assertion))


def test_the_id_is_the_clients_own(stage: Stage) -> None:
    """Two clients may use the same `jti`; one may not use it twice."""
    robot(stage)
    stage.client("second", **BY_KEY, jwks=client_keys.key_set(OTHER))
    assert ask(stage, KEY.sign(claims(stage, jti="one"))).status == 200
    refused(ask(stage, KEY.sign(claims(stage, jti="one", exp=stage.clock.seconds + 9))))
    told = revoke(stage, OTHER.sign(claims(stage, "second", jti="one")))
    assert told.status == 200


def test_what_was_refused_is_not_spent(stage: Stage) -> None:
    robot(stage)
    said = claims(stage)
    refused(ask(stage, OTHER.sign(said)))
    assert ask(stage, KEY.sign(said)).status == 200


def test_work_that_is_done_again_spends_nothing_twice(stage: Stage) -> None:
    """REL-024: what had to give way is done again within one request"""
    robot(stage)
    fields = proof(KEY.sign(claims(stage)))
    request = ProtocolRequest("POST", fields, stage.work())
    exchange = Exchange(request.work, stage.keys, stage.server.client_keys)
    first = exchange.authenticate_client(request, METHODS)
    assert exchange.authenticate_client(request, METHODS) is first
    refused(ask(stage, fields["client_assertion"]))


def test_used_ones_are_forgotten_when_they_are_worth_nothing_any_more(
    stage: Stage,
) -> None:
    robot(stage)
    ask(stage, KEY.sign(claims(stage)))
    stage.clock.advance(minutes=12)
    assert maintenance.purge(stage.work()) == 0
    stage.clock.advance(seconds=1)
    assert maintenance.purge(stage.work()) == 1


def test_only_keys_of_the_client_count(stage: Stage) -> None:
    robot(stage)
    stage.client("second", **BY_KEY, jwks=client_keys.key_set(OTHER))
    refused(ask(stage, OTHER.sign(claims(stage))))
    refused(ask(stage, OTHER.sign(claims(stage, iss="second"))))


def test_the_public_key_is_no_secret(stage: Stage) -> None:
    """SEC-210, AC-117: HS256 with the public key as PEM, DER and JWK"""
    robot(stage)
    public = KEY.material.public_key
    for secret in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        client_keys.encoded(KEY.public).encode(),
        b"",
    ):
        refused(
            ask(stage, client_keys.signed_by_secret(claims(stage), secret, kid="k1"))
        )


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", "HS256", "ES256K"])
def test_no_algorithm_but_those_of_the_list(stage: Stage, alg: str) -> None:
    robot(stage)
    refused(ask(stage, client_keys.unsigned(claims(stage), alg=alg)))
    refused(ask(stage, KEY.sign(claims(stage), alg=alg)))


def test_the_registered_algorithm_is_the_only_one(stage: Stage) -> None:
    key = pair("mine", "RS256")
    robot(stage, key, token_endpoint_auth_signing_alg="PS256")
    refused(ask(stage, key.sign(claims(stage))))
    key.alg = "PS256"
    assert ask(stage, key.sign(claims(stage))).status == 200


def test_keys_in_the_header_are_not_looked_at(stage: Stage) -> None:
    """SEC-211: whoever brings a key of his own is not believed"""
    robot(stage)
    own = OTHER.public
    for header in (
        {"jwk": own},
        {"jwk": own, "kid": None},
        {"jku": "https://127.0.0.1:1/keys"},
        {"x5u": "https://127.0.0.1:1/chain"},
        {"x5c": ["MIIB"]},
    ):
        refused(ask(stage, OTHER.sign(claims(stage), **header)))
        assert ask(stage, KEY.sign(claims(stage), **header)).status == 200


@pytest.mark.parametrize(
    "header",
    [
        *({"crit": ["x"], "x": 1}, {"crit": []}, {"b64": False, "crit": ["b64"]}),
        *({"kid": "../../k1"}, {"kid": "k1' OR '1'='1"}, {"kid": 1}, {"kid": ["k1"]}),
        *({"kid": ""}, {"kid": "K1"}, {"kid": "k1\0"}, {"kid": "k" * 9999}),
        *({"typ": "oauth-authz-req+jwt"}, {"typ": "at+jwt"}, {"typ": 1}),
    ],
    ids=lambda header: str(header)[:40],
)
def test_a_header_with_tricks_is_refused(stage: Stage, header: dict[str, Any]) -> None:
    robot(stage)
    refused(ask(stage, KEY.sign(claims(stage), **header)))


@pytest.mark.parametrize(
    "typ", [None, "JWT", "jwt", "client-authentication+jwt", "application/jwt"]
)
def test_its_type_may_be_said(stage: Stage, typ: str | None) -> None:
    robot(stage)
    assert ask(stage, KEY.sign(claims(stage), typ=typ)).status == 200


def test_without_a_name_every_fitting_key_is_tried(stage: Stage) -> None:
    robot(stage, pair(None, "RS256"), OTHER, KEY)
    assert ask(stage, KEY.sign(claims(stage), kid=None)).status == 200


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "a.b", "..", "a.b.c", "a.b.c.d.e", "ü.ü.ü", "." * 100),
        *("e30.e30.", "bnVsbA.bnVsbA.AA", "W10.W10.AA", "x" * 20000),
    ],
    ids=lambda text: text[:12],
)
def test_rubbish_is_refused_like_anything_wrong(stage: Stage, text: str) -> None:
    robot(stage)
    refused(ask(stage, text, client_id="robot"))


def test_a_tower_of_brackets_is_rubbish(stage: Stage) -> None:
    robot(stage)
    deep = client_keys.base64url(b"[" * 9000)
    head = client_keys.encoded({"alg": "ES256"})
    refused(ask(stage, f"{head}.{deep}.AA"))


@pytest.fixture
def registered(stage: Stage) -> Stage:
    robot(stage)
    return stage


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_part_of_it_can_be_changed(registered: Stage, data: st.DataObject) -> None:
    """Whatever letter is another one, the signature or the form is wrong."""
    stage = registered
    text = KEY.sign(claims(stage))
    # The last letter of a signature has bits that mean nothing.
    place = data.draw(st.integers(0, 10_000)) % (len(text) - 1)
    letter = data.draw(st.sampled_from("ABCDabcd0123-_."))
    changed = text[:place] + letter + text[place + 1 :]
    if changed != text:
        assert ask(stage, changed).status == 401


# --- how it is sent


def revoke(stage: Stage, assertion: str) -> Answer:
    form = posted({"token": "unknown", **proof(assertion)})
    return stage.server.revoke(form, stage.work())


def test_every_endpoint_takes_it(stage: Stage) -> None:
    robot(stage)
    token = ask(stage, KEY.sign(claims(stage))).body["access_token"]
    form = {"token": token, **proof(KEY.sign(claims(stage)))}
    assert stage.server.introspect(posted(form), stage.work()).body["active"] is True
    assert revoke(stage, KEY.sign(claims(stage))).status == 200
    refused(revoke(stage, OTHER.sign(claims(stage))))


def test_it_is_the_only_method_of_the_client(stage: Stage) -> None:
    """SEC-195: registered method only"""
    robot(stage)
    stage.client("secretive", secret="s" * 32, jwks=client_keys.key_set(KEY))
    refused(ask(stage, KEY.sign(claims(stage, "secretive"))))
    form = {"grant_type": "client_credentials"}
    for fields, header in (
        ({"client_id": "robot"}, None),
        ({"client_id": "robot", "client_secret": "x"}, None),
        ({}, basic("robot", "x")),
    ):
        answer = stage.server.token(posted({**form, **fields}, header), stage.work())
        assert (answer.status, answer.body) == (401, REFUSED)


def test_two_ways_at_once_are_refused_and_spend_nothing(stage: Stage) -> None:
    robot(stage)
    assertion = KEY.sign(claims(stage))
    answer = ask(stage, assertion, client_secret="x")
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")
    form = {"grant_type": "client_credentials", **proof(assertion)}
    answer = stage.server.token(posted(form, basic("robot", "x")), stage.work())
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")
    assert ask(stage, assertion).status == 200


def test_the_client_may_be_named_and_must_agree(stage: Stage) -> None:
    """RFC 7521 section 4.2"""
    robot(stage)
    answer = ask(stage, KEY.sign(claims(stage)), client_id="other")
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")
    assert ask(stage, KEY.sign(claims(stage)), client_id="robot").status == 200


@pytest.mark.parametrize("kind", [None, "", "jwt", TYPE.upper(), TYPE + " "])
def test_another_kind_of_assertion_is_refused(stage: Stage, kind: str | None) -> None:
    robot(stage)
    assertion = KEY.sign(claims(stage))
    refused(ask(stage, assertion, client_assertion_type=kind))


def test_unknown_and_disabled_clients_look_the_same(stage: Stage) -> None:
    """SEC-250"""
    refused(ask(stage, KEY.sign(claims(stage, "nobody"))))
    robot(stage)
    clients.set_enabled(stage.administration(), "robot", enabled=False)
    refused(ask(stage, KEY.sign(claims(stage))))


def test_failures_are_counted_against_their_source(
    new_stage: Callable[..., Stage],
) -> None:
    """SEC-124"""
    stage = new_stage()
    stage.rates = SourceRate("2/minute")
    robot(stage)
    for _ in range(2):
        refused(ask(stage, OTHER.sign(claims(stage))))
    assert ask(stage, KEY.sign(claims(stage))).status == 429


def test_the_log_says_what_was_wrong_and_nothing_of_the_assertion(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    robot(stage)
    assertion = KEY.sign(claims(stage, aud="https://other.example"))
    with caplog.at_level(logging.INFO, "idp.oidc"):
        refused(ask(stage, assertion))
    (record,) = [one for one in caplog.records if one.name == "idp.oidc"]
    assert record.facts["client_id"] == "robot"
    assert record.facts["reason"].startswith("aud must be the issuer")
    assert assertion not in str(record.__dict__)
