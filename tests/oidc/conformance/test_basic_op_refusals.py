"""Basic OP: requests that have to be refused, and where (conformance.md section 4).

Each test is the module of the suite that it is named after; Form Post OP runs the same
modules (section 6).
"""

import base64
import json
import secrets

from tests.oidc.conformance import findings
from tests.oidc.conformance.suite import CALLBACK
from tests.oidc.conformance.suite import Suite


def test_oidcc_response_type_missing(suite: Suite) -> None:
    """A missing response type is told to the client."""
    errors = ("invalid_request", "unsupported_response_type")
    suite.refused(*errors, response_type=None)


def test_oidcc_ensure_registered_redirect_uri(suite: Suite) -> None:
    """An address that is not registered gets nothing."""
    elsewhere = f"{CALLBACK}/{secrets.token_hex(5)}"
    page = suite.kept_here(redirect_uri=elsewhere)
    assert page.text
    assert elsewhere not in page.answer.text


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    suite: Suite,
) -> None:
    """A request object is refused and not ignored."""
    inner = suite.parameters()
    sent = {**inner, "request": unsigned(inner)}
    del sent["state"], sent["nonce"]
    fields = suite.ask(sent).fields
    error = fields.get("error")
    refusals = {"request_not_supported"}
    algorithms = suite.metadata.get("request_object_signing_alg_values_supported")
    if algorithms is not None:
        # Signed ones are read where there is a key: the suite skips the module.
        assert "none" not in algorithms
        refusals.add("invalid_request_object")
    suite.found.fail_unless(error in refusals, f"error {error}")
    suite.found.fail_unless("code" not in fields, "a code")
    findings.check_error(suite.found, fields, fields.get("state"))


def test_oidcc_ensure_request_object_with_redirect_uri(suite: Suite) -> None:
    """A wrong address beside a request object gets nothing."""
    right = suite.parameters()
    wrong = f"{CALLBACK}_invalid"
    suite.kept_here(redirect_uri=wrong, request=unsigned(right))


def unsigned(claims: dict[str, str]) -> str:
    """Builds a request object with ``alg`` none."""
    parts = ({"alg": "none"}, claims)
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
    return ".".join(part.rstrip(b"=").decode() for part in encoded) + "."
