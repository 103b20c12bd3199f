"""A10: what a session had begun and left open goes no further once it has ended.

A login that is begun by somebody who is signed in starts with what their session
proved. A thief may have it open while the owner ends the session.
"""

from collections.abc import Callable

import pytest

from tests.abuse.oracles import no_code
from tests.abuse.oracles import no_session
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.phone import STEP
from tests.support.phone import Phone
from tests.support.relying_party import RelyingParty
from tests.support.within import Within


@pytest.fixture
def wiki(provider: Within) -> RelyingParty:
    return provider.client("Wiki")


@pytest.fixture
def thief(provider: Within, mia: Person) -> Browser:
    """Gives a browser in which Mia is signed in, and which she has lost."""
    browser = mia.sign_in(provider.browser())
    provider.move.advance(seconds=2 * STEP)
    return browser


def sids(provider: Within, username: str) -> list[str]:
    """Gives the public ids of somebody's sessions."""
    listed = provider.command("user", "sessions", username, "--json")["items"]
    return [one["sid"] for one in listed]


def by_the_owner(provider: Within, mia: Person) -> None:
    lost = sids(provider, "mia")
    elsewhere = mia.sign_in(provider.browser())
    for sid in lost:
        elsewhere.visit("/settings/sessions").fill("end-session", sid=sid)


def by_an_administrator(provider: Within, mia: Person) -> None:
    for sid in sids(provider, "mia"):
        provider.command("user", "end-session", sid)


def by_a_backup_code(provider: Within, mia: Person) -> None:
    elsewhere = mia.enter_password(provider.browser().visit("/login"))
    mia.enter_backup_code(elsewhere, mia.backup_codes.pop())


End = Callable[[Within, Person], None]
ENDS = [by_the_owner, by_an_administrator, by_a_backup_code]


@pytest.mark.parametrize("end", ENDS)
def test_nobody_goes_on_as_who_was_signed_in(
    provider: Within,
    mia: Person,
    thief: Browser,
    wiki: RelyingParty,
    end: End,
) -> None:
    """SEC-142: "Continue" on a page that was open before"""
    wiki.ask(thief, prompt="select_account")
    assert thief.page == "select-account"
    end(provider, mia)
    thief.fill("continue-as")
    assert (thief.left_for, thief.page) == (None, "login-password")
    no_code(thief)
    no_session(thief)


@pytest.mark.parametrize("end", ENDS)
def test_no_phone_is_put_in_place_of_the_owners(
    provider: Within,
    mia: Person,
    thief: Browser,
    end: End,
) -> None:
    """SEC-060, SEC-142: the set-up that a session had begun ends with it"""
    thief.visit("/settings/mfa").click("replace-device")
    secret = thief.html.mark("data-totp-secret")
    assert secret is not None
    end(provider, mia)
    theirs = Phone(secret, provider.clock).unused_code()
    thief.fill("register-device", code=theirs)
    assert thief.page == "login-password"
    assert thief.html.marks("data-backup-code") == []
    no_session(thief)
    provider.move.advance(seconds=2 * STEP)
    assert is_signed_in(mia.sign_in(provider.browser()))


def test_a_limit_is_not_outlived_by_a_page_that_was_open(
    provider: Within, thief: Browser, wiki: RelyingParty
) -> None:
    """SEC-143: twelve hours, whatever was begun within them"""
    provider.policy("optional")
    for _ in range(23):
        provider.move.advance(minutes=30)
        assert is_signed_in(thief)
    provider.move.advance(minutes=25)
    wiki.ask(thief, prompt="select_account")
    assert thief.page == "select-account"
    provider.move.advance(minutes=6)
    thief.fill("continue-as")
    no_code(thief)
    no_session(thief)


def test_whoever_signs_in_next_does_not_go_on_as_the_one_before(
    provider: Within, mia: Person, thief: Browser, wiki: RelyingParty
) -> None:
    """SEC-012: in one browser, where a page of the one before is still open"""
    bob = provider.person("bob")
    old, new = thief, thief.tab()
    wiki.ask(old, prompt="select_account")
    wiki.ask(new, prompt="select_account").fill("switch-user")
    bob.enter_code(bob.enter_password(new))
    assert new.left_for is not None
    old.fill("continue-as")
    no_code(old)
    assert old.page == "login-password"
    assert "bob" in new.visit("/settings").text


def test_a_password_of_an_ended_session_sets_nothing_up(
    provider: Within, wiki: RelyingParty
) -> None:
    """SEC-060, SEC-142: a first device neither, in the middle of a step-up"""
    provider.policy("optional")
    lena = provider.person("lena", enrolled=False)
    browser = lena.sign_in(provider.browser())
    wiki.ask(browser, acr_values="mfa")
    secret = browser.html.mark("data-totp-secret")
    assert secret is not None
    for sid in sids(provider, "lena"):
        provider.command("user", "end-session", sid)
    browser.fill("register-device", code=Phone(secret, provider.clock).unused_code())
    assert browser.page == "login-password"
    no_session(browser)
    assert provider.mfa_of(lena)["state"] != "enrolled"


def test_what_was_proved_since_goes_on_without_the_session(
    provider: Within, mia: Person, thief: Browser, wiki: RelyingParty
) -> None:
    """From the password on, a login has nothing that the session had proved"""
    wiki.ask(thief, prompt="select_account").fill("switch-user")
    mia.enter_password(thief)
    by_an_administrator(provider, mia)
    mia.enter_code(thief)
    assert wiki.collect(thief).claims["acr"] == "mfa"


def test_a_page_of_a_session_that_goes_on_goes_on(
    thief: Browser, wiki: RelyingParty
) -> None:
    """Also where another page has raised the session in between"""
    old, new = thief, thief.tab()
    wiki.ask(old, prompt="select_account")
    wiki.ask(new, prompt="select_account").fill("continue-as")
    wiki.collect(new)
    old.fill("continue-as")
    assert "code=" in (old.left_for or "")
