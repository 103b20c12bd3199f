"""One quiet line a request, and its duration: what was asked, how it ended.

Never the query, the body, a cookie or any other header: codes, hints and tokens travel
in them (REL-076). What watches over the service is written at level debug only.
"""

import logging
import time

from flask import Response
from flask import request

from idp import logs
from idp import tracing
from idp.actions import figures
from idp.web import health
from idp.web import prometheus_processes
from idp.web.work import current_work
from idp.web.work import parts
from idp.web.work import request_id

BEGAN = "idp.began"
SPAN = "idp.span"

log = logging.getLogger("idp.access")


def begin() -> None:
    """Notes when the request began, and its id for every line of its thread."""
    request.environ[BEGAN] = time.perf_counter()
    logs.request_id.set(request_id())
    # Anybody can send one; a proxy of ours made it or looked at it.
    believed = parts().settings.trusted_proxies > 0
    parent = request.headers.get("traceparent") if believed else None
    request.environ[SPAN] = tracing.request(parent)


def finish(response: Response) -> Response:
    """Says the id in the answer and writes the line."""
    response.headers["X-Request-Id"] = request_id()
    prometheus_processes.observe(
        route=request.url_rule.rule if request.url_rule else None,
        method=request.method,
        status=response.status_code,
        seconds=_seconds(),
    )
    parts().reporter.report(figures.pressure(current_work()))
    _end_span(response)
    level = logging.DEBUG if request.path.endswith(health.PATHS) else logging.INFO
    if log.isEnabledFor(level):
        log.log(level, "request", extra={logs.FACTS: _facts(response)})
    return response


def _seconds() -> float:
    began: float = request.environ.get(BEGAN, time.perf_counter())
    return time.perf_counter() - began


def forget(_fault: BaseException | None) -> None:
    """Takes the id from the thread, which may write lines of its own."""
    logs.request_id.set("")
    span: tracing.RequestSpan | None = request.environ.get(SPAN)
    if span is not None:
        span.leave()


def _end_span(response: Response) -> None:
    span: tracing.RequestSpan | None = request.environ.get(SPAN)
    if span is not None:
        span.end(
            method=request.method,
            route=request.url_rule.rule if request.url_rule else None,
            status=response.status_code,
            request_id=request_id(),
        )


def _facts(response: Response) -> dict[str, object]:
    return {
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "ms": round(_seconds() * 1000, 1),
    }
