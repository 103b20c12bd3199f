"""A1: order of steps. No way around the second factor.

Elsewhere: AC-016 in tests/races (needs workers), AC-009 in test_a4_life_of_mfa.py.
Later: the account API and administration part of AC-002.
"""

import pytest

from tests.abuse.oracles import no_code
from tests.abuse.oracles import no_server_error
from tests.abuse.oracles import no_session
from tests.support.browser import Browser
from tests.support.exchange import basic_credentials
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.relying_party import RelyingParty
from tests.support.within import Within


@pytest.fixture
def mia(provider: Within) -> Person:
    return provider.person("mia", "--email", "mia@example.org")


@pytest.fixture
def wiki(provider: Within) -> RelyingParty:
    return provider.client("Wiki")


def after_password(provider: Within, person: Person) -> Browser:
    """PW(u): a new jar that waits at the second factor."""
    browser = person.enter_password(provider.browser().visit("/login"))
    assert browser.page == "login-totp"
    return browser


def test_the_password_alone_gives_no_code_at_a_second_request(
    provider: Within, mia: Person, wiki: RelyingParty
) -> None:
    """AC-001, SEC-001, SEC-002"""
    browser = mia.enter_password(wiki.ask(provider.browser()))
    wiki.ask(browser)
    assert browser.page in ("login-password", "login-totp")
    no_code(browser)
    no_session(browser)


@pytest.mark.parametrize(
    "path",
    [
        "/settings",
        "/settings/mfa",
        "/settings/mfa/disable",
        "/admin/users",
        "/consent/abcdefghijklmnopqrstuv",
        "/api/v1/users",
    ],
)
def test_the_password_alone_opens_no_page(
    provider: Within, mia: Person, path: str
) -> None:
    """AC-002, SEC-001, SEC-004"""
    browser = after_password(provider, mia).visit(path)
    waiting = (browser.page or "").startswith("login-")
    assert waiting or browser.status in (400, 401, 403, 404), browser
    assert "mia@example.org" not in browser.answer.text


def test_two_tabs_are_two_logins(
    provider: Within, mia: Person, wiki: RelyingParty
) -> None:
    """AC-003, SEC-011"""
    first = wiki.ask(provider.browser())
    second = wiki.ask(first.tab())
    mia.enter_password(first)
    mia.enter_password(second)
    assert (first.page, second.page) == ("login-totp", "login-totp")
    no_code(first, second)


@pytest.mark.parametrize(
    "sent",
    [{"code": None}, {"code": ""}, {"step": "done"}, {"code": None, "step": "done"}],
)
def test_an_empty_or_partial_form_skips_nothing(
    provider: Within, mia: Person, sent: dict[str, str | None]
) -> None:
    """AC-004, SEC-004"""
    browser = after_password(provider, mia)
    form = browser.html.form("sign-in")
    browser.send(form, {"code": "", **sent})
    assert browser.page == "login-totp" or browser.status == 400, browser
    no_session(browser)
    no_server_error(browser.post(browser.at).answer)
    no_session(browser)


def test_a_code_without_a_password_is_neither_taken_nor_spent(
    provider: Within, mia: Person
) -> None:
    """AC-005, SEC-004, SEC-006"""
    waiting = after_password(provider, mia)
    stranger = provider.browser().visit("/login")
    stolen = waiting.html.form("sign-in").target
    fields = {"username": "mia", "code": mia.phone.code()}
    stranger.post(waiting.address(stolen), fields)
    no_session(stranger)

    mia.enter_code(waiting, mia.phone.code())
    assert is_signed_in(waiting)


def test_fields_and_headers_that_claim_a_factor_are_ignored(
    provider: Within, mia: Person
) -> None:
    """AC-006, SEC-005"""
    browser = provider.browser(X_MFA="ok", X_Forwarded_User="mia").visit("/login")
    claims = {"mfa": "true", "otp_verified": "1", "acr": "mfa", "amr": "otp"}
    form = browser.html.form("sign-in")
    secret = {"username": "mia", "password": mia.password}
    browser.send(form, {**secret, **claims, "is_admin": "1", "step": "done"})
    assert browser.page == "login-totp" or browser.status == 400
    no_session(browser)


