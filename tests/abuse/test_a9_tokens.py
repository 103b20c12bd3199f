"""A9: tokens that are not what they say, and who may ask about whose.

One person is signed in for all of it. A logout token as a hint, and tokens whose times
or issuer are wrong though we signed them, need our keys: tests/oidc/test_keys.py,
tests/oidc/test_access_token.py.
"""

import base64
import contextlib
import dataclasses
import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.jwk import RSAKey

from tests.support.browser import Browser
from tests.support.exchange import Answer
from tests.support.people import Person
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens
from tests.support.within import Prepared
from tests.support.within import Within
from tests.support.within import within

DEAD = {"active": False}


@dataclasses.dataclass
class Holder:
    """An application that holds tokens of somebody, and another that does not."""

    provider: Within
    mia: Person
    browser: Browser
    wiki: RelyingParty
    other: RelyingParty
    tokens: Tokens

    def hint(self, text: str) -> dict[str, str]:
        """Tries a text as `id_token_hint` without a page."""
        party = self.wiki.twin()
        browser = party.ask(self.browser.tab(), prompt="none", id_token_hint=text)
        return party.received(browser)


@pytest.fixture(scope="module")
def holder(
    tmp_path_factory: pytest.TempPathFactory, prepared_sqlite: Prepared
) -> Iterator[Holder]:
    with within(tmp_path_factory.mktemp("tokens"), prepared_sqlite) as provider:
        mia = provider.person("mia")
        browser = mia.sign_in(provider.browser())
        wiki, other = provider.client("rp1"), provider.client("rp2")
        tokens = wiki.collect(wiki.ask(browser.tab()))
        yield Holder(provider, mia, browser, wiki, other, tokens)


