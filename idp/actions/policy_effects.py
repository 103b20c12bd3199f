"""How many people each rule of the policy affects, before any rule is changed.

Everybody is counted once, however many rules are looked at. Their names come from
``organisation.preview``.
"""

from dataclasses import dataclass
from dataclasses import replace

from idp.actions import fleet_filter
from idp.actions import organisation
from idp.actions import rights
from idp.actions.fleet_tally import Tally
from idp.actions.organisation import Preview
from idp.actions.work import Work
from idp.rules.permissions import POLICY_READ
from idp.store import fleet
from idp.store.fleet import Marks
from idp.store.fleet import Wanted


@dataclass(frozen=True, slots=True)
class Effects:
    """People whose account is enabled; ``few`` of the enrolled would be warned.

    ``mfa`` has what each word of that rule would mean, without names.
    """

    people: int
    without: int
    enrolled: int
    few: int
    mfa: dict[str, Preview]


def effects(work: Work, *, backup_code_warning: int) -> Effects:
    """Counts for each rule; ``few`` are those with this many codes left or fewer."""
    with rights.reading(work, POLICY_READ) as db:
        ground = fleet_filter.ground(db, work)
        supposed = replace(ground, few=backup_code_warning)
        counted = fleet.tally(db, Wanted(active=True), supposed)
    tally = Tally(counted, everybody=ground.everybody)
    enrolled = tally.of(_enrolled)
    return Effects(
        people=tally.of(),
        without=tally.of() - enrolled,
        enrolled=enrolled,
        few=tally.in_state("few_codes"),
        mfa={
            word: organisation.weighed(
                counted, before=ground.everybody, after=word == "required"
            )
            for word in organisation.MFA_WORDS
        },
    )


def _enrolled(one: Marks) -> bool:
    return one.enrolled
