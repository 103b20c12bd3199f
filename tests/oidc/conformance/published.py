"""What the suite looks at in the metadata document and the key set (section 7).

The grades are those of ``findings``.
"""

import base64
import re
import urllib.parse
from typing import Any

from joserfc.jwk import KeySet

from tests.oidc.conformance.findings import Findings

ENDING = "/.well-known/openid-configuration"
ADDRESSES = {
    *("issuer", "jwks_uri", "service_documentation", "op_policy_uri", "op_tos_uri"),
    *("check_session_iframe",),
}
TRUTHS = {
    *("claims_parameter_supported", "request_parameter_supported"),
    *("request_uri_parameter_supported", "require_request_uri_registration"),
    "authorization_response_iss_parameter_supported",
    *("backchannel_logout_supported", "backchannel_logout_session_supported"),
    *("frontchannel_logout_supported", "frontchannel_logout_session_supported"),
    *("require_pushed_authorization_requests", "require_signed_request_object"),
    "tls_client_certificate_bound_access_tokens",
}
ENDPOINTS = {
    *("authorization_endpoint", "token_endpoint", "userinfo_endpoint"),
    *("registration_endpoint", "introspection_endpoint", "revocation_endpoint"),
    *("end_session_endpoint", "pushed_authorization_request_endpoint"),
    *("device_authorization_endpoint", "backchannel_authentication_endpoint"),
}
LISTS = {
    *("scopes_supported", "response_types_supported", "response_modes_supported"),
    *("grant_types_supported", "acr_values_supported", "subject_types_supported"),
    "id_token_signing_alg_values_supported",
    *("userinfo_signing_alg_values_supported", "display_values_supported"),
    *("claim_types_supported", "claims_supported", "claims_locales_supported"),
    *("ui_locales_supported", "code_challenge_methods_supported"),
    "token_endpoint_auth_methods_supported",
    "token_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_signing_alg_values_supported",
    *("request_object_signing_alg_values_supported", "prompt_values_supported"),
    *(
        "dpop_signing_alg_values_supported",
        "authorization_signing_alg_values_supported",
    ),
}
KNOWN = ADDRESSES | TRUTHS | ENDPOINTS | LISTS
NEEDED = (
    *("issuer", "authorization_endpoint", "token_endpoint"),
    *("userinfo_endpoint", "jwks_uri"),
)
CURVES = {"P-256", "P-384", "P-521", "Ed25519", "Ed448", "X25519", "X448"}
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
LANGUAGE = re.compile("[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")


def check_needed(found: Findings, metadata: dict[str, Any]) -> None:
    """Section 3: what every module that signs in has to find."""
    for name in NEEDED:
        found.fail_unless(isinstance(metadata.get(name), str), f"no {name}")


def check_document(
    found: Findings, metadata: dict[str, Any], discovery_url: str
) -> None:
    """Looks at the whole document."""
    _check_issuer(found, metadata, discovery_url)
    check_endpoints(found, metadata)
    _check_types(found, metadata)
    unknown = set(metadata) - KNOWN
    found.warn_unless(not unknown, f"members that nobody knows: {sorted(unknown)}")
    _check_required(found, metadata)
    _check_values(found, metadata)


def _check_issuer(found: Findings, metadata: dict[str, Any], url: str) -> None:
    issuer = str(metadata.get("issuer"))
    parts = urllib.parse.urlsplit(issuer)
    found.fail_unless(url.startswith("https://"), f"discovery at {url}")
    found.fail_unless(url.removesuffix(ENDING) == issuer.removesuffix("/"), "issuer")
    plain = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc
    found.fail_unless(plain and not set("?#") & set(issuer), f"issuer {issuer}")


def check_endpoints(found: Findings, metadata: dict[str, Any]) -> None:
    """Every member that is named an endpoint is an https address."""
    for name, value in metadata.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            parts = urllib.parse.urlsplit(str(value))
            good = parts.scheme == "https" and parts.netloc
            found.fail_unless(good, f"{name} is {value!r}")


