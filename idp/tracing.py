"""Traces for OpenTelemetry: a span per request, and one for each database block.

The only user of its packages, which are an optional extra, and only where
``OTEL_EXPORTER_OTLP_ENDPOINT`` is set; otherwise nothing is measured. A span holds what
is written here and nothing else: never a path, a query, a form, a header, a statement
or its values (REL-076).
"""

import logging
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from contextlib import nullcontext
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from idp import __version__

try:
    from opentelemetry import context as contexts
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace.propagation import tracecontext

    HAS_LIBRARY = True
except ImportError:
    HAS_LIBRARY = False

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
FAREWELL_SECONDS = 2.0

log = logging.getLogger("idp.tracing")


@dataclass(slots=True)
class _State:
    """What this process traces with; None where it does not."""

    provider: Any = field(default=None)
    tracer: Any = field(default=None)


_state = _State()


def begin() -> None:
    """Begins to trace in this process where the packages and an endpoint are there."""
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return
    if not HAS_LIBRARY:
        log.warning("an OTLP endpoint is set, but the extra [tracing] is not installed")
        return
    name = os.environ.get("OTEL_SERVICE_NAME", "ostiary")
    resource = Resource.create({"service.name": name, "service.version": __version__})
    _state.provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    _state.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _state.tracer = _state.provider.get_tracer("ostiary", __version__)


def end() -> None:
    """Sends what is left, for two seconds at most."""
    if _state.provider is not None:
        last = threading.Thread(target=_state.provider.shutdown, daemon=True)
        last.start()
        last.join(FAREWELL_SECONDS)


def block(name: str) -> AbstractContextManager[None]:
    """Measures a block inside a request; costs nothing where nothing is traced."""
    return nullcontext() if _state.tracer is None else _measured(name)


@contextmanager
def _measured(name: str) -> Iterator[None]:
    with _state.tracer.start_as_current_span(
        name, record_exception=False, set_status_on_exception=False
    ):
        yield


class RequestSpan:
    """The span of one request, from its begin to its answer."""

    def __init__(self, parent: str | None) -> None:
        """Begins; the parent is a ``traceparent`` that may be believed."""
        carrier = {"traceparent": parent} if parent else {}
        propagator = tracecontext.TraceContextTextMapPropagator()
        above = propagator.extract(carrier, contexts.Context())
        self._span = _state.tracer.start_span(
            "request", context=above, kind=trace.SpanKind.SERVER
        )
        self._token = contexts.attach(trace.set_span_in_context(self._span, above))

    def end(
        self, *, method: str, route: str | None, status: int, request_id: str
    ) -> None:
        """Ends it with what may be told of the request."""
        known = method if method in METHODS else "_OTHER"
        self._span.update_name(f"{known} {route}" if route else known)
        self._span.set_attribute("http.request.method", known)
        if route:
            self._span.set_attribute("http.route", route)
        self._span.set_attribute("http.response.status_code", status)
        self._span.set_attribute("ostiary.request_id", request_id)
        if status >= 500:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()

    def leave(self) -> None:
        """Lets the thread go on to something else."""
        contexts.detach(self._token)


def request(parent: str | None) -> RequestSpan | None:
    """Begins the span of a request; None where nothing is traced."""
    return None if _state.tracer is None else RequestSpan(parent)
