"""Recording a factor that was proved in a login: shared by sign-in and enrolment."""

from dataclasses import replace

from idp.actions.work import Actor
from idp.actions.work import Work
from idp.rules import assurance
from idp.rules.factors import Factor
from idp.store.logins import Login
from idp.store.users import UserRow


def noted(work: Work, login: Login, factor: Factor) -> Login:
    """Returns the login with one proof more, noted after everything that led to it.

    From a password on, all the proofs that it has are its own (``borrowed_proofs``).
    """
    after = [login.created_at]
    if login.request is not None:
        after.append(login.request.arrived_at)
    proofs = assurance.with_proof(login.proofs, factor, work.now, after=after)
    own = login.forced or factor is Factor.PASSWORD
    return replace(login, proofs=proofs, forced=own, message=None)


def actor(work: Work, login: Login, user: UserRow) -> Actor:
    """Returns who acts in a login, once a password was right, for the audit trail.

    They are known by what they proved so far, though no session is open yet.
    """
    stated = assurance.describe(login.proofs, work.now)
    return Actor("user", user.id, user.username, stated.acr)
