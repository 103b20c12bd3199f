"""Rows 6, 8 and 23: what applications send along, and how they sign people out.

Row 8 in a real browser: test_cross_site.py.
"""

import pytest

from tests.abuse.oracles import local
from tests.support.people import is_signed_in
from tests.support.within import Within

OIDC_ERRORS = ("account_selection_required", "invalid_request", "interaction_required")


@pytest.mark.parametrize(
    "prompt",
    [
        "select_account",
        "select_account consent",
        "login select_account",
        "login consent",
        "create",
        "bogus",
        "",
    ],
)
@pytest.mark.parametrize("with_session", [True, False])
def test_no_prompt_leads_to_a_dead_end(
    provider: Within, prompt: str, with_session: bool
) -> None:
    """Row 6, OpenID Connect Core 3.1.2.1"""
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = provider.browser()
    if with_session:
        mia.sign_in(browser)
    wiki.ask(browser, prompt=prompt)

    if browser.page == "select-account":
        browser.fill("continue-as")
    if browser.page == "login-password":
        mia.enter_password(browser)
    if browser.page == "login-totp":
        mia.enter_code(browser)
    if browser.page == "consent":
        browser.fill("consent", decision="allow")
    answer = wiki.received(browser)
    assert "code" in answer or answer["error"] in OIDC_ERRORS


def test_the_list_of_prompts_is_true(provider: Within) -> None:
    """Row 6"""
    metadata = provider.http.get("/.well-known/openid-configuration").json()
    listed = set(metadata.get("prompt_values_supported", []))
    assert listed == {"none", "login", "consent", "select_account"}


def test_cookies_travel_on_a_link_from_elsewhere(provider: Within) -> None:
    """Row 8: Lax, not Strict; exactly two names (SEC-141)"""
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    browser = wiki.ask(provider.browser())
    set_on_the_way = browser.answer.all_headers("Set-Cookie")
    set_on_the_way += browser.trail[0].all_headers("Set-Cookie")
    for answer in mia.enter_code(mia.enter_password(browser)).trail:
        set_on_the_way += answer.all_headers("Set-Cookie")

    names = {line.partition("=")[0] for line in set_on_the_way}
    assert names == {"idp_session", "idp_browser"}
    for line in set_on_the_way:
        attributes = {word.strip().lower() for word in line.split(";")[1:]}
        assert {"httponly", "path=/", "samesite=lax"} <= attributes
        assert not any(word.startswith("domain") for word in attributes)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"client_id": "wiki"},
        {"client_id": "wiki", "post_logout_redirect_uri": "https://wiki.example/out"},
        {"post_logout_redirect_uri": "https://wiki.example/out"},
        {"ui_locales": "xx", "logout_hint": "mia", "unknown": "1"},
    ],
)
def test_signing_out_without_proof_asks_first(
    provider: Within, sent: dict[str, str]
) -> None:
    """Row 23 (a) to (d) and (f), RP-Initiated Logout 1.0 section 2"""
    out = ("--post-logout-redirect-uri", "https://wiki.example/out")
    provider.client("Wiki", "--id", "wiki", *out)
    browser = provider.person("mia").sign_in(provider.browser())
    browser.visit("/end_session", sent)
    assert browser.page == "logout-confirm"
    assert is_signed_in(browser)

    browser.fill("sign-out", confirm="yes")
    assert browser.page == "logged-out" or browser.left_for
    if browser.left_for:
        assert sent.get("client_id") == "wiki"
        assert browser.left_for == "https://wiki.example/out"
    assert not is_signed_in(browser)


def test_a_hint_of_one_client_is_no_word_of_another(provider: Within) -> None:
    """Row 23 (e)"""
    wiki, other = provider.client("Wiki"), provider.client("Other")
    browser = provider.person("mia").sign_in(provider.browser())
    hint = wiki.collect(wiki.ask(browser)).answer["id_token"]
    browser.visit("/end_session", {"id_token_hint": hint, "client_id": other.id})
    local(browser)
    assert is_signed_in(browser)
