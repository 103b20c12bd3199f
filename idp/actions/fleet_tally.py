"""Figures about everybody, derived from one count of all combinations of states.

Pure arithmetic over what ``store.fleet.tally`` found; the words are those of a filter,
and each figure equals the length of the list with that filter.
"""

from collections.abc import Callable
from collections.abc import Iterable

from idp.store.fleet import Marks

Condition = Callable[[Marks], bool]


class Tally:
    """How many people there are of each kind."""

    def __init__(self, kinds: Iterable[tuple[Marks, int]], *, everybody: bool) -> None:
        """Takes what was counted; ``everybody`` must have MFA where that is so."""
        self._counted = tuple(kinds)
        self._everybody = everybody
        self._states: dict[str, Condition] = {
            "none": lambda one: not one.enrolled and not one.pending,
            "pending": lambda one: not one.enrolled and one.pending,
            "enrolled": lambda one: one.enrolled and not one.locked,
            "locked": lambda one: one.enrolled and one.locked,
            "required_not_enrolled": lambda one: (
                self.requires(one) and not one.enrolled
            ),
            "few_codes": lambda one: one.enrolled and one.few,
        }

    def requires(self, one: Marks) -> bool:
        """Tells whether MFA is required of people like this."""
        return one.flagged or self.requires_anyway(one)

    def requires_anyway(self, one: Marks) -> bool:
        """Tells whether it is, whatever is said of the person alone."""
        return self._everybody or one.demanded

    def of(self, *conditions: Condition) -> int:
        """Counts the people of whom all of this holds."""
        return sum(
            number
            for marks, number in self._counted
            if all(holds(marks) for holds in conditions)
        )

    def in_state(self, state: str, *conditions: Condition) -> int:
        """Counts the people in a state of ``people.STATES``."""
        return self.of(self._states[state], *conditions)


def privileged(one: Marks) -> bool:
    """Tells whether people like this hold a permission of administration."""
    return one.privileged
