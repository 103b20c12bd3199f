"""Basic OP: one login each, which has to succeed (conformance.md section 4).

Each test is one module of the suite, named in its docstring; Form Post OP runs the same
modules (section 6).
"""

import json

from tests.oidc.conformance.suite import PERSON
from tests.oidc.conformance.suite import Suite
from tests.support.relying_party import challenge

FORM = "application/x-www-form-urlencoded"
VERIFIER = "a-verifier_of.43~characters-and-a-few-more-x"


def test_the_plain_flow_succeeds(suite: Suite) -> None:
    """oidcc-server"""
    done = suite.login()
    tokens = suite.tokens(done)
    assert len(done.forms) == 1
    assert set(tokens.info) == {"sub"}


def test_a_secret_in_the_form_is_as_good(suite: Suite) -> None:
    """oidcc-server-client-secret-post"""
    client = suite.post_client
    suite.tokens(suite.login(client), client)


def test_userinfo_answers_a_get(suite: Suite) -> None:
    """oidcc-userinfo-get"""
    tokens = suite.tokens(suite.login())
    assert suite.userinfo(tokens)["sub"] == tokens.claims["sub"]


def test_userinfo_answers_an_empty_post(suite: Suite) -> None:
    """oidcc-userinfo-post-header"""
    tokens = suite.tokens(suite.login())
    bearer = {"Authorization": f"Bearer {tokens.access}", "Content-Type": FORM}
    assert suite.userinfo_by_post(tokens, {}, **bearer) == tokens.info


def test_userinfo_takes_the_token_from_the_form(suite: Suite) -> None:
    """oidcc-userinfo-post-body"""
    tokens = suite.tokens(suite.login())
    assert suite.userinfo_by_post(tokens, {"access_token": tokens.access})


def test_a_nonce_is_not_demanded(suite: Suite) -> None:
    """oidcc-ensure-request-without-nonce-succeeds-for-code-flow"""
    done = suite.login(nonce=None)
    assert "nonce" not in done.sent


def test_display_in_a_page_is_accepted(suite: Suite) -> None:
    """oidcc-display-page"""
    suite.tokens(suite.login(display="page"))


def test_display_in_a_popup_is_accepted(suite: Suite) -> None:
    """oidcc-display-popup"""
    suite.tokens(suite.login(display="popup"))


def test_a_parameter_that_nobody_knows_is_ignored(suite: Suite) -> None:
    """oidcc-ensure-request-with-unknown-parameter-succeeds"""
    suite.tokens(suite.login(extra="foobar"))


def test_a_hint_at_nobody_fills_a_field_that_stays_editable(suite: Suite) -> None:
    """oidcc-login-hint"""
    hint = "buffy@127.0.0.1"
    done = suite.login(login_hint=hint)
    (field,) = (
        field
        for field in done.forms[0].form("sign-in").inputs
        if field.get("name") == "username"
    )
    suite.found.fail_unless(field.get("value") == hint, "not filled in")
    suite.found.fail_unless("readonly" not in field, "cannot be changed")
    suite.tokens(done)


def test_a_hint_at_somebody_looks_the_same(suite: Suite) -> None:
    """oidcc-login-hint (again, with the hint of the configuration)"""
    done = suite.login(login_hint=PERSON)
    other = suite.parameters(login_hint="buffy")
    suite.browser.cookies.clear()
    stranger = suite.browser.visit("/authorize", other).html
    assert done.forms[0].text == stranger.text
    suite.tokens(suite.succeeded(suite.go_on(other)))


def test_a_language_that_we_do_not_speak_is_no_fault(suite: Suite) -> None:
    """oidcc-ui-locales"""
    suite.tokens(suite.login(ui_locales="se"))


def test_a_language_of_claims_is_no_fault(suite: Suite) -> None:
    """oidcc-claims-locales"""
    suite.tokens(suite.login(claims_locales="se"))


def test_every_published_level_may_be_wished_for(suite: Suite) -> None:
    """oidcc-ensure-request-with-acr-values-succeeds"""
    wished = suite.metadata["acr_values_supported"]
    done = suite.login(acr_values=" ".join(wished))
    tokens = suite.tokens(done)
    got = tokens.claims.get("acr")
    suite.found.warn_unless(got in wished, f"acr {got}")


def test_a_request_by_post_succeeds(suite: Suite) -> None:
    """oidcc-ensure-post-request-succeeds"""
    done = suite.login(by_post=True)
    assert len(done.forms) == 1
    suite.tokens(done)


def test_a_challenge_is_met_by_its_verifier(suite: Suite) -> None:
    """oidcc-ensure-request-with-valid-pkce-succeeds"""
    done = suite.login(code_challenge=challenge(VERIFIER), code_challenge_method="S256")
    suite.tokens(done, code_verifier=VERIFIER)


def test_an_essential_claim_comes_at_userinfo_alone(suite: Suite) -> None:
    """oidcc-claims-essential"""
    wish = {"userinfo": {"name": {"essential": True}}}
    tokens = suite.tokens(suite.login(claims=json.dumps(wish)))
    suite.found.warn_unless("name" in tokens.info, "no name in userinfo")
    suite.found.warn_unless("name" not in tokens.claims, "name in the ID token")
