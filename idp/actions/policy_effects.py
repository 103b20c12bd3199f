"""Whom the smaller rules of the policy concern, counted before they are changed.

What another rule for MFA itself would mean is ``organisation.preview``.
"""

from dataclasses import dataclass
from dataclasses import replace

from idp.actions import fleet_filter
from idp.actions import rights
from idp.actions.fleet_tally import Tally
from idp.actions.work import Work
from idp.rules.permissions import POLICY_READ
from idp.store import fleet
from idp.store.fleet import Marks
from idp.store.fleet import Wanted


@dataclass(frozen=True, slots=True)
class Effects:
    """People whose account is enabled; ``few`` of the enrolled would be warned."""

    people: int
    without: int
    enrolled: int
    few: int


def effects(work: Work, *, backup_code_warning: int) -> Effects:
    """Counts who has no MFA, and who has this many backup codes left or fewer."""
    with rights.reading(work, POLICY_READ) as db:
        ground = fleet_filter.ground(db, work)
        then = replace(ground, few=backup_code_warning)
        counted = fleet.tally(db, Wanted(active=True), then)
    tally = Tally(counted, everybody=then.everybody)
    enrolled = tally.of(_enrolled)
    return Effects(
        people=tally.of(),
        without=tally.of() - enrolled,
        enrolled=enrolled,
        few=tally.in_state("few_codes"),
    )


def _enrolled(one: Marks) -> bool:
    return one.enrolled
