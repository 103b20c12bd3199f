"""Basic OP: what each scope brings (conformance.md sections 4 and 5).

Each test is the module of the suite that it is named after; Form Post OP runs the same
modules (section 6).
"""

from tests.oidc.conformance.suite import Suite
from tests.oidc.conformance.suite import Tokens


def with_scope(suite: Suite, scope: str) -> Tokens:
    """Signs in with a scope that has to be published."""
    published = set(suite.metadata["scopes_supported"])
    assert set(scope.split()) <= published, "the suite would skip the module"
    return suite.tokens(suite.login(scope=scope))


def only_email(suite: Suite, tokens: Tokens) -> None:
    """Checks that the address came, at userinfo alone, and the name nowhere."""
    suite.found.warn_unless({"email", "email_verified"} <= set(tokens.info), "no email")
    suite.found.warn_unless("name" not in tokens.info, "name in userinfo")
    for name in ("name", "email"):
        suite.found.warn_unless(name not in tokens.claims, f"{name} in the ID token")


def test_oidcc_scope_profile(suite: Suite) -> None:
    """Profile brings all fourteen claims."""
    info = with_scope(suite, "openid profile").info
    assert len(info) == 15


def test_oidcc_scope_email(suite: Suite) -> None:
    """Email brings the address at userinfo alone."""
    only_email(suite, with_scope(suite, "openid email"))


def test_oidcc_scope_address(suite: Suite) -> None:
    """Address brings an object."""
    assert set(with_scope(suite, "openid address").info) == {"sub", "address"}


def test_oidcc_scope_phone(suite: Suite) -> None:
    """Phone brings the number."""
    info = with_scope(suite, "openid phone").info
    assert set(info) == {"sub", "phone_number", "phone_number_verified"}


def test_oidcc_scope_all(suite: Suite) -> None:
    """All scopes bring all claims."""
    with_scope(suite, "openid email phone address profile")


def test_oidcc_alternate_happy_flow(suite: Suite) -> None:
    """The order of scopes and parameters means nothing."""
    sent = suite.parameters(scope="email openid")
    turned = dict(sorted(sent.items(), reverse=True))
    assert list(turned) != list(sent)
    only_email(suite, suite.tokens(suite.succeeded(suite.ask(turned))))
