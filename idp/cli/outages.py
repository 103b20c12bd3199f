"""What the worker says while the database is away: that it is, and that it is back.

It looks again every second or so, and a trace each time would hide all else.
"""

import logging
import threading

from idp import logs
from idp.errors import Unavailable

BACK = "the database answers again"


class Outage:
    """Tells once of what goes on failing for want of a database, and of its end."""

    def __init__(self, log: logging.Logger) -> None:
        """Takes where to say it; one thread or many may use it."""
        self._log = log
        self._lock = threading.Lock()
        self._lasts = False

    def tell(self, words: str, fault: Exception, **facts: str) -> None:
        """Says what could not be done; of any other fault where from, each time."""
        if not isinstance(fault, Unavailable):
            extra = {logs.FACTS: facts}
            self._log.warning(words, exc_info=fault, extra=extra)
            return
        with self._lock:
            began, self._lasts = not self._lasts, True
        if began:
            facts["reason"] = fault.reason or fault.code
            self._log.warning(words, extra={logs.FACTS: facts})

    def is_over(self) -> None:
        """Takes note that something was done."""
        with self._lock:
            ended, self._lasts = self._lasts, False
        if ended:
            self._log.info(BACK)
