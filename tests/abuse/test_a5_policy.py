"""A5: policy, changed at every moment of a login, on both databases.

Elsewhere: AC-069, AC-070 and AC-073 are journeys of the page of a person, AC-072 is in
tests/web/test_admin_gate.py.
"""

import pytest

from tests.abuse.oracles import no_code
from tests.abuse.oracles import no_session
from tests.abuse.oracles import refused
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.providers import Maker
from tests.support.relying_party import RelyingParty
from tests.support.within import Within


@pytest.fixture
def provider(new_provider: Maker, database_kind: str) -> Within:
    """Gives a provider where MFA is optional."""
    made = new_provider(database_kind)
    made.policy("optional")
    return made


@pytest.fixture
def wiki(provider: Within) -> RelyingParty:
    return provider.client("Wiki")


@pytest.fixture
def rob(provider: Within) -> Person:
    """Gives somebody who must have MFA and has none."""
    return provider.person("rob", "--mfa-required", enrolled=False)


@pytest.fixture
def alice(provider: Within) -> Person:
    """Gives somebody without MFA, who need not have it."""
    return provider.person("alice", enrolled=False)


@pytest.fixture
def mia(provider: Within) -> Person:
    """Gives somebody who enrolled of their own accord."""
    enrolled = provider.person("mia", "--mfa-required")
    provider.command("user", "require-mfa", "mia", "--off", "--json")
    return enrolled


def test_who_must_enrol_goes_nowhere_else(
    provider: Within, rob: Person, wiki: RelyingParty
) -> None:
    """AC-059, SEC-084"""
    news = provider.client("News")
    browser = rob.enter_password(wiki.ask(provider.browser()))
    assert browser.page == "enrol-totp"
    login = browser.at.split("/")[-2]
    for step in ("totp", "backup-codes", "notice"):
        assert browser.tab().visit(f"/login/{login}/{step}").page == "enrol-totp"
    consent = browser.tab().visit(f"/consent/{login}")
    others = [wiki.ask(browser.tab()), news.ask(browser.tab())]
    no_code(browser, consent, *others)
    no_session(browser)


def test_enrolling_on_the_way_leads_to_the_code_it_was_asked_for(
    provider: Within, rob: Person, wiki: RelyingParty
) -> None:
    """AC-060"""
    browser = rob.register_device(
        rob.enter_password(wiki.ask(provider.browser(), acr_values="mfa"))
    )
    shown = browser.html.marks("data-backup-code")
    assert len(shown) == 10
    assert browser.tab().visit(browser.at).html.marks("data-backup-code") == []
    tokens = wiki.collect(browser.fill("confirm-saved", saved="yes"))
    assert tokens.claims["acr"] == "mfa"
    assert abs(tokens.claims["auth_time"] - provider.clock().timestamp()) < 30


def test_who_left_the_set_up_finds_another_key_later(
    provider: Within, rob: Person
) -> None:
    """AC-061"""
    first = rob.enter_password(provider.browser().visit("/login"))
    again = rob.enter_password(provider.browser().visit("/login"))
    assert first.page == again.page == "enrol-totp"
    secrets = {one.html.mark("data-totp-secret") for one in (first, again)}
    assert len(secrets) == 2
    assert rob.enrol(again).page == "settings"


def test_without_a_page_nothing_comes_of_a_login_under_way(
    provider: Within, rob: Person, wiki: RelyingParty
) -> None:
    """AC-062, SEC-099"""
    browser = rob.enter_password(wiki.ask(provider.browser()))
    silent = wiki.ask(browser.tab(), prompt="none")
    assert wiki.error(silent) in ("login_required", "interaction_required")
    no_code(silent)


def test_whoever_is_enrolled_is_asked_though_it_is_optional(
    provider: Within, mia: Person, wiki: RelyingParty
) -> None:
    """AC-063, AC-065, SEC-080, SEC-081"""
    for word in ("required", "optional", "disabled"):
        provider.policy(word)
        browser = mia.enter_password(wiki.ask(provider.browser()))
        assert browser.page == "login-totp", word
        no_code(browser)


def test_a_rule_of_the_person_outlives_that_of_the_organisation(
    provider: Within, rob: Person
) -> None:
    """AC-065, SEC-080"""
    for word in ("required", "optional", "disabled"):
        provider.policy(word)
        browser = rob.enter_password(provider.browser().visit("/login"))
        assert browser.page == "enrol-totp", word


def test_a_tightened_policy_reaches_what_was_open(
    provider: Within, alice: Person, wiki: RelyingParty
) -> None:
    """AC-064, SEC-082"""
    browser = alice.enter_password(wiki.ask(provider.browser()))
    held = wiki.collect(browser)
    provider.policy("required")
    assert wiki.ask(browser.tab()).page == "enrol-totp"
    assert browser.tab().visit("/settings").page == "enrol-totp"
    refused(wiki.refresh(held.refresh), "invalid_grant")


@pytest.mark.parametrize("scope", ["organisation", "role", "user"])
def test_a_rule_made_during_consent_holds_for_that_login(
    provider: Within, alice: Person, scope: str
) -> None:
    """AC-066, SEC-085"""
    guest = provider.client("Guestbook", "--ask-consent")
    browser = alice.enter_password(guest.ask(provider.browser()))
    assert browser.page == "consent"
    if scope == "organisation":
        provider.policy("required")
    elif scope == "role":
        provider.command("role", "create", "finance", "--mfa-required", "--json")
        given = ("alice", "--role", "finance", "--json")
        provider.command("user", "set-roles", *given)
    else:
        provider.command("user", "require-mfa", "alice", "--json")
    browser.fill("consent", decision="allow")
    assert browser.page == "enrol-totp"
    no_code(browser)


def test_mfa_disabled_while_the_code_is_asked_ends_that_login(
    provider: Within, mia: Person
) -> None:
    """AC-067, SEC-010, SEC-070"""
    browser = mia.enter_password(provider.browser().visit("/login"))
    form, target = browser.html.form("sign-in"), browser.at
    provider.command("user", "disable-mfa", "mia", "--reason", "lost", "--json")
    browser.post(target, [*form.fields, ("code", mia.phone.code())])
    no_session(browser)
    fresh = mia.enter_password(provider.browser().visit("/login"))
    assert is_signed_in(fresh)


def test_a_disabled_account_redeems_nothing(
    provider: Within, mia: Person, wiki: RelyingParty
) -> None:
    """AC-068, SEC-193"""
    browser = mia.enter_code(mia.enter_password(wiki.ask(provider.browser())))
    code = wiki.code(browser)
    provider.command("user", "disable", "mia", "--json")
    refused(wiki.redeem(code), "invalid_grant")
    no_session(browser)


def test_required_outlives_mfa_itself(provider: Within) -> None:
    """AC-070, SEC-263"""
    mia = provider.person("mia", "--mfa-required")
    provider.command("user", "disable-mfa", "mia", "--reason", "lost", "--json")
    browser = mia.enter_password(provider.browser().visit("/login"))
    assert browser.page == "enrol-totp"
    assert provider.mfa_of(mia)["required"]
    no_session(browser)