def check_logout(
    found: Findings, metadata: dict[str, Any], kind: str | None = None
) -> None:
    """Sections 8, 9 and 11: where sign-out begins, and how applications are told."""
    for name in () if kind is None else ("logout", "logout_session"):
        said = metadata.get(f"{kind}_{name}_supported")
        found.fail_unless(said is True, f"{kind}_{name}_supported is {said}")
    address = str(metadata.get("end_session_endpoint"))
    found.fail_unless(address.startswith("https://"), f"endpoint {address}")
    check_endpoints(found, metadata)


def _check_types(found: Findings, metadata: dict[str, Any]) -> None:
    for name, value in metadata.items():
        if name in LISTS:
            good = isinstance(value, list) and all(isinstance(v, str) for v in value)
        elif name in TRUTHS:
            good = type(value) is bool
        else:
            good = isinstance(value, str) and "://" in value
        found.fail_unless(good, f"{name} is {value!r}")


def _check_required(found: Findings, metadata: dict[str, Any]) -> None:
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        found.fail_unless(metadata.get(name), f"no {name}")
    for name in ("userinfo_endpoint", "claims_supported", "scopes_supported"):
        found.warn_unless(metadata.get(name), f"no {name}")
    holds = {
        "response_types_supported": {"code"},
        "subject_types_supported": {"public", "pairwise"},
        "id_token_signing_alg_values_supported": {"RS256"},
        "scopes_supported": {"openid"},
    }
    for name, values in holds.items():
        there = set(metadata.get(name, ()))
        found.fail_unless(values & there, f"{name} without any of {sorted(values)}")


def _check_values(found: Findings, metadata: dict[str, Any]) -> None:
    grants = metadata.get("grant_types_supported", ["authorization_code"])
    found.fail_unless(grants, "an empty list of grants")
    by_default = metadata.get("request_uri_parameter_supported", True)
    found.fail_unless(by_default is False, "requests by reference, by default")
    objects = metadata.get("request_object_signing_alg_values_supported", ["RS256"])
    found.warn_unless("RS256" in objects, f"request objects {objects}")
    methods = metadata.get("code_challenge_methods_supported", [])
    fit = not methods or {"S256", "plain"} & set(methods)
    found.fail_unless(fit, f"code challenge methods {methods}")
    for scope in metadata.get("scopes_supported", ()):
        found.fail_unless(SCOPE_TOKEN.fullmatch(scope), f"scope {scope!r}")
    for name in ("ui_locales_supported", "claims_locales_supported"):
        for tag in metadata.get(name, ()):
            found.fail_unless(LANGUAGE.fullmatch(tag), f"language {tag!r}")


def check_keys(found: Findings, document: dict[str, Any]) -> None:
    """Looks at the key set, as every login module does."""
    keys = document["keys"]
    kids = [key.get("kid") for key in keys]
    found.fail_unless(all(kids) and len(set(kids)) == len(kids), f"kids {kids}")
    needed = {"RSA": {"n", "e"}, "EC": {"x", "y", "crv"}, "OKP": {"x", "crv"}}
    for key in keys:
        found.fail_unless(key["kty"] != "oct", "a secret key")
        found.warn_unless(key["kty"] in needed, f"kty {key['kty']}")
        curve = key.get("crv", "P-256")
        found.warn_unless(curve in CURVES, f"crv {curve}")
        members = needed.get(key["kty"], set())
        found.fail_unless(members <= set(key), f"members {sorted(key)}")
        private = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"} & set(key)
        found.fail_unless(not private, f"private members {private}")
        known = {"RS256", "PS256", "ES256", "EdDSA", "Ed25519", None}
        found.warn_unless(key.get("alg") in known, f"alg {key.get('alg')}")
        for name in members - {"crv"}:
            found.fail_unless(_is_plain(key[name]), f"{name} is no plain base64url")
    assert KeySet.import_key_set(document).keys


def _is_plain(text: str) -> bool:
    """Tells whether a text is base64url without padding."""
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == text
