"""Keys of applications in tests: a pair that signs whatever a test wants said."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.jwk import OKPKey
from joserfc.jwk import RSAKey

Material = RSAKey | ECKey | OKPKey


class KeyPair:
    """A key under a name, as an application holds it."""

    def __init__(self, material: Material, alg: str, kid: str | None) -> None:
        self.material = material
        self.alg = alg
        self.kid = kid

    @property
    def public(self) -> dict[str, Any]:
        """Gives the JWK that is registered."""
        named = {} if self.kid is None else {"kid": self.kid}
        return {**self.material.as_dict(private=False), **named}

    @property
    def private(self) -> dict[str, Any]:
        """Gives the JWK that nobody else has."""
        named = {} if self.kid is None else {"kid": self.kid}
        return {**self.material.as_dict(private=True), **named}

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        """Signs claims; None takes a member of the header away."""
        wish = {"alg": self.alg, "kid": self.kid, **header}
        said = {name: value for name, value in wish.items() if value is not None}
        head, body = encoded(said), encoded(claims)
        alg = jws.JWSRegistry.algorithms[self.alg]
        made = alg.sign(f"{head}.{body}".encode(), self.material)
        return f"{head}.{body}.{base64url(made)}"


def pair(kid: str | None = "k1", alg: str = "ES256", *, number: int = 0) -> KeyPair:
    """Gives a key for an algorithm, the same for the same number."""
    return KeyPair(_material(alg, number), alg, kid)


def key_set(*pairs: KeyPair) -> dict[str, Any]:
    """Gives the JWK set of some keys."""
    return {"keys": [one.public for one in pairs]}


def without_keys(value: Any) -> str:
    """Names a value for a test: in the same words in every process, and few."""
    return re.sub(r"[A-Za-z0-9_-]{41,}=?", "…", str(value))[:400]


def signed_by_secret(claims: Mapping[str, Any], secret: bytes, **header: Any) -> str:
    """Signs by HMAC, with whatever somebody hopes is taken for the secret."""
    head, body = encoded({"alg": "HS256", **header}), encoded(claims)
    mac = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
    return f"{head}.{body}.{base64url(mac)}"


def unsigned(claims: Mapping[str, Any], **header: Any) -> str:
    """Gives a token of `alg: none`."""
    return f"{encoded({'alg': 'none', **header})}.{encoded(claims)}."


def encoded(value: Mapping[str, Any]) -> str:
    """Writes a part of a token."""
    return base64url(json.dumps(value).encode())


def base64url(value: bytes) -> str:
    """Writes bytes as tokens do."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@cache
def _material(alg: str, number: int) -> Material:
    if alg[:2] in ("RS", "PS"):
        return RSAKey.generate_key(2048, private=True)
    if alg.startswith("ES"):
        curve = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[alg]
        return ECKey.generate_key(curve, private=True)
    return OKPKey.generate_key("Ed25519", private=True)
