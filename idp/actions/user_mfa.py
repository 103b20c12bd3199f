"""Administration of people's second factor: required, unlocked, disabled.

Disabling it ends every session that it opened and leaves the requirement as it was
(SEC-070, SEC-263). Setting one up is up to the person (``actions.enrolment``).
"""

from idp.actions import facts
from idp.actions import people
from idp.actions import rights
from idp.actions import user_changes
from idp.actions.people import Mfa
from idp.actions.people import User
from idp.actions.work import Work
from idp.rules import totp
from idp.rules.permissions import MFA_READ
from idp.rules.permissions import MFA_WRITE
from idp.store import attempts
from idp.store import spent_steps


def show_mfa(work: Work, named: str) -> Mfa:
    """Returns the state of a person's MFA; raises NotFound."""
    with rights.reading(work, MFA_READ) as db:
        return people.view(db, work, people.find(db, named)).mfa


def require_mfa(work: Work, named: str, *, required: bool) -> User:
    """Makes MFA mandatory for a person from the next decision on, or not any more."""
    with rights.administering(work, MFA_WRITE) as db:
        user = people.lock(db, work, named, permission=MFA_WRITE)
        user_changes.require_mfa(db, work, user, required=required)
        return people.view(db, work, people.find(db, user.id))


def disable_mfa(work: Work, named: str, *, reason: str) -> User:
    """Takes somebody's MFA away as a whole: secrets, codes, lock, sessions, logins."""
    user_changes.checked_reason(reason)
    with rights.administering(work, MFA_WRITE) as db:
        user = people.lock(db, work, named, permission=MFA_WRITE)
        user_changes.take_mfa(db, work, user, reason)
        return people.view(db, work, user)


def unlock(work: Work, named: str) -> User:
    """Takes the lock from somebody's second factor and forgets the failures.

    Codes that a clock which was ahead used up count again, from the next ones on: what
    is valid at this moment may have been used (REL-031).
    """
    with rights.administering(work, MFA_WRITE) as db:
        user = people.lock(db, work, named, permission=MFA_WRITE)
        attempts.clear(db, facts.factor_key(user.id))
        before = people.view(db, work, user).mfa.codes_used_until
        if before is not None:
            step = totp.step_of(work.now) + totp.WINDOW
            spent_steps.take_back(db, user.id, step)
        changes = {"codes_used_until": [before.isoformat(), None]} if before else {}
        work.audit(db, "mfa.unlocked", subject=people.subject(user), changes=changes)
        return people.view(db, work, user)
