"""A8: the token endpoint.

Elsewhere: AC-108 and AC-109 in test_a8_client_authentication.py; AC-103 and AC-111 in
tests/races (need workers); AC-114 with a policy that was tightened in tests/journeys.
"""

from collections.abc import Callable

import pytest

from tests.abuse.oracles import no_server_error
from tests.abuse.oracles import refused
from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.relying_party import RelyingParty
from tests.support.within import Within

DEAD = {"active": False}
Event = Callable[[Within, Person, Browser], object]


@pytest.fixture
def client(provider: Within) -> RelyingParty:
    return provider.client("rp1")


def test_a_second_redemption_takes_everything_back(
    signed_in: Browser, client: RelyingParty
) -> None:
    """AC-102, SEC-190"""
    code = client.code(client.ask(signed_in))
    tokens = client.verified(client.redeem(code))
    assert client.userinfo(tokens.access).status == 200

    refused(client.redeem(code), "invalid_grant")
    assert client.userinfo(tokens.access).status == 401
    assert client.introspect(tokens.access).json() == DEAD
    refused(client.refresh(tokens.refresh), "invalid_grant")


def test_anothers_code_is_refused_and_stays_good_for_its_owner(
    provider: Within, signed_in: Browser, client: RelyingParty
) -> None:
    """AC-104, SEC-192"""
    other = provider.client("rp2")
    code = client.code(client.ask(signed_in))
    other.pending = client.pending
    refused(other.redeem(code), "invalid_grant")
    refused(other.redeem(code, code_verifier=None), "invalid_grant", "invalid_request")
    assert client.redeem(code).status == 200


@pytest.mark.parametrize(("seconds", "status"), [(58, 200), (61, 400)])
def test_a_code_lives_for_a_minute(
    provider: Within,
    signed_in: Browser,
    client: RelyingParty,
    seconds: int,
    status: int,
) -> None:
    """AC-105, SEC-192"""
    code = client.code(client.ask(signed_in))
    provider.move.advance(seconds=seconds)
    assert client.redeem(code).status == status


@pytest.mark.parametrize(
    "address",
    ["https://rp1.example/cb2", None, "", "https://RP1.example/cb", "https://evil/"],
)
def test_the_address_must_be_the_one_of_the_request(
    provider: Within, signed_in: Browser, address: str | None
) -> None:
    """AC-106, SEC-192"""
    both = ("https://rp1.example/cb", "https://rp1.example/cb2")
    client = provider.client(
        "rp1", *(word for uri in both for word in ("--redirect-uri", uri))
    )
    code = client.code(client.ask(signed_in))
    answer = client.redeem(code, redirect_uri=address)
    refused(answer, "invalid_grant", "invalid_request")


def test_five_wrong_verifiers_kill_a_code(provider: Within, signed_in: Browser) -> None:
    """AC-107, SEC-194"""
    client = provider.client("rp1", "--public")
    code = client.code(client.ask(signed_in))
    for number in range(5):
        wrong = f"{number}" * 43
        refused(client.redeem(code, code_verifier=wrong), "invalid_grant")
    refused(client.redeem(code), "invalid_grant")


def test_four_wrong_verifiers_do_not(provider: Within, signed_in: Browser) -> None:
    """AC-107: the limit is where it is said to be"""
    client = provider.client("rp1", "--public")
    code = client.code(client.ask(signed_in))
    for number in range(4):
        wrong = f"{number}" * 43
        refused(client.redeem(code, code_verifier=wrong), "invalid_grant")
    assert client.redeem(code).status == 200


def test_a_spent_refresh_token_kills_the_family(
    provider: Within, signed_in: Browser
) -> None:
    """AC-110, SEC-199"""
    client = provider.client("rp1", "--public")
    first = client.collect(client.ask(signed_in))
    second = client.refreshed(first)
    refused(client.refresh(first.refresh), "invalid_grant")
    refused(client.refresh(second.refresh), "invalid_grant")
    assert client.userinfo(second.access).status == 401


def test_a_retry_of_a_client_with_a_secret_is_forgiven_but_gets_nothing(
    provider: Within, signed_in: Browser, client: RelyingParty
) -> None:
    """SEC-204: within ten seconds"""
    first = client.collect(client.ask(signed_in))
    second = client.refreshed(first)
    provider.move.advance(seconds=9)
    refused(client.refresh(first.refresh), "invalid_grant")
    third = client.refreshed(second)
    provider.move.advance(seconds=11)
    refused(client.refresh(second.refresh), "invalid_grant")
    refused(client.refresh(third.refresh), "invalid_grant")


def test_anothers_refresh_token_is_refused(
    provider: Within, signed_in: Browser, client: RelyingParty
) -> None:
    """AC-112, SEC-202"""
    other = provider.client("rp2")
    public = provider.client("rp3", "--public")
    tokens = client.collect(client.ask(signed_in))
    refused(other.refresh(tokens.refresh), "invalid_grant")
    refused(public.refresh(tokens.refresh), "invalid_grant")
    assert client.refresh(tokens.refresh).status == 200


def test_a_refresh_never_widens(
    provider: Within, signed_in: Browser, client: RelyingParty
) -> None:
    """AC-113, SEC-202"""
    tokens = client.collect(client.ask(signed_in))
    answer = client.refresh(tokens.refresh, scope="openid profile admin idp:users:read")
    if answer.status == 200:
        assert client.verified(answer).scope == {"openid"}
    else:
        refused(answer, "invalid_scope")


