"""JWTs that clients sign: parsed, and verified with their keys and a fixed list.

Algorithms come from the list, keys from the record or from the address that an
administrator registered; no header of the token is followed (SEC-210..212). What the
claims must say is up to the caller.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jwk import OKPKey
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from idp.actions.grants import Client
from idp.oidc.client_keys import ClientKeys
from idp.rules import jwks
from idp.rules.jwks import PublicKey

LONGEST = 16384
LEEWAY = timedelta(seconds=60)
"""How far a clock of somebody else may be ahead (SEC-214)."""

MOST_TRIES = 10
"""Keys that are tried on one signature whose header names none."""

FORBIDDEN_HEADERS = frozenset({"crit", "b64"})
Material = RSAKey | ECKey | OKPKey


class _Algorithms(JWSRegistry):
    """The fixed list; other members of a header are neither faults nor heeded."""

    max_header_length = LONGEST

    def get_alg(self, name: str) -> Any:
        if name not in jwks.ALGORITHMS:
            raise ValueError("not an algorithm for clients")
        return self.algorithms[name]


_REGISTRY = _Algorithms(algorithms=jwks.ALGORITHMS, strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """A token in its parts; whether its signature is right is another question."""

    text: str = field(repr=False)
    algorithm: str
    kid: str | None
    kind: str
    claims: dict[str, Any] = field(repr=False)


def read(text: str) -> Signed | None:
    """Takes a token apart; None for what cannot be one that we would take."""
    if len(text) > LONGEST or not text.isascii() or text.count(".") != 2:
        return None
    try:
        parts = jws.extract_compact(text.encode(), registry=_REGISTRY)
        header, claims = parts.headers(), json.loads(parts.payload or b"")
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
    algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "")
    if not isinstance(kid, str | None) or not isinstance(kind, str):
        return None
    if algorithm not in jwks.ALGORITHMS or not FORBIDDEN_HEADERS.isdisjoint(header):
        return None
    if not isinstance(claims, dict):
        return None
    kind = kind.lower().removeprefix("application/")
    return Signed(text, str(algorithm), kid, kind, claims)


def is_signed_by(
    token: Signed, client: Client, keys: ClientKeys, *, only: str | None
) -> bool:
    """Verifies a signature with the keys of a client, and ``only`` one algorithm.

    Keys that are published somewhere are looked up once more where none fits, because
    a new one may be there.
    """
    if only not in (None, token.algorithm):
        return False
    if _fits(token, keys.of(client)):
        return True
    return "jwks_uri" in client.details and _fits(token, keys.of(client, again=True))


def _fits(token: Signed, keys: Collection[PublicKey]) -> bool:
    candidates = list(jwks.fitting(tuple(keys), token.algorithm, token.kid))
    return any(_verifies(token, key) for key in candidates[:MOST_TRIES])


def _verifies(token: Signed, key: PublicKey) -> bool:
    try:
        material = _imported(key.material)
        parts = jws.extract_compact(token.text.encode(), registry=_REGISTRY)
        return jws.validate_compact(parts, material, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        return False


def _imported(material: dict[str, str]) -> Material:
    """Imports a key from its bare members."""
    kinds: dict[str, type[Material]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    return kinds[material["kty"]].import_key(dict(material))


def moment(claims: dict[str, Any], name: str) -> datetime | None:
    """Returns a claim that is a moment; raises ValueError for anything else there."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is no number")
    if not 0 <= value < 2**40:  # nor is what is no number, or beyond every float
        raise ValueError(f"{name} is no moment")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError):
        raise ValueError(f"{name} is no moment") from None
