"""The vault: seals every secret that has to lie in the database (SEC-038, 301, 302).

It knows keys and bytes, nothing of rows, requests or the database. The key ring is text
(``keys/master.key`` or ``IDP_MASTER_KEY``): one key of 64 hexadecimal digits per line,
or between commas, newest first; lines that start with ``#`` are comments.

A sealed value is a version byte, the id of the ring key (8 bytes, derived from it), a
nonce (12 bytes) and the AES-256-GCM ciphertext. Purpose and row are authenticated with
it, so a ciphertext moved to another row or column does not open. Each purpose has its
own subkey (HKDF); a new line on top of the ring rotates all of them (REL-042).
"""

import hmac
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from idp.errors import Misconfigured
from idp.errors import Unsealable
from idp.settings import Settings

RING_FILE = "master.key"

_VERSION = b"\x01"
_ID_BYTES = 8
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEAD_BYTES = len(_VERSION) + _ID_BYTES + _NONCE_BYTES
_KEY = re.compile(r"[0-9a-fA-F]{64}")
_FEWEST_DISTINCT_BYTES = 8
_OTHERS = stat.S_IRWXO | stat.S_IWGRP
"""A group may read a ring, as secrets of containers are handed over."""


@dataclass(frozen=True, slots=True)
class _RingKey:
    """One 256-bit key of the ring and the id that sealed values carry."""

    id: bytes
    secret: bytes = field(repr=False)


class Vault:
    """Seals and opens secrets, and makes keyed digests, with the keys of one ring."""

    __slots__ = ("_ciphers", "_mac_keys", "_ring")

    def __init__(self, ring_text: str) -> None:
        """Reads a ring; raises ``Misconfigured`` when it is empty or malformed."""
        self._ring = tuple(_keys(ring_text))
        if not self._ring:
            raise Misconfigured(["the key ring holds no key; `idp init` makes one"])
        if len({key.id for key in self._ring}) < len(self._ring):
            raise Misconfigured(["the key ring holds the same key twice"])
        # Both caches only ever hold what the ring and the purpose decide, so two
        # threads that fill them at once write the same thing.
        self._ciphers: dict[tuple[bytes, str], AESGCM] = {}
        self._mac_keys: dict[tuple[bytes, str], bytes] = {}

    @classmethod
    def load(cls, settings: Settings) -> "Vault":
        """Opens the ring that the settings name (``IDP_MASTER_KEY`` overrides)."""
        if settings.master_key is not None:
            return cls(settings.master_key.get_secret_value())
        return cls(_read_ring(settings.keys_dir / RING_FILE))

    @staticmethod
    def create_ring() -> str:
        """Returns the text of a new ring with one key."""
        return (
            "# Key ring of Ostiary, newest key first. Without it no secret opens:\n"
            "# keep a copy apart from the database, and show it to nobody.\n"
            f"{secrets.token_hex(32)}\n"
        )

    def seal(self, plain: bytes, *, purpose: str, row: str) -> bytes:
        """Encrypts with the newest key, bound to the purpose and the row's identity."""
        key = self._ring[0]
        nonce = os.urandom(_NONCE_BYTES)
        head = _VERSION + key.id + nonce
        ciphertext = self._cipher(key, purpose).encrypt(
            nonce, plain, _bound(head, purpose, row)
        )
        return head + ciphertext

    def unseal(self, sealed: bytes, *, purpose: str, row: str) -> bytes:
        """Decrypts; raises ``Unsealable`` for anything not sealed for this very row."""
        key = self._key_of(sealed)
        if key is None:
            raise Unsealable(f"{purpose} of {row}: damaged, or sealed by a lost key")
        head, ciphertext = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:]
        try:
            return self._cipher(key, purpose).decrypt(
                head[-_NONCE_BYTES:], ciphertext, _bound(head, purpose, row)
            )
        except InvalidTag:
            raise Unsealable(f"{purpose} of {row}: not sealed for this row") from None

    def has_key_of(self, sealed: bytes) -> bool:
        """Tells whether the ring has the key of a value, of which the head will do."""
        return any(key.id == sealed[1 : 1 + _ID_BYTES] for key in self._ring)

    @property
    def size(self) -> int:
        """Returns how many master keys the ring holds."""
        return len(self._ring)

    def needs_rewrap(self, sealed: bytes) -> bool:
        """Tells whether a value was sealed by another key than the newest."""
        return self._key_of(sealed) is not self._ring[0]

    def mac(self, data: bytes, *, purpose: str) -> bytes:
        """Returns the HMAC-SHA256 of data under the newest key's subkey."""
        return self._mac(self._ring[0], data, purpose)

    def macs(self, data: bytes, *, purpose: str) -> tuple[bytes, ...]:
        """Returns the digests under every key, newest first, to check against."""
        return tuple(self._mac(key, data, purpose) for key in self._ring)

    def _mac(self, key: _RingKey, data: bytes, purpose: str) -> bytes:
        place = (key.id, purpose)
        subkey = self._mac_keys.get(place)
        if subkey is None:
            subkey = self._mac_keys[place] = _derive(key.secret, "mac", purpose)
        return hmac.digest(subkey, data, "sha256")

    def _cipher(self, key: _RingKey, purpose: str) -> AESGCM:
        place = (key.id, purpose)
        cipher = self._ciphers.get(place)
        if cipher is None:
            cipher = self._ciphers[place] = AESGCM(_derive(key.secret, "seal", purpose))
        return cipher

    def _key_of(self, sealed: bytes) -> _RingKey | None:
        """Returns the ring key that a sealed value names, or None."""
        if len(sealed) < _HEAD_BYTES + _TAG_BYTES or sealed[:1] != _VERSION:
            return None
        named = sealed[1 : 1 + _ID_BYTES]
        return next((key for key in self._ring if key.id == named), None)


