"""Passwords: one spelling, hashing without the 72-byte trap, complaints about new ones.

bcrypt over a keyed SHA-256 in base64, so that every byte of the password counts
(SEC-020) and a copy of the database alone gives nothing to guess at. Stored is
``b1$<id of the pepper>$<bcrypt>``. Nothing here counts guesses.
"""

import base64
import functools
import hashlib
import hmac
import re
import secrets
import string
import unicodedata
from collections.abc import Sequence

import bcrypt

from idp.rules.guessable import is_guessable

MAXIMUM = 1024
"""Code points; more are refused before anything is hashed (SEC-022)."""

MINIMUM = 15
MINIMUM_WITH_MFA = 8
"""Code points where a second factor is enforced (``security.md`` 0.1)."""

_SCHEME = "b1"
# Only costs that the settings allow: a planted row must not buy an hour of hashing. The
# last sign of a salt carries two bits, and bcrypt refuses any other.
_STORED = re.compile(
    rf"{_SCHEME}\$([0-9a-f]{{8}})\$"
    r"(\$2b\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31})"
)
_DECOY_COST = 12
_NO_PEPPER = "00000000"
_BCRYPT_ALPHABET = "./" + string.ascii_letters + string.digits
_SHORTEST_WORD = 3
_LEAST_OF_ONES_OWN = 6


def normalise(text: str) -> str | None:
    """Returns the one spelling of a password (NFKC); None for what cannot be one.

    None is for the empty one, more than 1024 code points, NUL and lone surrogates.
    """
    if not 1 <= len(text) <= MAXIMUM or "\0" in text:
        return None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return None
    return unicodedata.normalize("NFKC", text)


def hash_password(text: str, *, cost: int, pepper: bytes) -> str:
    """Hashes a password for storage; ``cost`` is that of bcrypt, 4 to 16.

    Raises ``ValueError`` for what cannot be a password.
    """
    spelt = normalise(text)
    if spelt is None:
        raise ValueError("not a possible password")
    hashed = bcrypt.hashpw(_keyed(spelt, pepper), bcrypt.gensalt(cost))
    return beginning(pepper) + hashed.decode("ascii")


def beginning(pepper: bytes) -> str:
    """Returns how every hash begins that was made with a pepper."""
    return f"{_SCHEME}${_pepper_id(pepper)}$"


def verify(text: str, stored: str, *, peppers: Sequence[bytes]) -> bool:
    """Tells whether a password is the stored one; never raises (SEC-131).

    One bcrypt is computed whatever comes in: for an impossible password, for a stored
    value that is none, for a pepper that is gone. Nothing over 1024 code points is
    hashed.
    """
    spelt = normalise(text)
    match = _STORED.fullmatch(stored)
    known = {_pepper_id(pepper): pepper for pepper in peppers}
    pepper = known.get(match[1]) if match else None
    expected = (match[2] if match else _drawn(_DECOY_COST)).encode("ascii")
    found = bcrypt.hashpw(_keyed(spelt or "", pepper or b""), expected)
    right = hmac.compare_digest(found, expected)
    return right and spelt is not None and pepper is not None


def needs_rehash(stored: str, *, cost: int, pepper: bytes | None = None) -> bool:
    """Tells whether a hash has another scheme, a lower cost or another pepper.

    SEC-024; the pepper is compared where one is given, so that an older master key
    runs out of use (REL-042).
    """
    match = _STORED.fullmatch(stored)
    if match is None or int(match[3]) < cost:
        return True
    return pepper is not None and match[1] != _pepper_id(pepper)


@functools.cache
def decoy(cost: int) -> str:
    """Returns the stored form of no password at all, as dear to compare with as any.

    For names without an account. It is drawn, not hashed, so the first unknown name
    after a start takes no longer than the next.
    """
    return f"{_SCHEME}${_NO_PEPPER}${_drawn(cost)}"


def _drawn(cost: int) -> str:
    """Draws what looks like a bcrypt hash and is the hash of nothing known."""
    tail = "".join(secrets.choice(_BCRYPT_ALPHABET) for _ in range(31))
    return bcrypt.gensalt(cost).decode("ascii") + tail


def complaints(text: str, *, context: Sequence[str], minimum: int) -> tuple[str, ...]:
    """Says what is wrong with a new password, in words of code (SEC-021, SEC-023).

    ``too-short``, ``too-long``, ``unusable``, ``common``, ``context``; ``context`` are
    the person's names and address and the name of the service.
    """
    if len(text) > MAXIMUM:
        return ("too-long",)
    spelt = normalise(text)
    if spelt is None:
        return ("unusable",) if text else ("too-short",)
    folded = spelt.casefold()
    # One sign can become eighteen by NFKC, so the typed length counts as well.
    found = {
        "too-short": min(len(text), len(spelt)) < minimum,
        "common": is_guessable(folded),
        "context": _is_of_context(folded, context),
    }
    return tuple(code for code, is_so in found.items() if is_so)


def _is_of_context(folded: str, context: Sequence[str]) -> bool:
    """Tells whether little is left of a password without the words around it."""
    words = {part for text in context for part in _words(text)}
    rest = folded
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != folded and (len(rest) < _LEAST_OF_ONES_OWN or is_guessable(rest))


def _words(text: str) -> set[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    parts = {folded, *re.split(r"[\W_]+", folded)}
    return {part for part in parts if len(part) >= _SHORTEST_WORD}


def _pepper_id(pepper: bytes) -> str:
    return hashlib.sha256(pepper).hexdigest()[:8]


def _keyed(spelt: str, pepper: bytes) -> bytes:
    digest = hmac.digest(pepper, spelt.encode("utf-8"), "sha256")
    return base64.b64encode(digest)
