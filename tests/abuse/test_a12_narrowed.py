"""A12: an application that may do less from now on, in the middle of what it does.

What its record no longer allows is given to it no more: not by a login that is under
way, nor by a code or a refresh token from before (SEC-170, SEC-193, SEC-201, SEC-202).
"""

import pytest

from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.providers import Maker
from tests.support.relying_party import RelyingParty
from tests.support.within import Within

OLD, NEW = "https://wiki.example/old", "https://wiki.example/new"
API = "https://api.example"


@pytest.fixture
def provider(new_provider: Maker, database_kind: str) -> Within:
    return new_provider(database_kind)


@pytest.fixture
def wiki(provider: Within) -> RelyingParty:
    """Gives an application with two addresses, two resources and the usual scopes."""
    given = ("--redirect-uri", OLD, "--redirect-uri", NEW, "--allow-resource", API)
    return provider.client("Wiki", *given)


def narrowed(provider: Within, wiki: RelyingParty, *changes: str) -> None:
    provider.command("client", "update", wiki.id, *changes, "--json")


def stays_here(browser: Browser) -> None:
    """Says that the browser went nowhere, and that the page names the address."""
    assert browser.left_for is None
    assert (browser.status, browser.page, browser.error) == (
        400,
        "error",
        "redirect-uri",
    )


def test_no_code_goes_to_an_address_that_was_taken_away(
    provider: Within, wiki: RelyingParty, mia: Person
) -> None:
    """SEC-170: at whatever page of its sign-in somebody is"""
    at_password, at_code = (wiki.ask(provider.browser()) for _ in range(2))
    mia.enter_password(at_code)
    signed_in = mia.sign_in(provider.browser())
    asked = [wiki.ask(signed_in.tab(), prompt="consent") for _ in range(2)]
    narrowed(provider, wiki, "--redirect-uri", NEW)
    stays_here(mia.enter_password(at_password))
    stays_here(mia.enter_code(at_code))
    for browser, decision in zip(asked, ("allow", "deny"), strict=True):
        stays_here(browser.fill("consent", decision=decision))


def test_a_code_that_went_there_is_worth_nothing(
    provider: Within, wiki: RelyingParty, mia: Person
) -> None:
    """SEC-193"""
    browser = mia.sign_in(provider.browser())
    code = wiki.code(wiki.ask(browser))
    narrowed(provider, wiki, "--redirect-uri", NEW)
    answer = wiki.redeem(code)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")


def test_a_scope_that_was_taken_away_is_in_no_new_token(
    provider: Within, wiki: RelyingParty, mia: Person
) -> None:
    """SEC-201, SEC-202"""
    browser = mia.sign_in(provider.browser())
    tokens = wiki.collect(wiki.ask(browser, scope="openid email groups"))
    code, request = wiki.code(wiki.ask(browser, scope="openid email")), wiki.pending
    waiting = wiki.ask(provider.browser(), scope="openid email")
    narrowed(provider, wiki, "--scope", "openid groups")

    assert wiki.introspect(tokens.access).json()["scope"] == "openid groups"
    assert "email" not in wiki.userinfo(tokens.access).json()
    assert wiki.refreshed(tokens).scope == {"openid", "groups"}
    last, wiki.pending = wiki.pending, request
    assert wiki.verified(wiki.redeem(code)).scope == {"openid"}
    wiki.pending = last
    mia.enter_password(waiting)
    assert wiki.collect(mia.enter_code(waiting)).scope == {"openid"}


def test_a_claim_asked_for_by_name_goes_with_its_scope(
    provider: Within, wiki: RelyingParty, mia: Person
) -> None:
    """SEC-201, OpenID Connect Core 5.5"""
    asked = '{"userinfo": {"preferred_username": null, "groups": null, "acr": null}}'
    browser = mia.sign_in(provider.browser())
    tokens = wiki.collect(wiki.ask(browser, claims=asked))
    narrowed(provider, wiki, "--scope", "openid groups")
    assert set(wiki.userinfo(tokens.access).json()) == {"sub", "groups", "acr"}
    narrowed(provider, wiki, "--ask-consent")
    assert wiki.userinfo(tokens.access).status == 401  # nobody has allowed that


def test_what_outlived_the_session_may_do_so_no_longer(
    provider: Within, wiki: RelyingParty, mia: Person
) -> None:
    """SEC-145, SEC-201: without `offline_access` it goes as the session does"""
    browser = mia.sign_in(provider.browser())
    tokens = wiki.collect(wiki.ask(browser, scope="openid offline_access"))
    narrowed(provider, wiki, "--scope", "openid")
    tokens = wiki.refreshed(tokens)
    browser.visit("/settings").fill("sign-out")
    assert wiki.refresh(tokens.refresh).status == 400


def test_a_resource_that_was_taken_away_gets_no_new_token(
    provider: Within, wiki: RelyingParty, mia: Person
) -> None:
    """SEC-202, RFC 8707: nor is an old one alive for who asks"""
    api = provider.client("api", "--resource", API)
    browser = mia.sign_in(provider.browser())
    tokens = wiki.collect(wiki.ask(browser, resource=API))
    waiting = wiki.ask(provider.browser(), resource=API)
    assert api.introspect(tokens.access).json()["active"]
    narrowed(provider, wiki, "--allow-resource", "https://other.example")

    assert api.introspect(tokens.access).json() == {"active": False}
    assert wiki.refresh(tokens.refresh).json()["error"] == "invalid_grant"
    mia.enter_password(waiting)
    answer = wiki.redeem(wiki.code(mia.enter_code(waiting))).json()
    assert not api.introspect(answer["access_token"]).json()["active"]


def test_a_token_of_a_service_says_what_it_may_do_now(provider: Within) -> None:
    """SEC-226"""
    given = ("--scope", "read write", "--allow-resource", API)
    robot = provider.client("robot", "--service", *given)
    form = {"grant_type": "client_credentials", "scope": "read write"}
    token = robot.token(**form, resource=API).json()["access_token"]
    narrowed(provider, robot, "--scope", "read")
    assert robot.introspect(token).json()["scope"] == "read"
    narrowed(provider, robot, "--allow-resource", "https://other.example")
    assert robot.introspect(token).json() == {"active": False}
