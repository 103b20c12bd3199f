"""Other clocks for real processes: libfaketime, with an offset in a file.

The wall clock alone moves, as it does where somebody sets it: waits and time-outs are
measured by the monotonic clock, which goes on.
"""

import datetime
import pathlib
from collections.abc import Mapping

from tests.support.clock import real_clock
from tests.support.needs import need


class SetClock:
    """The wall clock of some processes, so many seconds ahead of the real one."""

    def __init__(self, file: pathlib.Path, ahead: float = 0) -> None:
        self.file = file
        self.ahead = ahead
        self.set(ahead)

    def __call__(self) -> datetime.datetime:
        """Gives the moment that the processes take it to be."""
        return real_clock() + datetime.timedelta(seconds=self.ahead)

    def set(self, ahead: float) -> None:
        """Sets it, for processes that run already as well, in one step."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{ahead:+.3f}\n")
        new.rename(self.file)
        self.ahead = ahead

    def put(self, seconds: float) -> None:
        """Puts it forward, or back where `seconds` are negative."""
        self.set(self.ahead + seconds)

    @property
    def environment(self) -> Mapping[str, str]:
        """Gives what a process needs in its environment to live by this clock."""
        return {
            "LD_PRELOAD": need("faketime"),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "NO_FAKE_STAT": "1",
            # Its name in older and in newer releases.
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Its mend for old C libraries ends our waits at once: threads that wait for
            # the interpreter's lock would spin, and all be fifteen times slower.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        }
