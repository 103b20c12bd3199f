"""SEC-255: every route is known, says what it demands, and answers no other method."""

import pathlib
from collections.abc import Iterator

import pytest
from flask import Flask

from idp.app import create_app
from idp.settings import Settings
from idp.web import guards
from tests.support.providers import Maker
from tests.support.within import Within
from tests.web.conftest import Dump
from tests.web.routes import ROUTES
from tests.web.routes import at

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")

# Where an address of one rule is one of another, too: a key could have this id.
ELSEWHERE = {"/api/v1/keys/rotate": {"DELETE"}}


@pytest.fixture
def application(tmp_path: pathlib.Path) -> Iterator[Flask]:
    made = create_app(Settings(data_dir=tmp_path, master_key="0123456789abcdef" * 4))
    yield made
    made.extensions["ostiary"].close()


def test_the_census_holds_every_route_with_its_methods(application: Flask) -> None:
    found: dict[str, set[str]] = {}
    for rule in application.url_map.iter_rules():
        found.setdefault(rule.rule, set()).update(rule.methods or ())
    assert found == {rule: set(route.all_methods) for rule, route in ROUTES.items()}


def test_every_view_declares_the_demand_of_the_census(application: Flask) -> None:
    for rule in application.url_map.iter_rules():
        view = application.view_functions[rule.endpoint]
        declared = getattr(view, guards.MARK, None)
        assert declared == ROUTES[rule.rule].gate, rule


def test_a_view_without_a_demand_stops_the_start(application: Flask) -> None:
    application.add_url_rule("/open", "left_open", lambda: "")
    with pytest.raises(RuntimeError, match="left_open"):
        guards.check_all(application)


def test_settings_are_nobodys_without_a_session(provider: Within) -> None:
    for rule, route in ROUTES.items():
        if route.gate in ("demands", "administers"):
            for method in sorted(route.all_methods - {"OPTIONS", "HEAD"}):
                answer = provider.http.get(at(rule), method=method)
                assert answer.status == 303, answer
                assert "/login/" in str(answer.header("Location")), answer


def test_the_api_is_nobodys_without_a_token(provider: Within) -> None:
    browser = provider.person("mia", "--role", "administrator")
    jar = browser.sign_in(provider.browser()).cookies
    cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
    for rule, route in ROUTES.items():
        if route.gate == "bearer":
            for method in sorted(route.methods - {"HEAD"}):
                answer = provider.http.get(
                    at(rule), method=method, headers={"Cookie": cookies}
                )
                assert answer.status == 401, answer
                assert answer.json()["code"] == "no-token"
                assert answer.header("WWW-Authenticate") == 'Bearer realm="api"'


def test_any_other_method_is_refused_with_the_list_of_those(
    provider: Within,
) -> None:
    for rule, route in ROUTES.items():
        for method in set(METHODS) - route.all_methods - ELSEWHERE.get(rule, set()):
            answer = provider.http.get(at(rule), method=method)
            assert answer.status == 405, answer
            assert answer.header("Allow"), answer
            words = ("bad-request", "method-not-allowed")
            assert any(word in answer.text for word in words) or method == "HEAD"


def test_the_protocol_says_in_json_which_method_it_wants(provider: Within) -> None:
    for rule, route in ROUTES.items():
        if route.kind == "protocol":
            answer = provider.http.get(rule, method="PATCH")
            assert answer.status == 405
            assert answer.json()["error"] == "invalid_request"
            wanted = "PUT" if rule.endswith(">") else "POST"
            assert wanted in str(answer.header("Allow"))


def test_the_protocol_answers_head_where_it_answers_get(provider: Within) -> None:
    """RFC 9110 section 9.3.2"""
    for rule, route in ROUTES.items():
        if route.kind == "protocol":
            shown, asked = (
                provider.http.get(at(rule), method=method).status
                for method in ("GET", "HEAD")
            )
            assert asked == shown, rule


def test_head_shows_begins_and_spends_nothing(provider: Within, dump: Dump) -> None:
    """SEC-289"""
    mia = provider.person("mia")
    browser = mia.sign_in(provider.browser())
    begun = provider.browser().visit("/login")
    login_id = begun.at.split("/")[-2]
    before = dump()
    for cookies in (browser.cookies, begun.cookies, {}):
        jar = "; ".join(f"{name}={value}" for name, value in cookies.items())
        for rule in ROUTES:
            headers = {"Cookie": jar} if jar else {}
            answer = provider.http.get(
                at(rule, login_id), method="HEAD", headers=headers
            )
            assert answer.status < 500, answer
            assert answer.body == b"", answer
            assert answer.all_headers("Set-Cookie") == [], answer
    assert dump() == before


def test_no_route_answers_with_a_redirect_to_a_slash(provider: Within) -> None:
    for rule in ROUTES:
        if not rule.endswith("/") and f"{rule}/" not in ROUTES:
            answer = provider.http.get(f"{at(rule)}/")
            # A rule for any path has the one with the slash as well, by its method.
            assert answer.status == (405 if "<path:" in rule else 404), answer


@pytest.mark.parametrize("path", ["", "/idp"])
def test_a_doubled_slash_leads_nowhere(new_provider: Maker, path: str) -> None:
    provider = new_provider(IDP_ISSUER=f"http://127.0.0.1:5000{path}")
    for rule, route in ROUTES.items():
        head, _, tail = f"{path}{at(rule)}".rpartition("/")
        if not head:
            continue
        address = f"{provider.issuer.removesuffix(path)}{head}//{tail}"
        for method in sorted(route.all_methods):
            answer = provider.http.get(address, method=method)
            assert answer.status == 404, answer
            assert answer.header("Location") is None, answer


def test_the_path_of_an_issuer_needs_no_slash_at_its_end(new_provider: Maker) -> None:
    provider = new_provider(IDP_ISSUER="http://127.0.0.1:5000/idp")
    for address in ("", "/"):
        answer = provider.http.get(address)
        assert (answer.status, answer.header("Location")) == (303, "/idp/settings")


def test_a_method_cannot_be_overridden(provider: Within, dump: Dump) -> None:
    """SEC-157"""
    browser = provider.person("mia").sign_in(provider.browser())
    jar = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {"Cookie": jar, "X-HTTP-Method-Override": "POST"}
    answer = provider.http.get("/logout", {"_method": "POST"}, headers=headers)
    assert answer.status == 405
    assert browser.visit("/settings").page == "settings"
