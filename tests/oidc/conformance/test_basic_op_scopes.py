"""Basic OP: what each scope brings (conformance.md sections 4 and 5).

Each test is one module of the suite, named in its docstring; Form Post OP runs the same
modules (section 6).
"""

from tests.oidc.conformance.suite import Suite
from tests.oidc.conformance.suite import Tokens


def with_scope(suite: Suite, scope: str) -> Tokens:
    """Signs in with a scope that has to be published."""
    published = set(suite.metadata["scopes_supported"])
    assert set(scope.split()) <= published, "the suite would skip the module"
    return suite.tokens(suite.login(scope=scope))


def test_profile_brings_all_fourteen_claims(suite: Suite) -> None:
    """oidcc-scope-profile"""
    info = with_scope(suite, "openid profile").info
    assert len(info) == 15


def test_email_brings_the_address_at_userinfo_alone(suite: Suite) -> None:
    """oidcc-scope-email"""
    tokens = with_scope(suite, "openid email")
    suite.found.warn_unless("name" not in tokens.info, "name in userinfo")
    suite.found.warn_unless("email" not in tokens.claims, "email in the ID token")


def test_address_brings_an_object(suite: Suite) -> None:
    """oidcc-scope-address"""
    assert set(with_scope(suite, "openid address").info) == {"sub", "address"}


def test_phone_brings_the_number(suite: Suite) -> None:
    """oidcc-scope-phone"""
    info = with_scope(suite, "openid phone").info
    assert set(info) == {"sub", "phone_number", "phone_number_verified"}


def test_all_scopes_bring_all_claims(suite: Suite) -> None:
    """oidcc-scope-all"""
    with_scope(suite, "openid email phone address profile")


def test_the_order_of_scopes_and_parameters_means_nothing(suite: Suite) -> None:
    """oidcc-alternate-happy-flow"""
    sent = suite.parameters(scope="email openid")
    turned = dict(sorted(sent.items(), reverse=True))
    assert list(turned) != list(sent)
    tokens = suite.tokens(suite.succeeded(suite.ask(turned)))
    suite.found.warn_unless("email" not in tokens.claims, "email in the ID token")
