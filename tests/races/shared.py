"""A provider that serves many tests, each with people of its own."""

import dataclasses
import itertools

from tests.support.people import Person
from tests.support.provider import Provider

NUMBERS = itertools.count(1)


@dataclasses.dataclass
class Shared(Provider):
    """A provider for many tests; whoever it creates gets a number to the name."""

    def person(self, username: str, *arguments: str, enrolled: bool = True) -> Person:
        return super().person(
            f"{username}-{next(NUMBERS)}", *arguments, enrolled=enrolled
        )
