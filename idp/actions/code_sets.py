"""Sets of backup codes, from their creation to the page that shows them once.

A set costs ten slow hashes. They are computed outside any transaction and never while a
guess waits to be judged; until they are shown, the codes lie sealed on the row of the
login (``docs/decisions`` 0004, 0007).
"""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field

from sqlalchemy.engine import Connection

from idp.actions.work import Work
from idp.rules import backup_codes
from idp.store import backup_codes as backup_code_rows

PURPOSE = "login-codes"


@dataclass(frozen=True, slots=True)
class CodeSet:
    """New codes in clear, and what is kept of them for good."""

    codes: tuple[str, ...] = field(repr=False)
    salt: bytes = field(repr=False)
    digests: tuple[bytes, ...] = field(repr=False)


Run = Callable[..., tuple[bytes, ...]]


def make(work: Work, run: Run) -> CodeSet:
    """Makes a set; ``run`` is the way into the hashing pool that fits the occasion."""
    codes = backup_codes.generate()
    salt = backup_codes.new_salt(work.settings.password_hash_cost)
    return CodeSet(codes, salt, run(_digests, codes, salt))


def _digests(codes: tuple[str, ...], salt: bytes) -> tuple[bytes, ...]:
    written = (backup_codes.normalise(code) or "" for code in codes)
    return tuple(backup_codes.digest(code, salt) for code in written)


def seal(work: Work, login_id: str, made: CodeSet) -> bytes:
    """Seals a set for the row of the login that will show it."""
    hashed = (made.salt, *made.digests)
    lines = [*made.codes, *(one.hex() for one in hashed)]
    text = "\n".join(lines).encode("ascii")
    return work.vault.seal(text, purpose=PURPOSE, row=login_id)


def unseal(work: Work, login_id: str, sealed: bytes) -> CodeSet:
    """Opens a set again; raises Unsealable."""
    opened = work.vault.unseal(sealed, purpose=PURPOSE, row=login_id)
    lines = opened.decode("ascii").split("\n")
    codes, hashed = lines[: backup_codes.COUNT], lines[backup_codes.COUNT :]
    salt, *digests = (bytes.fromhex(one) for one in hashed)
    return CodeSet(tuple(codes), salt, tuple(digests))


def put(db: Connection, work: Work, user_id: str, made: CodeSet) -> None:
    """Makes a set the one that counts; the old codes fail from the commit on."""
    backup_code_rows.replace_codes(
        db, user_id, made.digests, salt=made.salt, now=work.now
    )
