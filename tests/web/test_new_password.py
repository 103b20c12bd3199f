"""The page on which a first password is replaced: how long, and what is wrong."""

import pytest

from tests.support.browser import Browser
from tests.support.within import Within

LASTING = "an entirely new sentence"


def at_new_password(provider: Within, *arguments: str) -> Browser:
    created = provider.command("user", "create", "ada", *arguments, "--json")
    browser = provider.browser().visit("/login")
    password = created["initial_password"]
    browser.fill("sign-in", username="ada", password=password)
    assert browser.page == "login-new-password"
    return browser


def choose(browser: Browser, new: str, again: str | None = None) -> Browser:
    return browser.fill(
        "set-password",
        new_password=new,
        new_password_again=new if again is None else again,
    )


@pytest.mark.parametrize(
    ("policy", "arguments", "minimum"),
    [
        ("required", (), 8),
        ("optional", (), 15),
        ("disabled", (), 15),
        ("optional", ("--mfa-required",), 8),
    ],
)
def test_eight_characters_do_only_where_a_second_factor_is_enforced(
    provider: Within, policy: str, arguments: tuple[str, ...], minimum: int
) -> None:
    """security.md 0.1"""
    provider.policy(policy)
    browser = at_new_password(provider, *arguments)
    assert f"At least {minimum} characters" in browser.text
    choose(browser, "kW7-zq!rT2xLp9#"[: minimum - 1])
    assert (browser.page, browser.error) == ("login-new-password", "weak-password")
    assert "This password is too short." in browser.text
    assert f"It needs at least {minimum} characters." in browser.text
    choose(browser, "kW7-zq!rT2xLp9#"[:minimum])
    assert browser.page in ("enrol-totp", "settings")


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("", "This password is too short."),
        ("passwordpassword", "on lists that attackers try first"),
        ("ada-ostiary-ada-ostiary", "your name or the name of this service"),
        ("a\u00e9" * 600, "This password is too long."),
    ],
)
def test_the_page_says_what_is_wrong(provider: Within, new: str, sentence: str) -> None:
    browser = choose(at_new_password(provider), new)
    assert (browser.page, browser.error) == ("login-new-password", "weak-password")
    assert sentence in browser.text
    assert choose(browser, LASTING).page == "enrol-totp"


def test_all_that_is_wrong_is_said_at_once(provider: Within) -> None:
    provider.policy("optional")
    browser = choose(at_new_password(provider), "ada")
    assert "too short" in browser.text
    assert "your name" in browser.text


def test_two_that_differ_are_told_apart(provider: Within) -> None:
    browser = choose(at_new_password(provider), LASTING, LASTING + "s")
    assert browser.error == "password-mismatch"
    assert LASTING not in browser.answer.text
