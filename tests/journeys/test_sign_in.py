"""R3: user name and password, *Sign In*, six digits, and the application is open."""

from tests.support.people import is_signed_in
from tests.support.within import Within

BY_TOTP = ["pwd", "otp", "mfa"]


def test_password_and_code_open_the_application(provider: Within) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = provider.browser()

    wiki.ask(browser)
    mia.enter_password(browser)
    mia.enter_code(browser)

    tokens = wiki.collect(browser)
    assert tokens.claims["sub"] == mia.id
    assert tokens.claims["acr"] == "mfa"
    assert tokens.claims["amr"] == BY_TOTP


def test_the_first_page_names_the_application_that_asks(provider: Within) -> None:
    wiki = provider.client("Wiki")
    browser = wiki.ask(provider.browser())
    assert browser.page == "login-password"
    assert "Wiki" in browser.text


def test_without_an_application_the_person_arrives_at_the_settings(
    provider: Within,
) -> None:
    browser = provider.browser()
    provider.person("mia").sign_in(browser)
    assert browser.page == "settings"


def test_auth_time_is_the_second_of_the_code_not_of_the_password(
    provider: Within,
) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.enter_password(wiki.ask(provider.browser()))
    provider.move.advance(seconds=40)
    mia.enter_code(browser)
    typed_at = provider.move.seconds
    provider.move.advance(seconds=20)

    assert wiki.collect(browser).claims["auth_time"] == typed_at


def test_a_wrong_password_says_so_and_a_second_try_works(provider: Within) -> None:
    mia = provider.person("mia")
    browser = provider.browser().visit("/login")
    for typed in ("nobody-here", 'm\u00eda "&<', "mia"):
        browser.fill("sign-in", username=typed, password="not this one")
        assert (browser.page, browser.error) == ("login-password", "wrong-credentials")
        kept = dict(browser.html.form("sign-in").fields)
        assert (kept["username"], kept["password"]) == (typed, "")
        provider.move.advance(seconds=2)

    mia.enter_code(mia.enter_password(browser))
    assert is_signed_in(browser)


def test_a_wrong_code_says_so_and_a_second_try_works(provider: Within) -> None:
    mia = provider.person("mia")
    browser = mia.enter_password(provider.browser().visit("/login"))
    mia.enter_code(browser, mia.phone.wrong_code())
    assert (browser.page, browser.error) == ("login-totp", "wrong-code")

    mia.enter_code(browser)
    assert is_signed_in(browser)


def test_a_code_of_a_phone_whose_clock_is_wrong_says_what_to_do(
    provider: Within,
) -> None:
    mia = provider.person("mia")
    browser = mia.enter_password(provider.browser().visit("/login"))
    mia.enter_code(browser, mia.phone.code(+8))
    assert (browser.page, browser.error) == ("login-totp", "clock")
    assert not is_signed_in(browser)


def test_not_you_starts_again_for_the_same_application(provider: Within) -> None:
    mia = provider.person("mia")
    ben = provider.person("ben")
    wiki = provider.client("Wiki")
    browser = mia.enter_password(wiki.ask(provider.browser()))
    browser.fill("switch-user")

    ben.enter_code(ben.enter_password(browser))
    assert wiki.collect(browser).claims["sub"] == ben.id


def test_the_mail_address_works_instead_of_the_name(provider: Within) -> None:
    mia = provider.person("mia", "--email", "mia@example.org")
    browser = provider.browser().visit("/login")
    browser.fill("sign-in", username=" MIA@example.org ", password=mia.password)
    mia.enter_code(browser)
    assert is_signed_in(browser)


def test_a_page_that_lay_open_too_long_still_leads_to_the_application(
    provider: Within,
) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = wiki.ask(provider.browser())
    provider.move.advance(hours=2)
    browser.fill("sign-in", username="mia", password=mia.password)
    if browser.page == "login-password":
        mia.enter_password(browser)
    mia.enter_code(browser)
    assert wiki.collect(browser).claims["sub"] == mia.id


def test_a_language_chosen_on_the_way_in_stays_the_persons_choice(
    provider: Within,
) -> None:
    """interface.md section 2: the person's choice goes before ``ui_locales``"""
    mia = provider.person("mia")
    wiki = provider.client("Wiki", "--ask-consent")
    browser = provider.browser().visit("/login")
    mia.enter_code(mia.enter_password(browser.fill("set-language", language="de")))
    assert (browser.page, browser.html.mark("lang")) == ("settings", "de")
    wiki.ask(browser, ui_locales="en")
    assert (browser.page, browser.html.mark("lang")) == ("consent", "de")
    browser.visit("/settings").fill("sign-out")
    provider.move.advance(seconds=60)
    elsewhere = mia.sign_in(provider.browser())
    assert elsewhere.html.mark("lang") == "de"


def test_a_language_is_chosen_on_the_page_where_one_is(provider: Within) -> None:
    mia = provider.person("mia", "--role", "administrator")
    browser = mia.sign_in(provider.browser())
    for path in ("/settings/sessions", "/admin/", "/admin/users/new"):
        browser.visit(path).fill("set-language", language="de")
        assert browser.at == provider.issuer + path
        assert browser.html.mark("lang") == "de"

    token = dict(browser.html.form("set-language").fields)["csrf_token"]
    for page in ("//evil.example/", "/login", "/settings\\@evil.example", "/x\n"):
        browser.post(f"/language/{page}", [("csrf_token", token), ("language", "en")])
        assert browser.at.startswith(f"{provider.issuer}/")
        assert browser.left_for is None
