"""``/metrics``: who may read it, and what it counts (SEC-266, REL-091)."""

import os
import pathlib
import re
import subprocess
import sys

import pytest
from prometheus_client.parser import text_string_to_metric_families

from idp.actions import audit_chain
from idp.actions import jobs
from idp.actions.tools import Tools
from idp.actions.tools import host
from idp.actions.work import SYSTEM
from idp.actions.work import Origin
from idp.app import create_management_app
from idp.settings import Settings
from idp.vault import Vault
from tests.architecture.tree import TOP
from tests.support.provider import Provider
from tests.support.providers import Maker
from tests.support.within import Within

ON_POSTGRESQL = {"idp_clock_offset_seconds"}
TOKEN = "a-token-of-the-metrics-0123456789abcdef"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
Sample = tuple[str, frozenset[tuple[str, str]]]


def samples(text: str) -> dict[Sample, float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return samples(text).get((name, frozenset(labels.items())), 0.0)


def read(provider: Provider, path: str = "/metrics") -> str:
    answer = provider.http.get(path, headers=BEARER)
    assert answer.status == 200, answer
    assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    return answer.text


def close(folder: pathlib.Path, provider: Within) -> None:
    """Does what the worker does beside the server."""
    settings = Settings(data_dir=folder / "var", keys_dir=folder / "keys")
    tools = Tools(settings, Vault.load(settings))
    work = tools.work(provider.clock(), actor=SYSTEM, origin=Origin())
    while audit_chain.close(work):
        pass
    tools.close()


def verified(folder: pathlib.Path, provider: Within) -> None:
    """Does the job of the chain and looks whether the trail is whole."""
    settings = Settings(data_dir=folder / "var", keys_dir=folder / "keys")
    tools = Tools(settings, Vault.load(settings))
    work = tools.work(provider.clock(), actor=host(None), origin=Origin())
    jobs.done(work, "chain")
    assert audit_chain.verify(work).intact
    tools.close()


@pytest.fixture
def watched(new_provider: Maker) -> Within:
    return new_provider(IDP_METRICS_TOKEN=TOKEN)


def test_nobody_reads_it_where_no_secret_was_set(provider: Within) -> None:
    assert provider.http.get("/metrics").status == 404
    assert provider.http.get("/metrics", headers=BEARER).status == 404


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        TOKEN,
        "Bearer",
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer ä",
    ],
)
def test_the_wrong_secret_is_refused(watched: Within, sent: str | None) -> None:
    headers = {} if sent is None else {"Authorization": sent}
    answer = watched.http.get("/metrics", headers=headers)
    assert (answer.status, answer.text) == (401, "")
    assert answer.header("WWW-Authenticate") == "Bearer"


def test_a_secret_in_the_query_is_none(watched: Within) -> None:
    assert watched.http.get("/metrics", {"token": TOKEN}).status == 401


def test_it_answers_to_any_host_with_and_without_the_path(new_provider: Maker) -> None:
    issuer = "http://127.0.0.1:5000/idp"
    provider = new_provider(IDP_ISSUER=issuer, IDP_METRICS_TOKEN=TOKEN)
    for url in ("http://10.0.0.1/metrics", "http://10.0.0.1/idp/metrics"):
        assert provider.wire("GET", url, tuple(BEARER.items())).status == 200


def requests_of(text: str, route: str, method: str, status: str) -> float:
    name = "idp_request_duration_seconds_count"
    return value(text, name, route=route, method=method, status=status)


def test_requests_are_counted_by_route_never_by_path(watched: Within) -> None:
    before = read(watched)
    for path in ("one", "two"):
        watched.http.get(f"/login/{path}/password")
        watched.http.get(f"/{path}-secret")
        watched.http.get(f"/{path}-secret", method="BREW")
    after = read(watched)
    route = ("/login/<login_id>/password", "GET", "400")
    assert requests_of(after, *route) == requests_of(before, *route) + 2
    nowhere = ("none", "none", "404")
    assert requests_of(after, *nowhere) == requests_of(before, *nowhere) + 4
    assert "-secret" not in after
    assert "BREW" not in after


def test_what_happened_to_people_is_counted_once_it_is_closed(
    watched: Within, tmp_path: pathlib.Path
) -> None:
    mia = watched.person("mia")
    wiki = watched.client("Wiki")
    browser = wiki.ask(watched.browser())
    browser.fill("sign-in", username="mia", password="wrong")
    mia.enter_code(mia.enter_password(browser))
    wiki.collect(browser)
    open_before = value(read(watched), "idp_audit_open_records")
    close(next(tmp_path.iterdir()), watched)
    text = read(watched)

    def events(event: str, outcome: str = "ok") -> float:
        return value(text, "idp_events_total", event=event, outcome=outcome)

    assert open_before > 0
    assert value(text, "idp_audit_open_records") == 0
    assert events("login.succeeded") == 2
    assert events("password.refused", "refused") == 1
    assert events("tokens.issued") == 1
    assert value(text, "idp_logins_total", factor="otp", outcome="ok") == 2
    assert value(text, "idp_logins_total", factor="pwd", outcome="refused") == 1
    assert (
        value(text, "idp_tokens_total", grant="authorization_code", outcome="ok") == 1
    )
    assert value(text, "idp_sessions") == 2
    assert value(text, "idp_audit_head_genuine") == 1


