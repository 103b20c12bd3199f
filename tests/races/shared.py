"""A provider that serves many tests, each with people of its own."""

import dataclasses
import itertools
from typing import Any

from tests.support.people import Person
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty
from tests.support.within import inside_commander

NUMBERS = itertools.count(1)


@dataclasses.dataclass
class Shared(Provider):
    """A provider for many tests; whoever it creates gets a number to the name.

    What only makes ready for a race runs in this process: a command takes a second to
    start, and there are hundreds.
    """

    mfa: str = dataclasses.field(default="required", kw_only=True)

    def person(self, username: str, *arguments: str, enrolled: bool = True) -> Person:
        name = f"{username}-{next(NUMBERS)}"
        return self._inside().person(name, *arguments, enrolled=enrolled)

    def client(self, name: str, *arguments: str) -> RelyingParty:
        return self._inside().client(name, *arguments)

    def policy(self, mfa: str) -> None:
        if mfa != self.mfa:
            self._inside().policy(mfa)
            self.mfa = mfa

    def mfa_of(self, somebody: Person) -> dict[str, Any]:
        return self._inside().mfa_of(somebody)

    def _inside(self) -> Provider:
        command = inside_commander(self.settings) if self.settings else self.command
        return Provider(
            *(self.issuer, self.wire, self.clock, command, self.log_of),
            self.after_enrolment,
        )
