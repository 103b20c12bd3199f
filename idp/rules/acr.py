"""Levels as clients name them: ``acr_values``, aliases, and the ``acr`` of an answer.

Pure names and order. What a person can reach is given; who must prove what is decided
by ``policy`` from the level that comes out here.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

from idp.rules.assurance import ACR
from idp.rules.assurance import LEVEL_OF_ACR
from idp.rules.factors import Level


@dataclass(frozen=True, slots=True)
class Reach:
    """What asking this person now can lead to.

    ``second_factor``: enrolled and not locked. ``enrolment``: may enrol on the way.
    """

    second_factor: bool
    enrolment: bool


def level_of(value: str, aliases: Mapping[str, str]) -> Level | None:
    """Returns the level that a client's word names, or None for an unknown word."""
    return LEVEL_OF_ACR.get(aliases.get(value, value))


def asked_level(
    values: Sequence[str], *, aliases: Mapping[str, str], reach: Reach, essential: bool
) -> Level | None:
    """Chooses the level to demand, or None where no value can be met.

    A voluntary list takes the first known value, in the client's order, that asking can
    reach; with ``pwd`` among them nobody is sent to enrol. Unknown words are skipped; a
    list of nothing but unknown words asks for nothing. An essential list treats unknown
    words as unreachable (OpenID Connect Core 5.5.1.1, SEC-098).
    """
    known = [level for value in values if (level := level_of(value, aliases))]
    if not known:
        return None if values and essential else Level.PWD
    for level in known:
        if level is Level.PWD or reach.second_factor:
            return level
    return Level.MFA if reach.enrolment else None


def stated_acr(
    level: Level, asked: Sequence[str], aliases: Mapping[str, str], *, essential: bool
) -> str:
    """Names the level reached, in the client's own word where it has one for it.

    Else an alias of less that it asked for, since that level is met as well; a must
    is answered by one of its own words in any case (OpenID Connect Core 5.5.1.1).
    """
    for value in asked:
        if level_of(value, aliases) is level:
            return value
    for value in asked:
        known = level_of(value, aliases)
        if known is not None and known < level and (essential or value in aliases):
            return value
    return ACR[level]
