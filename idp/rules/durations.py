"""Durations as people write them: whole seconds, or a number with ``s m h d``.

Shared by the settings and the command line (``interface.md`` section 3). No default and
no limit of a particular setting lives here.
"""

import re
from datetime import timedelta

SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=3650)

_SECONDS_OF_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]{1,9})\s?([smhd]?)", re.ASCII)


def parse_duration(text: str) -> timedelta | None:
    """Reads ``90``, ``10m``, ``12h``, ``30d``; None for anything else.

    The shortest is one second, the longest ten years.
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        return None
    seconds = int(match[1]) * _SECONDS_OF_UNIT[match[2]]
    if not SHORTEST.total_seconds() <= seconds <= LONGEST.total_seconds():
        return None
    return timedelta(seconds=seconds)