def test_a_refusal_is_counted_at_once(watched: Within) -> None:
    """REL-084"""
    labels = {"event": "client.refused", "reason": "unknown"}
    before = value(read(watched), "idp_refusals_total", **labels)
    form = {"grant_type": "client_credentials"}
    form |= {"client_id": "SECRET", "client_secret": "SECRET"}
    for _ in range(3):
        watched.http.post("/token", form)
    text = read(watched)
    assert value(text, "idp_refusals_total", **labels) == before + 3
    assert "SECRET" not in text


def test_jobs_say_when_they_were_last_done(
    watched: Within, tmp_path: pathlib.Path
) -> None:
    """REL-091: and the trail, whether it was whole when somebody looked"""
    verified(next(tmp_path.iterdir()), watched)
    watched.move.advance(hours=1)
    text = read(watched)
    assert value(text, "idp_job_last_run_seconds", job="chain") >= 3600
    assert value(text, "idp_job_last_run_seconds", job="verify") >= 3600
    assert value(text, "idp_audit_broken") == 0


def test_what_the_papers_name_is_what_there_is(watched: Within) -> None:
    """Each figure has a row of the table, and alarms ask for nothing else"""
    found = {
        family.name
        for family in text_string_to_metric_families(read(watched))
        if family.name.startswith("idp_") and not family.name.endswith("_created")
    }
    docs = TOP / "docs"
    rows = re.findall(
        r"^\| `(idp_\w+)`", (docs / "operations.md").read_text(), re.MULTILINE
    )
    assert {row.removesuffix("_total") for row in rows} == found | ON_POSTGRESQL
    alarms = re.findall(r"\bidp_\w+", (docs / "operations" / "alarms.yml").read_text())
    assert {name.removesuffix("_bucket") for name in alarms} <= set(rows)
    promised = (docs / "interface.md").read_text()
    assert [row for row in rows if f"`{row}`" not in promised] == []


def test_keys_have_an_age(watched: Within) -> None:
    watched.move.advance(days=2)
    ages = [
        age
        for (name, _), age in samples(read(watched)).items()
        if name == "idp_signing_key_age_seconds"
    ]
    assert len(ages) == 2
    assert all(2 * 86400 <= age < 3 * 86400 for age in ages)


def test_it_answers_without_a_database(tmp_path: pathlib.Path) -> None:
    """REL-001: what watches over the service does not go away with its database"""
    settings = Settings(data_dir=tmp_path, master_key="0123456789abcdef" * 4)
    application = create_management_app(settings)
    answer = application.test_client().get("/metrics")
    application.extensions["ostiary"].close()
    assert value(answer.get_data(as_text=True), "idp_database_up") == 0
    assert answer.status_code == 200


def test_the_management_listener_has_figures_and_health_only(
    tmp_path: pathlib.Path,
) -> None:
    settings = Settings(data_dir=tmp_path, master_key="0123456789abcdef" * 4)
    application = create_management_app(settings)
    client = application.test_client()
    found = {
        path: client.get(path).status_code
        for path in ("/metrics", "/healthz", "/login", "/.well-known/jwks.json")
    }
    application.extensions["ostiary"].close()
    assert list(found.values()) == [200, 200, 404, 404]


def test_durations_add_up_over_processes(tmp_path: pathlib.Path) -> None:
    """As workers do: each in a process of its own, one directory for all"""
    program = (
        "from idp.web import prometheus\n"
        "from idp.web import prometheus_processes as processes\n"
        "processes.observe(route='/x', method='GET', status=200, seconds=0.02)\n"
        "print(prometheus.written(None).decode())"
    )
    place = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=place,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(3)
    ]
    assert [requests_of(text, "/x", "GET", "200") for text in said] == [1, 2, 3]


def test_mails_that_wait_have_a_number_and_an_age(new_provider: Maker) -> None:
    """REL-062"""
    provider = new_provider(
        IDP_METRICS_TOKEN=TOKEN,
        IDP_SMTP_URL="smtp://127.0.0.1:25",
        IDP_MAIL_FROM="idp@example.org",
    )
    before = value(read(provider), "idp_mails_oldest_seconds")
    provider.person("mia", "--email", "mia@example.org")
    provider.move.advance(hours=2)
    text = read(provider)
    assert before == 0
    assert value(text, "idp_mails_waiting") == 1
    assert 7200 <= value(text, "idp_mails_oldest_seconds") < 7300
