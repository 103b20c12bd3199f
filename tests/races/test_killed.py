"""REL-016: a worker dies around the commit that spends a code or a token.

Before it nothing has happened and the same try succeeds; after it the thing is spent,
though nobody got an answer. Factors: test_killed_factors.py.
"""

from collections.abc import Callable

import pytest

from tests.races.mortal import BEFORE_AND_AFTER
from tests.races.mortal import Mortal
from tests.races.mortal import sent
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

pytestmark = pytest.mark.races


@pytest.fixture(scope="module")
def signed_in(mortal: Mortal) -> Browser:
    """Gives the browser of somebody who has signed in before all this."""
    return mortal.person("mia").sign_in(mortal.browser())


@pytest.fixture(scope="module")
def wiki(mortal: Mortal) -> RelyingParty:
    return mortal.client("Wiki", "--ask-consent")


def asked(wiki: RelyingParty, browser: Browser) -> Callable[[], Browser]:
    """Gives the saying yes to a new request, and what comes back."""
    wiki.ask(browser, prompt="consent")
    return sent(browser, "consent", decision="allow")


@BEFORE_AND_AFTER
def test_a_code_is_fresh_or_spent(
    mortal: Mortal, wiki: RelyingParty, signed_in: Browser, when: str
) -> None:
    """REL-016, SEC-190"""
    code = wiki.code(asked(wiki, signed_in)())
    mortal.kill(when, "UPDATE codes", lambda: wiki.redeem(code))
    answer = wiki.redeem(code)
    if when == "before":
        assert wiki.verified(answer).claims["acr"] == "mfa"
    else:
        assert answer.json()["error"] == "invalid_grant"
    assert wiki.redeem(code).json()["error"] == "invalid_grant"


@BEFORE_AND_AFTER
def test_a_refresh_token_is_fresh_or_spent(
    mortal: Mortal, wiki: RelyingParty, signed_in: Browser, when: str
) -> None:
    """REL-016, SEC-199, SEC-204"""
    tokens = wiki.collect(asked(wiki, signed_in)())
    mortal.kill(when, "UPDATE refresh_tokens", lambda: wiki.refresh(tokens.refresh))
    answer = wiki.refresh(tokens.refresh)
    if when == "before":
        assert wiki.userinfo(wiki.verified(answer).access).status == 200
    else:
        assert answer.json()["error"] == "invalid_grant"
    assert wiki.refresh(tokens.refresh).json()["error"] == "invalid_grant"


@BEFORE_AND_AFTER
def test_a_waiting_request_is_answered_once_or_begun_again(
    mortal: Mortal, wiki: RelyingParty, signed_in: Browser, when: str
) -> None:
    """REL-016: the code that was made is known to nobody"""
    send = asked(wiki, signed_in)
    mortal.kill(when, "INSERT INTO codes", send)
    send()
    assert (signed_in.left_for is not None) is (when == "before")
    assert wiki.collect(asked(wiki, signed_in)()).claims["acr"] == "mfa"


@BEFORE_AND_AFTER
def test_a_pushed_request_is_fresh_or_answered(
    mortal: Mortal, wiki: RelyingParty, signed_in: Browser, when: str
) -> None:
    """REL-016, RFC 9126 section 7.3"""
    asked(wiki, signed_in)()
    wiki.push()
    mortal.kill(when, "INSERT INTO codes", lambda: wiki.follow(signed_in))
    wiki.follow(signed_in)
    assert (signed_in.left_for is not None) is (when == "before")
