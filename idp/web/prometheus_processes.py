"""What each process measures of itself; added up over those of one ``idp serve``.

That needs ``PROMETHEUS_MULTIPROC_DIR``, which ``idp serve`` sees to. Figures are as of
the end of the last request of each process. No label holds anything from outside.
"""

import functools
import threading
from collections.abc import Callable

from prometheus_client import CollectorRegistry
from prometheus_client import Counter
from prometheus_client import Gauge
from prometheus_client import Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import ValueClass

from idp.actions.figures import Pressure

UNKNOWN = "none"
"""The route of a request that met none; its method is not told either."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

_own = CollectorRegistry()
_durations = Histogram(
    "idp_request_duration_seconds",
    "Time from the arrival of a request to its answer.",
    ("route", "method", "status"),
    registry=_own,
    buckets=SECONDS,
)
_hashes = Gauge(
    "idp_hashes_waiting",
    "Passwords and backup codes that are being hashed or wait for it.",
    multiprocess_mode="livesum",
    registry=_own,
)
_no_room = Counter(
    "idp_hashes_refused",
    "Passwords and backup codes for which too many others waited.",
    registry=_own,
)
_connections = Gauge(
    "idp_database_connections",
    "Connections to the database that are in use.",
    multiprocess_mode="livesum",
    registry=_own,
)
_alone = Gauge(
    "idp_source_limits_alone",
    "Processes that count failures per source alone because Valkey is away.",
    multiprocess_mode="livesum",
    registry=_own,
)
_dropped = Counter(
    "idp_log_lines_dropped",
    "Lines of the log that found no room because nobody read it.",
    registry=_own,
)
_refusals = Counter(
    "idp_refusals",
    "Refusals of strangers that are added up in the audit trail.",
    ("event", "reason"),
    registry=_own,
)


def observe(*, route: str | None, method: str, status: int, seconds: float) -> None:
    """Counts one request under the template of its route."""
    known = (route, method) if route else (UNKNOWN, UNKNOWN)
    _durations_of(*known, status).observe(seconds)


@functools.cache
def _durations_of(route: str, method: str, status: int) -> Histogram:
    return _durations.labels(route, method, str(status))


class Reporter:
    """Carries what one application counts of itself over to the figures."""

    def __init__(self, look: Callable[[], Pressure]) -> None:
        """Takes how to look; begins at nothing."""
        self._look = look
        self._last = Pressure(0, 0, 0, False, 0, {})
        self._said = False
        self._lock = threading.Lock()

    def report(self) -> None:
        """Says how it is where that has changed."""
        now = self._look()
        if self._said and now == self._last:
            return
        with self._lock:
            last, self._last, self._said = self._last, now, True
            self._say(last, now)

    @staticmethod
    def _say(last: Pressure, now: Pressure) -> None:
        _hashes.set(now.hashes_waiting)
        _connections.set(now.connections)
        _alone.set(now.rates_alone)
        _no_room.inc(max(0, now.hashes_refused - last.hashes_refused))
        _dropped.inc(max(0, now.lines_dropped - last.lines_dropped))
        for labels, number in now.refusals.items():
            more = number - last.refusals.get(labels, 0)
            if more > 0:
                _refusals.labels(*labels).inc(more)


def collect_into(registry: CollectorRegistry) -> None:
    """Gives a registry what all processes measured, or this one where it is alone."""
    if ValueClass.__name__ == "MmapedValue":
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        for metric in (_durations, _hashes, _no_room, _connections, _alone, _dropped):
            registry.register(metric)
        registry.register(_refusals)
