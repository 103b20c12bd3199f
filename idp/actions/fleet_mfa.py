"""Requiring MFA of many people at once, or no longer, with a preview.

Done in blocks of a few people, so that nobody waits long for a lock. When one block
fails, the blocks before it stand, and doing it again completes the rest. People whom
the actor may not touch are left as they are and counted (SEC-256).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace

from sqlalchemy.engine import Connection

from idp.actions import fleet_filter
from idp.actions import rights
from idp.actions import user_changes
from idp.actions.fleet_filter import Filter
from idp.actions.fleet_tally import Tally
from idp.actions.fleet_tally import privileged
from idp.actions.work import Subject
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.rules.permissions import MFA_WRITE
from idp.store import fleet
from idp.store import fleet_changes
from idp.store.fleet import Ground
from idp.store.fleet import Marks
from idp.store.fleet import Place
from idp.store.fleet import Wanted

MOST_NAMED = 200
SOUGHT = 1000
AT_ONCE = 50
BREATH_SECONDS = 0.02
"""Between two blocks: SQLite lets nobody in who does not happen to ask just then."""
SAMPLE = 20


@dataclass(frozen=True, slots=True)
class Selection:
    """Whom something is done to: people by id, at most 200, or all that a filter finds.

    One of the two has to be given; an empty filter is everybody.
    """

    user_ids: tuple[str, ...] = ()
    filter: Filter | None = None


@dataclass(frozen=True, slots=True)
class Bulk:
    """What was done, or would be: ``matched`` people were found.

    Of these ``changed`` got another requirement; ``would_enrol`` of the changed have to
    set MFA up at their next sign-in, or nothing else requires it of them:
    ``no_longer_required``. ``sample`` are the first of those who enrol, or else of the
    changed, by name. ``privileged`` of the matched hold a permission, and ``refused``,
    ``refused_sample`` the first of them, hold rights beyond the actor's and stay as
    they were.
    """

    matched: int
    changed: int
    would_enrol: int
    privileged: int
    refused: int
    sample: tuple[str, ...]
    no_longer_required: int = 0
    refused_sample: tuple[str, ...] = ()


def require_mfa(
    work: Work, who: Selection, *, required: bool, dry_run: bool = False
) -> Bulk:
    """Sets the requirement of each person; raises BadRequest or Forbidden.

    With ``dry_run`` nothing is changed, and the answer says what would be.
    """
    wanted = _wanted(work, who)
    rights.require(work, MFA_WRITE)
    if wanted is None:
        return Bulk(0, 0, 0, 0, 0, ())
    with work.reading() as db:
        told = _preview(db, work, wanted, required=required)
    if dry_run:
        return told
    if told.refused:
        words = f"{MFA_WRITE} over {told.refused} people with more rights"
        rights.record_refusal(work, MFA_WRITE, words)
    changed = _change_all(work, wanted, required=required)
    return replace(told, changed=changed)


def _wanted(work: Work, who: Selection) -> Wanted | None:
    if bool(who.user_ids) == (who.filter is not None):
        raise BadRequest("user_ids", sentence="Name people, or give a filter.")
    if len(who.user_ids) > MOST_NAMED:
        words = f"At most {MOST_NAMED} people can be named at once."
        raise BadRequest("user_ids", sentence=words)
    if who.filter is None:
        return Wanted(ids=tuple(sorted(set(who.user_ids))))
    return fleet_filter.wanted(work, who.filter)


def _preview(db: Connection, work: Work, wanted: Wanted, *, required: bool) -> Bulk:
    ground = fleet_filter.ground(db, work)
    counted = Tally(fleet.tally(db, wanted, ground), everybody=ground.everybody)

    def changes(one: Marks) -> bool:
        return one.flagged != required and not one.beyond

    def enrols(one: Marks) -> bool:
        return required and changes(one) and one.active and not one.enrolled

    def ends(one: Marks) -> bool:
        return not required and changes(one) and not counted.requires_anyway(one)

    told = Bulk(
        matched=counted.of(),
        changed=counted.of(changes),
        would_enrol=counted.of(enrols),
        privileged=counted.of(privileged),
        refused=counted.of(lambda one: one.beyond),
        sample=(),
        no_longer_required=counted.of(ends),
    )
    concerned = _concerned(wanted, required=required)
    if required:
        concerned = replace(concerned, active=True, enrolled=False)
    if told.would_enrol if required else told.changed:
        told = replace(told, sample=_first(db, concerned, ground))
    if told.refused:
        left_out = replace(wanted, beyond=True)
        told = replace(told, refused_sample=_first(db, left_out, ground))
    return told


def _first(db: Connection, wanted: Wanted, ground: Ground) -> tuple[str, ...]:
    found = fleet.page(db, wanted, ground, after="", limit=SAMPLE)
    return tuple(place.username for place in found)


def _concerned(wanted: Wanted, *, required: bool) -> Wanted:
    """Narrows to those who are changed: others have it already, or are out of reach."""
    return replace(wanted, flagged=not required, beyond=False)


def _change_all(work: Work, wanted: Wanted, *, required: bool) -> int:
    concerned, after, changed = _concerned(wanted, required=required), "", 0
    while True:
        with rights.reading(work, MFA_WRITE) as db:
            ground = fleet_filter.ground(db, work)
            found = fleet.page(db, concerned, ground, after=after, limit=SOUGHT)
        for first in range(0, len(found), AT_ONCE):
            some = found[first : first + AT_ONCE]
            with rights.administering(work, MFA_WRITE) as db:
                changed += _change(db, work, some, required=required)
            time.sleep(BREATH_SECONDS)
        if len(found) < SOUGHT:
            return changed
        after = found[-1].canonical


def _change(
    db: Connection, work: Work, found: Sequence[Place], *, required: bool
) -> int:
    """Changes those of these people of whom it still holds once they are locked."""
    ids = tuple(place.id for place in found)
    fleet_changes.lock_people(db, ids)
    still = _concerned(Wanted(ids=ids), required=required)
    ground = fleet_filter.ground(db, work)
    locked = fleet.page(db, still, ground, after="", limit=AT_ONCE)
    fleet_changes.set_required(
        db, [place.id for place in locked], required=required, now=work.now
    )
    because = user_changes.because(db, work, [place.id for place in locked])
    told = {"mfa_required": [not required, required]}
    work.audit_each(
        db,
        "mfa.requirement_changed",
        [
            (
                Subject("user", place.id, place.username),
                {**told, "because": because[place.id]},
            )
            for place in locked
        ],
    )
    return len(locked)
