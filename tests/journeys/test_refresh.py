"""P4: a refreshed token says what was proved at the login, and when."""

from tests.support.people import Person
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens
from tests.support.within import Within

FROZEN = ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid")


def signed_in(
    provider: Within, person: Person, application: RelyingParty, **asked: str
) -> Tokens:
    """Signs in afresh and gives the tokens."""
    browser = application.ask(provider.browser(), **asked)
    person.enter_code(person.enter_password(browser))
    return application.collect(browser)


def test_time_level_and_factors_do_not_move(provider: Within) -> None:
    wiki = provider.client("Wiki")
    first = signed_in(provider, provider.person("mia"), wiki)
    provider.move.advance(minutes=30)
    second = wiki.refreshed(first)

    assert [second.claims[c] for c in FROZEN] == [first.claims[c] for c in FROZEN]
    assert second.claims["iat"] == first.claims["iat"] + 30 * 60
    assert "nonce" not in second.claims


def test_the_access_token_says_the_same_as_the_id_token(provider: Within) -> None:
    wiki = provider.client("Wiki")
    first = signed_in(provider, provider.person("mia"), wiki)
    provider.move.advance(minutes=30)
    second = wiki.refreshed(first)
    for tokens in (first, second):
        for claim in ("sub", "acr", "amr", "auth_time"):
            assert tokens.access_claims[claim] == tokens.claims[claim]


def test_a_later_login_elsewhere_changes_nothing(provider: Within) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    first = signed_in(provider, mia, wiki)
    provider.move.advance(minutes=30)
    later = signed_in(provider, mia, wiki)
    again = wiki.refreshed(first)

    assert later.claims["auth_time"] > first.claims["auth_time"]
    assert [again.claims[c] for c in FROZEN] == [first.claims[c] for c in FROZEN]


def test_each_refresh_token_works_once(provider: Within) -> None:
    wiki = provider.client("Wiki")
    first = signed_in(provider, provider.person("mia"), wiki)
    second = wiki.refreshed(first)
    provider.move.advance(minutes=1)

    assert wiki.refresh(first.refresh).json()["error"] == "invalid_grant"
    assert wiki.refresh(second.refresh).json()["error"] == "invalid_grant"


def test_it_ends_with_the_session(provider: Within) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = mia.enter_code(mia.enter_password(wiki.ask(provider.browser())))
    tokens = wiki.collect(browser)
    browser.visit("/settings").fill("sign-out")
    assert wiki.refresh(tokens.refresh).json()["error"] == "invalid_grant"


def test_offline_access_outlives_the_session(provider: Within) -> None:
    mia = provider.person("mia")
    wiki = provider.client("Wiki")
    browser = wiki.ask(provider.browser(), scope="openid offline_access")
    tokens = wiki.collect(mia.enter_code(mia.enter_password(browser)))
    browser.visit("/settings").fill("sign-out")
    assert wiki.refreshed(tokens).claims["sub"] == mia.id


def test_less_may_be_asked_and_never_more(provider: Within) -> None:
    wiki = provider.client("Wiki")
    mia = provider.person("mia")
    first = signed_in(provider, mia, wiki, scope="openid profile")
    less = wiki.refreshed(first, scope="openid")
    more = wiki.refreshed(less, scope="openid profile email")
    assert less.scope == {"openid"}
    assert more.scope == {"openid", "profile"}


def test_a_disabled_person_gets_nothing_more(provider: Within) -> None:
    wiki = provider.client("Wiki")
    tokens = signed_in(provider, provider.person("mia"), wiki)
    provider.command("user", "disable", "mia", "--json")
    assert wiki.refresh(tokens.refresh).json()["error"] == "invalid_grant"
    assert wiki.userinfo(tokens.access).status == 401


def test_a_policy_that_was_tightened_is_obeyed(provider: Within) -> None:
    provider.policy("optional")
    alice = provider.person("alice", enrolled=False)
    wiki = provider.client("Wiki")
    browser = alice.enter_password(wiki.ask(provider.browser()))
    tokens = wiki.collect(browser)
    provider.policy("required")
    provider.move.advance(seconds=60)
    assert wiki.refresh(tokens.refresh).json()["error"] == "invalid_grant"
    assert wiki.ask(browser).left_for is None
