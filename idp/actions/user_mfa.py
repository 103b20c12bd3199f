"""Administration of people's second factor: required, unlocked, taken away.

Taking it away ends everything that it had opened and leaves what is required as it was
(SEC-070, SEC-263). Setting one up is the person's own affair (``actions.enrolment``).
"""

from idp.actions import facts
from idp.actions import people
from idp.actions import rights
from idp.actions import sessions
from idp.actions.people import User
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.rules.names import has_control_characters
from idp.rules.permissions import MFA_WRITE
from idp.store import attempts
from idp.store import mfa
from idp.store import users

LONGEST_REASON = 500


def require_mfa(work: Work, named: str, *, required: bool) -> User:
    """Makes MFA mandatory for a person from the next decision on, or not any more."""
    with rights.administering(work, MFA_WRITE) as db:
        user = people.lock(db, work, named, permission=MFA_WRITE)
        users.change_user(db, user.id, mfa_required=required, updated_at=work.now)
        work.audit(
            db,
            "mfa.requirement_changed",
            subject=people.subject(user),
            changes={"mfa_required": [user.mfa_required, required]},
        )
        return people.view(db, work, people.find(db, user.id))


def disable_mfa(work: Work, named: str, *, reason: str) -> User:
    """Takes somebody's MFA away as a whole: secrets, codes, lock, sessions, logins."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        words = f"A reason is needed, of up to {LONGEST_REASON} characters."
        raise BadRequest("reason", sentence=words)
    if has_control_characters(reason):
        raise BadRequest("reason", sentence="A reason is one line of text.")
    with rights.administering(work, MFA_WRITE) as db:
        user = people.lock(db, work, named, permission=MFA_WRITE)
        attempts.clear(db, facts.factor_key(user.id))
        mfa.wipe(db, user.id, now=work.now, why=reason, by=work.actor.type)
        sessions.end_all_of_user(work, db, user.id, "MFA disabled")
        work.audit(db, "mfa.disabled", subject=people.subject(user), reason=reason)
        return people.view(db, work, user)


def unlock(work: Work, named: str) -> User:
    """Takes the lock from somebody's second factor and forgets the failures."""
    with rights.administering(work, MFA_WRITE) as db:
        user = people.lock(db, work, named, permission=MFA_WRITE)
        attempts.clear(db, facts.factor_key(user.id))
        work.audit(db, "mfa.unlocked", subject=people.subject(user))
        return people.view(db, work, user)
