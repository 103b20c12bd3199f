"""SEC-141, SEC-148, SEC-158 to SEC-160: what every answer tells the browser."""

import pytest

from tests.support.exchange import Answer
from tests.support.providers import Maker
from tests.support.within import Within
from tests.web.routes import ROUTES
from tests.web.routes import at

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SECURE = {
    "IDP_ISSUER": "https://sso.example.org",
    "IDP_PASSWORD_HASH_COST": "12",
    "IDP_SOURCE_RATE": "60/minute",
}


def policy_of(answer: Answer) -> dict[str, str]:
    (text,) = answer.all_headers("Content-Security-Policy")
    parts = (directive.strip().partition(" ") for directive in text.split(";"))
    return {name: value for name, _, value in parts}


def check(answer: Answer, *, cached: bool) -> None:
    for name, value in EVERYWHERE.items():
        assert answer.all_headers(name) == [value], (name, answer)
    assert len(answer.all_headers("X-Request-Id")) == 1, answer
    (cache,) = answer.all_headers("Cache-Control")
    assert ("public" in cache) is cached, answer
    assert cached or "no-store" in cache, answer
    if (answer.header("Content-Type") or "").startswith("text/html"):
        check_policy(answer)


def check_policy(answer: Answer) -> None:
    policy = policy_of(answer)
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["object-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert "unsafe" not in str(policy), answer
    assert "Cookie" in str(answer.header("Vary")), answer


@pytest.mark.parametrize("signed_in", [False, True])
def test_every_route_carries_them(provider: Within, signed_in: bool) -> None:
    mia = provider.person("mia")
    browser = provider.browser().visit("/login")
    login_id = browser.at.split("/")[-2]
    if signed_in:
        mia.sign_in(browser)
    jar = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    for rule, route in ROUTES.items():
        for method in ("GET", "POST", "OPTIONS", "PUT"):
            answer = provider.http.get(
                at(rule, login_id), method=method, headers={"Cookie": jar}
            )
            assert answer.status < 500, answer
            document = route.kind == "document" and method == "GET"
            check(answer, cached=document)


def test_forms_of_the_settings_go_nowhere_else(provider: Within) -> None:
    """SEC-159: pages that lead back to an application leave form-action open"""
    browser = provider.person("mia").sign_in(provider.browser())
    for rule, route in ROUTES.items():
        if route.gate == "demands" and browser.visit(rule).at.endswith(rule):
            assert policy_of(browser.answer)["form-action"] == "'self'", browser
    login = provider.browser().visit("/login")
    assert "form-action" not in policy_of(login.answer)


def test_static_files_are_kept_and_errors_of_them_not(provider: Within) -> None:
    page = provider.browser().visit("/login").html
    names = [
        element.attributes["href"]
        for element in page.elements
        if element.tag == "link" and "/static/" in element.attributes.get("href", "")
    ]
    assert names
    for name in names:
        answer = provider.http.get(name)
        check(answer, cached=True)
        assert answer.all_headers("Set-Cookie") == []
    check(provider.http.get("/static/none.css"), cached=False)


def test_cookies_over_https_are_bound_to_this_host(new_provider: Maker) -> None:
    provider = new_provider(**SECURE)
    mia = provider.person("mia")
    browser = provider.browser().visit("/login")
    trail = list(browser.trail)
    mia.enter_password(browser)
    trail += mia.enter_code(browser).trail
    seen = {
        header.partition("=")[0]: header.split("; ")[1:]
        for answer in trail
        for header in answer.all_headers("Set-Cookie")
    }
    assert set(seen) == {"__Host-idp_session", "__Host-idp_browser"}
    for attributes in seen.values():
        assert set(attributes) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    for answer in trail:
        transport = answer.all_headers("Strict-Transport-Security")
        assert transport == ["max-age=31536000; includeSubDomains"], answer


def test_cookies_over_http_say_so_in_their_names(provider: Within) -> None:
    browser = provider.browser()
    provider.person("mia").sign_in(browser)
    assert set(browser.cookies) == {"idp_session", "idp_browser"}
    for answer in browser.trail:
        assert answer.all_headers("Strict-Transport-Security") == []
        for cookie in answer.all_headers("Set-Cookie"):
            assert set(cookie.split("; ")[1:]) == {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_a_cookie_that_came_twice_is_nobodys(provider: Within) -> None:
    """SEC-146"""
    browser = provider.person("mia").sign_in(provider.browser())
    token = browser.cookies["idp_session"]
    for jar in (f"idp_session={token}; idp_session=x", f"idp_session={token}, a=b"):
        answer = provider.http.get("/settings", headers={"Cookie": jar})
        assert answer.status == 303, jar
    answer = provider.http.get("/settings", headers={"Cookie": f"idp_session={token}"})
    assert answer.status == 200
