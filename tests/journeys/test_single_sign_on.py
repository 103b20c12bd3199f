"""P2: the second application is open without a page, and its token tells no lie."""

from tests.support.people import is_signed_in
from tests.support.within import Within

SAME = ("sub", "acr", "amr", "auth_time", "sid")


def test_the_second_application_opens_without_a_page(provider: Within) -> None:
    mia = provider.person("mia")
    wiki, payroll = provider.client("Wiki"), provider.client("Payroll")
    browser = provider.browser()
    mia.enter_code(mia.enter_password(wiki.ask(browser)))
    first = wiki.collect(browser).claims
    provider.move.advance(minutes=20)

    payroll.ask(browser)
    assert len(browser.trail) == 1
    second = payroll.collect(browser).claims
    assert [second[name] for name in SAME] == [first[name] for name in SAME]
    assert second["iat"] == first["iat"] + 20 * 60


def test_a_session_begun_without_an_application_counts_too(provider: Within) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    signed_in_at = provider.move.seconds
    provider.move.advance(minutes=5)
    claims = wiki.collect(wiki.ask(browser)).claims
    assert (claims["acr"], claims["auth_time"]) == ("mfa", signed_in_at)


def test_a_person_who_is_used_to_it_stays_signed_in_while_working(
    provider: Within,
) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    for _ in range(4):
        provider.move.advance(minutes=50)
        wiki.collect(wiki.ask(browser))
    assert is_signed_in(browser)


def test_an_idle_session_ends(provider: Within) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    provider.move.advance(minutes=61)
    assert wiki.ask(browser).page == "login-password"


def test_activity_does_not_keep_a_session_beyond_its_end(provider: Within) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    for _ in range(14):
        provider.move.advance(minutes=50)
        wiki.collect(wiki.ask(browser))
    provider.move.advance(minutes=50)
    assert wiki.ask(browser).page == "login-password"


def test_signing_out_asks_for_everything_again(provider: Within) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    browser.fill("sign-out")
    assert browser.page == "logged-out"
    assert not is_signed_in(browser)
    assert wiki.ask(browser).page == "login-password"


def test_a_copied_cookie_is_worth_nothing_after_signing_out(provider: Within) -> None:
    mia = provider.person("mia")
    browser = mia.sign_in(provider.browser())
    thief = browser.copy()
    assert is_signed_in(thief)
    browser.fill("sign-out")
    assert not is_signed_in(thief)


def test_signing_out_ends_a_login_under_way_in_this_browser(provider: Within) -> None:
    mia = provider.person("mia")
    browser = mia.sign_in(provider.browser())
    wiki = provider.client("Wiki")
    tab = wiki.ask(browser.tab(), prompt="login")
    mia.enter_password(tab)
    browser.visit("/settings").fill("sign-out")
    mia.enter_code(tab)
    assert tab.left_for is None
    assert not is_signed_in(browser)
