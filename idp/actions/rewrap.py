"""Sealing everything again with the newest master key of the ring (REL-042).

It works in small blocks, each of which leaves a consistent state, so it may be
interrupted and started again. Hashes of passwords and client secrets cannot be remade
without the secret: each moves to the new key when it is next used, and the old key
stays in the ring until then.
"""

from dataclasses import dataclass
from dataclasses import replace

from idp.actions import audit_chain
from idp.actions import code_sets
from idp.actions import keys
from idp.actions import rights
from idp.actions import totp_secrets
from idp.actions.factors import PEPPER_PURPOSE
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import Unsealable
from idp.rules import passwords
from idp.rules.permissions import KEYS_WRITE
from idp.store import audit_chain as chain_rows
from idp.store import audit_tail
from idp.store import sealed
from idp.store import users
from idp.store.sealed import Place

CHUNK = 200
HEAD_BYTES = 9
"""Of a sealed value, that name its key (``idp.vault``)."""

PURPOSES = {
    sealed.TOTP_SECRETS: totp_secrets.TOTP_PURPOSE,
    sealed.LOGIN_CODES: code_sets.PURPOSE,
    sealed.SIGNING_KEYS: keys.PURPOSE,
}


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How many values were sealed again, were so already, or cannot be opened."""

    resealed: int = 0
    current: int = 0
    unreadable: int = 0

    def __add__(self, other: "Rewrapped") -> "Rewrapped":
        """Adds up."""
        return Rewrapped(
            self.resealed + other.resealed,
            self.current + other.current,
            self.unreadable + other.unreadable,
        )


def rewrap(work: Work) -> Rewrapped:
    """Seals every value again that an older key sealed; raises Forbidden.

    What cannot be opened is left as it is, and counted.
    """
    rights.require(work, KEYS_WRITE)
    total = Rewrapped()
    for place in sealed.PLACES:
        last: str | None = ""
        while last is not None:
            done, last = _chunk(work, place, last)
            total += done
    with work.writing() as db:
        head = chain_rows.lock_head(db)
        if head.seal and audit_chain.is_genuine(work, head):
            chain_rows.put_head(db, audit_chain.sealed(work, head))
        tail = audit_tail.find_tail(db)
        if tail.seal and audit_chain.tail_is_genuine(work, tail):
            audit_tail.put_tail(db, audit_chain.sealed_tail(work, tail))
        changes = {"resealed": total.resealed, "unreadable": total.unreadable}
        work.audit(db, "key.rewrapped", subject=Subject("keyring"), changes=changes)
    return total


def lacks_keys(work: Work) -> bool:
    """Tells whether the ring lacks a key under which something lies sealed."""
    with work.reading() as db:
        return not all(
            work.vault.has_key_of(head)
            for place in sealed.PLACES
            for head in sealed.heads(db, place, HEAD_BYTES)
        )


def passwords_left(work: Work) -> tuple[list[str], list[str]]:
    """Names people whose password is of a key that the ring lacks, and of an older one.

    The first cannot sign in; the second need that key until they next do.
    """
    peppers = work.vault.macs(b"pepper", purpose=PEPPER_PURPOSE)
    known = [passwords.beginning(pepper) for pepper in peppers]
    with work.reading() as db:
        lost = users.hashed_otherwise(db, known)
        others = users.hashed_otherwise(db, known[:1])
    return lost, [name for name in others if name not in set(lost)]


def _chunk(work: Work, place: Place, after: str) -> tuple[Rewrapped, str | None]:
    """Does the next values of a column; returns the last row, None at the end."""
    done, last = Rewrapped(), None
    with work.writing() as db:
        for row, value in list(sealed.values(db, place, after=after, limit=CHUNK)):
            last = row
            if not work.vault.needs_rewrap(value):
                done = replace(done, current=done.current + 1)
                continue
            fresh = _sealed_again(work, PURPOSES[place], row, value)
            if fresh is None:
                done = replace(done, unreadable=done.unreadable + 1)
            elif sealed.reseal(db, place, row, old=value, new=fresh):
                done = replace(done, resealed=done.resealed + 1)
    return done, last


def _sealed_again(work: Work, purpose: str, row: str, value: bytes) -> bytes | None:
    try:
        plain = work.vault.unseal(value, purpose=purpose, row=row)
    except Unsealable:
        return None
    return work.vault.seal(plain, purpose=purpose, row=row)
