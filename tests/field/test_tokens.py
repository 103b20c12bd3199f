"""Rows 10 to 13: what is in a token, for how long, and how large it grows."""

import pathlib

from tests.support.faults import changed
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens
from tests.support.within import Within

FROZEN = ("iss", "sub", "aud", "auth_time", "acr", "amr", "sid")
ALL = "openid profile email groups"


def tokens_of(provider: Within, client: RelyingParty, scope: str = ALL) -> Tokens:
    """Signs mia in, who has a name and a mail address, and gives the tokens."""
    mia = provider.person("mia", "--email", "mia@example.org", "--name", "Mia Example")
    return client.collect(client.ask(mia.sign_in(provider.browser()), scope=scope))


def test_a_refreshed_id_token_is_as_the_first(provider: Within) -> None:
    """Row 10, OpenID Connect Core 12.2: whatever the person did elsewhere meanwhile"""
    wiki, mia = provider.client("Wiki"), provider.person("mia")
    first = wiki.collect(wiki.ask(mia.sign_in(provider.browser()), scope=ALL))
    provider.move.advance(seconds=30)
    elsewhere = wiki.twin()
    later = elsewhere.ask(mia.sign_in(provider.browser()))
    assert elsewhere.collect(later).claims["auth_time"] > first.claims["auth_time"]
    again = wiki.refreshed(first)
    assert [again.claims[name] for name in FROZEN] == [
        first.claims[name] for name in FROZEN
    ]
    assert again.claims["iat"] > first.claims["iat"]
    assert "nonce" not in again.claims


def test_without_openid_there_is_no_id_token(provider: Within) -> None:
    """Row 10"""
    wiki = provider.client("Wiki")
    first = tokens_of(provider, wiki)
    answer = wiki.refresh(first.refresh, scope="profile").json()
    assert "id_token" not in answer
    assert answer["scope"] == "profile"


def test_lifetimes_are_numbers_and_a_refresh_token_comes_unasked(
    provider: Within,
) -> None:
    """Row 11"""
    first = tokens_of(provider, provider.client("Wiki"), "openid")
    assert first.answer["expires_in"] == 600
    assert first.answer["refresh_token"]
    assert first.access_claims["exp"] - first.access_claims["iat"] == 600


def test_sixty_refreshes_in_a_minute_are_nobodys_attack(provider: Within) -> None:
    """Row 11"""
    wiki = provider.client("Wiki")
    tokens = tokens_of(provider, wiki)
    for _ in range(60):
        provider.move.advance(seconds=1)
        tokens = wiki.refreshed(tokens)


def test_refreshing_does_not_keep_the_browser_signed_in(provider: Within) -> None:
    """Row 11"""
    wiki = provider.client("Wiki")
    browser = provider.person("mia").sign_in(provider.browser())
    tokens = wiki.collect(wiki.ask(browser))
    for _ in range(7):
        provider.move.advance(minutes=9)
        answer = wiki.refresh(tokens.refresh)
        if answer.status == 200:
            tokens = wiki.verified(answer)
    assert wiki.ask(browser).page == "login-password"


def test_the_id_token_itself_says_who_somebody_is(provider: Within) -> None:
    """Row 12"""
    wiki = provider.client("Wiki")
    tokens = tokens_of(provider, wiki)
    answer = wiki.userinfo(tokens.access)
    assert (answer.header("Content-Type") or "").startswith("application/json")
    for told in (tokens.claims, answer.json()):
        assert told["preferred_username"] == "mia"
        assert told["name"] == "Mia Example"
        assert told["email"] == "mia@example.org"
        assert told["groups"] == []


def test_a_client_may_want_a_small_id_token(provider: Within) -> None:
    """Rows 12 and 13"""
    wiki = provider.client("Wiki", "--no-claims-in-id-token")
    tokens = tokens_of(provider, wiki)
    personal = {"preferred_username", "name", "email", "groups"}
    assert not personal & tokens.claims.keys()
    assert personal <= wiki.userinfo(tokens.access).json().keys()
    assert len(tokens.answer["id_token"]) < 2048


def test_a_claim_that_is_asked_for_by_name_is_given(provider: Within) -> None:
    """Row 12, OpenID Connect Core 5.5"""
    wiki = provider.client("Wiki", "--no-claims-in-id-token")
    mia = provider.person("mia", "--role", "auditor")
    wanted = '{"id_token": {"groups": null}}'
    browser = wiki.ask(mia.sign_in(provider.browser()), scope=ALL, claims=wanted)
    claims = wiki.collect(browser).claims
    assert claims["groups"] == ["auditor"]
    assert "email" not in claims


def test_somebody_without_a_name_still_has_a_user_name(provider: Within) -> None:
    """Row 12: absent claims are left out"""
    wiki = provider.client("Wiki")
    browser = provider.person("mia").sign_in(provider.browser())
    claims = wiki.collect(wiki.ask(browser, scope=ALL)).claims
    assert claims["preferred_username"] == "mia"
    assert "name" not in claims
    assert "email" not in claims


def test_the_list_of_claims_is_complete(provider: Within) -> None:
    """Row 12"""
    metadata = provider.http.get("/.well-known/openid-configuration").json()
    tokens = tokens_of(provider, provider.client("Wiki"))
    technical = {"exp", "iat", "nonce", "at_hash", "azp"}
    assert tokens.claims.keys() - technical <= set(metadata["claims_supported"])


def test_answers_stay_small(provider: Within) -> None:
    """Row 13"""
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    browser = wiki.ask(provider.browser(), scope=ALL)
    trail = list(browser.trail)
    trail += mia.enter_password(browser).trail
    trail += mia.enter_code(browser).trail
    for answer in trail:
        lines = (f"{name}: {value}\r\n" for name, value in answer.headers)
        assert sum(map(len, lines)) < 4096
    assert len(wiki.code(browser)) < 100


def test_three_hundred_roles_fit_where_a_client_asks_for_a_small_token(
    provider: Within, tmp_path: pathlib.Path
) -> None:
    """Row 13"""
    mia = provider.person("mia")
    (file,) = tmp_path.rglob("idp.db")
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300)"
    name = "printf('role-%035d', i)"
    role = f"INSERT INTO roles SELECT {name}, '', '[]', false, false FROM n"
    member = f"INSERT INTO user_roles SELECT '{mia.id}', {name} FROM n"
    for statement in (role, member):
        with changed(f"sqlite:///{file}", f"{count} {statement}"):
            pass
    small = provider.client("Small", "--no-claims-in-id-token")
    browser = mia.sign_in(provider.browser())
    tokens = small.collect(small.ask(browser, scope=ALL))
    assert len(tokens.answer["id_token"]) < 2048
    assert len(small.userinfo(tokens.access).json()["groups"]) == 300
    plain = provider.client("Plain", "--scope", "openid profile")
    told = plain.collect(plain.ask(browser, scope=ALL))
    assert len(told.access) < 2048
    assert "groups" not in told.claims


def test_a_client_without_the_scope_learns_no_groups(provider: Within) -> None:
    """Row 13"""
    wiki = provider.client("Wiki", "--scope", "openid profile")
    mia = provider.person("mia", "--role", "auditor")
    browser = wiki.ask(mia.sign_in(provider.browser()), scope=ALL)
    tokens = wiki.collect(browser)
    assert tokens.scope == {"openid", "profile"}
    for told in (tokens.claims, tokens.access_claims):
        assert "groups" not in told
