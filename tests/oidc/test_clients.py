"""clients: three ways to prove who a client is (RFC 6749 2.3.1, SEC-195)."""

import base64
import urllib.parse
from collections.abc import Callable
from datetime import timedelta

import pytest

from idp.actions import clients
from idp.oidc.clients import basic_credentials
from idp.oidc.wire import FORM
from idp.oidc.wire import Answer
from idp.oidc.wire import HttpRequest
from idp.store.rates import SourceRate
from tests.oidc.stage import Stage
from tests.oidc.stage import basic

WORD = "s3cret word:with+signs%20&="


def ask(stage: Stage, authorization: str | None = None, **form: str) -> Answer:
    """Asks for a service token; only the authentication matters."""
    fields = {"grant_type": "client_credentials", **form}
    body = urllib.parse.urlencode(fields).encode()
    http = HttpRequest("POST", b"", body, FORM, authorization)
    return stage.server.token(http, stage.work())


def service(stage: Stage, method: str = "client_secret_basic", **wish: object) -> None:
    stage.client(
        "svc",
        grant_types=("client_credentials",),
        redirect_uris=(),
        token_endpoint_auth_method=method,
        secret=WORD,
        **wish,
    )


def test_both_parts_of_basic_are_form_decoded(stage: Stage) -> None:
    service(stage)
    assert ask(stage, basic("svc", WORD)).status == 200
    unencoded = base64.b64encode(f"svc:{WORD}".encode()).decode()
    assert ask(stage, f"Basic {unencoded}").status == 401


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "Basic"])
def test_the_name_of_the_scheme_has_no_case(scheme: str) -> None:
    """RFC 9110 section 11.1"""
    given = basic("a", "b").replace("Basic", scheme)
    assert basic_credentials(given) == ("a", "b")


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b":secret").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Basic " + base64.b64encode(b"a%ff:b").decode(),
        "Basic " + base64.b64encode(b"a:b").decode() + "?",
        "Bearer abc",
        "Digest x",
        "",
    ],
)
def test_what_is_no_basic_is_no_authentication(stage: Stage, header: str) -> None:
    assert basic_credentials(header) is None
    service(stage)
    answer = ask(stage, header)
    assert (answer.status, answer.body["error"]) == (401, "invalid_client")
    assert dict(answer.headers)["WWW-Authenticate"].startswith("Basic")


def test_a_secret_in_the_form_works_for_whom_it_is_registered(stage: Stage) -> None:
    service(stage, "client_secret_post")
    assert ask(stage, client_id="svc", client_secret=WORD).status == 200
    assert ask(stage, basic("svc", WORD)).status == 401


def test_exactly_the_registered_method_counts(stage: Stage) -> None:
    service(stage)
    assert ask(stage, client_id="svc", client_secret=WORD).status == 401
    assert ask(stage, client_id="svc").status == 401


@pytest.mark.parametrize(
    "form",
    [
        {"client_secret": WORD},
        {"client_id": "svc", "client_secret": WORD},
        {"client_assertion": "x.y.z"},
        {"client_id": "other"},
    ],
)
def test_two_ways_at_once_are_a_malformed_request(
    stage: Stage, form: dict[str, str]
) -> None:
    service(stage)
    answer = ask(stage, basic("svc", WORD), **form)
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")


def test_the_client_may_say_its_id_in_the_form_as_well(stage: Stage) -> None:
    service(stage)
    assert ask(stage, basic("svc", WORD), client_id="svc").status == 200


def test_a_challenge_goes_only_to_who_used_the_header(stage: Stage) -> None:
    """RFC 6749 section 5.2: a browser would ask its person for a password"""
    answer = ask(stage, client_id="nobody", client_secret="wrong")
    assert (answer.status, answer.body["error"]) == (401, "invalid_client")
    assert "WWW-Authenticate" not in dict(answer.headers)


def disable(stage: Stage) -> None:
    clients.set_enabled(stage.administration(), "svc", enabled=False)


@pytest.mark.parametrize(
    ("name", "secret", "before"),
    [
        ("svc", "wrong", None),
        ("nobody", WORD, None),
        ("n\0body", WORD, None),
        ("ü" * 3, WORD, None),
        ("x" * 10_000, WORD, None),
        ("svc", "", None),
        ("svc", WORD, disable),
    ],
)
def test_every_failure_looks_the_same(
    stage: Stage, name: str, secret: str, before: Callable[[Stage], None] | None
) -> None:
    """SEC-198: texts name no existing object"""
    service(stage)
    if before is not None:
        before(stage)
    answer = ask(stage, basic(name, secret))
    assert answer.status == 401
    assert answer.body == {
        "error": "invalid_client",
        "error_description": "Client authentication failed.",
    }


def test_a_source_that_fails_too_often_waits(new_stage: Callable[..., Stage]) -> None:
    """SEC-124: 429 with Retry-After"""
    stage = new_stage()
    stage.rates = SourceRate("3/minute")
    service(stage)
    for _ in range(3):
        assert ask(stage, basic("svc", "wrong")).status == 401
    answer = ask(stage, basic("svc", WORD))
    assert answer.status == 429
    assert int(dict(answer.headers)["Retry-After"]) > 0


def test_both_secrets_work_while_one_follows_the_other(stage: Stage) -> None:
    """SEC-249"""
    service(stage)
    hour = timedelta(hours=1)
    fresh = clients.rotate_secret(
        stage.administration(), "svc", expire_others_in=hour
    ).client_secret
    assert ask(stage, basic("svc", WORD)).status == 200
    assert ask(stage, basic("svc", fresh)).status == 200
    stage.clock.advance(hours=2)
    assert ask(stage, basic("svc", WORD)).status == 401
    assert ask(stage, basic("svc", fresh)).status == 200
