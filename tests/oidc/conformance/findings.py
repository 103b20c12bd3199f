"""What the suite looks at in each answer, with its two grades kept apart.

F fails a module, W is a warning in the published log. Both fail a test of ours, except
for the warnings that are named in ``EXPECTED`` with a reason.
"""

import base64
import collections
import dataclasses
import hashlib
import math
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet

ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]
YEAR = 365 * 24 * 3600
STRONG = 96  # bits
IN_ERROR = {"error", "error_description", "error_uri"}
KIND_OF_KEY = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}

EXPECTED: dict[str, str] = {}
"""Warning -> why we live with it."""

IN_ID_TOKEN = {
    *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr"),
    *("azp", "at_hash", "c_hash", "s_hash", "nbf", "jti", "sid", "txn"),
}
TEXTS = {
    *("name", "given_name", "family_name", "middle_name", "nickname"),
    *("preferred_username", "profile", "picture", "website", "gender"),
    *("zoneinfo", "locale", "email", "phone_number"),
}
CLAIMS_OF_SCOPE = {
    "profile": {
        *("name", "given_name", "family_name", "middle_name", "nickname"),
        *("preferred_username", "profile", "picture", "website", "gender"),
        *("birthdate", "zoneinfo", "locale", "updated_at"),
    },
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}
IN_ADDRESS = {
    *("formatted", "street_address", "locality", "region", "postal_code", "country"),
}
BIRTHDATE = re.compile(
    r"(?:0000|18[5-9]\d|19\d\d|20\d\d)-\d\d-\d\d|18[5-9]\d|19\d\d|20\d\d"
)
YEAR_1990 = 631_152_000


@dataclasses.dataclass
class Findings:
    """Collects what was found in one module."""

    failures: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)

    def fail_unless(self, good: object, text: str) -> None:
        """Notes an F."""
        if not good:
            self.failures.append(text)

    def warn_unless(self, good: object, text: str) -> None:
        """Notes a W."""
        if not good and text not in EXPECTED:
            self.warnings.append(text)

    def settle(self) -> None:
        """Fails the test when anything was noted."""
        assert not self.failures, f"F: {self.failures}"
        assert not self.warnings, f"W: {self.warnings}"


def bits(text: str) -> float:
    """Estimates chance by the frequency of characters (Shannon), as the suite does."""
    counts = collections.Counter(text)
    shares = [count / len(text) for count in counts.values()]
    return -sum(share * math.log2(share) for share in shares) * len(text)


def check_error(found: Findings, answer: dict[str, str], state: str | None) -> None:
    """Section 3: errors that are sent to the client."""
    found.fail_unless(answer.get("state") == state, f"state {answer.get('state')}")
    found.fail_unless("error" in answer, "no error")
    found.fail_unless("code" not in answer, "an error with a code")
    known = {*IN_ERROR, "state", "iss", "session_state"}
    found.warn_unless(set(answer) <= known, f"members {sorted(answer)}")
    _check_words(found, answer)


def check_refusal(found: Findings, body: dict[str, Any]) -> None:
    """Section 3: an error of the token endpoint, in JSON."""
    found.warn_unless(set(body) <= IN_ERROR, f"members {sorted(body)}")
    _check_words(found, body)


def _check_words(found: Findings, answer: Mapping[str, Any]) -> None:
    check_text(found, answer.get("error", ""))
    check_text(found, answer.get("error_description", ""))
    if "error_uri" in answer:
        parts = urllib.parse.urlsplit(answer["error_uri"])
        found.fail_unless(parts.scheme and parts.netloc, f"error_uri {parts}")


def check_text(found: Findings, text: str) -> None:
    """Section 3: what a description may hold."""
    printable = text.isascii() and text.isprintable()
    found.fail_unless(printable and not set('"\\') & set(text), f"text {text!r}")


def check_token_answer(found: Findings, answer: dict[str, Any]) -> None:
    """Section 3: the answer of the token endpoint."""
    found.fail_unless("error" not in answer, f"error {answer.get('error')}")
    found.fail_unless(answer.get("access_token"), "no access token")
    found.fail_unless(answer.get("id_token"), "no ID token")
    kind = str(answer.get("token_type", "")).lower()
    found.fail_unless(kind == "bearer", f"token type {kind}")
    seconds = answer.get("expires_in")
    found.warn_unless(seconds is not None, "no expires_in")
    if seconds is not None:
        right = type(seconds) is int and 0 < seconds <= YEAR
        found.fail_unless(right, f"expires_in {seconds!r}")
    strong = bits(answer.get("access_token", "")) > STRONG
    found.fail_unless(strong, "weak access token")


