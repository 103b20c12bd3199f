"""What an application wants of every sign-in where a request of its own says nothing.

`default_acr_values` and `default_max_age` of Dynamic Client Registration section 2.
"""

import pytest

from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.within import Within

LONG_AGO = ("--default-max-age", "5m")
SFA = "https://refeds.org/profile/sfa"


def test_an_old_sign_in_is_done_again(
    provider: Within, signed_in: Browser, mia: Person
) -> None:
    wiki = provider.client("Wiki", *LONG_AGO)
    assert wiki.error(wiki.ask(signed_in, prompt="none")) == "login_required"
    mia.enter_code(mia.enter_password(wiki.ask(signed_in)))
    assert wiki.collect(signed_in).claims["auth_time"] == provider.move.seconds


def test_an_age_of_none_at_all_asks_every_time(
    provider: Within, mia: Person, signed_in: Browser
) -> None:
    wiki = provider.client("Wiki", "--default-max-age", "0")
    for _ in range(2):
        mia.enter_code(mia.enter_password(wiki.ask(signed_in)))
        assert wiki.code(signed_in)
        provider.move.advance(seconds=30)


def test_the_age_that_a_request_says_counts_instead(
    provider: Within, signed_in: Browser
) -> None:
    """For less and for more: the request overrides the default"""
    wiki = provider.client("Wiki", *LONG_AGO)
    assert wiki.code(wiki.ask(signed_in, max_age="3600"))
    notes = provider.client("Notes", "--default-max-age", "1h")
    assert notes.ask(signed_in, max_age="60").page == "login-password"


def test_a_level_is_asked_for_and_named_as_it_was_asked(
    provider: Within, mia: Person
) -> None:
    provider.policy("optional")
    ada = provider.person("ada", enrolled=False)
    wiki = provider.client("Wiki", "--default-acr", "mfa", "--default-acr", SFA)
    browser = ada.enter_password(wiki.ask(provider.browser()))
    assert wiki.collect(browser).claims["acr"] == SFA
    browser = mia.sign_in(provider.browser())
    assert wiki.collect(wiki.ask(browser)).claims["acr"] == "mfa"


def test_a_level_that_can_only_be_set_up_is_set_up(provider: Within) -> None:
    provider.policy("optional")
    ada = provider.person("ada", enrolled=False)
    wiki = provider.client("Wiki", "--default-acr", "mfa")
    browser = ada.enter_password(wiki.ask(provider.browser()))
    assert wiki.collect(ada.enrol(browser)).claims["acr"] == "mfa"


@pytest.mark.parametrize(
    "said",
    [{"acr_values": "pwd"}, {"claims": '{"id_token": {"acr": {"value": "pwd"}}}'}],
)
def test_the_level_that_a_request_says_counts_instead(
    provider: Within, said: dict[str, str]
) -> None:
    provider.policy("optional")
    ada = provider.person("ada", enrolled=False)
    wiki = provider.client("Wiki", "--default-acr", "mfa")
    browser = ada.enter_password(wiki.ask(provider.browser(), **said))
    assert wiki.collect(browser).claims["acr"] == "pwd"


def test_no_default_lowers_what_the_client_must_have(provider: Within) -> None:
    """SEC-097"""
    provider.policy("optional")
    ada = provider.person("ada", enrolled=False)
    vault = provider.client("Vault", "--min-acr", "mfa", "--default-acr", "pwd")
    browser = ada.sign_in(provider.browser())
    silent = vault.ask(browser.tab(), prompt="none")
    assert vault.error(silent) == "unmet_authentication_requirements"
    assert vault.ask(browser).page == "enrol-totp"


def test_what_is_pushed_has_the_defaults_too(
    provider: Within, signed_in: Browser
) -> None:
    wiki = provider.client("Wiki", *LONG_AGO)
    wiki.push()
    assert wiki.follow(signed_in).page == "login-password"
