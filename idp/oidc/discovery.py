"""The metadata document: what works here, and nothing that does not (SEC-107).

One document for OpenID Connect Discovery and for RFC 8414, the same to the last member.
An absent member is left out, never null.
"""

import json
from collections.abc import Sequence
from typing import Any

from idp.oidc import clients
from idp.oidc import exchange
from idp.oidc import registration
from idp.oidc import requests
from idp.oidc import responses
from idp.rules import consent
from idp.rules.assurance import LEVEL_OF_ACR
from idp.rules.jwks import ALGORITHMS
from idp.settings import Settings

PROTOCOL_CLAIMS = (
    *("sub", "iss", "aud", "exp", "iat", "auth_time"),
    *("nonce", "acr", "amr", "sid", "at_hash"),
)


PROOF = ("token_endpoint", "introspection_endpoint", "revocation_endpoint")
"""Endpoints where clients prove who they are, in the words of RFC 8414."""


def document(
    settings: Settings, *, algorithms: Sequence[str], locales: Sequence[str]
) -> bytes:
    """Writes the document for an issuer with these signing algorithms and languages."""
    metadata = {
        "issuer": settings.issuer,
        **_endpoints(settings),
        **_abilities(),
        "id_token_signing_alg_values_supported": list(algorithms),
        "introspection_signing_alg_values_supported": list(algorithms),
        "acr_values_supported": [*LEVEL_OF_ACR, *settings.acr_aliases],
        "ui_locales_supported": list(locales),
    }
    return json.dumps(metadata).encode()


def _endpoints(settings: Settings) -> dict[str, str]:
    paths = {
        "authorization_endpoint": "/authorize",
        "token_endpoint": "/token",
        "userinfo_endpoint": "/userinfo",
        "jwks_uri": "/.well-known/jwks.json",
        "introspection_endpoint": "/introspect",
        "revocation_endpoint": "/revoke",
        "end_session_endpoint": "/end_session",
        "pushed_authorization_request_endpoint": "/par",
    }
    if settings.dynamic_registration:
        paths["registration_endpoint"] = registration.PATH
    return {name: settings.issuer + path for name, path in paths.items()}


def _abilities() -> dict[str, Any]:
    return {
        "scopes_supported": list(consent.SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": list(responses.MODES),
        "grant_types_supported": list(exchange.GRANT_TYPES),
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": clients.METHODS,
        **{
            f"{one}_auth_signing_alg_values_supported": list(ALGORITHMS)
            for one in PROOF
        },
        "introspection_endpoint_auth_methods_supported": clients.WITH_PROOF,
        "revocation_endpoint_auth_methods_supported": clients.METHODS,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": list(requests.PROMPTS),
        "claim_types_supported": ["normal"],
        "claims_supported": _claims(),
        "claims_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": list(ALGORITHMS),
        "require_signed_request_object": False,
        "request_uri_parameter_supported": False,
        "require_pushed_authorization_requests": False,
    }


def _claims() -> list[str]:
    return [*PROTOCOL_CLAIMS, *consent.released_claims(consent.SCOPES)]
