"""What people see where there is nothing for them, and in which language."""

import pathlib

import pytest

from tests.support.browser import Browser
from tests.support.exchange import Answer
from tests.support.faults import changed
from tests.support.page import Page
from tests.support.providers import Maker
from tests.support.within import Within


def check(answer: Answer, status: int, error: str) -> Page:
    page = Page(answer.text)
    assert answer.status == status, answer
    assert page.mark("data-page") == "error"
    assert page.mark("data-error") == error
    assert page.mark("data-request-id") == answer.header("X-Request-Id")
    assert page.mark("data-request-id")
    return page


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/nothing", 404, "not-found"),
        ("GET", "/settings/nothing", 404, "not-found"),
        ("GET", "/login/x/nothing", 404, "not-found"),
        ("POST", "/login", 405, "bad-request"),
        ("DELETE", "/settings", 405, "bad-request"),
        ("GET", "/login/x/password", 400, "expired"),
        ("GET", "/consent/x", 400, "expired"),
        ("GET", "/authorize", 400, "unknown-client"),
        ("GET", "/authorize/x/resume", 400, "expired"),
        ("POST", "/logout", 403, "csrf"),
        ("POST", "/language", 403, "csrf"),
    ],
)
def test_each_refusal_is_a_page_with_its_number(
    provider: Within, method: str, path: str, status: int, error: str
) -> None:
    if method == "POST":
        check(provider.http.post(path), status, error)
    else:
        check(provider.http.get(path, method=method), status, error)


def test_a_browser_without_cookies_is_told_of_them(provider: Within) -> None:
    browser = provider.browser().visit("/login")
    address, words = browser.at, "allow cookies for this site"

    assert words in provider.http.get(address).text
    assert words in provider.http.post(address, {"username": "mia"}).text
    browser.visit("/login/x/password")
    assert browser.error == "expired"
    assert words not in browser.text


def test_an_unknown_client_and_address_have_pages_of_their_own(
    provider: Within,
) -> None:
    wiki = provider.client("Wiki")
    unknown = wiki.request(client_id="nobody").url
    check(provider.http.get(unknown), 400, "unknown-client")
    foreign = wiki.request(redirect_uri="https://evil.example/cb").url
    answer = provider.http.get(foreign)
    check(answer, 400, "redirect-uri")
    assert "evil" not in answer.text


def test_an_error_page_repeats_nothing_that_was_sent(provider: Within) -> None:
    marker = "<script>evil(1)</script>"
    for path in (f"/{marker}", f"/login/{marker}/totp", f"/authorize?x={marker}"):
        answer = provider.http.get(path, headers={"Accept-Language": marker})
        assert answer.status in (400, 404)
        assert "evil" not in answer.text


def test_what_fails_while_a_page_is_drawn_is_still_a_page(
    provider: Within, tmp_path: pathlib.Path
) -> None:
    """SEC-184, REL-019: the row that the view chokes on holds the language too"""
    browser = provider.browser().visit("/login")
    (file,) = tmp_path.rglob("idp.db")
    spoilt = "UPDATE logins SET message = '[1]'"
    with changed(f"sqlite:///{file}", spoilt, "UPDATE logins SET message = NULL"):
        check(browser.visit(browser.at).answer, 500, "server-error")
    assert browser.visit(browser.at).page == "login-password"


def test_pages_speak_the_language_that_was_asked(provider: Within) -> None:
    wiki = provider.client("Wiki")
    cases = [
        (None, None, "en"),
        ("de-AT,de;q=0.9", None, "de"),
        ("fr,xx;q=0.5", None, "en"),
        ("rubbish;;q=x,\u00fc", None, "en"),
        ("en", "de", "de"),
        ("en", "fr-CA de-CH en", "de"),
        ("de", "xx", "de"),
        ("de", "../../etc", "de"),
    ]
    for accepted, asked, expected in cases:
        headers = {} if accepted is None else {"Accept-Language": accepted}
        browser = Browser(provider.issuer, provider.wire, headers)
        wiki.ask(browser, ui_locales=asked)
        assert browser.page == "login-password"
        assert browser.html.mark("lang") == expected, (accepted, asked)


def test_error_pages_speak_it_too(provider: Within) -> None:
    for path, method in (("/nothing", "GET"), ("/settings", "DELETE")):
        answer = provider.http.get(
            path, method=method, headers={"Accept-Language": "de"}
        )
        assert Page(answer.text).mark("lang") == "de"


def test_the_way_on_stays_below_the_issuer(new_provider: Maker) -> None:
    provider = new_provider(IDP_ISSUER="http://127.0.0.1:5000/idp")
    page = Page(provider.http.get("/nothing").text)
    links = page.marks("href")
    assert links
    assert all(link.startswith(("/idp/", "#")) for link in links), links
