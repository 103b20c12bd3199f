"""REL-040, REL-041, REL-043: signing keys change while two processes serve."""

import contextlib
import copy
import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from idp.actions import keys
from idp.actions.work import Work
from idp.cli import work
from idp.settings import Settings
from tests.support.providers import prepared_sqlite
from tests.support.relying_party import RelyingParty
from tests.support.relying_party import Tokens
from tests.support.within import Prepared
from tests.support.within import Within
from tests.support.within import side_by_side

__all__ = ["prepared_sqlite"]

KEPT = 300  # seconds; what the key set says of itself
OFFLINE = "openid offline_access"


@pytest.fixture
def processes(
    tmp_path: pathlib.Path, prepared_sqlite: Prepared
) -> Iterator[tuple[Within, ...]]:
    """Gives two processes of one provider, whose tokens live as long as any may."""
    hour = {"IDP_ACCESS_TOKEN_LIFETIME": "1h", "IDP_ID_TOKEN_LIFETIME": "1h"}
    with side_by_side(tmp_path, prepared_sqlite, processes=2, **hour) as made:
        yield made


@contextlib.contextmanager
def by_the_clock(provider: Within) -> Iterator[Work]:
    """Gives what a command has, at the moment of the test."""
    built = work.build(Settings.load(provider.settings))
    built.now = provider.move()
    yield built
    built.database.dispose()
    built.hashing.close()


def job(provider: Within) -> None:
    """Does what the worker does every 30 seconds."""
    with by_the_clock(provider) as built:
        keys.advance(built)


def rotate(provider: Within) -> None:
    with by_the_clock(provider) as built:
        for alg in keys.DEFAULT_ALGORITHMS:
            keys.rotate(built, alg)


def seen_at(party: RelyingParty, provider: Within) -> RelyingParty:
    """Gives the same application, as it talks to one process."""
    twin = copy.copy(party)
    twin.http = provider.http
    return twin


def published(provider: Within) -> dict[str, str]:
    answer = provider.http.get("/.well-known/jwks.json")
    assert answer.header("Cache-Control") == f"public, max-age={KEPT}"
    return {key["kid"]: key["alg"] for key in answer.json()["keys"]}


def kid(token: str) -> str:
    return str(RelyingParty.header(token)["kid"])


def signed_in(provider: Within) -> tuple[RelyingParty, Tokens]:
    wiki = provider.client("Wiki")
    browser = provider.person("mia").sign_in(provider.browser())
    return wiki, wiki.collect(wiki.ask(browser, scope=OFFLINE))


def test_applications_that_keep_the_key_set_know_every_key_in_time(
    processes: tuple[Within, ...],
) -> None:
    """One that asked a process which had just read the keys before they changed"""
    here, there = processes
    service = here.client("Job", "--service", "--scope", "idp:users:read")
    here.move.advance(seconds=31)
    published(there)
    rotate(here)
    here.move.advance(seconds=29)
    known, asked = published(there), here.move.seconds
    signed = set()
    for _ in range(50):
        here.move.advance(seconds=10)
        job(here)
        if here.move.seconds - asked >= KEPT:
            known, asked = published(there), here.move.seconds
        for provider in processes:
            answer = seen_at(service, provider).token(grant_type="client_credentials")
            signed.add(kid(answer.json()["access_token"]))
        assert signed <= known.keys()
    assert len(signed) == 2


def test_what_the_old_key_signed_counts_until_it_ends(
    processes: tuple[Within, ...],
) -> None:
    here, there = processes
    wiki, tokens = signed_in(here)
    rotate(here)
    old = {kid(tokens.access), kid(tokens.answer["id_token"])}
    here.move.advance(minutes=6)
    job(here)
    here.move.advance(seconds=31)
    newest = [seen_at(wiki, one).userinfo(tokens.access).status for one in processes]
    assert newest == [200, 200]
    fresh = seen_at(wiki, there).refreshed(tokens)
    assert not old & {kid(fresh.access), kid(fresh.answer["id_token"])}
    here.move.advance(minutes=53)
    job(here)
    for one in processes:
        assert seen_at(wiki, one).userinfo(tokens.access).status == 200
        assert old <= published(one).keys()
    here.move.advance(minutes=20)
    job(here)
    here.move.advance(seconds=31)
    assert [old & published(one).keys() for one in processes] == [set(), set()]


def test_both_processes_sign_with_one_key_each_within_a_minute(
    processes: tuple[Within, ...],
) -> None:
    """REL-043: without a restart, and each token names its key"""
    here, there = processes
    service = here.client("Job", "--service", "--scope", "idp:users:read")
    rotate(here)
    here.move.advance(minutes=6)
    job(here)
    here.move.advance(seconds=31)
    signed = {
        kid(
            seen_at(service, one)
            .token(grant_type="client_credentials")
            .json()["access_token"]
        )
        for one in (here, there, here, there)
    }
    assert len(signed) == 1


def test_a_revoked_key_ends_all_that_it_signed_in_every_process(
    processes: tuple[Within, ...],
) -> None:
    """REL-041: one command; the people sign in again where the tokens counted"""
    here, there = processes
    wiki, tokens = signed_in(here)
    for one in published(here):
        here.command("keys", "revoke", one, "--json")
    here.move.advance(seconds=31)
    for provider in processes:
        party = seen_at(wiki, provider)
        assert party.userinfo(tokens.access).status == 401
        assert party.introspect(tokens.access).json() == {"active": False}
        hint: dict[str, Any] = {"id_token_hint": tokens.answer["id_token"]}
        refused = party.ask(provider.browser(), prompt="none", **hint)
        assert party.error(refused) in {"login_required", "invalid_request"}
    again = seen_at(wiki, there).refreshed(tokens)
    assert seen_at(wiki, here).userinfo(again.access).status == 200