def write_new_ring(path: Path) -> bool:
    """Writes a new ring with mode 0600; returns False if there is one already.

    Safe when several processes start at once: a hard link either makes the complete
    file or fails, so nobody ever reads half a ring and nobody replaces another's.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as ring:
            ring.write(Vault.create_ring())
            ring.flush()
            os.fsync(ring.fileno())
        os.link(name, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(name)
    _sync_directory(path.parent)
    return True


def _read_ring(path: Path) -> str:
    """Reads a key ring that other users cannot read or write; raises Misconfigured."""
    finding = f"{path} cannot be read"
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            finding = f"{path} is no file: `idp init` makes one where there is nothing"
        elif found.st_uid not in _trusted(path):
            finding = f"{path} belongs to another user: `chown` it to the one of `idp`"
        elif found.st_mode & _OTHERS:
            finding = f"{path} is open to others: `chmod 600` it"
        else:
            return path.read_text("ascii")
    except FileNotFoundError:
        finding = f"{path} does not exist; `idp init` makes it for a new database"
        finding += ", an old one needs its own back"
    except PermissionError:
        finding += " by this user: run `idp` as the one that it belongs to"
    except (OSError, UnicodeDecodeError) as failure:
        finding += f" ({type(failure).__name__})"
    raise Misconfigured([finding])


def _trusted(path: Path) -> set[int]:
    """Returns who may own a ring: root, this user, and for root the folder's owner."""
    own = os.geteuid()
    return {0, own} if own else {0, path.parent.stat().st_uid}


def _sync_directory(path: Path) -> None:
    """Makes a new name in a directory durable, where the file system can."""
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def _keys(ring_text: str) -> Iterator[_RingKey]:
    """Yields the keys of a ring; a fault is named by its line, never by its text."""
    for number, line in enumerate(ring_text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        for entry in line.replace(",", " ").split():
            yield _key(entry, number)


def _key(entry: str, number: int) -> _RingKey:
    """Reads one key of the ring."""
    if _KEY.fullmatch(entry) is None:
        raise Misconfigured(
            [f"line {number} of the key ring is not a key of 64 hexadecimal digits"]
        )
    secret = bytes.fromhex(entry)
    if len(set(secret)) < _FEWEST_DISTINCT_BYTES:
        raise Misconfigured([f"the key in line {number} of the key ring is weak"])
    return _RingKey(_derive(secret, "id")[:_ID_BYTES], secret)


def _derive(secret: bytes, *use: str) -> bytes:
    """Derives the 256-bit subkey of one use and purpose (RFC 5869)."""
    info = "/".join(("ostiary/1", *use)).encode()
    return HKDF(SHA256(), 32, salt=None, info=info).derive(secret)


def _bound(head: bytes, purpose: str, row: str) -> bytes:
    """Returns the associated data; the length keeps purpose and row apart."""
    name = purpose.encode()
    return head + len(name).to_bytes(2, "big") + name + row.encode()
