"""The suite's side of each module: its three clients, its person, its requests.

Drives the real application over its WSGI door, with a jar of cookies and a parser for
pages, and checks every answer as ``findings`` says.
"""

import dataclasses
import secrets
import urllib.parse
from typing import Any

from idp.app import create_app
from tests.oidc.conformance import findings
from tests.oidc.conformance.findings import Findings
from tests.oidc.stage import PASSWORD
from tests.oidc.stage import App
from tests.oidc.stage import Stage
from tests.support.browser import Browser
from tests.support.exchange import Answer
from tests.support.exchange import Caller
from tests.support.exchange import in_process
from tests.support.exchange import with_query

BASE = "https://suite.example/test/a/ostiary"
CALLBACK = f"{BASE}/callback"
AFTER_LOGOUT = f"{BASE}/post_logout_redirect"
SCOPE = "openid profile email address phone offline_access"
PROFILE = {
    "given_name": "Ada",
    "family_name": "Example",
    "middle_name": "M",
    "nickname": "ad",
    "profile": "https://ada.example/",
    "picture": "https://ada.example/me.png",
    "website": "https://ada.example/home",
    "gender": "female",
    "birthdate": "1970-01-01",
    "zoneinfo": "Europe/Zurich",
    "locale": "en",
    "address": {"formatted": "Street 1, Bern", "country": "CH"},
    "phone_number": "+41 31 000 00 00",
    "phone_number_verified": True,
}


@dataclasses.dataclass
class Login:
    """One pass of a browser: what was sent, what was seen, what came back."""

    sent: dict[str, str]
    fields: dict[str, str]
    forms_seen: int
    page: str | None


@dataclasses.dataclass
class Tokens:
    """What the token endpoint gave, checked."""

    answer: dict[str, Any]
    claims: dict[str, Any]

    @property
    def access(self) -> str:
        return str(self.answer["access_token"])


