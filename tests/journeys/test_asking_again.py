"""What an application can ask for: no page, a fresh login, another account."""

import pytest

from tests.support.browser import Browser
from tests.support.people import is_signed_in
from tests.support.within import Within


def test_without_a_session_and_without_a_page_there_is_an_error(
    provider: Within,
) -> None:
    wiki = provider.client("Wiki")
    browser = wiki.ask(provider.browser(), prompt="none")
    assert wiki.error(browser) == "login_required"


def test_with_a_session_and_without_a_page_there_is_a_code(provider: Within) -> None:
    wiki = provider.client("Wiki")
    browser = provider.person("mia").sign_in(provider.browser())
    assert wiki.code(wiki.ask(browser, prompt="none"))


def test_rights_are_asked_for_without_a_page(provider: Within) -> None:
    """interface.md section 4: what the person lacks is left out, also silently"""
    scope = "openid idp:users:read idp:users:write"
    console = provider.client("Console", "--scope", scope)
    browser = provider.person("ada", "--role", "auditor").sign_in(provider.browser())
    held = console.collect(console.ask(browser, prompt="none", scope=scope))
    assert held.answer["scope"] == "openid idp:users:read"
    provider.command("user", "set-roles", "ada")
    lost = console.collect(console.ask(browser, prompt="none", scope=scope))
    assert lost.answer["scope"] == "openid"
    asking = provider.client("Asking", "--ask-consent", "--scope", scope)
    provider.command("user", "set-roles", "ada", "--role", "auditor")
    silent = asking.ask(browser.tab(), prompt="none", scope=scope)
    assert asking.error(silent) == "consent_required"


def test_a_login_half_done_is_no_session(provider: Within) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.enter_password(wiki.ask(provider.browser()))
    assert wiki.error(wiki.ask(browser.tab(), prompt="none")) == "login_required"


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}])
def test_a_fresh_login_is_asked_once_and_moves_auth_time(
    provider: Within, asked: dict[str, str]
) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    sid = wiki.collect(wiki.ask(browser)).claims["sid"]
    provider.move.advance(minutes=1)

    mia.enter_code(mia.enter_password(wiki.ask(browser, **asked)))
    claims = wiki.collect(browser).claims
    assert claims["auth_time"] == provider.move.seconds
    assert (claims["acr"], claims["sid"]) == ("mfa", sid)


def test_a_login_that_is_young_enough_is_not_repeated(provider: Within) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    provider.move.advance(minutes=10)
    assert wiki.code(wiki.ask(browser, max_age="900"))

    assert wiki.ask(browser, max_age="300").page == "login-password"
    asked = wiki.ask(browser, max_age="300", prompt="none")
    assert wiki.error(asked) == "login_required"


def test_the_account_page_shows_who_is_signed_in_and_goes_on(
    provider: Within,
) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    wiki.ask(browser, prompt="select_account")
    assert browser.page == "select-account"
    assert "mia" in browser.text
    browser.fill("continue-as")
    assert wiki.collect(browser).claims["sub"] == mia.id


def test_the_account_page_lets_another_person_in(provider: Within) -> None:
    mia, ben = provider.person("mia"), provider.person("ben")
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    wiki.ask(browser, prompt="select_account").fill("switch-user")
    ben.enter_code(ben.enter_password(browser))
    assert wiki.collect(browser).claims["sub"] == ben.id


def test_without_a_session_the_account_page_is_the_ordinary_login(
    provider: Within,
) -> None:
    wiki = provider.client("Wiki")
    browser = wiki.ask(provider.browser(), prompt="select_account")
    assert browser.page == "login-password"


def test_another_person_at_a_fresh_login_gets_an_own_session(
    provider: Within,
) -> None:
    mia, ben = provider.person("mia"), provider.person("ben")
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    old = browser.copy()
    wiki.ask(browser, prompt="login")
    ben.enter_code(ben.enter_password(browser))

    if browser.left_for:
        assert wiki.collect(browser).claims["sub"] == ben.id
    assert wiki.collect(wiki.ask(browser)).claims["sub"] == ben.id
    assert not is_signed_in(old)


def test_the_request_may_come_by_post(provider: Within) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    wiki.pending = wiki.request()
    address, _, query = wiki.pending.url.partition("?")
    sent = {"Origin": "https://wiki.example", "Sec-Fetch-Site": "cross-site"}
    browser.post(address, headers=sent, body=query.encode())
    assert wiki.collect(browser).claims["sub"] == mia.id


def asked_for(browser: Browser) -> str:
    """Gives the user name that the page of the password already holds."""
    inputs = browser.html.form("sign-in").inputs
    return next(str(one["value"]) for one in inputs if one.get("name") == "username")


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}])
def test_who_is_signed_in_need_not_type_the_name_again(
    provider: Within, asked: dict[str, str]
) -> None:
    """Field report 18: for managers of passwords, too"""
    wiki = provider.client("Wiki")
    browser = provider.person("mia").sign_in(provider.browser())
    hinted = wiki.ask(browser.tab(), login_hint="ben", **asked)
    assert asked_for(hinted) == "ben"
    assert asked_for(wiki.ask(browser, **asked)) == "mia"
    provider.command("user", "end-sessions", "mia")
    assert asked_for(browser.visit(browser.at)) == ""


def test_somebody_else_finds_an_empty_field(provider: Within) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    chosen = wiki.ask(browser.tab(), prompt="login select_account").fill("switch-user")
    assert asked_for(chosen) == ""
    mia.enter_password(wiki.ask(browser, prompt="login")).fill("switch-user")
    assert asked_for(browser) == ""
    browser.fill("sign-in", username="ben", password="wrong")
    assert asked_for(browser) == "ben"
