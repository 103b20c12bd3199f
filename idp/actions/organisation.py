"""The organisation's policy: shown, previewed, changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from typing import Any

from idp.actions import fleet_filter
from idp.actions import rights
from idp.actions.fleet_tally import Tally
from idp.actions.fleet_tally import privileged
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.errors import StaleVersion
from idp.rules.permissions import POLICY_READ
from idp.rules.permissions import POLICY_WRITE
from idp.store import fleet
from idp.store import organisation
from idp.store.fleet import Marks
from idp.store.fleet import Wanted
from idp.store.organisation import Policy as Policy

MFA_WORDS = ("required", "optional", "disabled")
MOST_WARNING = 10
"""Backup codes in a set; a warning at more would never end."""
NAMED = 20
"""How many of those concerned a preview names."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What another rule for MFA would mean for the people whose account is enabled.

    ``would_enrol`` would have to set MFA up at their next sign-in, ``sample`` are the
    first of them by name, and ``administrators`` those who hold a permission.
    """

    people: int
    would_enrol: int
    administrators: int
    no_longer_required: int
    sample: tuple[str, ...]


def show_policy(work: Work) -> Policy:
    """Returns the rules in force."""
    with rights.reading(work, POLICY_READ) as db:
        return organisation.find_policy(db)


def set_policy(
    work: Work,
    *,
    mfa: str | None = None,
    enrol_during_step_up: bool | None = None,
    backup_code_warning: int | None = None,
    version: int | None = None,
) -> Policy:
    """Changes rules; every decision made from the commit on obeys them (SEC-085).

    Raises BadRequest, and StaleVersion where a version is given and there is another.
    """
    given: dict[str, Any] = {
        "mfa": _word(mfa),
        "enrol_during_step_up": enrol_during_step_up,
        "backup_code_warning": _warning(backup_code_warning),
    }
    named = {name: value for name, value in given.items() if value is not None}
    with rights.administering(work, POLICY_WRITE) as db:
        before = organisation.lock_policy(db)
        if version is not None and version != before.version:
            raise StaleVersion("policy")
        wanted = replace(before, **named)
        if wanted == before:
            return before
        after = organisation.save_policy(db, wanted, now=work.now)
        changes = {
            name: [getattr(before, name), value]
            for name, value in named.items()
            if getattr(before, name) != value
        }
        work.audit(db, "policy.changed", subject=Subject("policy"), changes=changes)
    return after


def preview(work: Work, *, mfa: str) -> Preview:
    """Tells whom another rule for MFA would concern; nothing is changed."""
    _word(mfa)
    with rights.reading(work, POLICY_READ) as db:
        now = fleet_filter.ground(db, work)
        then = replace(now, everybody=mfa == "required")
        counted = fleet.tally(db, Wanted(active=True), now)
        concerned = Wanted(active=True, state="required_not_enrolled")
        first = fleet.page(db, concerned, then, after="", limit=NAMED)
    sample = tuple(place.username for place in first)
    return weighed(counted, before=now.everybody, after=then.everybody, sample=sample)


def weighed(
    counted: Sequence[tuple[Marks, int]],
    *,
    before: bool,
    after: bool,
    sample: tuple[str, ...] = (),
) -> Preview:
    """Compares two rules, each "everybody must" or not, over people once counted."""
    now, then = (Tally(counted, everybody=everybody) for everybody in (before, after))
    return Preview(
        people=then.of(),
        would_enrol=then.in_state("required_not_enrolled"),
        administrators=then.in_state("required_not_enrolled", privileged),
        no_longer_required=now.of(now.requires, lambda one: not then.requires(one)),
        sample=sample,
    )


def _word(mfa: str | None) -> str | None:
    if mfa is not None and mfa not in MFA_WORDS:
        raise BadRequest("mfa", sentence="MFA is required, optional or disabled.")
    return mfa


def _warning(codes: int | None) -> int | None:
    if codes is not None and not 0 <= codes <= MOST_WARNING:
        words = f"The warning begins at 0 to {MOST_WARNING} codes."
        raise BadRequest("backup_code_warning", sentence=words)
    return codes
