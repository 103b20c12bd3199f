"""The first page of administration: who uses MFA, and what needs attention."""

from dataclasses import dataclass
from typing import ClassVar
from typing import NamedTuple

from flask import Blueprint
from flask import Response
from flask.typing import ResponseReturnValue

from idp.actions import fleet
from idp.actions.fleet import Coverage
from idp.actions.sessions import SessionFacts
from idp.rules.permissions import MFA_READ
from idp.rules.permissions import PERMISSIONS
from idp.rules.permissions import USERS_READ
from idp.web import steps
from idp.web.admin import frame
from idp.web.admin import people_filter
from idp.web.admin.gate import administers
from idp.web.guards import public
from idp.web.work import current_work

blueprint = Blueprint("admin_home", __name__)
HOME = "/admin/"
WHOLE = 100

ATTENTION = ("bare_administrators", "required_not_enrolled", "locked", "few_codes")
"""What needs attention, the gravest first; the words are those of filters."""


class Percent(NamedTuple):
    """A part in whole per cent; ``about`` is ``<`` or ``>`` where that is not it."""

    about: str
    whole: int


def percent(hundredths: float) -> Percent:
    """Rounds a part; whoever is there is never rounded away.

    Nor is a remainder: only everybody is a hundred.
    """
    if 0 < hundredths < 1:
        return Percent("<", 1)
    if WHOLE - 1 < hundredths < WHOLE:
        return Percent(">", WHOLE - 1)
    return Percent("", round(hundredths))


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A part of everybody: ``start`` and ``length`` are hundredths of the ring."""

    state: str
    number: int
    start: float
    length: float

    @property
    def percent(self) -> Percent:
        """Returns the part in whole per cent."""
        return percent(self.length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """Something to be looked at: how many people, and the list of them."""

    word: str
    number: int
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage(frame.AdminFrame):
    """Coverage as a picture and as a table, and what needs attention.

    Without the right to see either, both are None.
    """

    template: ClassVar[str] = "admin/home.html"
    name: ClassVar[str] = "admin-home"

    coverage: Coverage | None = None
    segments: tuple[Segment, ...] = ()
    attention: tuple[Attention, ...] = ()

    @property
    def covered(self) -> int:
        """Counts the people who have MFA, locked or not."""
        return self.coverage.enrolled + self.coverage.locked if self.coverage else 0

    @property
    def covered_percent(self) -> Percent:
        """Returns the part of people who have MFA."""
        people = self.coverage.people if self.coverage else 0
        return percent(WHOLE * self.covered / people if people else 0)


@blueprint.get("/admin")
@public
def lead_home() -> ResponseReturnValue:
    """Redirects from the address without the slash."""
    return steps.away(steps.full_path(HOME))


@blueprint.get(HOME)
@administers(*PERMISSIONS)
def show_home(session: SessionFacts) -> Response:
    """Shows where everybody stands and where to go."""
    carried = frame.frame(session)
    if MFA_READ not in carried["may"]:
        return frame.show(HomePage(**carried))
    found = fleet.coverage(current_work())
    return frame.show(
        HomePage(
            **carried,
            coverage=found,
            segments=segments(found),
            attention=_attention(found, linked=USERS_READ in carried["may"]),
        )
    )


def segments(found: Coverage) -> tuple[Segment, ...]:
    """Divides the ring: MFA on, locked, set-up begun, off."""
    parts = {
        "enrolled": found.enrolled,
        "locked": found.locked,
        "pending": found.pending,
        "none": found.none,
    }
    made, start = [], 0.0
    for state, number in parts.items():
        length = WHOLE * number / found.people if found.people else 0.0
        made.append(Segment(state=state, number=number, start=start, length=length))
        start += length
    return tuple(made)


def _attention(found: Coverage, *, linked: bool) -> tuple[Attention, ...]:
    numbers = {
        "bare_administrators": found.administrators_without_mfa,
        "required_not_enrolled": found.required_not_enrolled,
        "locked": found.locked,
        "few_codes": found.few_codes,
    }
    return tuple(
        Attention(
            word=word,
            number=numbers[word],
            href=people_filter.address(word, active="yes") if linked else None,
        )
        for word in ATTENTION
        if numbers[word]
    )
