"""Basic OP: requests that have to be refused, and where (conformance.md section 4).

Each test is one module of the suite, named in its docstring; Form Post OP runs the same
modules (section 6).
"""

import base64
import json
import secrets

from tests.oidc.conformance.suite import CALLBACK
from tests.oidc.conformance.suite import Suite


def test_a_missing_response_type_is_told_to_the_client(suite: Suite) -> None:
    """oidcc-response-type-missing"""
    errors = ("invalid_request", "unsupported_response_type")
    suite.refused(*errors, response_type=None)


def test_an_address_that_is_not_registered_gets_nothing(suite: Suite) -> None:
    """oidcc-ensure-registered-redirect-uri"""
    elsewhere = f"{CALLBACK}/{secrets.token_hex(5)}"
    page = suite.kept_here(redirect_uri=elsewhere)
    assert page.text
    assert elsewhere not in page.answer.text


def test_a_request_object_is_refused_and_not_ignored(suite: Suite) -> None:
    """oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported"""
    inner = suite.parameters()
    sent = {**inner, "request": unsigned(inner)}
    del sent["state"], sent["nonce"]
    fields = suite.ask(sent).fields
    error = fields.get("error")
    suite.found.fail_unless(error == "request_not_supported", f"error {error}")
    suite.found.fail_unless("code" not in fields, "a code")


def test_a_wrong_address_beside_a_request_object_gets_nothing(suite: Suite) -> None:
    """oidcc-ensure-request-object-with-redirect-uri"""
    right = suite.parameters()
    wrong = f"{CALLBACK}_invalid"
    suite.kept_here(redirect_uri=wrong, request=unsigned(right))


def unsigned(claims: dict[str, str]) -> str:
    """Builds a request object with ``alg`` none."""
    parts = ({"alg": "none"}, claims)
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
    return ".".join(part.rstrip(b"=").decode() for part in encoded) + "."
