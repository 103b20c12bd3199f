"""A guess on its way from weighing to judging: what was compared, what is locked.

Values only; both halves are ``actions.factors``.
"""

from dataclasses import dataclass
from dataclasses import field

from idp.actions.directory_people import Member
from idp.store.attempts import Attempts
from idp.store.users import UserRow


@dataclass(frozen=True, slots=True)
class WeighedPassword:
    """A password compared but not yet counted; ``member`` is one of the directory."""

    right: bool
    user: UserRow | None
    keys: tuple[str, str]
    member: Member | None = field(default=None, repr=False)
    new_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HeldPassword:
    """A weighed password whose counters and account are locked, as they are now."""

    weighed: WeighedPassword
    own: Attempts
    every: Attempts
    user: UserRow | None


@dataclass(frozen=True, slots=True)
class WeighedBackupCode:
    """The digest of a backup code as typed; None when it is no such code at all."""

    digest: bytes | None = field(repr=False)