class Suite:
    """One module under way."""

    def __init__(self, stage: Stage, mode: str) -> None:
        self.stage = stage
        self.mode = mode
        self.found = Findings()
        application = create_app(stage.settings, clock=stage.clock)
        self._database = application
        self._wire = in_process(application)
        self.http = Caller(stage.issuer, self._wire)
        self.browser = Browser(stage.issuer, self._wire)
        self.client = self._client("conf-basic", post_logout=[AFTER_LOGOUT])
        self.post_client = self._client("conf-post", method="client_secret_post")
        self.client2 = self._client("conf-second")
        self.user_id = stage.person(
            "ada", email="ada@example.org", name="Ada Example", profile=PROFILE
        )
        self.metadata = self.http.get("/.well-known/openid-configuration").json()
        self.keys = self.http.get("/.well-known/jwks.json").json()
        findings.check_keys(self.found, self.keys)

    def _client(
        self,
        client_id: str,
        *,
        method: str = "client_secret_basic",
        post_logout: list[str] | None = None,
    ) -> App:
        return self.stage.client(
            client_id,
            redirect_uris=[CALLBACK],
            post_logout_redirect_uris=post_logout or [],
            token_endpoint_auth_method=method,
            scope=SCOPE,
            require_pkce=False,
            claims_in_id_token=False,
        )

    # --- the authorization endpoint

    def parameters(
        self, client: App | None = None, **changes: str | None
    ) -> dict[str, str]:
        """Builds a request as the suite does: no PKCE, in alphabetical order."""
        wanted: dict[str, str | None] = {
            "client_id": (client or self.client).id,
            "nonce": secrets.token_hex(5),
            "redirect_uri": CALLBACK,
            "response_mode": "form_post" if self.mode == "form_post" else None,
            "response_type": "code",
            "scope": "openid",
            "state": secrets.token_hex(5),
            **changes,
        }
        return {k: v for k, v in sorted(wanted.items()) if v is not None}

    def ask(self, sent: dict[str, str], *, by_post: bool = False) -> Login:
        """Sends a request and goes through the pages that a person would."""
        browser = self.browser
        if by_post:
            elsewhere = {"Origin": BASE, "Sec-Fetch-Site": "cross-site"}
            browser.post("/authorize", sent, headers=elsewhere)
        else:
            browser.visit("/authorize", sent)
        forms = 0
        while browser.page == "login-password" and forms < 3:
            forms += 1
            browser.fill("sign-in", username="ada", password=PASSWORD)
        if browser.page == "consent":
            browser.fill("consent", decision="allow")
        return Login(sent, self._received(), forms, browser.page)

    def _received(self) -> dict[str, str]:
        """Gives what reached the client, by the way that was asked for."""
        if self.browser.left_for is not None:
            address, _, query = self.browser.left_for.partition("?")
            self.found.fail_unless(address == CALLBACK, f"sent to {address}")
            self.found.fail_unless("#" not in query, "something in the fragment")
            self.found.fail_unless(self.mode == "query", "answered in the query")
            return dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        if self.browser.page != "form-post":
            return {}
        self.found.fail_unless(self.mode == "form_post", "answered by form")
        (form,) = self.browser.html.forms
        self.found.fail_unless(form.method == "post", "method of the form")
        self.found.fail_unless(form.target == CALLBACK, f"action {form.target}")
        stored = self.browser.answer.header("Cache-Control") or ""
        self.found.fail_unless("no-store" in stored, "a form that is stored")
        return dict(form.fields)

    def login(
        self, client: App | None = None, *, by_post: bool = False, **changes: Any
    ) -> Login:
        """Sends a request that has to succeed."""
        done = self.ask(self.parameters(client, **changes), by_post=by_post)
        fields = done.fields
        self.found.fail_unless(fields.get("state") == done.sent.get("state"), "state")
        self.found.fail_unless(fields.get("iss") == self.stage.issuer, "iss")
        self.found.fail_unless("error" not in fields, f"error {fields}")
        code = fields.get("code", "")
        assert code, (fields, self.browser)
        strong = len(code) >= 16 and findings.bits(code) > 96
        self.found.fail_unless(strong, "weak code")
        return done

    def refused(self, *errors: str, **changes: Any) -> Login:
        """Sends a request that has to be answered by one of these errors."""
        done = self.ask(self.parameters(**changes))
        findings.check_error(self.found, done.fields, done.sent.get("state"))
        error = done.fields.get("error")
        self.found.fail_unless(error in errors, f"error {error}")
        return done

    # --- the token endpoint and userinfo

    def redeem(
        self, done: Login, client: App | None = None, **changes: str | None
    ) -> Answer:
        """Redeems a code."""
        form = {
            "grant_type": "authorization_code",
            "code": done.fields["code"],
            "redirect_uri": CALLBACK,
            **changes,
        }
        return self.token(client or self.client, form)

    def token(self, client: App, form: dict[str, str | None]) -> Answer:
        """Posts to the token endpoint as this client does."""
        secret = client.secret or ""
        if client.record.auth_method == "client_secret_post":
            named = {"client_id": client.id, "client_secret": secret}
            return self.http.post("/token", {**form, **named})
        return self.http.post("/token", form, basic=(client.id, secret))

    def tokens(self, done: Login, client: App | None = None, **more: Any) -> Tokens:
        """Redeems a code and checks everything that comes back."""
        client = client or self.client
        answer = self.redeem(done, client, **more)
        self.found.fail_unless(answer.status == 200, f"status {answer.status}")
        body = answer.json()
        findings.check_token_answer(self.found, body)
        claims = self.id_token(body["id_token"], client)
        nonce = done.sent.get("nonce")
        self.found.fail_unless(claims.get("nonce") == nonce, "nonce")
        scope = done.sent.get("scope", "")
        info = self.userinfo(body["access_token"], scope)
        self.found.fail_unless(info.get("sub") == claims["sub"], "sub of userinfo")
        return Tokens(body, claims)

    def id_token(self, token: str, client: App) -> dict[str, Any]:
        """Checks an ID token; gives its claims."""
        now = self.stage.clock.seconds
        _, claims = findings.check_id_token(self.found, token, self.keys, now)
        self.found.fail_unless(claims["iss"] == self.stage.issuer, "iss of ID token")
        self.found.fail_unless(claims["aud"] == client.id, "aud of ID token")
        return claims

    def userinfo(self, access: str, scope: str = "") -> dict[str, Any]:
        """Asks userinfo by GET; gives its claims."""
        bearer = {"Authorization": f"Bearer {access}"}
        return self.checked_userinfo(self.http.get("/userinfo", headers=bearer), scope)

    def checked_userinfo(self, answer: Answer, scope: str) -> dict[str, Any]:
        """Checks an answer of userinfo; gives its claims."""
        self.found.fail_unless(answer.status == 200, f"userinfo {answer.status}")
        kind = answer.header("Content-Type") or ""
        self.found.fail_unless(kind.startswith("application/json"), kind)
        claims = dict(answer.json())
        findings.check_claims(self.found, claims)
        findings.check_scopes(self.found, claims, scope)
        return claims

    # --- the end of a session

    def sign_out(self, **sent: str | None) -> Browser:
        """Sends the browser to the end-session endpoint."""
        return self.browser.visit(with_query(self.stage.issuer + "/end_session", sent))

    def settle(self) -> None:
        """Says what was found; closes the database."""
        self._database.extensions["ostiary"].new_work  # noqa: B018
        self.found.settle()