def test_a_code_at_another_persons_login_is_refused(
    provider: Within, mia: Person
) -> None:
    """AC-007, SEC-006, SEC-008"""
    mallory = provider.person("mallory")
    of_mia, of_mallory = (
        after_password(provider, mia),
        after_password(provider, mallory),
    )
    form = of_mallory.html.form("sign-in")
    form.target = of_mia.address(of_mia.html.form("sign-in").target)
    of_mallory.send(form, {"code": mallory.phone.code()})
    no_session(of_mia, of_mallory)


def test_anothers_code_is_a_failure_and_stays_good_for_its_owner(
    provider: Within, mia: Person
) -> None:
    """AC-008, SEC-008"""
    mallory = provider.person("mallory")
    browser = after_password(provider, mia)
    mia.enter_code(browser, mallory.phone.code())
    assert browser.error == "wrong-code"
    no_session(browser)

    own = after_password(provider, mallory)
    mallory.enter_code(own, mallory.phone.code())
    assert is_signed_in(own)


def test_the_last_post_replayed_opens_nothing(
    provider: Within, mia: Person, wiki: RelyingParty
) -> None:
    """AC-010, SEC-010"""
    browser = mia.enter_password(wiki.ask(provider.browser()))
    before = browser.copy()
    form, target = browser.html.form("sign-in"), browser.at
    code = mia.phone.code()
    wiki.code(browser.send(form, {"code": code}))

    before.post(target, [*form.fields, ("code", code)])
    no_code(before)
    no_session(before)
    no_server_error(before.answer)


def test_a_login_that_expired_starts_again_at_the_password(
    provider: Within, mia: Person
) -> None:
    """AC-011, SEC-010"""
    browser = after_password(provider, mia)
    provider.move.advance(minutes=10, seconds=5)
    mia.enter_code(browser, mia.phone.code())
    assert browser.page in ("login-password", "error")
    no_session(browser)


def test_the_user_cannot_be_changed_at_the_code(provider: Within, mia: Person) -> None:
    """AC-012, SEC-008"""
    provider.policy("optional")
    alice = provider.person("alice", enrolled=False)
    browser = after_password(provider, mia)
    form = browser.html.form("sign-in")
    fields = {"username": alice.username, "user_id": alice.id}
    browser.send(form, {"code": mia.phone.code(), **fields})
    assert browser.status == 400 or browser.page == "settings"
    assert "alice" not in browser.answer.text


def test_there_is_no_password_grant(
    provider: Within, mia: Person, wiki: RelyingParty
) -> None:
    """AC-013, SEC-013"""
    answer = wiki.token(
        grant_type="password", username="mia", password=mia.password, scope="openid"
    )
    assert answer.status == 400
    assert answer.json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize(
    "wanted", ["token", "id_token", "code id_token", "code token", "none"]
)
def test_there_is_no_response_type_but_code(
    provider: Within, mia: Person, wiki: RelyingParty, wanted: str
) -> None:
    """AC-013, SEC-176"""
    browser = mia.sign_in(provider.browser())
    wiki.ask(browser, response_type=wanted)
    assert wiki.error(browser) in ("unsupported_response_type", "unauthorized_client")
    no_code(browser)


@pytest.mark.parametrize("path", ["/userinfo", "/settings", "/admin/users"])
def test_basic_authentication_of_a_person_means_nothing(
    provider: Within, mia: Person, path: str
) -> None:
    """AC-014, SEC-013"""
    credentials = basic_credentials("mia", mia.password)
    browser = provider.browser(Authorization=credentials).visit(path)
    assert browser.page == "login-password" or browser.status in (401, 404), browser
    browser.headers.clear()
    no_session(browser)


def test_a_stranger_at_a_fresh_login_inherits_nothing(
    provider: Within, mia: Person, wiki: RelyingParty
) -> None:
    """AC-015, SEC-012"""
    provider.policy("optional")
    alice = provider.person("alice", enrolled=False)
    browser = alice.enter_password(provider.browser().visit("/login"))
    signed_in_at = provider.move.seconds
    provider.move.advance(minutes=1)
    mia.enter_password(wiki.ask(browser, prompt="login"))

    wiki.ask(browser)
    if browser.left_for:
        claims = wiki.collect(browser).claims
        assert (claims["sub"], claims["acr"]) == (alice.id, "pwd")
        assert claims["auth_time"] == signed_in_at
