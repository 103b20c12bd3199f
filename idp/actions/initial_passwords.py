"""One-time passwords that an administrator hands over (SEC-026).

Random, single-use and short-lived; all they allow is choosing a lasting password, which
the administrator never sees. Spending one is ``actions.factors``.
"""

import secrets
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta

from idp.actions import directory_people
from idp.actions import passwords
from idp.actions import people
from idp.actions import rights
from idp.actions import sessions
from idp.actions.people import User
from idp.actions.work import Work
from idp.rules.permissions import USERS_WRITE
from idp.store import users

LIFETIME = timedelta(hours=24)
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base32 in small letters: nothing that is misread over the telephone."""

GROUPS = 4
GROUP = 5


@dataclass(frozen=True, slots=True)
class Issued:
    """A person, and the password that is shown here and never again."""

    user: User
    initial_password: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None


def make() -> str:
    """Makes a password of 100 bits that can be read out and typed."""
    groups = (
        "".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS)
    )
    return "-".join(groups)


def issue(work: Work, named: str) -> Issued:
    """Replaces somebody's password by a one-time one and ends all they had open."""
    rights.require(work, USERS_WRITE)
    initial = make()
    hashed = passwords.hashed(work, initial)
    expires_at = work.now + LIFETIME
    with rights.administering(work, USERS_WRITE) as db:
        user = people.lock(db, work, named, permission=USERS_WRITE)
        rights.require_other(work, user.id)
        directory_people.require_kept_here(user)
        users.set_password(
            db,
            user.id,
            password_hash=hashed,
            initial=True,
            expires_at=expires_at,
            must_change=True,
            now=work.now,
        )
        sessions.end_all_of_user(work, db, user.id, "initial password")
        work.audit(db, "password.initial_set", subject=people.subject(user))
        return Issued(
            people.view(db, work, people.find(db, user.id)), initial, expires_at
        )
