"""Backup codes: made, read as people type them, digested and compared.

Ten codes of 80 bits. A set shares one salt, so that a guess costs one slow hash however
many codes are left (SEC-047). That each works once is ``store.mfa``.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from typing import TypeVar

Id = TypeVar("Id")

COUNT = 10
SYMBOLS = 16
GROUP = 4
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O and U."""

_FILL = re.compile(r"[\s\u00a0\u2007\u202f\u2009\u200b.\u2010-\u2015\u2212-]+")
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024, "dklen": 32}


def generate(count: int = COUNT) -> tuple[str, ...]:
    """Makes a set of codes, printed in groups of four."""
    return tuple(_code() for _ in range(count))


def _code() -> str:
    symbols = "".join(secrets.choice(ALPHABET) for _ in range(SYMBOLS))
    groups = (symbols[at : at + GROUP] for at in range(0, SYMBOLS, GROUP))
    return "-".join(groups)


def normalise(text: str) -> str | None:
    """Returns the one spelling of a code as typed, or None when it is none (SEC-048).

    Case, blanks, line breaks, hyphens of all kinds and a full stop do not matter.
    """
    if len(text) > 128:
        return None
    symbols = _FILL.sub("", text).upper().translate(_READ_AS)
    known = len(symbols) == SYMBOLS and all(one in ALPHABET for one in symbols)
    return symbols if known else None


def new_salt() -> bytes:
    """Makes the salt of a set."""
    return secrets.token_bytes(16)


def digest(normalised: str, salt: bytes) -> bytes:
    """Hashes a code slowly: 80 bits are fewer than 112 (SEC-047)."""
    return hashlib.scrypt(normalised.encode("ascii"), salt=salt, **_SCRYPT)


def matching(candidate: bytes, digests: Iterable[tuple[Id, bytes]]) -> Id | None:
    """Finds the code with this digest; all are compared, so time tells nothing."""
    found = None
    for identity, stored in digests:
        if hmac.compare_digest(candidate, stored):
            found = identity
    return found
