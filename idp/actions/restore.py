"""After a backup was restored: nothing that works once may work again (REL-057).

The backup does not know what was spent, revoked or changed since it was made, so
everything alive in it is ended, and people sign in again with a new code.
"""

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from idp.actions import rights
from idp.actions import sessions
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.rules import totp
from idp.rules.permissions import SESSIONS_WRITE
from idp.store import registration_tokens
from idp.store import restore

CHUNK = 200


@dataclass(frozen=True, slots=True)
class Revoked:
    """How many of each thing came back from the backup and were ended."""

    sessions: int
    grants: int
    logins: int
    authenticators: int
    initial_passwords: int
    registration_tokens: int
    people_without_codes: int


def after_restore(work: Work, *, keep_backup_codes: bool = False) -> Revoked:
    """Ends sessions, grants, logins and one-time things; harmless to repeat.

    People whose backup codes go are told. Raises Forbidden.
    """
    rights.require(work, SESSIONS_WRITE)
    ended = 0
    while more := _end_sessions(work):
        ended += more
    with work.writing() as db:
        done = Revoked(
            sessions=ended,
            grants=restore.revoke_all_grants(db, now=work.now),
            logins=restore.end_all_logins(db),
            # A clock that is ahead may have spent the next step already.
            authenticators=restore.spend_steps(
                db, totp.step_of(work.now) + totp.WINDOW
            ),
            initial_passwords=restore.expire_initial_passwords(db, now=work.now),
            registration_tokens=registration_tokens.revoke_all(db, now=work.now),
            people_without_codes=0 if keep_backup_codes else _void_codes(work, db),
        )
        changes = {name: getattr(done, name) for name in Revoked.__slots__}
        work.audit(db, "backup.restored", subject=Subject("database"), changes=changes)
    return done


def _end_sessions(work: Work) -> int:
    with work.writing() as db:
        sids = restore.living_sessions(db, limit=CHUNK)
        sessions.end(work, db, sids, "restored")
    return len(sids)


def _void_codes(work: Work, db: Connection) -> int:
    holders = restore.wipe_all_codes(db)
    for user_id, username in holders:
        subject = Subject("user", user_id, username)
        work.audit(db, "mfa.codes_voided", subject=subject, reason="restored")
    return len(holders)
