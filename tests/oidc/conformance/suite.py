"""The suite's side of each module: what it sends, and what has to come back.

Drives the real application over HTTPS, with a jar of cookies and a parser for pages,
and checks every answer as ``findings`` says.
"""

import dataclasses
import secrets
import urllib.parse
from collections.abc import Mapping
from typing import Any

from tests.oidc.conformance import findings
from tests.oidc.conformance import published
from tests.oidc.conformance.findings import Findings
from tests.oidc.conformance.op import BASE
from tests.oidc.conformance.op import ELSEWHERE
from tests.oidc.conformance.op import PERSON
from tests.oidc.conformance.op import Provider
from tests.oidc.stage import PASSWORD
from tests.oidc.stage import App
from tests.support.browser import Browser
from tests.support.exchange import FORM
from tests.support.exchange import Answer
from tests.support.exchange import Caller
from tests.support.page import Page

CALLBACK = f"{BASE}/callback"
AFTER_LOGOUT = f"{BASE}/post_logout_redirect"
SHORTEST_CODE = 16
MOST_FORMS = 3
RECENT = 300  # seconds
NOT_SIGNED_IN = (
    *("login_required", "interaction_required"),
    *("account_selection_required", "consent_required"),
)


@dataclasses.dataclass
class Login:
    """One pass of a browser: what was sent, what was seen, what came back."""

    sent: dict[str, str]
    fields: dict[str, str]
    forms: list[Page]
    page: str | None


@dataclasses.dataclass
class Tokens:
    """What the token endpoint gave, checked."""

    answer: dict[str, Any]
    claims: dict[str, Any]
    info: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def access(self) -> str:
        return str(self.answer["access_token"])