def check_id_token(
    found: Findings, token: str, keys: dict[str, Any], now: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Section 3: signature and shape of an ID token; gives header and claims."""
    decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)
    header, claims = dict(decoded.header), dict(decoded.claims)
    key = next((key for key in keys["keys"] if key["kid"] == header.get("kid")), {})
    found.fail_unless(header["alg"] == "RS256", f"alg {header['alg']}")
    found.fail_unless(key.get("alg") == header["alg"], "alg of the key")
    kind = KIND_OF_KEY[header["alg"][:2]]
    found.fail_unless(key.get("kty") == kind, f"kty {key.get('kty')}")
    found.fail_unless(key.get("use") == "sig", "use of the key")
    found.fail_unless(now < claims["exp"] < now + 50 * YEAR, "exp")
    found.fail_unless(abs(claims["iat"] - now) <= 300, "iat")
    subject = claims["sub"]
    well_formed = subject.isascii() and subject.isprintable()
    found.fail_unless(well_formed and 1 <= len(subject) <= 255, f"sub {subject!r}")
    if "auth_time" in claims:
        moment = claims["auth_time"]
        right = type(moment) is int and now - YEAR <= moment <= now
        found.fail_unless(right, f"auth_time {moment!r}")
    if "acr" in claims:
        found.fail_unless(claims["acr"] and isinstance(claims["acr"], str), "acr")
    found.warn_unless(set(claims) <= IN_ID_TOKEN, f"in ID token: {sorted(claims)}")
    check_claims(found, claims, now)
    return header, claims


def check_hashes(
    found: Findings, claims: dict[str, Any], secret_of: dict[str, str]
) -> None:
    """OpenID Connect Core 3.1.3.6: where a hash is given, it is the right one."""
    for name in set(secret_of) & set(claims):
        half = hashlib.sha256(secret_of[name].encode()).digest()[:16]
        right = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
        found.fail_unless(claims[name] == right, f"{name} of something else")


def check_same_claims(
    found: Findings, first: dict[str, Any], later: dict[str, Any]
) -> None:
    """OpenID Connect Core 12.2: the ID token of a refresh."""
    for name in ("iss", "sub", "aud", "auth_time", "azp"):
        found.fail_unless(first.get(name) == later.get(name), f"another {name}")
    found.fail_unless(first["iat"] != later["iat"], "the same iat")


def check_claims(found: Findings, claims: dict[str, Any], now: int) -> None:
    """Section 5: the form of every claim, wherever it appears."""
    for name in TEXTS & set(claims):
        value = claims[name]
        right = isinstance(value, str) and value not in ("", "null")
        found.fail_unless(right, f"{name} is {value!r}")
    for name in {"email_verified", "phone_number_verified"} & set(claims):
        found.fail_unless(type(claims[name]) is bool, f"{name} is {claims[name]!r}")
    if "updated_at" in claims:
        moment = claims["updated_at"]
        right = type(moment) in (int, float) and YEAR_1990 < moment <= now
        found.fail_unless(right, f"updated_at {moment!r}")
    if "birthdate" in claims:
        found.fail_unless(BIRTHDATE.fullmatch(claims["birthdate"]), "birthdate")
    if "address" in claims:
        _check_address(found, claims["address"])
    found.fail_unless(None not in claims.values(), "a claim that is null")


def _check_address(found: Findings, address: Any) -> None:
    right = isinstance(address, dict) and address
    found.fail_unless(right, f"address {address!r}")
    for name in IN_ADDRESS & set(address):
        value = address[name]
        found.fail_unless(isinstance(value, str) and value, f"{name} is {value!r}")


def check_scopes(found: Findings, claims: dict[str, Any], scope: str) -> None:
    """Section 5: what each scope should bring."""
    for name in scope.split():
        missing = CLAIMS_OF_SCOPE.get(name, set()) - set(claims)
        found.warn_unless(not missing, f"missing for {name}: {sorted(missing)}")