@contextlib.contextmanager
def nobody_asks() -> Iterator[str]:
    """NOFETCH: gives an address that nothing may be fetched from."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/keys"
        with pytest.raises(BlockingIOError):
            listener.accept()


def encoded(value: bytes | dict[str, Any]) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def decoded(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return found


def shared(header: dict[str, Any], payload: str, secret: bytes) -> str:
    """Signs with a public key taken for a shared secret."""
    signed = f"{encoded({**header, 'alg': 'HS256'})}.{payload}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def forged(token: str, published: list[dict[str, Any]], away: str) -> dict[str, str]:
    """Gives what looks like a token, by what is wrong with it."""
    head, payload, signature = token.split(".")
    header, claims = decoded(head), decoded(payload)
    public = next(key for key in published if key["kid"] == header["kid"])
    kind = {"RSA": RSAKey, "EC": ECKey}[public["kty"]]
    own = RSAKey.generate_key(2048) if kind is RSAKey else ECKey.generate_key("P-256")
    ours = {**header, "kid": "ours"}
    extra = {
        "jwk": {"jwk": own.as_dict(private=False)},
        "jku": {"jku": away},
        "x5u": {"x5u": away},
        "known kid": {},
    }
    made = {
        name: jws.serialize_compact(
            {**(header if name == "known kid" else ours), **more},
            json.dumps(claims).encode(),
            own,
            algorithms=[header["alg"]],
        )
        for name, more in extra.items()
    }
    pem = kind.import_key(public).as_pem(private=False)
    return {
        **made,
        "alg none": f"{encoded({**header, 'alg': 'none'})}.{payload}.",
        "HS256, PEM": shared(header, payload, pem),
        "HS256, JWK": shared(header, payload, json.dumps(public).encode()),
        "unknown kid": f"{encoded(ours)}.{payload}.{signature}",
        "crit": f"{encoded({**header, 'crit': ['x'], 'x': 1})}.{payload}.{signature}",
        "payload": f"{head}.{encoded({**claims, 'sub': 'admin'})}.{signature}",
        "no signature": f"{head}.{payload}.",
    }


def challenged(answer: Answer) -> None:
    """Userinfo said no, as RFC 6750 section 3 has it."""
    assert answer.status == 401, answer
    assert 'error="invalid_token"' in (answer.header("WWW-Authenticate") or "")


def test_what_somebody_else_made_is_no_token(holder: Holder) -> None:
    """AC-117, SEC-210, SEC-211, SEC-212"""
    keys = holder.provider.http.get("/.well-known/jwks.json").json()["keys"]
    with nobody_asks() as away:
        for name, text in forged(holder.tokens.answer["id_token"], keys, away).items():
            assert holder.hint(text).get("error") == "login_required", name
        for name, text in forged(holder.tokens.access, keys, away).items():
            challenged(holder.wiki.userinfo(text))
            assert holder.wiki.introspect(text).json() == DEAD, name
    assert "code" in holder.hint(holder.tokens.answer["id_token"])
    assert holder.wiki.userinfo(holder.tokens.access).status == 200


def test_a_token_of_one_kind_is_none_of_another(holder: Holder) -> None:
    """AC-118, SEC-213"""
    code = holder.wiki.code(holder.wiki.ask(holder.browser.tab()))
    for text in (holder.tokens.answer["id_token"], holder.tokens.refresh, code):
        challenged(holder.wiki.userinfo(text))
    for text in (holder.tokens.access, holder.tokens.refresh, code):
        assert holder.hint(text)["error"] == "login_required"
    assert holder.wiki.redeem(code).status == 200, "asking has spent nothing"


def test_a_token_ends_and_is_good_in_one_place_only(holder: Holder) -> None:
    """AC-119, SEC-214, SEC-215, RFC 8707"""
    api = "https://payroll.example/api"
    app = holder.provider.client("rp3", "--allow-resource", api)
    elsewhere = app.collect(app.ask(holder.browser.tab(), resource=api))
    assert elsewhere.access_claims["aud"] == api
    challenged(app.userinfo(elsewhere.access))
    assert app.introspect(elsewhere.access).json()["aud"] == api

    tokens = holder.wiki.collect(holder.wiki.ask(holder.browser.tab()))
    holder.provider.move.advance(seconds=599)
    assert holder.wiki.userinfo(tokens.access).status == 200
    holder.provider.move.advance(seconds=1)
    challenged(holder.wiki.userinfo(tokens.access))
    assert holder.wiki.introspect(tokens.access).json() == DEAD
    holder.tokens = holder.wiki.refreshed(tokens)


def test_nobody_learns_of_a_token_that_is_not_theirs(holder: Holder) -> None:
    """AC-120, SEC-226"""
    access = holder.tokens.access
    stranger = holder.provider.http.post("/introspect", {"token": access})
    assert (stranger.status, stranger.json()["error"]) == (401, "invalid_client")
    assert "sub" not in stranger.text
    assert holder.other.introspect(access).json() == DEAD
    unknown = ["x", "a.b.c", "\x00", "é" * 20, access[:-9] + "AAAAAAAAA", "x" * 10**6]
    for text in unknown:
        answer = holder.wiki.introspect(text)
        assert (answer.status, answer.json()) == (200, DEAD), text[:20]
    assert holder.wiki.introspect(access).json()["active"] is True


def test_introspection_says_what_the_token_says(holder: Holder) -> None:
    """RFC 9470 section 6.2, RFC 7662: the level, the ways and the time"""
    told = holder.wiki.introspect(holder.tokens.access).json()
    for name in ("acr", "amr", "auth_time", "sid", "sub", "aud", "iss", "client_id"):
        assert told[name] == holder.tokens.access_claims[name], name
    for name in ("acr", "amr", "auth_time"):
        assert told[name] == holder.tokens.claims[name], name


def test_nobody_revokes_what_is_not_theirs(holder: Holder) -> None:
    """AC-121, SEC-227"""
    tokens = holder.wiki.collect(holder.wiki.ask(holder.browser.tab()))
    for text in (tokens.access, tokens.refresh, "unknown", "a.b.c"):
        answer = holder.other.revoke(text)
        assert (answer.status, answer.text) == (200, "{}")
    assert holder.wiki.introspect(tokens.access).json()["active"] is True
    assert holder.wiki.introspect(tokens.refresh).json()["active"] is True

    secret = (holder.wiki.id, holder.wiki.secret or "")
    wrong = {"token": tokens.refresh, "token_type_hint": "access_token"}
    assert holder.provider.http.post("/revoke", wrong, basic=secret).status == 200
    assert holder.wiki.introspect(tokens.access).json() == DEAD


def test_a_token_is_sent_in_one_way(holder: Holder) -> None:
    """AC-122, SEC-225, RFC 6750 section 2"""
    access, http = holder.tokens.access, holder.provider.http
    bearer = {"Authorization": f"Bearer {access}"}
    both = http.post("/userinfo", {"access_token": access}, headers=bearer)
    assert (both.status, both.json()["error"]) == (400, "invalid_request")
    assert http.get("/userinfo", {"access_token": access}).status == 401
    basic = base64.b64encode(f"mia:{access}".encode()).decode()
    for value in (f"Basic {basic}", f"Token {access}", access, f"Bearer{access}"):
        assert http.get("/userinfo", headers={"Authorization": value}).status == 401
    address = http.address("/userinfo")
    twice = [("Authorization", f"Bearer {access}")] * 2
    assert holder.provider.wire("GET", address, twice).status in (400, 401)
    for scheme in ("bearer", "BEARER", "BeArEr"):
        sent = {"Authorization": f"{scheme} {access}"}
        assert http.get("/userinfo", headers=sent).status == 200


def test_documents_hold_nothing_private_and_know_who_they_are(holder: Holder) -> None:
    """AC-123, SEC-107, SEC-218"""
    http = holder.provider.http
    keys = http.get("/.well-known/jwks.json").json()["keys"]
    private = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
    assert keys
    assert not [key["kid"] for key in keys if private.intersection(key)]
    assert not [key["kid"] for key in keys if key["kty"] == "oct"]

    forwarded = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    for headers in ({}, forwarded, {"X-Forwarded-Proto": "https"}):
        answer = http.get("/.well-known/openid-configuration", headers=headers)
        assert answer.json()["issuer"] == holder.provider.issuer
        assert "evil" not in answer.text


def test_who_has_the_name_of_somebody_deleted_is_somebody_else(
    provider_on_each: Within,
) -> None:
    """AC-124, SEC-217: tokens, sessions and consents are not inherited"""
    provider = provider_on_each
    provider.policy("optional")
    guest = provider.client("rp1", "--ask-consent")
    first = provider.person("mia", enrolled=False)
    browser = first.enter_password(guest.ask(provider.browser()))
    before = guest.collect(browser.fill("consent", decision="allow"))
    provider.command("user", "delete", "mia")

    second = provider.person("mia", enrolled=False)
    assert guest.userinfo(before.access).status == 401
    assert guest.refresh(before.refresh).json()["error"] == "invalid_grant"
    assert guest.ask(browser).page == "login-password"
    second.enter_password(browser)
    assert browser.page == "consent", "what was allowed was allowed by somebody else"
    after = guest.collect(browser.fill("consent", decision="allow"))
    assert after.claims["sub"] == second.id != before.claims["sub"]
