"""A guess between weighing and judging: what was compared, and what is locked.

Values only; both halves are ``actions.factors``.
"""

from dataclasses import dataclass
from dataclasses import field

from idp.actions.directory_people import Member
from idp.actions.facts import Person
from idp.actions.work import Subject
from idp.store.attempts import Attempts
from idp.store.users import UserRow


@dataclass(frozen=True, slots=True)
class WeighedPassword:
    """A password compared but not yet counted; ``member`` is one of the directory.

    ``user`` is there where it is right, ``about`` names whom it is for in any case.
    """

    right: bool
    user: UserRow | None
    keys: tuple[str, str]
    about: Subject
    member: Member | None = field(default=None, repr=False)
    new_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HeldPassword:
    """A weighed password whose counters and account are locked, as they are now.

    The directory's people are read when they are let in, which may change them.
    """

    weighed: WeighedPassword
    own: Attempts
    every: Attempts
    person: Person | None

    @property
    def unchanged(self) -> Person | None:
        """Gives the person where letting them in has changed nothing about them."""
        person = self.person
        if person is None or person.user.password_initial or self.weighed.new_hash:
            return None
        return person


@dataclass(frozen=True, slots=True)
class WeighedBackupCode:
    """The digest of a backup code as typed; None when it is no such code at all."""

    digest: bytes | None = field(repr=False)
