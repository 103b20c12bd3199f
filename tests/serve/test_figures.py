"""``/metrics`` of the real server: all workers add up, and where it may be read."""

import pathlib

from tests.support.exchange import Answer
from tests.support.exchange import network
from tests.support.provider import serving
from tests.support.valkey import free_port
from tests.support.waiting import until
from tests.web.test_metrics import requests_of

ROUTE = ("/.well-known/jwks.json", "GET", "200")


def test_the_management_listener_adds_up_every_worker(tmp_path: pathlib.Path) -> None:
    """SEC-266: without a secret the ordinary listener says nothing"""
    bind = f"127.0.0.1:{free_port()}"

    def here(path: str) -> Answer | None:
        try:
            return network("GET", f"http://{bind}{path}")
        except OSError:
            return None

    with serving(tmp_path, IDP_MANAGEMENT_BIND=bind, workers=3) as provider:
        until(lambda: here("/healthz") is not None, "the management listener")
        for _ in range(20):
            provider.http.get("/.well-known/jwks.json")
        figures, page = here("/metrics"), here("/login")
        outside = provider.http.get("/metrics").status
    assert figures is not None
    assert page is not None
    assert requests_of(figures.text, *ROUTE) == 20
    assert (figures.status, page.status, outside) == (200, 404, 404)
    assert here("/healthz") is None


def test_nothing_that_was_measured_stays_behind(tmp_path: pathlib.Path) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    with serving(tmp_path, workers=1, TMPDIR=str(place)):
        assert list(place.glob("ostiary-metrics-*"))
    assert not list(place.glob("ostiary-metrics-*"))
