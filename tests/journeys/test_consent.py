"""An application that is not the house's own: the person is asked what it may see."""

from tests.support.within import Within


def test_allowing_opens_the_application(provider: Within) -> None:
    mia = provider.person("mia", "--email", "mia@example.org")
    guest = provider.client("Guestbook", "--ask-consent")
    browser = mia.sign_in(provider.browser())
    guest.ask(browser, scope="openid email")
    assert browser.page == "consent"
    assert "Guestbook" in browser.text

    browser.fill("consent", decision="allow")
    tokens = guest.collect(browser)
    assert tokens.scope == {"openid", "email"}
    assert tokens.claims["email"] == "mia@example.org"


def test_refusing_goes_back_with_an_error(provider: Within) -> None:
    mia = provider.person("mia")
    guest = provider.client("Guestbook", "--ask-consent")
    browser = guest.ask(mia.sign_in(provider.browser()))
    browser.fill("consent", decision="deny")
    assert guest.error(browser) == "access_denied"


def test_what_was_allowed_is_not_asked_again(provider: Within) -> None:
    mia = provider.person("mia")
    guest = provider.client("Guestbook", "--ask-consent")
    browser = guest.ask(mia.sign_in(provider.browser()), scope="openid email")
    browser.fill("consent", decision="allow")

    guest.collect(guest.ask(browser, scope="openid email"))
    assert guest.ask(browser, scope="openid email profile").page == "consent"


def test_prompt_consent_asks_again(provider: Within) -> None:
    mia = provider.person("mia")
    guest = provider.client("Guestbook", "--ask-consent")
    browser = guest.ask(mia.sign_in(provider.browser()))
    browser.fill("consent", decision="allow")
    assert guest.ask(browser, prompt="consent").page == "consent"


def test_without_a_page_the_missing_consent_is_an_error(provider: Within) -> None:
    mia = provider.person("mia")
    guest = provider.client("Guestbook", "--ask-consent")
    browser = guest.ask(mia.sign_in(provider.browser()), prompt="none")
    assert guest.error(browser) == "consent_required"


def test_consent_comes_after_both_factors(provider: Within) -> None:
    mia = provider.person("mia")
    guest = provider.client("Guestbook", "--ask-consent")
    browser = guest.ask(provider.browser())
    mia.enter_password(browser)
    assert browser.page == "login-totp"
    assert mia.enter_code(browser).page == "consent"


def test_one_persons_consent_is_not_anothers(provider: Within) -> None:
    mia, ben = provider.person("mia"), provider.person("ben")
    guest = provider.client("Guestbook", "--ask-consent")
    browser = guest.ask(mia.sign_in(provider.browser()))
    browser.fill("consent", decision="allow")
    assert guest.ask(ben.sign_in(provider.browser())).page == "consent"


def test_the_language_can_be_changed_before_the_answer(provider: Within) -> None:
    mia = provider.person("mia")
    guest = provider.client("Guestbook", "--ask-consent")
    browser = guest.ask(mia.sign_in(provider.browser()))
    browser.fill("set-language", language="de")
    assert (browser.page, browser.html.mark("lang")) == ("consent", "de")

    browser.fill("consent", decision="allow")
    assert guest.collect(browser).claims["sub"] == mia.id
