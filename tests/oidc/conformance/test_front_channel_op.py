"""Front-Channel OP: the browser loads a page of the application (section 11).

Each test is the module of the suite that it is named after.
"""

import urllib.parse
from collections.abc import Iterator

import pytest

from tests.oidc.conformance import published
from tests.oidc.conformance.logout import STATE
from tests.oidc.conformance.logout import full
from tests.oidc.conformance.logout import is_over
from tests.oidc.conformance.logout import settled
from tests.oidc.conformance.op import ELSEWHERE
from tests.oidc.conformance.op import SCOPE
from tests.oidc.conformance.op import Provider
from tests.oidc.conformance.suite import CALLBACK
from tests.oidc.conformance.suite import Suite
from tests.oidc.conformance.suite import long_state
from tests.support.elements import tree

BASE = f"{ELSEWHERE}/test/a/ostiary-front"
BACK_TO = f"{BASE}/post_logout_redirect"


@pytest.fixture
def suite(provider: Provider) -> Iterator[Suite]:
    yield from settled(Suite(provider, "query"))


def test_oidcc_frontchannel_logout_discovery_endpoint_verification(
    suite: Suite,
) -> None:
    """Both abilities are published, and the endpoint by which it begins."""
    published.check_logout(suite.found, suite.metadata, "frontchannel")


def test_oidcc_frontchannel_rp_initiated_logout(suite: Suite) -> None:
    """A frame holds the registered page with `iss` and `sid`; then it goes back."""
    client = suite.stage.client(
        "conf-front",
        redirect_uris=[CALLBACK, f"{BASE}/callback"],
        post_logout_redirect_uris=[BACK_TO],
        frontchannel_logout_uri=f"{BASE}/frontchannel_logout",
        frontchannel_logout_session_required=True,
        scope=SCOPE,
        require_pkce=False,
        claims_in_id_token=False,
    )
    tokens = suite.tokens(suite.login(client, state=long_state()), client)
    browser = suite.sign_out(**full(tokens, BACK_TO))
    page = tree(browser.answer.text)
    (frame,) = (one for one in page.walk() if one.tag == "iframe")
    address, _, query = frame.attributes["src"].partition("?")
    suite.found.fail_unless(address == f"{BASE}/frontchannel_logout", address)
    sent = urllib.parse.parse_qsl(query, keep_blank_values=True)
    right = {"iss": suite.stage.issuer, "sid": tokens.claims["sid"]}
    suite.found.fail_unless(dict(sent) == right and len(sent) == 2, f"sent {sent}")
    policy = browser.answer.header("Content-Security-Policy") or ""
    suite.found.fail_unless(f"frame-src {ELSEWHERE}" in policy, f"policy {policy}")
    onward = page.find("css", "a[data-go-on]")
    assert onward is not None, "nothing leads back"
    back = f"{BACK_TO}?{urllib.parse.urlencode({'state': STATE})}"
    there = urllib.parse.unquote(onward.attributes["href"])
    suite.found.fail_unless(there == urllib.parse.unquote_plus(back), f"on to {there}")
    is_over(suite)
