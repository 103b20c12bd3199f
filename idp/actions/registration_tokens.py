"""Administration of initial access tokens: made, listed, revoked.

A token is shown once and kept as its hash. Registering with one is
``actions.registrations``.
"""

from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta

from idp.actions import rights
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import NotFound
from idp.rules.permissions import CLIENTS_READ
from idp.rules.permissions import CLIENTS_WRITE
from idp.store import registration_tokens
from idp.store import registrations
from idp.store.base import hash_token
from idp.store.base import new_id
from idp.store.base import new_token
from idp.store.registration_tokens import RegistrationToken

LONGEST_NAME = 100
MOST_USES = 1000
LIFETIME = timedelta(days=7)
LONGEST_LIFETIME = timedelta(days=90)
STATES = ("usable", "used", "expired", "revoked")


@dataclass(frozen=True, slots=True)
class Token:
    """A token as administration sees it, never itself."""

    id: str
    name: str
    state: str
    uses: int
    uses_left: int
    created_at: datetime
    created_by: str | None
    expires_at: datetime
    last_used_at: datetime | None
    clients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; itself it is shown here and never again."""

    facts: Token
    token: str = field(repr=False)


def create_token(
    work: Work, name: str, *, uses: int = 1, expires_in: timedelta = LIFETIME
) -> NewToken:
    """Makes a token for so many registrations; raises BadRequest or Forbidden."""
    name = _checked(name, uses, expires_in)
    token = new_token()
    row = RegistrationToken(
        id=new_id(),
        name=name,
        uses=uses,
        uses_left=uses,
        created_at=work.now,
        created_by=work.actor.name or work.actor.id,
        expires_at=work.now + expires_in,
        last_used_at=None,
        revoked_at=None,
    )
    changes = {"uses": uses, "expires_at": row.expires_at.isoformat()}
    with rights.administering(work, CLIENTS_WRITE) as db:
        registration_tokens.add_token(db, row, token_hash=hash_token(token))
        subject = Subject("registration_token", row.id, row.name)
        work.audit(db, "registration_token.created", subject=subject, changes=changes)
    return NewToken(_facts(work, row, ()), token)


def _checked(name: str, uses: int, expires_in: timedelta) -> str:
    name = name.strip()
    faults = []
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        words = f"A name has up to {LONGEST_NAME} characters, in one line."
        faults.append(("name", words))
    if not 1 <= uses <= MOST_USES:
        words = f"A token registers 1 to {MOST_USES} applications."
        faults.append(("uses", words))
    if not timedelta(0) < expires_in <= LONGEST_LIFETIME:
        words = f"A token ends within {LONGEST_LIFETIME.days} days."
        faults.append(("expires_in", words))
    if faults:
        raise BadRequest(faults[0][0], faults=faults)
    return name


def list_tokens(work: Work) -> tuple[Token, ...]:
    """Lists the tokens, the newest first, each with what it has registered."""
    with rights.reading(work, CLIENTS_READ) as db:
        rows = registration_tokens.list_tokens(db)
        made = registrations.clients_by_token(db, [row.id for row in rows])
    return tuple(_facts(work, row, made.get(row.id, ())) for row in rows)


def revoke_token(work: Work, token_id: str) -> None:
    """Ends a token at once; what it has registered stays. Raises NotFound."""
    with rights.administering(work, CLIENTS_WRITE) as db:
        row = registration_tokens.find_token(db, token_id)
        if row is None:
            raise NotFound("token", sentence="There is no token with this id.")
        if registration_tokens.revoke_token(db, token_id, now=work.now):
            subject = Subject("registration_token", row.id, row.name)
            work.audit(db, "registration_token.revoked", subject=subject)


def _facts(work: Work, row: RegistrationToken, clients: tuple[str, ...]) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        state=_state(work, row),
        uses=row.uses,
        uses_left=row.uses_left,
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        clients=clients,
    )


def _state(work: Work, row: RegistrationToken) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.uses_left == 0:
        return "used"
    return "expired" if row.expires_at <= work.now else "usable"
