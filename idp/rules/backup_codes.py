"""Backup codes: made, read as people type them, digested and compared.

Ten codes of 80 bits. A set shares one salt, so that a guess costs one slow hash however
many codes are left (SEC-047). That each works once is ``store.backup_codes``.
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
"""Crockford's base32: no I, L, O and U; 16 of them are 80 bits."""

SALT_BYTES = 16
FULL_COST = 14
"""Two to this power is scrypt's cost parameter wherever people rely on the codes."""
ABOVE_PASSWORDS = 2
"""So much higher than the cost of bcrypt: a hash of full cost takes about as long."""
LONGEST_INPUT = 128

_FILL = re.compile(r"[\s\u200b\u2010-\u2015\u2212-]+")
_SAME = str.maketrans({"O": "0", "I": "1", "L": "1"})
_CODE = re.compile(f"[{ALPHABET}]{{{SYMBOLS}}}")


def generate(count: int = COUNT) -> tuple[str, ...]:
    """Makes a set of codes, printed in groups of four."""
    return tuple(_code() for _ in range(count))


def _code() -> str:
    symbols = "".join(secrets.choice(ALPHABET) for _ in range(SYMBOLS))
    groups = (symbols[at : at + GROUP] for at in range(0, SYMBOLS, GROUP))
    return "-".join(groups)


def normalise(text: str) -> str | None:
    """Returns the one spelling of a code as typed, or None when it is none (SEC-048).

    Case, blanks, line breaks, hyphens of all kinds and a full stop at the end do not
    matter; ``O`` reads as ``0``, ``I`` and ``L`` read as ``1``.
    """
    if len(text) > LONGEST_INPUT:
        return None
    symbols = _FILL.sub("", text).removesuffix(".")
    if not symbols.isascii():
        return None  # a foreign letter may have an ASCII capital, as the dotless i has
    symbols = symbols.upper().translate(_SAME)
    return symbols if _CODE.fullmatch(symbols) else None


def new_salt(password_cost: int = FULL_COST - ABOVE_PASSWORDS) -> bytes:
    """Makes the salt of a set; a lower cost of passwords lowers its cost too.

    A salt of a lower cost ends with that cost, so that the set stays readable when
    the setting changes.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    cost = password_cost + ABOVE_PASSWORDS
    return salt if cost >= FULL_COST else salt + bytes([cost])


def _cost(salt: bytes) -> int:
    # Bounded, because a planted row must neither break the look-up nor buy an hour.
    named = salt[SALT_BYTES:] or bytes([FULL_COST])
    return max(1, min(named[0], FULL_COST))


def digest(normalised: str, salt: bytes) -> bytes:
    """Hashes a code slowly, because 80 bits are fewer than 112 (SEC-047)."""
    return hashlib.scrypt(
        normalised.encode("ascii"),
        salt=salt,
        n=2 ** _cost(salt),
        r=8,
        p=1,
        maxmem=2**26,
        dklen=32,
    )


def matching(candidate: bytes, digests: Iterable[tuple[Id, bytes]]) -> Id | None:
    """Finds whose digest this is; all are compared, so time tells nothing."""
    found = [
        owner for owner, stored in digests if hmac.compare_digest(candidate, stored)
    ]
    return found[0] if found else None
