"""The organisation's rules, shown and changed."""

from dataclasses import replace

from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.store import organisation
from idp.store.organisation import Policy

MFA_WORDS = ("required", "optional", "disabled")


def show_policy(work: Work) -> Policy:
    """Returns the rules in force."""
    with work.reading() as db:
        return organisation.find_policy(db)


def set_policy(
    work: Work, *, mfa: str | None = None, enrol_during_step_up: bool | None = None
) -> Policy:
    """Changes rules; every decision made from the commit on obeys them (SEC-085)."""
    if mfa is not None and mfa not in MFA_WORDS:
        raise BadRequest("mfa", sentence="MFA is required, optional or disabled.")
    with work.writing() as db:
        before = organisation.find_policy(db)
        wanted = before
        if mfa is not None:
            wanted = replace(wanted, mfa=mfa)
        if enrol_during_step_up is not None:
            wanted = replace(wanted, enrol_during_step_up=enrol_during_step_up)
        after = organisation.save_policy(db, wanted, now=work.now)
        changes = {
            "mfa": [before.mfa, after.mfa],
            "enrol_during_step_up": [
                before.enrol_during_step_up,
                after.enrol_during_step_up,
            ],
        }
        work.audit(db, "policy.changed", subject=Subject("policy"), changes=changes)
    return after
