"""What is counted for Prometheus, and how it is written down.

Durations are measured in each process and added up over all of them where
``PROMETHEUS_MULTIPROC_DIR`` names a directory, which ``idp serve`` sees to. All other
figures come from the database at the moment of asking, so that they are the same
whichever process or machine answers. No label holds anything from outside.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client import Histogram
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import ValueClass

from idp.actions.figures import Figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
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


def observe(*, route: str | None, method: str, status: int, seconds: float) -> None:
    """Counts one request under the template of its route."""
    known = (route, method) if route else (UNKNOWN, UNKNOWN)
    _durations.labels(*known, str(status)).observe(seconds)


def written(found: Figures | None) -> bytes:
    """Returns everything as Prometheus text; None for a database that is away."""
    registry = CollectorRegistry()
    if ValueClass.__name__ == "MmapedValue":
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_durations)
    registry.register(_OfDatabase(found))
    return generate_latest(registry)


class _OfDatabase:
    def __init__(self, found: Figures | None) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """Yields what the database says."""
        found = self._found
        yield GaugeMetricFamily(
            "idp_database_up",
            "Whether the database answers.",
            value=float(found is not None),
        )
        if found is None:
            return
        yield _events(found)
        yield from _gauges(found)
        yield _key_ages(found)


def _events(found: Figures) -> Metric:
    family = CounterMetricFamily(
        "idp_events",
        "Audit records whose place in the chain is closed, by event and outcome.",
        labels=("event", "outcome"),
    )
    for labels, records in sorted(found.events.items()):
        family.add_metric(labels, records)
    return family


def _gauges(found: Figures) -> Iterator[Metric]:
    for name, text, value in (
        ("idp_sessions", "Sessions that live.", found.sessions),
        ("idp_mails_waiting", "Mails that are still to be sent.", found.waiting_mails),
        (
            "idp_mails_oldest_seconds",
            "Time since the event whose mail waits the longest.",
            found.oldest_mail_age,
        ),
        (
            "idp_logout_notices_waiting",
            "Logout notices that are still to be delivered.",
            found.waiting_logout_notices,
        ),
        (
            "idp_audit_open_records",
            "Audit records that are not closed yet.",
            found.open_records,
        ),
        (
            "idp_audit_head_genuine",
            "Whether the head of the audit chain is the one left here.",
            found.head_genuine,
        ),
    ):
        yield GaugeMetricFamily(name, text, value=float(value))


def _key_ages(found: Figures) -> Metric:
    family = GaugeMetricFamily(
        "idp_signing_key_age_seconds",
        "Time since a signing key was made.",
        labels=("kid", "alg", "state"),
    )
    for key in found.keys:
        family.add_metric((key.kid, key.alg, key.state), key.age)
    return family
