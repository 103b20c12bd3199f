"""What came of a run: how long requests took, how journeys ended, what was wrong.

Wrong is what may never be: a 500, a success of a wrong guess, a token that does not
tell the truth. A refusal with 503 is no fault where it says when to come back.
"""

import dataclasses
import re
import threading
import time
import urllib.parse
from collections import Counter
from collections import defaultdict
from collections.abc import Sequence

from tests.support.exchange import Answer
from tests.support.exchange import Wire
from tests.support.exchange import network

MOST_TOLD = 50
OWN = re.compile(r"^/(login|authorize)/[^/]+/")


@dataclasses.dataclass
class Book:
    """Filled by several threads; `seconds` and `statuses` are by method and path."""

    seconds: dict[str, list[float]] = dataclasses.field(
        default_factory=lambda: defaultdict(list)
    )
    statuses: Counter[tuple[str, int]] = dataclasses.field(default_factory=Counter)
    ends: Counter[str] = dataclasses.field(default_factory=Counter)
    wrong: list[str] = dataclasses.field(default_factory=list)
    lock: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    def wire(self, through: Wire = network) -> Wire:
        """Gives a wire that writes each request down."""

        def send(
            method: str,
            url: str,
            headers: Sequence[tuple[str, str]] = (),
            body: bytes = b"",
        ) -> Answer:
            began = time.monotonic()
            answer = through(method, url, headers, body)
            self.note(answer, time.monotonic() - began)
            return answer

        return send

    def note(self, answer: Answer, seconds: float) -> None:
        """Counts one answer; one that no server may give is wrong."""
        path = urllib.parse.urlsplit(answer.url).path
        place = f"{answer.method} " + OWN.sub(r"/\1/*/", path)
        with self.lock:
            self.seconds[place].append(seconds)
            self.statuses[place, answer.status] += 1
        if answer.status >= 500 and answer.status != 503:
            self.accuse(f"{answer!r}")
        if answer.status == 503 and not (answer.header("Retry-After") or "").isdigit():
            self.accuse(f"503 without Retry-After: {answer!r}")

    def end(self, how: str) -> None:
        """Counts how a journey ended."""
        with self.lock:
            self.ends[how] += 1

    def accuse(self, what: str) -> None:
        """Keeps what was wrong; the first ones in full."""
        with self.lock:
            self.ends["wrong"] += 1
            if len(self.wrong) < MOST_TOLD:
                self.wrong.append(what[:600])

    def expect(self, truth: bool, what: str) -> None:
        """Accuses where something is not as it must be."""
        if not truth:
            self.accuse(what)

    def report(self) -> list[str]:
        """Gives a line for each place: how many, p50, p95 in ms, and statuses."""
        lines = []
        for place, taken in sorted(self.seconds.items()):
            found = sorted(taken)
            half, most = (1000 * found[int(len(found) * q)] for q in (0.5, 0.95))
            met = {s: n for (p, s), n in sorted(self.statuses.items()) if p == place}
            lines.append(
                f"{place:34} {len(found):7} {half:8.1f} {most:8.1f}  "
                + " ".join(f"{status}:{many}" for status, many in met.items())
            )
        return lines
