"""Rows 4, 5 and 7: return addresses of apps and programs, and clients without PKCE."""

import pytest

from tests.abuse.oracles import local
from tests.support.browser import Browser
from tests.support.provider import CommandFailedError
from tests.support.relying_party import RelyingParty
from tests.support.within import Within


@pytest.fixture
def signed_in(provider: Within) -> Browser:
    return provider.person("mia").sign_in(provider.browser())


def native(provider: Within, *addresses: str) -> RelyingParty:
    """Registers a public client with these addresses."""
    words = [word for uri in addresses for word in ("--redirect-uri", uri)]
    return provider.client("phone", "--public", *words)


@pytest.mark.parametrize(
    "address", ["app.immich:///oauth-callback", "com.example.app:/cb"]
)
def test_an_app_is_called_by_its_own_scheme_to_the_letter(
    provider: Within, signed_in: Browser, address: str
) -> None:
    """Row 4, RFC 8252 section 7.1"""
    app = native(provider, address)
    app.ask(signed_in, redirect_uri=address)
    assert signed_in.left_for is not None
    assert signed_in.left_for.startswith(address + "?")
    assert app.collect(signed_in).claims["aud"] == app.id


@pytest.mark.parametrize(
    "address",
    [
        "app.immich://oauth-callback",
        "app.immich:/oauth-callback",
        "APP.IMMICH:///oauth-callback",
        "app.immich:///oauth-callback/",
        "app.immich%3A///oauth-callback",
        "app.immich:////oauth-callback",
    ],
)
def test_almost_the_scheme_is_another_address(
    provider: Within, signed_in: Browser, address: str
) -> None:
    """Row 4"""
    app = native(provider, "app.immich:///oauth-callback")
    local(app.ask(signed_in, redirect_uri=address))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "noscheme",
        "nodot:/cb",
        "https://rp.example/cb#f",
        "https://user@rp.example/cb",
        "http://rp.example/cb",
    ],
)
def test_dangerous_addresses_cannot_be_registered(
    provider: Within, address: str
) -> None:
    """Row 4, SEC-245"""
    with pytest.raises(CommandFailedError) as refusal:
        native(provider, address)
    assert refusal.value.status == 1
    assert "Traceback" not in refusal.value.said


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
@pytest.mark.parametrize("port", [":49152", ":8250", ""])
def test_a_program_takes_any_port_and_the_code_is_bound_to_it(
    provider: Within, signed_in: Browser, host: str, port: str
) -> None:
    """Row 5, RFC 8252 section 7.3"""
    tool = native(provider, "http://127.0.0.1/cb", "http://[::1]/cb")
    chosen = f"http://{host}{port}/cb"
    code = tool.code(tool.ask(signed_in, redirect_uri=chosen))
    other = tool.redeem(code, redirect_uri=f"http://{host}:1/cb")
    assert other.json()["error"] == "invalid_grant"
    assert tool.redeem(code).status == 200


def test_a_client_with_a_secret_has_no_free_port(
    provider: Within, signed_in: Browser
) -> None:
    """Row 5"""
    web = provider.client("Web", "--redirect-uri", "http://127.0.0.1:8000/cb")
    assert web.code(web.ask(signed_in))
    local(web.ask(signed_in, redirect_uri="http://127.0.0.1:8001/cb"))


def test_a_missing_challenge_is_named(provider: Within, signed_in: Browser) -> None:
    """Row 7, RFC 7636 section 4.4.1"""
    web = provider.client("Web")
    web.ask(signed_in, code_challenge=None, code_challenge_method=None)
    answer = web.received(signed_in)
    assert answer["error"] == "invalid_request"
    assert "code_challenge" in answer["error_description"]


def test_a_client_excused_from_it_signs_in_without(
    provider: Within, signed_in: Browser
) -> None:
    """Row 7"""
    web = provider.client("Web", "--no-pkce")
    away = {"code_challenge": None, "code_challenge_method": None}
    code = web.code(web.ask(signed_in, **away))
    assert web.verified(web.redeem(code, code_verifier=None)).claims["sub"]


def test_a_challenge_that_was_sent_is_enforced_all_the_same(
    provider: Within, signed_in: Browser
) -> None:
    """Row 7"""
    web = provider.client("Web", "--no-pkce")
    code = web.code(web.ask(signed_in))
    assert web.redeem(code, code_verifier=None).status == 400
    assert web.redeem(code, code_verifier="x" * 43).status == 400
    assert web.redeem(code).status == 200


def test_a_public_client_cannot_be_excused(provider: Within) -> None:
    """Row 7"""
    with pytest.raises(CommandFailedError):
        provider.client("Spa", "--public", "--no-pkce")
