"""The clock that a test holds in its hand.

Handed to the application instead of the real one; moves only when told to.
"""

import datetime


class Clock:
    """A moment that tests move forward (or back) by hand."""

    def __init__(self, start: datetime.datetime | None = None) -> None:
        # In the middle of a TOTP step, so that a test which advances by a few
        # seconds does not cross into the next one unawares.
        self.now = start or datetime.datetime(
            2026, 3, 2, 10, 0, 15, tzinfo=datetime.UTC
        )

    def __call__(self) -> datetime.datetime:
        """Gives the moment, as the application asks for it."""
        return self.now

    def advance(self, **duration: float) -> None:
        """Moves by a duration in the words of `timedelta`: `advance(minutes=10)`."""
        self.now += datetime.timedelta(**duration)

    @property
    def seconds(self) -> int:
        """Gives whole seconds since 1970, as tokens count them."""
        return int(self.now.timestamp())


def real_clock() -> datetime.datetime:
    """Gives the time of the machine, for tests against running processes."""
    return datetime.datetime.now(datetime.UTC)
