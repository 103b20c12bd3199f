"""A8: how a client proves who it is, and in which wrapping (AC-108, AC-109)."""

import base64
import json

import pytest

from tests.abuse.oracles import refused
from tests.support.browser import Browser
from tests.support.exchange import encoded
from tests.support.relying_party import RelyingParty
from tests.support.within import Within


@pytest.fixture
def client(provider: Within) -> RelyingParty:
    return provider.client("rp1", "--id", "rp1")


def basic(text: bytes) -> str:
    """Gives a Basic header around arbitrary bytes."""
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    "header",
    [
        basic(b"rp1:wrong"),
        basic(b"rp1:"),
        basic(b":"),
        basic(b"nobody:secret"),
        basic(b"no colon"),
        basic(b"\xff\xfe:\xff"),
        basic(b"%zz:%zz"),
        "Basic !!!not base64!!!",
        "Basic",
        "Basic ",
        "Bearer rp1",
        "Digest x",
    ],
)
def test_a_bad_header_is_no_authentication(
    signed_in: Browser, client: RelyingParty, header: str
) -> None:
    """AC-108, SEC-195"""
    code = client.code(client.ask(signed_in))
    form = exchange_form(client, code)
    answer = client.http.post("/token", form, headers={"Authorization": header})
    refused(answer, "invalid_client", "invalid_request")
    if answer.status == 401:
        assert (answer.header("WWW-Authenticate") or "").startswith("Basic")
    assert client.redeem(code).status == 200


def exchange_form(client: RelyingParty, code: str) -> dict[str, str | None]:
    """Gives a right form for the pending request, without authentication."""
    assert client.pending is not None
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.pending.redirect_uri,
        "code_verifier": client.pending.verifier,
    }


@pytest.mark.parametrize("secret", ["wrong", "", None])
def test_a_bad_secret_in_the_body_is_no_authentication(
    provider: Within, signed_in: Browser, secret: str | None
) -> None:
    """AC-108, SEC-195"""
    client = provider.client("rp1", "--auth-method", "client_secret_post")
    code = client.code(client.ask(signed_in))
    answer = client.redeem(code, client_secret=secret)
    refused(answer, "invalid_client")
    assert "Basic" not in (answer.header("WWW-Authenticate") or "")


def test_two_ways_at_once_are_refused(signed_in: Browser, client: RelyingParty) -> None:
    """AC-108, SEC-195"""
    code = client.code(client.ask(signed_in))
    answer = client.redeem(code, client_id=client.id, client_secret=client.secret)
    refused(answer, "invalid_client", "invalid_request")


def test_a_secret_in_the_address_is_no_authentication(
    signed_in: Browser, client: RelyingParty
) -> None:
    """AC-108, SEC-195"""
    code = client.code(client.ask(signed_in))
    query = encoded({"client_id": client.id, "client_secret": client.secret})
    answer = client.http.post(f"/token?{query}", exchange_form(client, code))
    refused(answer, "invalid_client", "invalid_request")


def test_a_client_with_a_secret_cannot_do_without(
    signed_in: Browser, client: RelyingParty
) -> None:
    """AC-108, SEC-195"""
    code = client.code(client.ask(signed_in))
    client.method = "none"
    refused(client.redeem(code), "invalid_client")


def test_an_unknown_client_looks_like_a_wrong_secret(
    signed_in: Browser, client: RelyingParty
) -> None:
    """AC-108, SEC-195"""
    client.secret, client.pending = "wrong", client.request()
    wrong = client.redeem("some-code")
    client.id = "nobody"
    unknown = client.redeem("some-code")
    assert (wrong.status, wrong.json()) == (unknown.status, unknown.json())


def test_only_a_posted_form_counts(signed_in: Browser, client: RelyingParty) -> None:
    """AC-109, SEC-197"""
    code = client.code(client.ask(signed_in))
    form = exchange_form(client, code)
    secret = (client.id, client.secret or "")
    header = {"Authorization": basic(":".join(secret).encode())}
    text = encoded(form)
    body = json.dumps(form).encode()
    answers = [
        client.http.get("/token", form, headers=header),
        client.http.post(f"/token?{text}", basic=secret),
        *(
            client.http.post(
                "/token", body=content, headers={**header, "Content-Type": kind}
            )
            for kind, content in (
                ("application/json", body),
                ("text/plain", text.encode()),
                ("multipart/form-data; boundary=x", b"--x--"),
            )
        ),
    ]
    for answer in answers:
        assert answer.status in (400, 405, 415), answer
        assert "access_token" not in answer.text
    assert client.redeem(code).status == 200
