"""An application that delegates its login, as a careful developer would write it.

Makes authorization requests with PKCE, state and nonce, checks `iss` and `state`
of the answer, redeems codes and verifies ID tokens against the published keys.
"""

import base64
import copy
import dataclasses
import datetime
import hashlib
import secrets
import urllib.parse
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from joserfc import jws
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support.browser import Browser
from tests.support.exchange import Answer
from tests.support.exchange import Caller
from tests.support.exchange import with_query

ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]
LEEWAY = 60  # seconds


@dataclasses.dataclass
class Request:
    """An authorization request that was sent, and what must match the answer."""

    url: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str


@dataclasses.dataclass
class Tokens:
    """A successful answer of the token endpoint, verified."""

    answer: dict[str, Any]
    claims: dict[str, Any]
    access_claims: dict[str, Any]

    @property
    def access(self) -> str:
        """Gives the access token."""
        return str(self.answer["access_token"])

    @property
    def refresh(self) -> str:
        """Gives the refresh token."""
        return str(self.answer["refresh_token"])

    @property
    def scope(self) -> set[str]:
        """Gives what was granted."""
        return set(self.answer["scope"].split())


class RelyingParty:
    """One application with its registration."""

    def __init__(
        self,
        http: Caller,
        registration: dict[str, Any],
        clock: Callable[[], datetime.datetime],
    ) -> None:
        self.http = http
        self.id = str(registration["client_id"])
        self.secret: str | None = registration.get("client_secret")
        self.method = registration["token_endpoint_auth_method"]
        self.redirect_uris = list(registration.get("redirect_uris", []))
        self.redirect_uri = next(iter(self.redirect_uris), "")
        self.clock = clock
        self.pending: Request | None = None

    def twin(self) -> "RelyingParty":
        """Gives another process of the same application, with requests of its own."""
        return copy.copy(self)

    # --- the way through the browser

    def request(self, **changes: str | None) -> Request:
        """Builds a request; a parameter changed to None is left out."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        parameters: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        parameters.update(changes)
        return Request(
            with_query(self.http.address("/authorize"), parameters),
            parameters["redirect_uri"] or "",
            parameters["state"] or "",
            parameters["nonce"] or "",
            verifier,
        )

    def ask(self, browser: Browser, **changes: str | None) -> Browser:
        """Sends the browser to the provider with a new request."""
        self.pending = self.request(**changes)
        return browser.visit(self.pending.url)

    def push(self, **changes: str | None) -> Answer:
        """Pushes a new request beforehand (RFC 9126); the browser has to follow."""
        request = self.request(**changes)
        query = urllib.parse.urlsplit(request.url).query
        fields = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        answer = self._authenticated("/par", fields)
        if answer.status == 201:
            self.pending = dataclasses.replace(
                request, url=self.referring(answer.json()["request_uri"])
            )
        return answer

    def referring(self, request_uri: str) -> str:
        """Builds the address that leads a browser to a pushed request."""
        named = {"client_id": self.id, "request_uri": request_uri}
        return with_query(self.http.address("/authorize"), named)

    def follow(self, browser: Browser) -> Browser:
        """Sends the browser to the provider with what was pushed."""
        assert self.pending is not None
        return browser.visit(self.pending.url)

    def received(self, browser: Browser) -> dict[str, str]:
        """Gives the answer that came back, with `iss` and `state` right."""
        if self.pending is None or browser.left_for is None:
            raise AssertionError(f"nothing came back: {browser!r}")
        address, _, query = browser.left_for.partition("?")
        pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
        answer = dict(pairs)
        assert len(answer) == len(pairs), f"repeated parameters: {query}"
        assert address == self.pending.redirect_uri.partition("?")[0], address
        assert answer.get("iss") == self.http.address(""), answer
        assert answer.get("state", "") == self.pending.state, answer
        return answer

    def error(self, browser: Browser) -> str:
        """Gives the error that came back; fails when a code did."""
        answer = self.received(browser)
        assert "code" not in answer, answer
        return answer["error"]

    def code(self, browser: Browser) -> str:
        """Gives the code that came back; fails when an error did."""
        answer = self.received(browser)
        assert "error" not in answer, answer
        return answer["code"]

    def collect(self, browser: Browser) -> Tokens:
        """Redeems the code that came back and verifies everything."""
        code = self.code(browser)
        assert self.pending is not None
        tokens = self.verified(self.redeem(code))
        assert tokens.claims.get("nonce") == self.pending.nonce
        return tokens

    # --- the way behind it

    def token(self, **form: str | None) -> Answer:
        """Posts to the token endpoint with this client's authentication."""
        return self._authenticated("/token", form)

    def _authenticated(self, path: str, form: Mapping[str, str | None]) -> Answer:
        fields = dict(form)
        basic = None
        if self.method == "client_secret_basic" and self.secret is not None:
            basic = (self.id, self.secret)
        else:
            fields.setdefault("client_id", self.id)
        if self.method == "client_secret_post":
            fields.setdefault("client_secret", self.secret)
        return self.http.post(path, fields, basic=basic)

    def redeem(self, code: str, **changes: str | None) -> Answer:
        """Presents a code with everything that belongs to the pending request."""
        assert self.pending is not None
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.pending.redirect_uri,
            "code_verifier": self.pending.verifier,
        }
        return self.token(**{**form, **changes})

    def refresh(self, token: str, **changes: str | None) -> Answer:
        """Presents a refresh token."""
        form: dict[str, str | None] = {"grant_type": "refresh_token"}
        return self.token(**{**form, "refresh_token": token, **changes})

    def refreshed(self, tokens: Tokens, **changes: str | None) -> Tokens:
        """Refreshes and verifies what came back."""
        return self.verified(self.refresh(tokens.refresh, **changes))

    def introspect(self, token: str) -> Answer:
        """Asks whether a token lives (RFC 7662)."""
        return self._authenticated("/introspect", {"token": token})

    def revoke(self, token: str) -> Answer:
        """Gives a token back (RFC 7009)."""
        return self._authenticated("/revoke", {"token": token})

    def userinfo(self, access_token: str) -> Answer:
        """Asks who the holder of an access token is."""
        bearer = {"Authorization": f"Bearer {access_token}"}
        return self.http.get("/userinfo", headers=bearer)

    # --- trusting nothing

    def verified(self, answer: Answer) -> Tokens:
        """Checks a token answer and the tokens in it (OpenID Connect Core 3.1.3.7)."""
        assert answer.status == 200, answer
        body = answer.json()
        assert body["token_type"] == "Bearer"
        access = self._decode(body["access_token"], "at+jwt")
        claims: dict[str, Any] = {}
        if "id_token" in body:
            claims = self._decode(body["id_token"], None)
            assert claims["aud"] in (self.id, [self.id])
            assert claims["at_hash"] == half_hash(body["access_token"])
        return Tokens(body, claims, access)

    def _decode(self, token: str, kind: str | None) -> dict[str, Any]:
        keys = self.http.get("/.well-known/jwks.json").json()
        published = KeySet.import_key_set(keys)
        decoded = jwt.decode(token, published, algorithms=ALGORITHMS)
        header = self.header(token)
        assert header["kid"] in {key["kid"] for key in keys["keys"]}
        assert kind is None or header["typ"] == kind
        claims = dict(decoded.claims)
        now = self.clock().timestamp()
        assert claims["iss"] == self.http.address("")
        assert claims["iat"] - LEEWAY <= now < claims["exp"]
        assert None not in claims.values()
        return claims

    @staticmethod
    def header(token: str) -> dict[str, Any]:
        """Gives the header of a signed token, unverified."""
        return dict(jws.extract_compact(token.encode()).headers())


def challenge(verifier: str) -> str:
    """Computes the S256 challenge of RFC 7636 section 4.2."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def half_hash(token: str) -> str:
    """Computes `at_hash` for an algorithm that signs with SHA-256."""
    digest = hashlib.sha256(token.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