def change_password(provider: Within, mia: Person, browser: Browser) -> None:
    new = "quite another one, and long"
    provider.move.advance(seconds=60)
    page = browser.visit("/settings/password")
    page.fill(
        "change-password",
        current_password=mia.password,
        new_password=new,
        new_password_again=new,
        code=mia.phone.unused_code(),
    )
    assert page.error is None, page


def withdraw_consent(provider: Within, mia: Person, browser: Browser) -> None:
    browser.visit("/settings/applications").fill("remove-application")


def command(*words: str) -> Event:
    return lambda provider, mia, browser: provider.command(*words)


ENDS: dict[str, Event] = {
    "disabled": command("user", "disable", "mia"),
    "deleted": command("user", "delete", "mia"),
    "new password": change_password,
    "new password given": command("user", "initial-password", "mia"),
    "mfa reset": command("user", "disable-mfa", "mia", "--reason", "lost"),
    "sessions ended": command("user", "end-sessions", "mia"),
    "consent": withdraw_consent,
    "client disabled": command("client", "disable", "rp1"),
    "client deleted": command("client", "delete", "rp1"),
}


@pytest.mark.parametrize("event", ENDS)
def test_what_a_grant_rests_on_ends_it(
    provider: Within, mia: Person, signed_in: Browser, event: str
) -> None:
    """AC-114, SEC-201: what works offline, too"""
    guest = provider.client("rp1", "--id", "rp1", "--ask-consent")
    held = []
    for scope in ("openid", "openid offline_access"):
        guest.ask(signed_in, scope=scope)
        held.append(guest.collect(signed_in.fill("consent", decision="allow")))
    assert guest.userinfo(held[1].access).status == 200

    ENDS[event](provider, mia, signed_in)
    for tokens in held:
        refused(guest.refresh(tokens.refresh), "invalid_grant", "invalid_client")
        assert guest.userinfo(tokens.access).status == 401


def test_signing_out_ends_what_is_bound_to_the_session(
    provider: Within, signed_in: Browser, client: RelyingParty
) -> None:
    """AC-114, SEC-201"""
    tokens = client.collect(client.ask(signed_in))
    signed_in.visit("/settings").fill("sign-out")
    refused(client.refresh(tokens.refresh), "invalid_grant")
    assert client.introspect(tokens.access).json() == DEAD


def test_a_raised_minimum_ends_what_is_below_it(provider: Within) -> None:
    """AC-114, SEC-201: a code that waits, a refresh token, an access token"""
    provider.policy("optional")
    ada = provider.person("ada", enrolled=False)
    wiki = provider.client("rp1", "--id", "rp1")
    browser = ada.enter_password(wiki.ask(provider.browser()))
    tokens = wiki.collect(browser)
    code = wiki.code(wiki.ask(browser))
    provider.command("client", "update", "rp1", "--min-acr", "mfa")
    refused(wiki.redeem(code), "invalid_grant")
    refused(wiki.refresh(tokens.refresh), "invalid_grant")
    assert wiki.introspect(tokens.access).json() == DEAD
    assert wiki.ask(browser).page == "enrol-totp"


def test_a_revoked_refresh_token_takes_its_access_token_along(
    signed_in: Browser, client: RelyingParty
) -> None:
    """AC-115, SEC-227"""
    tokens = client.collect(client.ask(signed_in))
    assert client.introspect(tokens.access).json()["active"] is True
    assert client.revoke(tokens.refresh).status == 200
    refused(client.refresh(tokens.refresh), "invalid_grant")
    assert client.introspect(tokens.access).json() == DEAD
    assert client.introspect(tokens.refresh).json() == DEAD
    assert client.userinfo(tokens.access).status == 401


def mutilated(text: str) -> list[str]:
    """Gives what is almost this text."""
    cut = [text[:-1], text[: len(text) // 2], text[1:]]
    longer = [text + "A", text + "=", text + " ", " " + text, text + "\x00"]
    return [*cut, *longer, text.swapcase()]


def test_almost_a_code_is_no_code(signed_in: Browser, client: RelyingParty) -> None:
    """AC-116, SEC-216"""
    code = client.code(client.ask(signed_in))
    for text in mutilated(code):
        refused(client.redeem(text), "invalid_grant", "invalid_request")
    assert client.redeem(code).status == 200


def test_almost_a_refresh_token_is_none(
    signed_in: Browser, client: RelyingParty
) -> None:
    """AC-116, SEC-216"""
    tokens = client.collect(client.ask(signed_in))
    for text in mutilated(tokens.refresh):
        refused(client.refresh(text), "invalid_grant", "invalid_request")
        assert client.introspect(text).json() == DEAD
    assert client.refresh(tokens.refresh).status == 200


def test_almost_an_access_token_is_none(
    signed_in: Browser, client: RelyingParty
) -> None:
    """AC-116, SEC-216"""
    access = client.collect(client.ask(signed_in)).access
    for text in mutilated(access):
        answer = client.userinfo(text)
        no_server_error(answer)
        # Blanks around a header value belong to the header, not to the token.
        assert answer.status in (400, 401) or text.strip() == access, answer
    assert client.userinfo(access).status == 200