class Suite:
    """One module under way."""

    def __init__(self, provider: Provider, mode: str) -> None:
        self.mode = mode
        self.found = Findings()
        self.stage = stage = provider.stage
        self.client = provider.client
        self.post_client = provider.post_client
        self.client2 = provider.client2
        self.user_id = provider.user_id
        self.http = Caller(stage.issuer, provider.wire)
        self.browser = Browser(stage.issuer, provider.wire)
        self.metadata = self._document("/.well-known/openid-configuration")
        published.check_needed(self.found, self.metadata)
        self.keys = self._document(self.metadata["jwks_uri"])
        published.check_keys(self.found, self.keys)

    def _document(self, address: str) -> dict[str, Any]:
        """Fetches a public document; the suite's programs follow no redirect."""
        answer = self.http.get(address)
        self.found.fail_unless(answer.status == 200, f"{address} {answer.status}")
        self.needs_json(answer)
        return dict(answer.json())

    def needs_json(self, answer: Answer) -> None:
        """Checks the type of an answer."""
        kind = answer.header("Content-Type") or ""
        plain = kind.partition(";")[0].strip()
        self.found.fail_unless(plain == "application/json", f"{answer.url}: {kind}")

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

    def ask(self, sent: Mapping[str, str], *, by_post: bool = False) -> Login:
        """Sends a request and goes through the pages that a person would."""
        browser = self.browser
        endpoint = self.metadata["authorization_endpoint"]
        if by_post:
            elsewhere = {"Origin": ELSEWHERE, "Sec-Fetch-Site": "cross-site"}
            browser.post(endpoint, sent, headers=elsewhere)
        else:
            browser.visit(endpoint, sent)
        return self.go_on(sent)

    def go_on(self, sent: Mapping[str, str]) -> Login:
        """Does on our pages what a person would."""
        browser = self.browser
        forms = [browser.html] if browser.page == "login-password" else []
        while browser.page == "login-password" and len(forms) < MOST_FORMS:
            browser.fill("sign-in", username=PERSON, password=PASSWORD)
            forms += [browser.html] if browser.page == "login-password" else []
        if browser.page == "consent":
            browser.fill("consent", decision="allow")
        return Login(dict(sent), self._received(), forms, browser.page)

    def _received(self) -> dict[str, str]:
        """Gives what reached the client, by the way that was asked for."""
        if self.browser.left_for is not None:
            return self._from_address(self.browser.left_for)
        if self.browser.page == "form-post":
            return self._from_form(self.browser.html)
        return {}

    def _from_address(self, where: str) -> dict[str, str]:
        address, _, query = where.partition("?")
        self.found.fail_unless(address == CALLBACK, f"sent to {address}")
        self.found.fail_unless("#" not in where, "something in the fragment")
        self.found.fail_unless(self.mode == "query", "answered in the query")
        return self._single(urllib.parse.parse_qsl(query, keep_blank_values=True))

    def _from_form(self, page: Page) -> dict[str, str]:
        """Section 6: a form that works without script and keeps nothing behind."""
        self.found.fail_unless(self.mode == "form_post", "answered by form")
        (form,) = page.forms
        self.found.fail_unless(form.method == "post", "method of the form")
        kind = page.mark("enctype") or FORM
        self.found.fail_unless(kind == FORM, f"enctype {kind}")
        self.found.fail_unless(form.target == CALLBACK, f"action {form.target}")
        kinds = {field.get("type") for field in form.inputs}
        self.found.fail_unless(kinds == {"hidden"}, f"inputs {kinds}")
        stored = self.browser.answer.header("Cache-Control") or ""
        self.found.fail_unless("no-store" in stored, "a form that is stored")
        return self._single(form.fields)

    def _single(self, pairs: list[tuple[str, str]]) -> dict[str, str]:
        fields = dict(pairs)
        self.found.fail_unless(len(fields) == len(pairs), "a repeated parameter")
        return fields

    def login(
        self, client: App | None = None, *, by_post: bool = False, **changes: str | None
    ) -> Login:
        """Sends a request that has to succeed."""
        return self.succeeded(
            self.ask(self.parameters(client, **changes), by_post=by_post)
        )

    def succeeded(self, done: Login) -> Login:
        """Checks an answer that has to hold a code."""
        fields = done.fields
        self.found.fail_unless(fields.get("state") == done.sent.get("state"), "state")
        self.found.fail_unless(fields.get("iss") == self.stage.issuer, "iss")
        self.found.fail_unless("error" not in fields, f"error {fields}")
        code = fields.get("code", "")
        assert code, (fields, self.browser)
        strong = len(code) >= SHORTEST_CODE and findings.bits(code) > findings.STRONG
        self.found.fail_unless(strong, "weak code")
        return done

    def silent(self, **changes: str | None) -> Login:
        """Sends a request that has to succeed at once, without a page of ours."""
        done = self.login(**changes)
        self.found.fail_unless(not done.forms, "a form although signed in")
        (*between, _) = self.browser.trail
        self.found.fail_unless(not between, f"pages on the way: {between}")
        return done

    def refused(self, *errors: str, **changes: str | None) -> Login:
        """Sends a request that has to be answered by one of these errors."""
        done = self.ask(self.parameters(**changes))
        findings.check_error(self.found, done.fields, done.sent.get("state"))
        iss = done.fields.get("iss")
        self.found.fail_unless(iss == self.stage.issuer, f"iss {iss}")
        error = done.fields.get("error")
        self.found.fail_unless(error in errors, f"error {error}")
        return done

    def kept_here(self, **changes: str | None) -> Browser:
        """Sends a request that has to end on a page of ours about its address."""
        done = self.ask(self.parameters(**changes))
        self.found.fail_unless(done.page == "error", f"ended at {self.browser}")
        self.found.fail_unless(self.browser.error == "redirect-uri", "another error")
        return self.browser

    # --- the token endpoint and userinfo

    def redeem(self, done: Login, client: App | None = None, **more: str) -> Answer:
        """Redeems a code."""
        form = {"code": done.fields["code"], "redirect_uri": CALLBACK, **more}
        return self.token(
            client or self.client, grant_type="authorization_code", **form
        )

    def token(self, client: App, **form: str) -> Answer:
        """Posts to the token endpoint as this client does."""
        method = client.record.auth_method
        known = self.metadata["token_endpoint_auth_methods_supported"]
        self.found.fail_unless(method in known, f"{method} is not published")
        endpoint, secret = self.metadata["token_endpoint"], client.secret or ""
        if method == "client_secret_post":
            named = {"client_id": client.id, "client_secret": secret}
            return self.http.post(endpoint, {**form, **named})
        return self.http.post(endpoint, form, basic=(client.id, secret))

    def tokens(self, done: Login, client: App | None = None, **more: str) -> Tokens:
        """Redeems a code and checks everything that comes back."""
        client = client or self.client
        answer = self.redeem(done, client, **more)
        self.found.fail_unless(answer.status == 200, f"token {answer.status}")
        self.needs_json(answer)
        body = answer.json()
        findings.check_token_answer(self.found, body)
        claims = self.id_token(body["id_token"], client)
        nonce = done.sent.get("nonce")
        self.found.fail_unless(claims.get("nonce") == nonce, "nonce")
        secret_of = {"at_hash": body["access_token"], "c_hash": done.fields["code"]}
        findings.check_hashes(self.found, claims, secret_of)
        tokens = Tokens(body, claims)
        info = self.userinfo(tokens, done.sent.get("scope", ""))
        return dataclasses.replace(tokens, info=info)

    def id_token(self, token: str, client: App) -> dict[str, Any]:
        """Checks an ID token; gives its claims."""
        now = self.stage.clock.seconds
        _, claims = findings.check_id_token(self.found, token, self.keys, now)
        self.found.fail_unless(claims["iss"] == self.stage.issuer, "iss of ID token")
        audience = claims["aud"]
        for_us = client.id in ([audience] if isinstance(audience, str) else audience)
        self.found.fail_unless(for_us, f"aud of ID token {audience}")
        return claims

    def userinfo(self, tokens: Tokens, scope: str = "") -> dict[str, Any]:
        """Asks userinfo by GET; gives its claims."""
        bearer = {"Authorization": f"Bearer {tokens.access}"}
        answer = self.http.get(self.metadata["userinfo_endpoint"], headers=bearer)
        return self.checked_userinfo(answer, tokens, scope)

    def userinfo_by_post(
        self, tokens: Tokens, form: Mapping[str, str], **headers: str
    ) -> dict[str, Any]:
        """Asks userinfo by POST; gives its claims."""
        endpoint = self.metadata["userinfo_endpoint"]
        answer = self.http.post(endpoint, form, headers=headers)
        return self.checked_userinfo(answer, tokens, "")

    def checked_userinfo(
        self, answer: Answer, tokens: Tokens, scope: str
    ) -> dict[str, Any]:
        """Checks an answer of userinfo; gives its claims."""
        self.found.fail_unless(answer.status == 200, f"userinfo {answer.status}")
        self.needs_json(answer)
        claims = dict(answer.json())
        same = claims.get("sub") == tokens.claims["sub"]
        self.found.fail_unless(same, f"sub of userinfo {claims.get('sub')}")
        findings.check_claims(self.found, claims, self.stage.clock.seconds)
        findings.check_scopes(self.found, claims, scope)
        return claims

    def invalid_grant(self, answer: Answer) -> None:
        """Checks a refusal by the token endpoint."""
        self.found.fail_unless(answer.status == 400, f"status {answer.status}")
        self.needs_json(answer)
        body = answer.json()
        error = body.get("error")
        self.found.fail_unless(error == "invalid_grant", f"error {error}")
        findings.check_refusal(self.found, body)

    def same_login(self, first: Tokens, second: Tokens) -> None:
        """Checks that nobody signed in between two answers."""
        for name in ("sub", "auth_time"):
            same = first.claims.get(name) == second.claims.get(name)
            self.found.fail_unless(same, f"{name} is another")

    def later_login(self, first: Tokens, second: Tokens) -> None:
        """Checks that the same person signed in again between two answers."""
        moments = [tokens.claims.get("auth_time") for tokens in (first, second)]
        known = None not in moments
        self.found.fail_unless(known and moments[0] < moments[1], f"times {moments}")
        recent = known and self.stage.clock.seconds - moments[1] <= RECENT
        self.found.fail_unless(recent, f"an old login: {moments}")
        same = first.claims["sub"] == second.claims["sub"]
        self.found.fail_unless(same, "another sub")

    # --- the end of a session

    def sign_out(self, **sent: str | None) -> Browser:
        """Sends the browser to the end-session endpoint."""
        fields = {name: value for name, value in sent.items() if value is not None}
        return self.browser.visit(self.metadata["end_session_endpoint"], fields)


def long_state() -> str:
    """Gives the longest state that the suite sends: 128 characters, some odd."""
    return secrets.token_hex(62) + "-._~"
