"""What Prometheus is told, and how it is written down.

What one process measures is in ``prometheus_processes``; all other figures come from
the database at the moment of asking, so that they are the same whichever process or
machine answers. No label holds anything from outside.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from idp.actions.figures import Figures
from idp.actions.figures import Totals
from idp.web import prometheus_processes

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

EVENTS = "Audit records whose place in the chain is closed, by event and outcome."
LOGINS = "Sign-ins by the best factor, and refused passwords and codes."
TOKENS = "Token answers by grant."
RUNS = "Time since a job of the background worker, or a verification, was last done."


_GAUGES = (
    (
        "idp_sessions",
        "Sessions that live.",
        "sessions",
    ),
    (
        "idp_mails_waiting",
        "Mails that are still to be sent.",
        "waiting_mails",
    ),
    (
        "idp_mails_oldest_seconds",
        "Time since the event whose mail waits the longest.",
        "oldest_mail_age",
    ),
    (
        "idp_logout_notices_waiting",
        "Logout notices that are still to be delivered.",
        "waiting_logout_notices",
    ),
    (
        "idp_logout_notices_oldest_seconds",
        "Time since the sign-out whose notice waits the longest.",
        "oldest_logout_notice_age",
    ),
    (
        "idp_audit_open_records",
        "Audit records that are not closed yet.",
        "open_records",
    ),
    (
        "idp_audit_head_genuine",
        "Whether the head of the audit chain is the one left here.",
        "head_genuine",
    ),
    (
        "idp_audit_broken",
        "Whether the last verification found the audit chain broken.",
        "audit_broken",
    ),
    (
        "idp_master_keys",
        "Master keys in the ring; more than one while secrets are sealed anew.",
        "master_keys",
    ),
)
"""Name, text and the member of the figures."""


def written(found: Figures | None) -> bytes:
    """Returns everything as Prometheus text; None for a database that is away."""
    registry = CollectorRegistry()
    prometheus_processes.collect_into(registry)
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
        yield _totals("idp_events", EVENTS, ("event", "outcome"), found.events)
        yield _totals("idp_logins", LOGINS, ("factor", "outcome"), found.logins)
        yield _totals("idp_tokens", TOKENS, ("grant", "outcome"), found.tokens)
        yield from _gauges(found)
        yield _key_ages(found)
        yield from _jobs(found)


def _totals(
    name: str, text: str, labels: tuple[str, ...], totals: Totals
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=labels)
    for values, number in sorted(totals.items()):
        family.add_metric(values, number)
    return family


def _gauges(found: Figures) -> Iterator[Metric]:
    for name, text, member in _GAUGES:
        yield GaugeMetricFamily(name, text, value=float(getattr(found, member)))
    if found.clock_offset is not None:
        yield GaugeMetricFamily(
            "idp_clock_offset_seconds",
            "How far the clock here is ahead of the database's.",
            value=found.clock_offset,
        )


def _key_ages(found: Figures) -> Metric:
    family = GaugeMetricFamily(
        "idp_signing_key_age_seconds",
        "Time since a signing key was made.",
        labels=("kid", "alg", "state"),
    )
    for key in found.keys:
        family.add_metric((key.kid, key.alg, key.state), key.age)
    return family


def _jobs(found: Figures) -> Iterator[Metric]:
    family = GaugeMetricFamily("idp_job_last_run_seconds", RUNS, labels=("job",))
    for job in found.jobs:
        family.add_metric((job.name,), job.age)
    yield family
