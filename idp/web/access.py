"""One log line per request, and its duration: what was asked, how it ended.

Never the query, the body, a cookie or any other header: codes, hints and tokens travel
in them (REL-076). Requests of monitoring are logged at level debug only.
"""

import logging
import time

from flask import Response
from flask.globals import request_ctx

from idp import logs
from idp import tracing
from idp.settings import Settings
from idp.web import health
from idp.web import prometheus_processes
from idp.web.prometheus_processes import Reporter
from idp.web.work import new_request_id
from idp.web.work import request_id

BEGAN = "idp.began"
WATCHES = "idp.watches"
SPAN = "idp.span"

log = logging.getLogger("idp.access")


def begin(settings: Settings) -> None:
    """Notes when the request began, and its id for every line of its thread."""
    asked = request_ctx.request
    asked.environ[BEGAN] = time.perf_counter()
    asked.environ[WATCHES] = health.is_at(asked.path, settings)
    new_request_id()
    # Anybody can send one; a proxy of ours made it or looked at it.
    believed = settings.trusted_proxies > 0
    parent = asked.headers.get("traceparent") if believed else None
    asked.environ[SPAN] = tracing.request(parent)


def finish(response: Response, reporter: Reporter) -> Response:
    """Says the id in the answer and writes the line."""
    asked, own_id, status = request_ctx.request, request_id(), response.status_code
    route = asked.url_rule.rule if asked.url_rule else None
    response.headers.add("X-Request-Id", own_id)
    now = time.perf_counter()
    seconds = now - asked.environ.get(BEGAN, now)
    prometheus_processes.observe(
        route=route, method=asked.method, status=status, seconds=seconds
    )
    reporter.report()
    span: tracing.RequestSpan | None = asked.environ.get(SPAN)
    if span is not None:
        span.end(method=asked.method, route=route, status=status, request_id=own_id)
    level = logging.DEBUG if asked.environ.get(WATCHES) else logging.INFO
    facts = {
        "method": asked.method,
        "path": asked.path,
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    logs.write(log, level, "request", facts)
    return response


def forget(_fault: BaseException | None) -> None:
    """Takes the id from the thread, which may write lines of its own."""
    logs.request_id.set("")
    span: tracing.RequestSpan | None = request_ctx.request.environ.get(SPAN)
    if span is not None:
        span.leave()
