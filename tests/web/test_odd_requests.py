"""SEC-287, SEC-288: nothing that can be sent to a route is a fault of ours."""

import dataclasses
from collections.abc import Iterator
from urllib.parse import quote
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from tests.support.exchange import Answer
from tests.support.within import Prepared
from tests.support.within import Within
from tests.support.within import within
from tests.web.routes import ROUTES
from tests.web.routes import at

NAMES = [
    "client_id",
    "client_secret",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "nonce",
    "prompt",
    "max_age",
    "acr_values",
    "claims",
    "ui_locales",
    "login_hint",
    "id_token_hint",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
    "request",
    "request_uri",
    "resource",
    "display",
    "grant_type",
    "code",
    "code_verifier",
    "refresh_token",
    "token",
    "token_type_hint",
    "access_token",
    "post_logout_redirect_uri",
    "confirm",
    "username",
    "password",
    "backup_code",
    "current_password",
    "new_password",
    "new_password_again",
    "saved",
    "decision",
    "csrf_token",
    "language",
    "session",
    "application",
    "event",
    "before",
    "query",
]
WORDS = (
    "",
    "wiki",
    "code",
    "login",
    "none login",
    "openid",
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "-1",
    "9" * 40,
    "1e9",
    "S256",
    "https://wiki.example/cb",
    "https://[::1",
    "javascript:alert(1)",
    "{}",
    "[" * 2000,
    '{"id_token":{"acr":{"essential":true,"values":[[]]}}}',
    '{"userinfo":3}',
    "a.b.c",
    "eyJhbGciOiJub25lIn0.e30.",
    "\0",
    "\ud800",
    "\u202e",
    "é" * 300,
    "a" * 5000,
    "a" * 70_000,
    "%s%n{{7*7}}",
    "' OR 1=1 --",
    "../../../etc/passwd",
)
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE")
TYPES = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/json",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain",
    "a/\u00e9",
    "",
)
HEADERS = (
    "Authorization",
    "Origin",
    "Sec-Fetch-Site",
    "Accept-Language",
    "Cookie",
    "User-Agent",
    "X-Forwarded-For",
    "Referer",
    "If-None-Match",
    "Range",
)
CREDENTIALS = (
    "Basic",
    "Basic !!!",
    "Basic d2lraQ==",
    "Basic /////w==",
    "Bearer",
    "Bearer a.b.c",
    "Bearer \u00e9",
    "Digest x",
    "idp_session=; idp_browser=x",
    'idp_session="\\377"',
    "idp_browser=" + "\u00ff" * 40,
    "192.0.2.1, [::1",
    "null",
    "bytes=0-,5-1",
    "*;q=9",
    "de-" * 500,
)

values = st.sampled_from(WORDS) | st.text(max_size=20)
pairs = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=6)
latin = st.text(
    st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20
)
headers = st.lists(
    st.tuples(st.sampled_from(HEADERS), st.sampled_from(CREDENTIALS) | latin),
    max_size=3,
    unique_by=lambda pair: pair[0],
)


@dataclasses.dataclass
class Target:
    """A provider with somebody signed in and a login under way."""

    provider: Within
    jar: str
    login_id: str
    tokens: dict[str, str]

    def send(
        self,
        method: str,
        rule: str,
        query: list[tuple[str, str]],
        form: list[tuple[str, str]] | bytes,
        sent: list[tuple[str, str]],
    ) -> Answer:
        """Sends anything anywhere."""
        path = at(rule, self.login_id)
        address = f"{self.provider.issuer}{path}?{_encoded(query)}"
        body = form if isinstance(form, bytes) else _encoded(form).encode()
        return self.provider.wire(method, address, sent, body)


def _encoded(fields: list[tuple[str, str]]) -> str:
    quoted = (
        f"{name}={quote_plus(value, errors='surrogatepass')}" for name, value in fields
    )
    return "&".join(quoted)


@pytest.fixture(scope="module")
def target(
    prepared_sqlite: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("odd") / "provider"
    folder.mkdir()
    with within(folder, prepared_sqlite) as provider:
        provider.client("Wiki", "--id", "wiki")
        mia = provider.person("mia", "--role", "administrator")
        browser = mia.sign_in(provider.browser())
        page = browser.tab().visit("/settings/password")
        again = provider.client("Payroll").ask(browser.tab(), prompt="login")
        provider.policy("optional")
        jar = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        tokens = {
            "session": _token(page.html.forms),
            "login": _token(again.html.forms),
        }
        yield Target(provider, jar, again.at.split("/")[-2], tokens)


def _token(forms: list) -> str:  # type: ignore[type-arg]
    return next(
        value for form in forms for name, value in form.fields if name == "csrf_token"
    )


KEEP_GOING = settings(
    max_examples=1000,
    derandomize=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@KEEP_GOING
@given(
    method=st.sampled_from(METHODS),
    rule=st.sampled_from(sorted(ROUTES)),
    query=pairs,
    form=pairs | st.binary(max_size=60),
    kind=st.sampled_from(TYPES),
    sent=headers,
    as_mia=st.booleans(),
)
def test_no_request_is_a_fault(
    target: Target,
    method: str,
    rule: str,
    query: list[tuple[str, str]],
    form: list[tuple[str, str]] | bytes,
    kind: str,
    sent: list[tuple[str, str]],
    as_mia: bool,
) -> None:
    all_sent = [*sent, ("Content-Type", kind)]
    if as_mia:
        all_sent = [pair for pair in all_sent if pair[0] != "Cookie"]
        all_sent.append(("Cookie", target.jar))
    answer = target.send(method, rule, query, form, all_sent)
    assert answer.status < 500, answer


@KEEP_GOING
@given(
    rule=st.sampled_from(sorted(name for name, route in ROUTES.items() if route.form)),
    form=pairs,
)
def test_no_form_with_its_token_is_a_fault(
    target: Target, rule: str, form: list[tuple[str, str]]
) -> None:
    if rule in ("/logout", "/settings/sessions"):
        return  # would end the session that the others need
    token = target.tokens[ROUTES[rule].form or "session"]
    fields = [pair for pair in form if pair[0] != "csrf_token"]
    answer = target.send(
        "POST",
        rule,
        [],
        [*fields, ("csrf_token", token)],
        [("Content-Type", TYPES[0]), ("Cookie", target.jar)],
    )
    assert answer.status < 500, answer
    # Her role requires MFA, so turning it off is against a rule; the form was ours.
    assert answer.status != 403 or 'data-error="policy"' in answer.text, answer


@KEEP_GOING
@given(
    path=st.text(max_size=30),
    login_id=st.text(min_size=1, max_size=30),
    rule=st.sampled_from(sorted(ROUTES)),
)
def test_no_address_is_a_fault(
    target: Target, path: str, login_id: str, rule: str
) -> None:
    for text in (path, at(rule, login_id).lstrip("/")):
        address = quote(text, safe="/", errors="surrogatepass")
        answer = target.provider.wire("GET", f"{target.provider.issuer}/{address}")
        assert answer.status < 500, answer
