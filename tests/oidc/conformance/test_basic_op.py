"""Basic OP: one login each, which has to succeed (conformance.md section 4).

Each test is the module of the suite that it is named after; Form Post OP runs the same
modules (section 6).
"""

import json

from tests.oidc.conformance.op import PERSON
from tests.oidc.conformance.suite import Suite
from tests.support.relying_party import challenge

FORM = "application/x-www-form-urlencoded"
VERIFIER = "a-verifier_of.43~characters-and-a-few-more-x"


def test_oidcc_server(suite: Suite) -> None:
    """The plain flow succeeds."""
    done = suite.login()
    tokens = suite.tokens(done)
    assert len(done.forms) == 1
    assert set(tokens.info) == {"sub"}


def test_oidcc_server_client_secret_post(suite: Suite) -> None:
    """A secret in the form is as good."""
    client = suite.post_client
    suite.tokens(suite.login(client), client)


def test_oidcc_userinfo_get(suite: Suite) -> None:
    """Userinfo answers a get."""
    tokens = suite.tokens(suite.login())
    assert suite.userinfo(tokens)["sub"] == tokens.claims["sub"]


def test_oidcc_userinfo_post_header(suite: Suite) -> None:
    """Userinfo answers an empty post."""
    tokens = suite.tokens(suite.login())
    bearer = {"Authorization": f"Bearer {tokens.access}", "Content-Type": FORM}
    assert suite.userinfo_by_post(tokens, {}, **bearer) == tokens.info


def test_oidcc_userinfo_post_body(suite: Suite) -> None:
    """Userinfo takes the token from the form."""
    tokens = suite.tokens(suite.login())
    assert suite.userinfo_by_post(tokens, {"access_token": tokens.access})


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(
    suite: Suite,
) -> None:
    """A nonce is not demanded."""
    done = suite.login(nonce=None)
    assert "nonce" not in done.sent


def test_oidcc_display_page(suite: Suite) -> None:
    """Display in a page is accepted."""
    suite.tokens(suite.login(display="page"))


def test_oidcc_display_popup(suite: Suite) -> None:
    """Display in a popup is accepted."""
    suite.tokens(suite.login(display="popup"))


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(suite: Suite) -> None:
    """A parameter that nobody knows is ignored."""
    suite.tokens(suite.login(extra="foobar"))


def test_oidcc_login_hint(suite: Suite) -> None:
    """A hint at nobody fills a field that stays editable."""
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


def test_oidcc_ui_locales(suite: Suite) -> None:
    """A language that we do not speak is no fault."""
    suite.tokens(suite.login(ui_locales="se"))


def test_oidcc_claims_locales(suite: Suite) -> None:
    """A language of claims is no fault."""
    suite.tokens(suite.login(claims_locales="se"))


def test_oidcc_ensure_request_with_acr_values_succeeds(suite: Suite) -> None:
    """Every published level may be wished for."""
    wished = suite.metadata["acr_values_supported"]
    done = suite.login(acr_values=" ".join(wished))
    tokens = suite.tokens(done)
    got = tokens.claims.get("acr")
    suite.found.warn_unless(got in wished, f"acr {got}")


def test_oidcc_ensure_post_request_succeeds(suite: Suite) -> None:
    """A request by post succeeds."""
    done = suite.login(by_post=True)
    assert len(done.forms) == 1
    suite.tokens(done)


def test_oidcc_ensure_request_with_valid_pkce_succeeds(suite: Suite) -> None:
    """A challenge is met by its verifier."""
    done = suite.login(code_challenge=challenge(VERIFIER), code_challenge_method="S256")
    suite.tokens(done, code_verifier=VERIFIER)


def test_oidcc_claims_essential(suite: Suite) -> None:
    """An essential claim comes at userinfo alone."""
    wish = {"userinfo": {"name": {"essential": True}}}
    tokens = suite.tokens(suite.login(claims=json.dumps(wish)))
    suite.found.warn_unless("name" in tokens.info, "no name in userinfo")
    suite.found.warn_unless("name" not in tokens.claims, "name in the ID token")
