"""What the plans about sign-out share: the request, the way back, the end."""

import string
import urllib.parse
from collections.abc import Iterator

from tests.oidc.conformance.suite import AFTER_LOGOUT
from tests.oidc.conformance.suite import NOT_SIGNED_IN
from tests.oidc.conformance.suite import Suite
from tests.oidc.conformance.suite import Tokens
from tests.support.browser import Browser

PUNCTUATION = "!\"#$%&'()*,-./:<=>?@[\\]^_`{|}~"
STATE = (string.ascii_letters + string.digits)[2:] + PUNCTUATION
assert len(STATE) == 90


def settled(suite: Suite) -> Iterator[Suite]:
    """Lends a suite to a test and fails the test for what was noted."""
    yield suite
    suite.found.settle()


def full(
    tokens: Tokens, back_to: str = AFTER_LOGOUT, **changes: str | None
) -> dict[str, str | None]:
    """Gives the request of the suite, but for the changes; never a client's id."""
    return {
        "id_token_hint": tokens.answer["id_token"],
        "post_logout_redirect_uri": back_to,
        "state": STATE,
        **changes,
    }


def went_back(
    suite: Suite, browser: Browser, back_to: str = AFTER_LOGOUT
) -> dict[str, str]:
    """Confirms where asked; gives what arrived at the registered address."""
    if browser.page == "logout-confirm":
        browser.fill("sign-out", confirm="yes")
    assert browser.left_for is not None, browser
    address, _, query = browser.left_for.partition("?")
    suite.found.fail_unless(address == back_to, f"sent to {address}")
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    suite.found.warn_unless(len(pairs) <= 1, f"more than state: {query}")
    return dict(pairs)


def is_over(suite: Suite) -> None:
    """Checks that nobody is signed in any longer."""
    suite.refused(*NOT_SIGNED_IN, prompt="none")
