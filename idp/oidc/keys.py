"""The signing keys in memory: which there are, and what they sign and verify.

Key objects are imported once and kept, never parsed per request. They are read again
from their source at most every 30 s, and kept while it is unavailable (REL-001,
REL-043). How keys are made and sealed is ``actions.keys``.
"""

import base64
import binascii
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import datetime
from datetime import timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.jwk import OKPKey
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from idp.actions.keys import LoadedKey
from idp.errors import Unavailable
from idp.errors import Unsealable

ACCESS_TOKEN_TYPE = "at+jwt"
ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
REREAD_AFTER = timedelta(seconds=30)
REREAD_MISSING_AFTER = timedelta(seconds=1)
LONGEST_TOKEN = 32768
LONGEST_KID = 128
HEADER_NAMES = frozenset({"alg", "kid", "typ"})

_KEY_TYPES: dict[str, type[RSAKey | ECKey | OKPKey]] = {
    "RSA": RSAKey,
    "EC": ECKey,
    "OKP": OKPKey,
}


class _OurAlgorithms(JWSRegistry):
    """The fixed list (SEC-210). The library's warning about the name EdDSA is not ours
    to heed: it is the name that applications register."""

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise ValueError("not an algorithm of ours")
        return self.algorithms[name]


_REGISTRY = _OurAlgorithms(algorithms=ALGORITHMS)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One imported key."""

    kid: str
    alg: str
    state: str
    public_jwk: dict[str, Any]
    material: RSAKey | ECKey | OKPKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Ring:
    """What is known at one moment; replaced as a whole."""

    keys: tuple[SigningKey, ...] = ()
    algorithms: tuple[str, ...] = ()
    published: bytes = b'{"keys": []}'
    read_at: datetime | None = None


class KeyRing:
    """The keys of this process; safe to share between threads."""

    def __init__(
        self,
        loader: Callable[[], tuple[LoadedKey, ...]],
        clock: Callable[[], datetime],
    ) -> None:
        """Takes where keys come from and what the time is; reads nothing yet."""
        self._loader = loader
        self._clock = clock
        self._ring = _Ring()
        self._reading = threading.Lock()

    def public_jwks(self) -> bytes:
        """Returns the JWK set as it is published: public members only (SEC-218).

        Raises Unavailable as long as the keys were never read.
        """
        ring = self._current()
        if ring.read_at is None:
            raise Unavailable("the keys could not be read yet")
        return ring.published

    def algorithms(self) -> tuple[str, ...]:
        """Lists what can be signed with now, in a fixed order."""
        return self._current().algorithms

    def signing_key(self, alg: str) -> SigningKey:
        """Returns the one key that signs with an algorithm; raises Unavailable."""
        key = self._active(self._current(), alg)
        if key is None:
            key = self._active(self._current(REREAD_MISSING_AFTER), alg)
        if key is None:
            raise Unavailable(f"no active key for {alg}")
        return key

    def find(self, kid: object) -> SigningKey | None:
        """Finds one of our keys in any state; malformed ids find none (SEC-212)."""
        if not isinstance(kid, str) or len(kid) > LONGEST_KID:
            return None
        found = self._with_kid(self._current(), kid)
        return found or self._with_kid(self._current(REREAD_MISSING_AFTER), kid)

    def sign(self, claims: dict[str, Any], alg: str, *, kind: str = "JWT") -> str:
        """Signs claims with the active key of an algorithm, whose kid it names."""
        key = self.signing_key(alg)
        header = {"alg": alg, "kid": key.kid, "typ": kind}
        payload = json.dumps(claims, separators=(",", ":"))
        return jws.serialize_compact(header, payload, key.material, registry=_REGISTRY)

    def open(self, token: str, *, kind: str) -> dict[str, Any] | None:
        """Returns the claims of a token of one kind that we signed, else None.

        Signature, header and kind only; issuer, time and audience are the caller's.
        """
        if len(token) > LONGEST_TOKEN or not token.isascii():
            return None
        try:
            return self._opened(token, kind)
        except (JoseError, ValueError, TypeError, RecursionError):
            return None

    def _opened(self, token: str, kind: str) -> dict[str, Any] | None:
        signed = jws.extract_compact(token.encode(), registry=_REGISTRY)
        header = signed.headers()
        if not HEADER_NAMES.issuperset(header) or header.get("typ") != kind:
            return None
        key = self.find(header.get("kid"))
        if key is None or key.alg != header.get("alg") or not _canonical(token):
            return None
        if not jws.validate_compact(signed, key.material, registry=_REGISTRY):
            return None
        claims = json.loads(signed.payload or b"")
        return claims if isinstance(claims, dict) else None

    @staticmethod
    def _active(ring: _Ring, alg: str) -> SigningKey | None:
        active = [k for k in ring.keys if k.alg == alg and k.state == "active"]
        return active[-1] if active else None

    @staticmethod
    def _with_kid(ring: _Ring, kid: str) -> SigningKey | None:
        return next((key for key in ring.keys if key.kid == kid), None)

    def _current(self, older_than: timedelta = REREAD_AFTER) -> _Ring:
        """Reads the ring again when it is old; one thread at a time, others go on."""
        ring = self._ring
        now = self._clock()
        if ring.read_at is not None and abs(now - ring.read_at) < older_than:
            return ring
        first = ring.read_at is None
        if not self._reading.acquire(blocking=first):
            return ring
        try:
            if self._ring is ring:
                self._ring = self._read(ring, now)
            return self._ring
        finally:
            self._reading.release()

    def _read(self, ring: _Ring, now: datetime) -> _Ring:
        known = {key.kid: key for key in ring.keys}
        try:
            loaded = self._loader()
        except (Unavailable, Unsealable):
            return replace(ring, read_at=now if ring.keys else None)
        keys = tuple(_imported(key, known.get(key.kid)) for key in loaded)
        public = {"keys": [key.public_jwk for key in keys]}
        active = {key.alg for key in keys if key.state == "active"}
        algorithms = tuple(alg for alg in ALGORITHMS if alg in active)
        return _Ring(keys, algorithms, json.dumps(public).encode(), now)


def _imported(key: LoadedKey, known: SigningKey | None) -> SigningKey:
    """Imports a key, or keeps the object there is: an RSA import takes 50 ms."""
    material = known.material if known else None
    if material is None:
        kind = _KEY_TYPES[str(key.public_jwk["kty"])]
        material = kind.import_key(key.private_pem)
    return SigningKey(key.kid, key.alg, key.state, key.public_jwk, material)


def _canonical(token: str) -> bool:
    """Tells whether the signature is written in its one way (SEC-216).

    Base64 leaves bits of the last character unused; a token that differs there, or is
    padded, is another text and no token of ours.
    """
    signature = token.rpartition(".")[2]
    try:
        raw = base64.b64decode(
            signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True
        )
    except binascii.Error:
        return False
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == signature
