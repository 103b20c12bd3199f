"""discovery: true to the last member (SEC-107, conformance.md section 7)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from idp.oidc import discovery
from tests.oidc.stage import Stage


def metadata(stage: Stage) -> dict[str, Any]:
    return dict(json.loads(stage.server.metadata()))


REGISTERED = {
    *("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint"),
    *("jwks_uri", "introspection_endpoint", "revocation_endpoint"),
    *("end_session_endpoint", "scopes_supported", "response_types_supported"),
    *("response_modes_supported", "grant_types_supported", "subject_types_supported"),
    "token_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    *("code_challenge_methods_supported", "prompt_values_supported"),
    "authorization_response_iss_parameter_supported",
    *("claim_types_supported", "claims_supported", "claims_parameter_supported"),
    *("request_parameter_supported", "request_uri_parameter_supported"),
    *("id_token_signing_alg_values_supported", "acr_values_supported"),
    "introspection_signing_alg_values_supported",
    *("ui_locales_supported", "pushed_authorization_request_endpoint"),
    *("require_pushed_authorization_requests", "require_signed_request_object"),
    "request_object_signing_alg_values_supported",
    *("backchannel_logout_supported", "backchannel_logout_session_supported"),
    *("frontchannel_logout_supported", "frontchannel_logout_session_supported"),
}


def test_it_has_registered_members_only_and_none_of_them_is_null(stage: Stage) -> None:
    found = metadata(stage)
    assert set(found) == REGISTERED
    assert None not in found.values()


def test_every_list_is_a_list_of_texts_without_repetition(stage: Stage) -> None:
    for name, value in metadata(stage).items():
        if name.endswith("_supported") and isinstance(value, list):
            assert value, name
            assert all(isinstance(one, str) for one in value), name
            assert len(set(value)) == len(value), name


def test_every_address_is_below_the_issuer(new_stage: Callable[..., Stage]) -> None:
    """RFC 8414 section 3.1, Discovery 4.1"""
    issuer = "https://sso.example/idp"
    stage = new_stage(IDP_ISSUER=issuer, IDP_PASSWORD_HASH_COST="12")
    found = metadata(stage)
    assert found["issuer"] == issuer
    for name, value in found.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith(f"{issuer}/"), name


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("response_types_supported", ["code"]),
        ("response_modes_supported", ["query", "form_post"]),
        ("code_challenge_methods_supported", ["S256"]),
        ("subject_types_supported", ["public"]),
        ("authorization_response_iss_parameter_supported", True),
        ("claims_parameter_supported", True),
        ("backchannel_logout_supported", True),
        ("backchannel_logout_session_supported", True),
        ("frontchannel_logout_supported", True),
        ("frontchannel_logout_session_supported", True),
        ("request_parameter_supported", True),
        ("request_uri_parameter_supported", False),
        ("prompt_values_supported", ["none", "login", "consent", "select_account"]),
        ("ui_locales_supported", ["en", "de"]),
    ],
)
def test_the_metadata_says_what_is_supported(
    stage: Stage, member: str, value: object
) -> None:
    assert metadata(stage)[member] == value


def test_levels_and_aliases_are_listed(stage: Stage) -> None:
    """conformance.md 10.7"""
    assert metadata(stage)["acr_values_supported"] == [
        "pwd",
        "mfa",
        "https://refeds.org/profile/sfa",
        "https://refeds.org/profile/mfa",
    ]


def test_only_algorithms_with_a_key_are_listed(stage: Stage) -> None:
    assert metadata(stage)["id_token_signing_alg_values_supported"] == [
        "RS256",
        "ES256",
    ]
    stage.client(id_token_signed_response_alg="EdDSA")
    stage.clock.advance(seconds=31)
    listed = metadata(stage)["id_token_signing_alg_values_supported"]
    assert listed == ["RS256", "ES256", "EdDSA"]


def test_the_document_is_made_once(stage: Stage) -> None:
    """performance.md measure 10"""
    assert stage.server.metadata() is stage.server.metadata()


def test_every_claim_that_can_leave_is_listed(stage: Stage) -> None:
    listed = metadata(stage)["claims_supported"]
    assert {"sub", "name", "email", "groups", "acr", "sid"} <= set(listed)
    assert "grant_id" not in listed


def test_features_of_later_are_not_announced(stage: Stage) -> None:
    """List only what works"""
    text = stage.server.metadata().decode()
    for word in ("registration", "check_session_iframe", "none_auth"):
        assert word not in text
    assert discovery.PROTOCOL_CLAIMS
