"""The outcome of a guess: the fault, and the message about it.

The words are those of ``data-error`` (``interface.md`` section 2); judging is
``actions.factors``.
"""

import enum
from dataclasses import dataclass

from idp.rules.totp import PERIOD_SECONDS
from idp.store.users import UserRow


class Fault(enum.Enum):
    """Why a guess did not do; the value is the word of ``data-error``."""

    WRONG_CREDENTIALS = "wrong-credentials"
    WRONG_CODE = "wrong-code"
    USED_CODE = "used-code"
    USED_AHEAD = "used-ahead"
    CLOCK = "clock"
    WRONG_BACKUP_CODE = "wrong-backup-code"
    NOT_ACCEPTED = "not-accepted-here"
    LOCKED = "locked"
    TOO_MANY = "too-many-attempts"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a guess; ``fault`` is None when the factor is proved.

    ``drift`` is how many time steps a phone seems to be off (negative: behind).
    ``counted`` is False for what was no guess; ``hint`` says what it may have been.
    """

    fault: Fault | None
    user: UserRow | None = None
    retry_after: int | None = None
    drift: int | None = None
    counted: bool = True
    hint: str | None = None

    @property
    def message(self) -> dict[str, object]:
        """What the next page says; drift in seconds."""
        drift = None if self.drift is None else self.drift * PERIOD_SECONDS
        said = {
            "error": self.fault.value if self.fault else None,
            "retry_after": self.retry_after,
            "drift_seconds": drift,
            "hint": self.hint,
        }
        return {name: value for name, value in said.items() if value is not None}
