"""Signing keys: made, opened, rotated. What they sign is known to ``oidc``.

Private keys are sealed rows (SEC-218). A new key is published before it signs and an
old one stays published until what it signed has expired (REL-040).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from dataclasses import fields
from datetime import datetime
from datetime import timedelta
from typing import Any

from joserfc.jwk import ECKey
from joserfc.jwk import OKPKey
from joserfc.jwk import RSAKey
from sqlalchemy.engine import Connection

from idp.actions import rights
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import NotFound
from idp.rules.permissions import KEYS_WRITE
from idp.store import attempts
from idp.store import keys
from idp.store.base import new_id
from idp.store.keys import STATES
from idp.store.keys import SigningKey

PURPOSE = "signing-key"
DEFAULT_ALGORITHMS = ("RS256", "ES256")
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
PUBLISHED_FIRST = timedelta(minutes=6)
"""How long a new key is published before it signs: applications keep the key set for
five minutes, our own processes for half of one before that."""

STAYS = timedelta(hours=1, minutes=10)
"""How long an old key stays published: the longest token, and a clock that is off."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key as administration sees it."""

    kid: str
    alg: str
    state: str
    created_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class LoadedKey:
    """A key that was opened."""

    kid: str
    alg: str
    state: str
    public_jwk: dict[str, Any]
    private_pem: bytes = field(repr=False)


def load_keys(work: Work) -> tuple[LoadedKey, ...]:
    """Opens every key, the oldest first; none in a state of a later version."""
    with work.reading() as db:
        rows = keys.list_keys(db)
    return tuple(
        LoadedKey(
            kid=row.kid,
            alg=row.alg,
            state=row.state,
            public_jwk=row.public_jwk,
            private_pem=work.vault.unseal(
                row.private_sealed, purpose=PURPOSE, row=row.kid
            ),
        )
        for row in rows
        if row.state in STATES
    )


def create_missing(work: Work, algorithms: Sequence[str] = DEFAULT_ALGORITHMS) -> int:
    """Makes keys of the algorithms that have none yet; several at once make one set.

    Where all are there, which is nearly always, nothing is written (REL-025).
    """
    with work.reading() as db:
        if _active(db).issuperset(algorithms):
            return 0
    with work.writing() as db:
        attempts.lock(db, "signing-keys", now=work.now)
        active = _active(db)
        missing = [alg for alg in dict.fromkeys(algorithms) if alg not in active]
        for alg in missing:
            row = _new_row(work, alg, state="active")
            keys.add_key(db, row)
            work.audit(db, "key.created", subject=Subject("key", row.kid, alg))
            work.audit(db, "key.activated", subject=Subject("key", row.kid, alg))
    return len(missing)


def _active(db: Connection) -> set[str]:
    return {row.alg for row in keys.list_keys(db) if row.state == "active"}


def list_keys(work: Work) -> tuple[Key, ...]:
    """Lists the keys, the oldest first, for who may rotate them."""
    with rights.reading(work, KEYS_WRITE) as db:
        return tuple(_facts(row) for row in keys.list_keys(db))


def _facts(row: SigningKey) -> Key:
    return Key(*(getattr(row, one.name) for one in fields(Key)))


def rotate(work: Work, alg: str) -> str:
    """Publishes a new key of an algorithm; ``advance`` lets it sign later."""
    if alg not in ALGORITHMS:
        raise BadRequest("alg", sentence="There is no such algorithm.")
    rights.require(work, KEYS_WRITE)
    row = _new_row(work, alg, state="next")
    with rights.administering(work, KEYS_WRITE) as db:
        attempts.lock(db, "signing-keys", now=work.now)
        keys.add_key(db, row)
        work.audit(db, "key.created", subject=Subject("key", row.kid, alg))
    return row.kid


def advance(work: Work) -> bool:
    """Lets keys sign that were published long enough, and takes old ones away."""
    with work.reading() as db:
        if not any(_due(work, row) for row in keys.list_keys(db)):
            return False
    with work.writing() as db:
        attempts.lock(db, "signing-keys", now=work.now)
        for row in keys.list_keys(db):
            if _due(work, row):
                _move_on(db, work, row)
    return True


def _move_on(db: Connection, work: Work, row: SigningKey) -> None:
    """Deletes an old key, or lets a new one sign in place of the one that does."""
    if row.state == "retired":
        keys.delete_key(db, row.kid)
        return
    for old in keys.list_keys(db):
        if old.alg == row.alg and old.state == "active":
            keys.set_state(db, old.kid, "retired", now=work.now)
            work.audit(db, "key.retired", subject=Subject("key", old.kid, old.alg))
    keys.set_state(db, row.kid, "active", now=work.now)
    work.audit(db, "key.activated", subject=Subject("key", row.kid, row.alg))


def revoke(work: Work, kid: str) -> None:
    """Removes a key at once; everything that it signed fails (REL-041).

    Where it was the one that signs, another is made, whatever its algorithm.
    """
    with rights.administering(work, KEYS_WRITE) as db:
        attempts.lock(db, "signing-keys", now=work.now)
        found = [row for row in keys.list_keys(db) if row.kid == kid]
        if not found:
            raise NotFound("no such key", sentence="There is no key with this id.")
        keys.delete_key(db, kid)
        work.audit(db, "key.revoked", subject=Subject("key", kid, found[0].alg))
    signed = [found[0].alg] if found[0].state == "active" else []
    create_missing(work, [*DEFAULT_ALGORITHMS, *signed])


def _due(work: Work, row: SigningKey) -> bool:
    if row.state == "next":
        return work.now - row.created_at >= PUBLISHED_FIRST
    if row.state == "retired" and row.retired_at is not None:
        return work.now - row.retired_at >= STAYS
    return False


def _new_row(work: Work, alg: str, *, state: str) -> SigningKey:
    kid = new_id()
    key = _generate(alg, kid)
    pem = key.as_pem(private=True)
    public = {**key.as_dict(private=False), "kid": kid, "alg": alg, "use": "sig"}
    return SigningKey(
        kid=kid,
        alg=alg,
        state=state,
        public_jwk=json.loads(json.dumps(public)),
        private_sealed=work.vault.seal(pem, purpose=PURPOSE, row=kid),
        created_at=work.now,
        activated_at=work.now if state == "active" else None,
        retired_at=None,
    )


def _generate(alg: str, kid: str) -> RSAKey | ECKey | OKPKey:
    options: Any = {"kid": kid}
    if alg in ("RS256", "PS256"):
        return RSAKey.generate_key(2048, options)
    if alg == "ES256":
        return ECKey.generate_key("P-256", options)
    return OKPKey.generate_key("Ed25519", options)
