"""Config OP: the metadata, member by member (conformance.md section 7).

The one module of the plan, ``oidcc-discovery-endpoint-verification``; each test is a
paragraph of it.
"""

import pytest

from tests.oidc.conformance import published
from tests.oidc.conformance.findings import Findings
from tests.oidc.conformance.suite import Suite

DISCOVERY = "/.well-known/openid-configuration"
OF_BROWSERS = ("authorization_endpoint", "end_session_endpoint")


@pytest.fixture
def suite(by_query: Suite) -> Suite:
    return by_query


def test_oidcc_discovery_endpoint_verification(suite: Suite) -> None:
    """The document passes the module."""
    address = suite.stage.issuer + DISCOVERY
    published.check_document(suite.found, suite.metadata, address)


def test_every_published_address_answers_without_a_redirect(suite: Suite) -> None:
    """oidcc-discovery-endpoint-verification (again, at each address)"""
    for name, address in suite.metadata.items():
        if name.endswith(("_endpoint", "_uri")):
            answer = suite.http.get(address)
            to = answer.header("Location") or ""
            moved = 300 <= answer.status < 400 and name not in OF_BROWSERS
            moved = moved or to.rstrip("/") == address
            missing = answer.status in (404, 500)
            suite.found.fail_unless(not moved and not missing, f"{name} {answer}")


def test_both_documents_say_the_same(suite: Suite) -> None:
    other = suite.http.get("/.well-known/oauth-authorization-server").json()
    assert other == suite.metadata


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"issuer": "https://127.0.0.1:9443/other"}, "issuer"),
        ({"token_endpoint": "http://127.0.0.1/token"}, "token_endpoint"),
        ({"introspection_endpoint": "/introspect"}, "introspection_endpoint"),
        ({"jwks_uri": None}, "jwks_uri"),
        ({"scopes_supported": "openid"}, "scopes_supported"),
        ({"claims_parameter_supported": "true"}, "claims_parameter_supported"),
        ({"id_token_signing_alg_values_supported": ["ES256"]}, "RS256"),
        ({"ui_locales_supported": ["EN"]}, "EN"),
        ({"ostiary_endpoint": "https://127.0.0.1/x"}, "ostiary_endpoint"),
    ],
)
def test_the_checks_see_what_they_are_for(
    suite: Suite, change: dict[str, object], complaint: str
) -> None:
    found, address = Findings(), suite.stage.issuer + DISCOVERY
    published.check_document(found, {**suite.metadata, **change}, address)
    assert complaint in " ".join(found.failures + found.warnings)
