"""Basic OP: who is asked again, and who must not be (conformance.md section 4).

Each test is the module of the suite that it is named after; Form Post OP runs the same
modules (section 6).
"""

from tests.oidc.conformance.suite import NOT_SIGNED_IN
from tests.oidc.conformance.suite import Suite
from tests.oidc.conformance.suite import long_state


def test_oidcc_prompt_login(suite: Suite) -> None:
    """Prompt login asks once more and once only."""
    first = suite.tokens(suite.login())
    suite.stage.clock.advance(seconds=1)
    again = suite.login(prompt="login")
    suite.found.fail_unless(len(again.forms) == 1, f"{len(again.forms)} forms")
    suite.later_login(first, suite.tokens(again))


def test_oidcc_prompt_none_not_logged_in(suite: Suite) -> None:
    """Nobody is signed in silently."""
    done = suite.refused(*NOT_SIGNED_IN, prompt="none", state=long_state())
    assert not done.forms


def test_oidcc_prompt_none_logged_in(suite: Suite) -> None:
    """Whoever is signed in is told silently."""
    first = suite.tokens(suite.login())
    suite.stage.clock.advance(seconds=1)
    suite.same_login(first, suite.tokens(suite.silent(prompt="none")))


def test_oidcc_max_age_1(suite: Suite) -> None:
    """A login that is too old is done again."""
    first = suite.tokens(suite.login())
    suite.stage.clock.advance(seconds=2)
    again = suite.login(max_age="1")
    suite.found.fail_unless(len(again.forms) == 1, f"{len(again.forms)} forms")
    suite.later_login(first, suite.tokens(again))


def test_typing_longer_than_max_age_is_no_fault(suite: Suite) -> None:
    """oidcc-max-age-1 (again, by somebody who types slowly)"""
    suite.browser.visit("/authorize", sent := suite.parameters(max_age="1"))
    suite.stage.clock.advance(seconds=5)
    done = suite.succeeded(suite.go_on(sent))
    suite.found.fail_unless(len(done.forms) == 1, f"{len(done.forms)} forms")
    assert suite.tokens(done).claims["auth_time"] == suite.stage.clock.seconds


def test_oidcc_max_age_10000(suite: Suite) -> None:
    """A login that is young enough goes on."""
    first = suite.tokens(suite.login(max_age="15000"))
    suite.stage.clock.advance(seconds=1)
    second = suite.tokens(suite.silent(max_age="10000"))
    for tokens in (first, second):
        suite.found.fail_unless("auth_time" in tokens.claims, "no auth_time")
    suite.same_login(first, second)


def test_oidcc_id_token_hint(suite: Suite) -> None:
    """A hint at whoever is signed in is right."""
    first = suite.tokens(suite.login())
    suite.stage.clock.advance(minutes=30)
    hint = first.answer["id_token"]
    second = suite.tokens(suite.silent(prompt="none", id_token_hint=hint))
    suite.same_login(first, second)
