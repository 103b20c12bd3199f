"""RP-Initiated OP: the ways to ask for sign-out (conformance.md section 8).

Each test is one module of the suite, named in its docstring.
"""

import base64
import json
import string
import urllib.parse

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.oidc.conformance import published
from tests.oidc.conformance.suite import AFTER_LOGOUT
from tests.oidc.conformance.suite import BASE
from tests.oidc.conformance.suite import NOT_SIGNED_IN
from tests.oidc.conformance.suite import Suite
from tests.oidc.conformance.suite import Tokens
from tests.oidc.conformance.suite import long_state
from tests.support.browser import Browser

PUNCTUATION = "!\"#$%&'()*,-./:<=>?@[\\]^_`{|}~"
STATE = (string.ascii_letters + string.digits)[:60] + PUNCTUATION


@pytest.fixture
def suite(by_query: Suite) -> Suite:
    return by_query


@pytest.fixture
def tokens(suite: Suite) -> Tokens:
    return suite.tokens(suite.login(state=long_state()))


def full(tokens: Tokens, **changes: str | None) -> dict[str, str | None]:
    """Gives the request of the suite, but for the changes."""
    return {
        "id_token_hint": tokens.answer["id_token"],
        "post_logout_redirect_uri": AFTER_LOGOUT,
        "state": STATE,
        **changes,
    }


def went_back(suite: Suite, browser: Browser) -> dict[str, str]:
    """Confirms where asked; gives what arrived at the registered address."""
    if browser.page == "logout-confirm":
        browser.fill("sign-out", confirm="yes")
    assert browser.left_for is not None, browser
    address, _, query = browser.left_for.partition("?")
    suite.found.fail_unless(address == AFTER_LOGOUT, f"sent to {address}")
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    suite.found.warn_unless(len(pairs) <= 1, f"more than state: {query}")
    return dict(pairs)


def stays(suite: Suite, browser: Browser) -> None:
    """Checks that no redirect leaves us, before and after a yes of the person."""
    kept = browser.left_for is None
    suite.found.fail_unless(kept, f"redirected to {browser.left_for}")
    shown = ("logout-confirm", "logged-out", "error")
    suite.found.fail_unless(browser.page in shown, f"page {browser.page}")
    if browser.page == "logout-confirm":
        browser.fill("sign-out", confirm="yes")
        kept = browser.left_for is None
        suite.found.fail_unless(kept, f"redirected to {browser.left_for}")


def is_over(suite: Suite) -> None:
    """Checks that nobody is signed in any longer."""
    suite.refused(*NOT_SIGNED_IN, prompt="none")


def test_the_endpoint_is_published(suite: Suite) -> None:
    """oidcc-rp-initiated-logout-discovery-endpoint-verification"""
    address = suite.metadata.get("end_session_endpoint", "")
    suite.found.fail_unless(address.startswith("https://"), f"endpoint {address}")
    published.check_endpoints(suite.found, suite.metadata)


def test_the_browser_comes_back_with_the_state(suite: Suite, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout"""
    arrived = went_back(suite, suite.sign_out(**full(tokens)))
    suite.found.fail_unless(arrived.get("state") == STATE, f"state {arrived}")
    is_over(suite)


def test_without_a_state_none_comes_back(suite: Suite, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout-no-state"""
    arrived = went_back(suite, suite.sign_out(**full(tokens, state=None)))
    suite.found.fail_unless(not arrived, f"came back with {arrived}")
    is_over(suite)


def test_another_address_is_never_gone_to(suite: Suite, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout-bad-post-logout-redirect-uri"""
    bad = f"{BASE}/bad_post_logout_redirect_uri"
    stays(suite, suite.sign_out(**full(tokens, post_logout_redirect_uri=bad)))


def test_an_address_with_a_query_is_another(suite: Suite, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri"""
    added = f"{AFTER_LOGOUT}?foo=bar"
    stays(suite, suite.sign_out(**full(tokens, post_logout_redirect_uri=added)))


def test_a_hint_without_signature_leads_nowhere(suite: Suite, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout-modified-id-token-hint"""
    claims = tokens.answer["id_token"].split(".")[1]
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode())
    hint = f"{head.rstrip(b'=').decode()}.{claims}."
    stays(suite, suite.sign_out(**full(tokens, id_token_hint=hint)))


def test_a_hint_of_the_client_leads_nowhere(suite: Suite, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout-bad-id-token-hint"""
    now = suite.stage.clock.seconds
    claims = {"sub": tokens.claims["sub"], "iat": now, "exp": now + 300}
    claims.update(iss=suite.client.id, aud=suite.stage.issuer)
    key = OctKey.import_key(suite.client.secret or "")
    hint = jwt.encode({"alg": "HS256"}, claims, key, algorithms=["HS256"])
    stays(suite, suite.sign_out(**full(tokens, id_token_hint=hint)))


def test_without_a_hint_no_address_is_gone_to(suite: Suite, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout-no-id-token-hint"""
    stays(suite, suite.sign_out(**full(tokens, id_token_hint=None)))


def test_without_an_address_there_is_no_default(suite: Suite, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout-no-post-logout-redirect-uri"""
    stays(suite, suite.sign_out(**full(tokens, post_logout_redirect_uri=None)))
    assert suite.browser.page == "logged-out"
    is_over(suite)


def test_without_anything_the_person_is_asked(suite: Suite, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout-no-params"""
    assert tokens.answer
    stays(suite, suite.sign_out())
    assert suite.browser.page == "logged-out"
    is_over(suite)


def test_a_state_alone_is_shown_nowhere(suite: Suite, tokens: Tokens) -> None:
    """oidcc-rp-initiated-logout-only-state"""
    assert tokens.answer
    browser = suite.sign_out(state=STATE)
    suite.found.fail_unless(STATE not in browser.text, "the state is shown")
    stays(suite, browser)
    suite.found.fail_unless(STATE not in browser.answer.text, "the state is shown")
    is_over(suite)
