"""RFC 9126: an application pushes its request, the browser only brings the name."""

import urllib.parse

import pytest

from tests.support.within import Within


def test_a_pushed_request_is_answered_like_any_other(provider: Within) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    answer = wiki.push(acr_values="mfa", scope="openid email")
    assert answer.status == 201, answer
    assert answer.header("Cache-Control") == "no-store"
    assert set(answer.json()) == {"request_uri", "expires_in"}
    browser = provider.browser()
    mia.enter_code(mia.enter_password(wiki.follow(browser)))
    tokens = wiki.collect(browser)
    assert tokens.claims["acr"] == "mfa"
    assert tokens.scope == {"openid", "email"}


def test_an_empty_parameter_is_as_good_as_none(provider: Within) -> None:
    """RFC 6749 section 3.1"""
    wiki = provider.client("Wiki")
    assert wiki.push(client_id="", request_uri="").status == 201


def test_a_public_client_pushes_without_a_secret(provider: Within) -> None:
    mia, spa = provider.person("mia"), provider.client("Pages", "--public")
    browser = mia.sign_in(provider.browser())
    assert spa.push().status == 201
    assert spa.collect(spa.follow(browser)).claims["acr"] == "mfa"


def test_nothing_that_the_browser_adds_changes_a_pushed_request(
    provider: Within,
) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    wiki.push(scope="openid", max_age="0")
    assert wiki.pending is not None
    added = {"scope": "openid email", "max_age": "999", "state": "theirs", "nonce": "x"}
    browser.visit(f"{wiki.pending.url}&{urllib.parse.urlencode(added)}")
    assert browser.page == "login-password", "max_age=0 still holds"
    provider.move.advance(minutes=1)
    mia.enter_code(mia.enter_password(browser))
    assert wiki.collect(browser).scope == {"openid"}


def test_a_pushed_request_may_be_opened_again_until_it_is_answered(
    provider: Within,
) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    wiki.push()
    browser = provider.browser()
    assert wiki.follow(browser).page == "login-password"
    assert wiki.follow(browser).page == "login-password", "a reload loses nothing"
    mia.enter_code(mia.enter_password(browser))
    wiki.collect(browser)
    assert wiki.follow(browser).error == "expired"


def test_a_sign_in_may_take_longer_than_its_reference_lasts(provider: Within) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    wiki.push()
    browser = wiki.follow(provider.browser())
    provider.move.advance(minutes=5)
    mia.enter_code(mia.enter_password(browser))
    assert wiki.collect(browser).claims["acr"] == "mfa"


def test_a_reference_ends_with_its_time(provider: Within) -> None:
    wiki = provider.client("Wiki")
    lasts = wiki.push().json()["expires_in"]
    provider.move.advance(seconds=lasts)
    browser = wiki.follow(provider.browser())
    assert (browser.error, browser.left_for) == ("expired", None)


def test_a_reference_is_worth_nothing_to_another_client(provider: Within) -> None:
    mia = provider.person("mia")
    wiki, bank = provider.client("Wiki"), provider.client("Bank")
    request_uri = wiki.push().json()["request_uri"]
    browser = mia.sign_in(provider.browser())
    assert browser.visit(bank.referring(request_uri)).error == "expired"
    assert wiki.collect(wiki.follow(browser)).claims["aud"] == wiki.id


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"redirect_uri": "https://evil.example/cb"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"client_id": "bank"}, "invalid_request"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"code_challenge": None}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": ""}, "invalid_request"),
        ({"resource": "https://other.example"}, "invalid_target"),
        ({"state": "s" * 5000}, "invalid_request"),
    ],
)
def test_what_could_not_be_asked_for_cannot_be_pushed(
    provider: Within, changes: dict[str, str | None], error: str
) -> None:
    wiki = provider.client("Wiki")
    answer = wiki.push(**changes)
    assert (answer.status, answer.json()["error"]) == (400, error), answer


def test_a_wrong_secret_pushes_nothing(provider: Within) -> None:
    wiki = provider.client("Wiki")
    wiki.secret = "wrong"
    answer = wiki.push()
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


def test_a_disabled_client_is_not_answered_from_what_it_pushed(
    provider: Within,
) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    wiki.push()
    provider.command("client", "disable", wiki.id)
    assert wiki.follow(browser).error == "unknown-client"


def test_an_address_that_was_taken_away_gets_nothing_of_what_was_pushed(
    provider: Within,
) -> None:
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    browser = mia.sign_in(provider.browser())
    wiki.push()
    elsewhere = "https://wiki.example/elsewhere"
    provider.command("client", "update", wiki.id, "--redirect-uri", elsewhere)
    browser = wiki.follow(browser)
    assert (browser.error, browser.left_for) == ("redirect-uri", None)
