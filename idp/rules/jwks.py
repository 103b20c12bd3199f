"""Public keys of applications, as values: which of a JWK set can verify a signature.

Whatever else a key says (certificates, addresses of certificates) is dropped here and
never looked at (SEC-211). Signatures themselves are verified elsewhere.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
"""What applications may sign with: a fixed list, without secrets and ``none``."""

MOST_KEYS = 50
LARGEST_SET = 64 * 1024
LONGEST_KID = 256
RSA_BITS = range(2048, 8193)

_CURVES = {"P-256": ("ES256", 32), "P-384": ("ES384", 48), "P-521": ("ES512", 66)}
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One key: the algorithms it may verify, its name, and nothing but the key."""

    algorithms: tuple[str, ...]
    kid: str | None
    material: dict[str, str]


def complaint_about(document: object) -> str | None:
    """Says what is wrong with a JWK set that is given for keeping."""
    keys = _listed(document)
    if keys is None:
        return "must be a JWK set of public keys"
    if not all(_is_public(key) for key in keys):
        return "must be a JWK set of public keys"
    try:
        size = len(json.dumps(document, allow_nan=False))
    except ValueError:
        return "holds a number that JSON does not know"
    if len(keys) > MOST_KEYS or size > LARGEST_SET:
        return f"holds at most {MOST_KEYS} keys in 64 KiB"
    return None


def public_keys(document: object) -> tuple[PublicKey, ...]:
    """Returns the keys of a set that are fit for signatures; others are passed over.

    A set that says anything of private keys is worth nothing: they are not private.
    """
    if complaint_about(document) is not None:
        return ()
    found = (_usable(key) for key in _listed(document) or ())
    return tuple(key for key in found if key is not None)


def fitting(
    keys: tuple[PublicKey, ...], algorithm: str, kid: str | None
) -> Iterator[PublicKey]:
    """Lists the keys that may have signed: those of this name, or all without one."""
    for key in keys:
        if algorithm in key.algorithms and kid in (None, key.kid):
            yield key


def _listed(document: object) -> list[Any] | None:
    keys = document.get("keys") if isinstance(document, dict) else None
    return keys if isinstance(keys, list) else None


def _is_public(key: object) -> bool:
    return (
        isinstance(key, dict)
        and isinstance(key.get("kty"), str)
        and key["kty"] != "oct"
        and _PRIVATE_MEMBERS.isdisjoint(key)
    )


def _usable(key: dict[str, Any]) -> PublicKey | None:
    """Reads one key; None for what is weak, of another use or of another kind."""
    if key.get("use", "sig") != "sig" or "verify" not in _operations(key):
        return None
    kid = key.get("kid")
    if kid is not None and (not isinstance(kid, str) or len(kid) > LONGEST_KID):
        return None
    read = _KINDS.get(str(key["kty"]))
    algorithms, material = read(key) if read else ((), {})
    if "alg" in key:
        algorithms = tuple(one for one in algorithms if one == key["alg"])
    return PublicKey(algorithms, kid, material) if algorithms else None


def _operations(key: dict[str, Any]) -> list[Any]:
    listed = key.get("key_ops", ["verify"])
    return listed if isinstance(listed, list) else []


Read = tuple[tuple[str, ...], dict[str, str]]


def _rsa(key: dict[str, Any]) -> Read:
    modulus, exponent = _bytes(key.get("n")), _bytes(key.get("e"))
    bits = int.from_bytes(modulus).bit_length()
    if bits not in RSA_BITS or not 3 <= int.from_bytes(exponent) < 2**32:
        return (), {}
    names = tuple(one for one in ALGORITHMS if one[:2] in ("RS", "PS"))
    return names, {"kty": "RSA", "n": key["n"], "e": key["e"]}


def _ec(key: dict[str, Any]) -> Read:
    algorithm, size = _CURVES.get(str(key.get("crv")), ("", 0))
    if not size or any(len(_bytes(key.get(name))) != size for name in "xy"):
        return (), {}
    return (algorithm,), {name: key[name] for name in ("kty", "crv", "x", "y")}


def _okp(key: dict[str, Any]) -> Read:
    if key.get("crv") != "Ed25519" or len(_bytes(key.get("x"))) != 32:
        return (), {}
    return ("EdDSA", "Ed25519"), {name: key[name] for name in ("kty", "crv", "x")}


_KINDS = {"RSA": _rsa, "EC": _ec, "OKP": _okp}


def _bytes(text: object) -> bytes:
    """Decodes base64url without padding; nothing for anything else."""
    if not isinstance(text, str) or not _BASE64URL.fullmatch(text):
        return b""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return b""
