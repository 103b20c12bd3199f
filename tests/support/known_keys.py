"""Private keys whose numbers are checked once in a test process.

To check that an RSA key is made of primes takes as long as a hundred signatures, and
each application reads its keys anew; tests copy a handful of keys a thousand times.
The first reading of a key is the whole one, the later ones are without that check.
"""

import hashlib
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc._rfc7517 import pem

_KNOWN: set[bytes] = set()


def _load(data: bytes, password: Any = None, backend: Any = None) -> Any:
    digest = hashlib.sha256(data).digest()
    key = load_pem_private_key(
        data,
        password,
        backend,
        unsafe_skip_rsa_key_validation=digest in _KNOWN,
    )
    _KNOWN.add(digest)
    return key


def check_keys_once() -> None:
    """From now on a key that was read before is not checked again."""
    pem.load_pem_private_key = _load
