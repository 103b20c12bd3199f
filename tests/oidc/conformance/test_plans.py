"""Every module of the plans that are wanted is replayed by a test.

Left out: what needs dynamic registration (``oidcc-idtoken-signature``,
``oidcc-idtoken-unsigned``, and the module of unsigned ``request_uri``), which drops out
with static clients.
"""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent

BASIC = """
oidcc-server
oidcc-response-type-missing
oidcc-userinfo-get
oidcc-userinfo-post-header
oidcc-userinfo-post-body
oidcc-ensure-request-without-nonce-succeeds-for-code-flow
oidcc-scope-profile
oidcc-scope-email
oidcc-scope-address
oidcc-scope-phone
oidcc-scope-all
oidcc-alternate-happy-flow
oidcc-display-page
oidcc-display-popup
oidcc-prompt-login
oidcc-prompt-none-not-logged-in
oidcc-prompt-none-logged-in
oidcc-max-age-1
oidcc-max-age-10000
oidcc-ensure-request-with-unknown-parameter-succeeds
oidcc-id-token-hint
oidcc-login-hint
oidcc-ui-locales
oidcc-claims-locales
oidcc-ensure-request-with-acr-values-succeeds
oidcc-codereuse
oidcc-codereuse-30seconds
oidcc-ensure-registered-redirect-uri
oidcc-ensure-post-request-succeeds
oidcc-server-client-secret-post
oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported
oidcc-claims-essential
oidcc-ensure-request-object-with-redirect-uri
oidcc-refresh-token
oidcc-ensure-request-with-valid-pkce-succeeds
"""
CONFIG = "oidcc-discovery-endpoint-verification"
RP_INITIATED = """
oidcc-rp-initiated-logout-discovery-endpoint-verification
oidcc-rp-initiated-logout
oidcc-rp-initiated-logout-no-state
oidcc-rp-initiated-logout-bad-post-logout-redirect-uri
oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri
oidcc-rp-initiated-logout-modified-id-token-hint
oidcc-rp-initiated-logout-bad-id-token-hint
oidcc-rp-initiated-logout-no-id-token-hint
oidcc-rp-initiated-logout-no-post-logout-redirect-uri
oidcc-rp-initiated-logout-no-params
oidcc-rp-initiated-logout-only-state
"""
BACK_CHANNEL = """
oidcc-backchannel-logout-discovery-endpoint-verification
oidcc-backchannel-rp-initiated-logout
"""


def replayed(pattern: str, fixture: str) -> set[str]:
    """Gives the tests with this fixture that are named after a module."""
    return {
        node.name
        for path in HERE.glob(pattern)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_oidcc_")
        if fixture in {argument.arg for argument in node.args.args}
    }


def named(module: str) -> str:
    """Gives the name of the test of a module."""
    return "test_" + module.replace("-", "_")


@pytest.mark.parametrize(
    ("plan", "files", "count"),
    [
        # The fixture `suite` of these files runs each test in both modes.
        (BASIC, "test_basic_op*.py", 35),
        (CONFIG, "test_config_op.py", 1),
        (RP_INITIATED, "test_rp_initiated_op.py", 11),
        (BACK_CHANNEL, "test_back_channel_op.py", 2),
    ],
    ids=[
        "basic-op and form-post-op",
        "config-op",
        "rp-initiated-op",
        "back-channel-op",
    ],
)
def test_every_module_has_its_test(plan: str, files: str, count: int) -> None:
    modules = plan.split()
    assert len(set(modules)) == count
    assert replayed(files, "suite") == {named(module) for module in modules}
