"""Passwords: one spelling, hashing without the 72-byte trap, complaints about new ones.

bcrypt over a keyed SHA-256 in base64, so every byte of the password counts (SEC-020) and a
database copy alone cannot be guessed at. Nothing here counts guesses.
"""

import base64
import functools
import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from importlib.resources import files

import bcrypt

MAXIMUM = 1024
MINIMUM = 15
MINIMUM_WITH_MFA = 8
SCHEME = "b1$"
_NOTHING = "\N{REPLACEMENT CHARACTER}"


def normalise(text: str) -> str | None:
    """Returns the one spelling of a password (NFKC); None for what cannot be one."""
    if not text or len(text) > MAXIMUM or "\0" in text:
        return None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return None
    return unicodedata.normalize("NFKC", text)


def hash_password(text: str, *, cost: int, pepper: bytes) -> str:
    """Hashes a password for storage; ``cost`` is that of bcrypt, 4 to 16."""
    spelt = normalise(text)
    if spelt is None:
        raise ValueError("not a possible password")
    salt = bcrypt.gensalt(cost)
    return SCHEME + bcrypt.hashpw(_keyed(spelt, pepper), salt).decode("ascii")


def verify(text: str, stored: str, *, peppers: Sequence[bytes]) -> bool:
    """Tells whether a password is the stored one; the same work for every input."""
    spelt = normalise(text)
    given = _NOTHING if spelt is None else spelt
    expected = stored.removeprefix(SCHEME).encode("ascii")
    right = False
    for pepper in peppers:
        right = _check(_keyed(given, pepper), expected) or right
    return right and spelt is not None


def _check(keyed: bytes, expected: bytes) -> bool:
    try:
        return bcrypt.checkpw(keyed, expected)
    except ValueError:
        return False


def needs_rehash(stored: str, *, cost: int) -> bool:
    """Tells whether a hash is of another scheme or of a lower cost (SEC-024)."""
    parts = stored.removeprefix(SCHEME).split("$")
    known = stored.startswith(SCHEME) and len(parts) == 4 and parts[2].isdigit()
    return not known or int(parts[2]) < cost


@functools.cache
def decoy(cost: int) -> str:
    """Returns a hash of nothing anybody knows, to compare with where no account is."""
    salt = bcrypt.gensalt(cost)
    return SCHEME + bcrypt.hashpw(base64.b64encode(bcrypt.gensalt(4)), salt).decode()


def complaints(text: str, *, context: Sequence[str], minimum: int) -> tuple[str, ...]:
    """Says what is wrong with a new password, in words of code (SEC-021, SEC-023)."""
    if len(text) > MAXIMUM:
        return ("too-long",)
    spelt = normalise(text)
    if spelt is None:
        return ("too-short",) if not text else ("unusable",)
    found = []
    if len(spelt) < minimum:
        found.append("too-short")
    folded = spelt.casefold()
    if folded in _common() or len(set(folded)) <= 2:
        found.append("common")
    if _is_context(folded, context):
        found.append("context")
    return tuple(found)


def _is_context(folded: str, context: Sequence[str]) -> bool:
    """Tells whether little is left of a password without the words around it."""
    words = {part for word in context for part in _words(word)}
    rest = folded
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return len(rest) < len(folded) and len(rest) < 6


def _words(text: str) -> set[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    parts = folded.replace("@", " ").replace(".", " ").replace("-", " ").split()
    return {part for part in (folded, *parts) if len(part) >= 4}


@functools.cache
def _common() -> frozenset[str]:
    listed = files("idp.rules").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(
        line for line in listed.splitlines() if line and not line.startswith("#")
    )


def _keyed(text: str, pepper: bytes) -> bytes:
    keyed = hmac.new(pepper, text.encode("utf-8"), hashlib.sha256).digest()
    return base64.b64encode(keyed)
