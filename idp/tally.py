"""Refusals that strangers can cause by the thousand, counted before they are recorded.

One record each would fill the audit trail (REL-067, REL-084): each process counts equal
ones, and a single record says how often, and when first and last. The number of
different ones is bounded; recording them is ``actions.refused``.
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime

MOST = 2000
"""Kinds of refusal that are told apart at once; beyond that, sources are not."""

ELSEWHERE = "elsewhere"
EVERY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What makes refusals alike."""

    event: str
    reason: str
    source: str
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """How often something happened, and when first and last."""

    times: int
    first: datetime
    last: datetime

    def __add__(self, other: "Times") -> "Times":
        """Adds up."""
        return Times(
            self.times + other.times,
            min(self.first, other.first),
            max(self.last, other.last),
        )


class Tally:
    """Counts of one process; safe to share between threads."""

    def __init__(self, *, most: int = MOST) -> None:
        """Begins with nothing; takes how many kinds are told apart."""
        self._most = most
        self._lock = threading.Lock()
        self._counted: dict[Kind, Times] = {}
        self._totals: Counter[tuple[str, str]] = Counter()
        self._write: Callable[[], object] | None = None
        self._timer: threading.Timer | None = None

    def count(self, kind: Kind, *, at: datetime) -> None:
        """Counts one refusal; costs no statement."""
        with self._lock:
            self._totals[kind.event, kind.reason] += 1
        self.add(kind, Times(1, at, at))

    def add(self, kind: Kind, times: Times) -> None:
        """Counts several; one that finds no room is counted without its source."""
        with self._lock:
            if kind not in self._counted and len(self._counted) >= self._most:
                kind = replace(kind, source=ELSEWHERE, client_id=None)
            before = self._counted.get(kind)
            self._counted[kind] = before + times if before else times
            self._set_timer()

    def take(self) -> dict[Kind, Times]:
        """Hands over what was counted, which begins anew."""
        with self._lock:
            taken, self._counted = self._counted, {}
        return taken

    def totals(self) -> dict[tuple[str, str], int]:
        """Returns how many there were since the start, by event and reason."""
        with self._lock:
            return dict(self._totals)

    def write_by(self, write: Callable[[], object]) -> None:
        """Names who writes it down from here on, some time after a first count."""
        self._write = write

    def stop(self) -> None:
        """Stops recording."""
        with self._lock:
            self._write = None
            if self._timer is not None:
                self._timer.cancel()

    def _set_timer(self) -> None:
        if self._write is None or self._timer is not None:
            return
        self._timer = threading.Timer(EVERY_SECONDS, self._at_last)
        self._timer.daemon = True
        self._timer.start()

    def _at_last(self) -> None:
        with self._lock:
            self._timer = None
            write = self._write
        if write is not None:
            write()
