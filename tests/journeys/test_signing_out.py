"""Signing out, by an application and by the pages here: what the person then sees."""

import json
import urllib.parse

from tests.journeys.administrators import administrator
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens
from tests.support.within import Within

WIKI = "https://wiki.example"
AFTER = f"{WIKI}/bye"
PAGE = ("--frontchannel-logout-uri", f"{WIKI}/out?from=idp")
NOTICES = ("--backchannel-logout-uri", f"{WIKI}/notices")
PAGE_NEWS = ("--frontchannel-logout-uri", "https://news.example/out")
BACK = ("--post-logout-redirect-uri", AFTER)


def signed_in(person: Person, browser: Browser, wiki: RelyingParty) -> Tokens:
    """Signs somebody in to an application."""
    wiki.ask(browser)
    if browser.page == "login-password":
        person.enter_code(person.enter_password(browser))
    return wiki.collect(browser)


def frames(browser: Browser) -> list[str]:
    return [one for one in browser.html.marks("src") if one.startswith(WIKI)]


def policy(browser: Browser) -> list[str]:
    text = browser.answer.header("Content-Security-Policy") or ""
    return [one.strip() for one in text.split(";") if "frame-src" in one]


def test_a_page_of_the_application_is_loaded_before_going_back(
    provider: Within, mia: Person
) -> None:
    """Front-Channel Logout 1.0 sections 2, 3"""
    wiki = provider.client("Wiki", *PAGE, *BACK)
    browser = provider.browser()
    tokens = signed_in(mia, browser, wiki)
    hint, sid = tokens.answer["id_token"], tokens.claims["sid"]
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": AFTER, "state": "a b"}
    browser.visit("/end_session", asked)
    (page,) = frames(browser)
    assert page.startswith(f"{WIKI}/out?from=idp&")
    sent = urllib.parse.parse_qs(page.partition("?")[2])
    assert sent == {"from": ["idp"], "iss": [provider.issuer], "sid": [sid]}
    assert policy(browser) == [f"frame-src {WIKI}"]
    assert f"{AFTER}?state=a%20b" in browser.html.marks("href")
    assert browser.html.mark("data-go-on") == ""


def test_who_takes_notices_is_not_framed(provider: Within, mia: Person) -> None:
    wiki = provider.client("Wiki", *PAGE, *NOTICES, *BACK)
    browser = provider.browser()
    hint = signed_in(mia, browser, wiki).answer["id_token"]
    asked = {"id_token_hint": hint, "post_logout_redirect_uri": AFTER}
    browser.visit("/end_session", asked)
    assert browser.left_for == AFTER


def test_a_page_is_loaded_once_only(provider: Within, mia: Person) -> None:
    browser = provider.browser()
    signed_in(mia, browser, provider.client("Wiki", *PAGE))
    browser.visit("/settings").fill("sign-out")
    assert (browser.page, len(frames(browser))) == ("logged-out", 1)
    browser.visit("/logged-out")
    assert (browser.page, frames(browser)) == ("logged-out", [])
    assert policy(browser) == []


def test_the_signed_out_page_tells_of_each_application(
    provider: Within, mia: Person
) -> None:
    """It has a path of its own, so that asking again signs nobody out again"""
    browser = provider.browser()
    told, plain = provider.client("Wiki", *NOTICES), provider.client("News")
    for one in (told, plain):
        signed_in(mia, browser, one)
        provider.move.advance(seconds=1)  # the page lists them in this order
    browser.visit("/settings").fill("sign-out")
    assert browser.at == f"{provider.issuer}/logged-out"
    assert browser.html.marks("data-client") == [told.id, plain.id]
    assert browser.html.marks("data-logout") == ["pending"]
    assert "/logged-out" in browser.html.marks("href")


def test_this_was_not_me_tells_the_applications_of_all_sessions(
    provider: Within, mia: Person
) -> None:
    here, there = provider.browser(), provider.browser()
    wiki, news = provider.client("Wiki", *NOTICES), provider.client("News", *PAGE_NEWS)
    signed_in(mia, there, wiki)
    provider.move.advance(seconds=60)
    signed_in(mia, here, news)
    here.visit("/settings/activity").fill("not-me")
    assert here.html.marks("data-client") == [wiki.id, news.id]
    assert here.html.marks("data-logout") == ["pending"]
    assert "change your password" in here.text
    assert here.visit("/logged-out").html.marks("data-logout") == ["pending"]


def test_a_cookie_of_nobody_sees_nothing(provider: Within, mia: Person) -> None:
    browser = provider.browser()
    signed_in(mia, browser, provider.client("Wiki", *NOTICES))
    browser.visit("/settings").fill("sign-out")
    assert provider.browser().visit("/logged-out").html.marks("data-client") == []


def test_an_application_names_the_language(provider: Within, mia: Person) -> None:
    """RP-Initiated Logout 1.0 section 2: on each page of the sign-out"""
    browser = provider.browser()
    tokens = signed_in(mia, browser, provider.client("Wiki"))
    asked = {"ui_locales": "xx de", "logout_hint": "mia"}
    browser.visit("/end_session", asked)
    assert (browser.page, browser.html.mark("lang")) == ("logout-confirm", "de")
    browser.visit("/end_session", {**asked, "id_token_hint": tokens.answer["id_token"]})
    assert (browser.page, browser.html.mark("lang")) == ("logged-out", "de")
    assert provider.browser().visit("/logged-out").html.mark("lang") == "en"


def test_the_settings_and_administration_show_what_became_of_it(
    provider: Within, mia: Person
) -> None:
    browser = provider.browser()
    wiki = provider.client("Wiki", *NOTICES)
    tokens = signed_in(mia, browser, wiki)
    browser.visit("/end_session", {"id_token_hint": tokens.answer["id_token"]})
    provider.move.advance(seconds=60)
    page = mia.sign_in(provider.browser()).visit("/settings/applications")
    assert page.html.marks("data-client") == [wiki.id]
    assert page.html.marks("data-logout") == ["pending"]
    admin = administrator(provider).visit(f"/admin/applications/{wiki.id}")
    assert admin.html.marks("data-logout") == ["pending"]
    shown = provider.command("client", "show", wiki.id, "--json")
    assert shown["last_logout_notice"]["state"] == "pending"
    trail = provider.command("audit", "export", "--event", "logout.requested")
    assert json.loads(trail)["client_id"] == wiki.id, "where it began"
