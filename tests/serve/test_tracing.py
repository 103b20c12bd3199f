"""Traces: what a collector gets, and that no secret is among it (REL-076)."""

import contextlib
import http.server
import pathlib
import threading
from collections.abc import Iterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.provider import Provider
from tests.support.provider import serving
from tests.support.waiting import until
from tests.web.test_access import Listening

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Collector(http.server.ThreadingHTTPServer):
    """Takes traces by OTLP over HTTP."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Taking)
        self.requests: list[ExportTraceServiceRequest] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> list[Span]:
        """Gives every span that came."""
        return [
            span
            for request in self.requests
            for of_resource in request.resource_spans
            for scope in of_resource.scope_spans
            for span in scope.spans
        ]

    def named(self, name: str) -> list[Span]:
        return [one for one in self.spans() if one.name == name]


class _Taking(http.server.BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        """Keeps what was sent."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextlib.contextmanager
def collecting() -> Iterator[Collector]:
    with Collector() as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        yield collector
        collector.shutdown()


def sign_in_and_out_of_luck(provider: Provider) -> set[str]:
    """Does what moves secrets about, and gives them."""
    wire = provider.wire = Listening(provider.wire)
    wiki = provider.client("Wiki")
    mia = provider.person("mia")
    browser = wiki.ask(provider.browser())
    browser.fill("sign-in", username="mia", password="wrong horse battery")
    mia.enter_code(mia.enter_password(browser))
    tokens = wiki.refreshed(wiki.collect(browser))
    wiki.introspect(tokens.access)
    wiki.revoke(tokens.refresh)
    wiki.redeem("a-made-up-code")
    provider.http.get("/no-such-page/SECRET-PATH", method="BREW")
    return wire.secrets | {tokens.access, "SECRET-PATH", "BREW", mia.password}


def test_a_collector_gets_spans_without_any_secret(tmp_path: pathlib.Path) -> None:
    with collecting() as collector:
        settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        with serving(tmp_path, workers=1, **settings) as provider:
            secrets = sign_in_and_out_of_luck(provider)
        until(lambda: collector.named("POST /token"), "the last spans")
        said = "".join(str(request) for request in collector.requests)
        tokens = collector.named("POST /token")[0]
        inside = [
            one.name
            for one in collector.spans()
            if one.parent_span_id == tokens.span_id
        ]
    assert len(secrets) > 20
    assert [one for one in secrets if one in said] == []
    assert {"database read", "database write"} <= set(inside)
    assert {one.key for one in tokens.attributes} == {
        *("http.request.method", "http.route", "http.response.status_code"),
        "ostiary.request_id",
    }
    assert collector.named("_OTHER")


def test_a_parent_is_believed_behind_a_proxy_only(tmp_path: pathlib.Path) -> None:
    asked = (("traceparent", PARENT), ("X-Forwarded-For", "192.0.2.1"))
    found = {}
    for proxies in ("0", "1"):
        with collecting() as collector:
            settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
            settings["IDP_TRUSTED_PROXIES"] = proxies
            folder = tmp_path / proxies
            folder.mkdir()
            with serving(folder, workers=1, **settings) as provider:
                provider.wire("GET", f"{provider.issuer}/login", asked)
            until(lambda: collector.named("GET /login"), "the span")
            found[proxies] = collector.named("GET /login")[0].trace_id.hex()
    assert found["1"] == PARENT.split("-")[1]
    assert found["0"] != PARENT.split("-")[1]


def test_a_collector_that_is_away_keeps_nobody_waiting(tmp_path: pathlib.Path) -> None:
    """REL-078"""
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    with serving(tmp_path, workers=1, **settings) as provider:
        assert provider.browser().visit("/login").status == 200
    assert "Traceback" not in (tmp_path / "log").read_text()
