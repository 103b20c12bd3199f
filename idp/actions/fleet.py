"""Everybody's MFA: pages, figures and tables of people, filtered by their state.

Each list costs a bounded number of statements, however many people there are. What is
done to many at once is ``actions.fleet_mfa``, also reachable under this name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import replace

from sqlalchemy.engine import Connection

from idp.actions import cursors
from idp.actions import fleet_filter
from idp.actions import people
from idp.actions import rights
from idp.actions.fleet_filter import Filter as Filter
from idp.actions.fleet_mfa import Bulk as Bulk
from idp.actions.fleet_mfa import Selection as Selection
from idp.actions.fleet_mfa import require_mfa as require_mfa
from idp.actions.fleet_tally import Tally
from idp.actions.fleet_tally import privileged
from idp.actions.people import User
from idp.actions.work import Work
from idp.errors import BadRequest
from idp.rules.permissions import MFA_READ
from idp.rules.permissions import USERS_READ
from idp.store import fleet
from idp.store.fleet import Place
from idp.store.fleet import Wanted

MOST = 200
"""How many people one page holds at most."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of people by user name, and where the next one begins, if there is one."""

    items: tuple[User, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people each filter would show; the first four make up everybody.

    Administrators are all who hold a permission.
    """

    everybody: int
    none: int
    pending: int
    enrolled: int
    locked: int
    required_not_enrolled: int
    few_codes: int
    administrators_without_mfa: int
    not_seen_90_days: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far MFA has come among the people whose account is enabled.

    ``enrolled``, ``locked``, ``pending`` and ``none`` make up ``people``.
    """

    people: int
    enrolled: int
    required_not_enrolled: int
    locked: int
    none: int
    pending: int
    administrators: int
    administrators_without_mfa: int
    few_codes: int


def list_people(
    work: Work, asked: Filter, *, limit: int = 50, cursor: str | None = None
) -> Listing:
    """Lists a page of people by user name; raises BadRequest for a strange cursor."""
    if not 1 <= limit <= MOST:
        words = f"A page holds 1 to {MOST} people."
        raise BadRequest("limit", sentence=words)
    wanted = fleet_filter.wanted(work, asked)
    bound = asked.facts
    after = ""
    if cursor is not None:
        after = cursors.position(work, cursor, of="users", asked=bound)
    with rights.reading(work, USERS_READ) as db:
        found = _page(db, work, wanted, after=after, limit=limit + 1)
        shown = found[:limit]
        items = people.views(db, work, [place.id for place in shown])
    goes_on = len(found) > limit
    after = shown[-1].canonical if goes_on else ""
    following = cursors.made(work, after, of="users", asked=bound) if goes_on else None
    return Listing(tuple(items), following)


def table(work: Work, asked: Filter) -> Iterator[User]:
    """Yields everybody by user name, page by page, so that memory stays constant.

    Rights and filter are checked before the first one is asked for.
    """
    wanted = fleet_filter.wanted(work, asked)
    rights.require(work, USERS_READ)
    return _rows(work, wanted)


def _rows(work: Work, wanted: Wanted | None) -> Iterator[User]:
    after = ""
    while True:
        # A block for each page: nothing is held while the reader takes its time.
        with rights.reading(work, USERS_READ) as db:
            found = _page(db, work, wanted, after=after, limit=MOST)
            shown = people.views(db, work, [place.id for place in found])
        yield from shown
        if len(found) < MOST:
            return
        after = found[-1].canonical


def _page(
    db: Connection, work: Work, wanted: Wanted | None, *, after: str, limit: int
) -> list[Place]:
    if wanted is None:
        return []
    ground = fleet_filter.ground(db, work)
    return fleet.page(db, wanted, ground, after=after, limit=limit)


def count(work: Work, asked: Filter) -> int:
    """Counts the people that a filter shows."""
    wanted = fleet_filter.wanted(work, asked)
    with rights.reading(work, USERS_READ) as db:
        if wanted is None:
            return 0
        return fleet.count(db, wanted, fleet_filter.ground(db, work))


def counts(work: Work, asked: Filter) -> Counts:
    """Counts for each filter of the list, within what else was asked.

    The filters stand for one another: what ``asked`` says of ``mfa``, ``privileged``
    and ``not_seen_for`` does not count.
    """
    within = replace(asked, mfa=None, privileged=None, not_seen_for=None)
    wanted = fleet_filter.wanted(work, within)
    with rights.reading(work, USERS_READ) as db:
        counted = _tally(db, work, wanted)
    return Counts(
        **_figures(counted),
        everybody=counted.of(),
        not_seen_90_days=counted.of(lambda one: one.unseen),
    )


def coverage(work: Work) -> Coverage:
    """Tells how far MFA has come among the people who can sign in."""
    with rights.reading(work, MFA_READ) as db:
        counted = _tally(db, work, Wanted(active=True))
    return Coverage(
        **_figures(counted),
        people=counted.of(),
        administrators=counted.of(privileged),
    )


def _tally(db: Connection, work: Work, wanted: Wanted | None) -> Tally:
    ground = fleet_filter.ground(db, work)
    counted = [] if wanted is None else fleet.tally(db, wanted, ground)
    return Tally(counted, everybody=ground.everybody)


def _figures(counted: Tally) -> dict[str, int]:
    """Counts the people in each state, and the administrators without MFA."""
    states = {state: counted.in_state(state) for state in people.STATES}
    bare = counted.in_state("required_not_enrolled", privileged)
    return {**states, "administrators_without_mfa": bare}
