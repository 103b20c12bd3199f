"""RP-Initiated OP: the ways to ask for sign-out (conformance.md section 8).

Each test is the module of the suite that it is named after.
"""

import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.oidc.conformance import published
from tests.oidc.conformance.logout import STATE
from tests.oidc.conformance.logout import full
from tests.oidc.conformance.logout import is_over
from tests.oidc.conformance.logout import went_back
from tests.oidc.conformance.op import BASE
from tests.oidc.conformance.suite import AFTER_LOGOUT
from tests.oidc.conformance.suite import Suite
from tests.oidc.conformance.suite import Tokens
from tests.oidc.conformance.suite import long_state
from tests.support.browser import Browser


@pytest.fixture
def suite(by_query: Suite) -> Suite:
    return by_query


@pytest.fixture
def tokens(suite: Suite) -> Tokens:
    return suite.tokens(suite.login(state=long_state()))


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


def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(
    suite: Suite,
) -> None:
    """The endpoint is published."""
    published.check_logout(suite.found, suite.metadata)


def test_oidcc_rp_initiated_logout(suite: Suite, tokens: Tokens) -> None:
    """The browser comes back with the state."""
    arrived = went_back(suite, suite.sign_out(**full(tokens)))
    suite.found.fail_unless(arrived.get("state") == STATE, f"state {arrived}")
    is_over(suite)


def test_oidcc_rp_initiated_logout_no_state(suite: Suite, tokens: Tokens) -> None:
    """Without a state none comes back."""
    arrived = went_back(suite, suite.sign_out(**full(tokens, state=None)))
    suite.found.fail_unless(not arrived, f"came back with {arrived}")
    is_over(suite)


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(
    suite: Suite, tokens: Tokens
) -> None:
    """Another address is never gone to."""
    bad = f"{BASE}/bad_post_logout_redirect_uri"
    stays(suite, suite.sign_out(**full(tokens, post_logout_redirect_uri=bad)))


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(
    suite: Suite, tokens: Tokens
) -> None:
    """An address with a query is another."""
    added = f"{AFTER_LOGOUT}?foo=bar"
    stays(suite, suite.sign_out(**full(tokens, post_logout_redirect_uri=added)))


def test_oidcc_rp_initiated_logout_modified_id_token_hint(
    suite: Suite, tokens: Tokens
) -> None:
    """A hint without signature leads nowhere."""
    claims = tokens.answer["id_token"].split(".")[1]
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode())
    hint = f"{head.rstrip(b'=').decode()}.{claims}."
    stays(suite, suite.sign_out(**full(tokens, id_token_hint=hint)))


def test_oidcc_rp_initiated_logout_bad_id_token_hint(
    suite: Suite, tokens: Tokens
) -> None:
    """A hint of the client leads nowhere."""
    now = suite.stage.clock.seconds
    claims = {"sub": tokens.claims["sub"], "iat": now, "exp": now + 300}
    claims.update(iss=suite.client.id, aud=suite.stage.issuer)
    key = OctKey.import_key(suite.client.secret or "")
    hint = jwt.encode({"alg": "HS256"}, claims, key, algorithms=["HS256"])
    stays(suite, suite.sign_out(**full(tokens, id_token_hint=hint)))


def test_oidcc_rp_initiated_logout_no_id_token_hint(
    suite: Suite, tokens: Tokens
) -> None:
    """Without a hint no address is gone to."""
    stays(suite, suite.sign_out(**full(tokens, id_token_hint=None)))


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(
    suite: Suite, tokens: Tokens
) -> None:
    """Without an address there is no default."""
    stays(suite, suite.sign_out(**full(tokens, post_logout_redirect_uri=None)))
    assert suite.browser.page == "logged-out"
    is_over(suite)


def test_oidcc_rp_initiated_logout_no_params(suite: Suite, tokens: Tokens) -> None:
    """Without anything the person is asked."""
    assert tokens.answer
    stays(suite, suite.sign_out())
    assert suite.browser.page == "logged-out"
    is_over(suite)


def test_oidcc_rp_initiated_logout_only_state(suite: Suite, tokens: Tokens) -> None:
    """A state alone is shown nowhere."""
    assert tokens.answer
    browser = suite.sign_out(state=STATE)
    suite.found.fail_unless(STATE not in browser.text, "the state is shown")
    stays(suite, browser)
    suite.found.fail_unless(STATE not in browser.answer.text, "the state is shown")
    is_over(suite)
