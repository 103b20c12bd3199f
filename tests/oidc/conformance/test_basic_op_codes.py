"""Basic OP: codes and refresh tokens used as they should and should not be.

Each test is the module of the suite that it is named after; Form Post OP runs the same
modules (conformance.md sections 4 and 6).
"""

from idp.actions import maintenance
from tests.oidc.conformance import findings
from tests.oidc.conformance.suite import Suite
from tests.oidc.conformance.suite import Tokens
from tests.oidc.stage import App

ODD_NONCE = "n" * 39 + "-._~"


def test_oidcc_codereuse(suite: Suite) -> None:
    """A code works once."""
    done = suite.login()
    suite.tokens(done)
    suite.invalid_grant(suite.redeem(done))


def test_oidcc_codereuse_30seconds(suite: Suite) -> None:
    """A code that comes again takes its tokens back."""
    done = suite.login()
    tokens = suite.tokens(done)
    suite.stage.clock.advance(seconds=30)
    suite.invalid_grant(suite.redeem(done))
    bearer = {"Authorization": f"Bearer {tokens.access}"}
    answer = suite.http.get(suite.metadata["userinfo_endpoint"], headers=bearer)
    suite.found.warn_unless(400 <= answer.status < 500, f"userinfo {answer.status}")


def test_a_code_is_remembered_when_it_is_long_over(by_query: Suite) -> None:
    """oidcc-codereuse-30seconds (again, after the code's own life and a purge)"""
    suite, done = by_query, by_query.login()
    tokens = suite.tokens(done)
    suite.stage.clock.advance(minutes=5)
    maintenance.purge(suite.stage.work())
    assert suite.userinfo(tokens)
    suite.invalid_grant(suite.redeem(done))
    bearer = {"Authorization": f"Bearer {tokens.access}"}
    answer = suite.http.get(suite.metadata["userinfo_endpoint"], headers=bearer)
    assert answer.status == 401


def test_oidcc_refresh_token(suite: Suite) -> None:
    """A refresh token works for its client alone."""
    offered = "offline_access" in suite.metadata["scopes_supported"]
    assert offered, "the suite would ask without"
    wish = {"scope": "openid offline_access", "prompt": "consent"}
    first = suite.tokens(suite.login(**wish))
    refreshed(suite, suite.client, first, scope=wish["scope"])

    other = suite.client2
    second = suite.tokens(suite.login(other, nonce=ODD_NONCE, **wish), other)
    token = refreshed(suite, other, second)
    form = {"grant_type": "refresh_token", "refresh_token": token}
    suite.invalid_grant(suite.token(suite.client, **form))


def refreshed(suite: Suite, client: App, first: Tokens, **more: str) -> str:
    """Refreshes after a second and checks everything; gives the newest token."""
    found, token = suite.found, first.answer.get("refresh_token", "")
    found.fail_unless(token.isascii() and token.isprintable() and token, "no token")
    published = "refresh_token" in suite.metadata["grant_types_supported"]
    found.warn_unless(published, "the grant is not published")
    suite.stage.clock.advance(seconds=1)
    form = {"grant_type": "refresh_token", "refresh_token": token, **more}
    answer = suite.token(client, **form)
    found.fail_unless(answer.status == 200, f"refresh {answer.status}")
    cached = [one.strip() for one in (answer.header("Cache-Control") or "").split(",")]
    found.fail_unless("no-store" in cached, f"Cache-Control {cached}")
    suite.needs_json(answer)
    body = answer.json()
    findings.check_token_answer(found, body)
    claims = suite.id_token(body["id_token"], client)
    findings.check_same_claims(found, first.claims, claims)
    suite.userinfo(Tokens(body, claims))
    newest = body.get("refresh_token", token)
    strong = len(newest) >= 16 and findings.bits(newest) > findings.STRONG
    found.fail_unless(strong, "weak refresh token")
    return str(newest)
