"""Keys that an application publishes: fetched, kept, asked for again (SEC-290)."""

import threading
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp.errors import Unavailable
from idp.oidc.client_keys import AT_ONCE
from idp.oidc.client_keys import MOST_WAITING
from idp.oidc.client_keys import ClientKeys
from idp.oidc.wire import Answer
from idp.outbound import NotDelivered
from tests.oidc.proofs import KEY
from tests.oidc.proofs import ask
from tests.oidc.proofs import claims
from tests.oidc.proofs import posted
from tests.oidc.proofs import proof
from tests.oidc.proofs import robot
from tests.oidc.stage import Stage
from tests.support.client_keys import KeyPair
from tests.support.client_keys import key_set
from tests.support.client_keys import pair
from tests.support.clock import Clock
from tests.support.publisher import Publisher
from tests.support.publisher import publishing
from tests.support.waiting import until

NEXT = pair("k2")


@pytest.fixture
def published() -> Iterator[Publisher]:
    with publishing(key_set(KEY)) as publisher:
        yield publisher


def knock(stage: Stage, key: KeyPair = KEY) -> int:
    """Gives the status of an answer to an assertion signed with a key."""
    return ask(stage, key.sign(claims(stage))).status


def test_published_keys_count_and_are_kept(stage: Stage, published: Publisher) -> None:
    robot(stage, jwks_uri=published.url)
    assert [knock(stage) for _ in range(3)] == [200] * 3
    assert len(published.asked) == 1
    assert not published.asked[0].keys() & {"Cookie", "Authorization", "Referer"}
    stage.clock.advance(minutes=5)
    assert knock(stage) == 200
    assert len(published.asked) == 2


def test_a_new_key_is_seen_within_a_minute(stage: Stage, published: Publisher) -> None:
    """conformance.md 11: picked up within 60 seconds"""
    robot(stage, jwks_uri=published.url)
    assert knock(stage) == 200
    published.document = key_set(NEXT)
    assert knock(stage, NEXT) == 401
    stage.clock.advance(seconds=30)
    assert knock(stage, NEXT) == 200
    assert knock(stage, KEY) == 401


def test_a_new_key_under_the_old_name_is_seen_as_well(
    stage: Stage, published: Publisher
) -> None:
    robot(stage, jwks_uri=published.url)
    assert knock(stage) == 200
    stage.clock.advance(seconds=30)
    again = pair("k1", number=7)
    published.document = key_set(again)
    assert knock(stage, again) == 200


def test_unknown_keys_make_nobody_ask_more_often(
    stage: Stage, published: Publisher
) -> None:
    robot(stage, jwks_uri=published.url)
    assert knock(stage) == 200
    for number in range(20):
        assert knock(stage, pair(f"x{number}")) == 401
    assert len(published.asked) == 1
    stage.clock.advance(seconds=31)
    for number in range(20):
        assert knock(stage, pair(f"x{number}")) == 401
    assert len(published.asked) == 2


def test_while_nobody_answers_the_known_keys_count_for_an_hour(
    stage: Stage, published: Publisher
) -> None:
    robot(stage, jwks_uri=published.url)
    assert knock(stage) == 200
    published.status = 500
    stage.clock.advance(minutes=59)
    assert knock(stage) == 200
    stage.clock.advance(minutes=2)
    assert knock(stage) == 401
    published.status = 200
    stage.clock.advance(seconds=30)
    assert knock(stage) == 200


def test_a_failure_is_kept_for_a_while_too(stage: Stage, published: Publisher) -> None:
    robot(stage, jwks_uri=published.url)
    published.status = 404
    assert [knock(stage) for _ in range(5)] == [401] * 5
    assert len(published.asked) == 1


USELESS: dict[str, object] = {
    "nothing": b"",
    "half": b"{",
    "brackets": b"[" * 60_000,
    "page": b"<html>",
    "list": [],
    "empty": {"keys": []},
    "no-key": {"keys": [{}]},
    "private": {"keys": [KEY.private]},
    "secret": {"keys": [KEY.public, {"kty": "oct", "k": "AAAA"}]},
    "encryption": {"keys": [{**KEY.public, "use": "enc"}]},
    "many": {"keys": [KEY.public] * 51},
    "huge": b'{"keys": []' + b" " * 10_000_000 + b"}",
}


@pytest.mark.parametrize("document", USELESS.values(), ids=USELESS)
def test_what_is_no_set_of_public_keys_gives_none(
    stage: Stage, published: Publisher, document: object
) -> None:
    robot(stage, jwks_uri=published.url)
    published.document = document
    assert knock(stage) == 401


def test_a_redirect_leads_nowhere(stage: Stage, published: Publisher) -> None:
    """AC-151"""
    with publishing(key_set(KEY)) as elsewhere:
        robot(stage, jwks_uri=published.url)
        published.status, published.headers = 302, {"Location": elsewhere.url}
        assert knock(stage) == 401
        assert elsewhere.asked == []


def test_a_private_address_is_not_asked(
    new_stage: Callable[..., Stage], published: Publisher
) -> None:
    """AC-151, SEC-290: with an https issuer loopback is like any private address"""
    stage = new_stage(IDP_ISSUER="https://sso.example", IDP_PASSWORD_HASH_COST="12")
    address = published.url.replace("http://", "https://")
    robot(stage, jwks_uri=address)
    assert knock(stage) == 401
    assert published.asked == []


def test_the_database_is_free_while_keys_are_fetched(
    stage: Stage, published: Publisher
) -> None:
    """REL-062: neither a transaction nor a connection is held meanwhile"""
    held: list[int] = []

    def fetch(_: str) -> bytes:
        held.append(stage.database.connections)
        with stage.database.writing():
            return published.body

    stage.server.client_keys = ClientKeys(fetch, stage.clock)
    robot(stage, jwks_uri=published.url)
    form = {"grant_type": "client_credentials", **proof(KEY.sign(claims(stage)))}
    work = stage.work()
    with work.on_one_connection():
        assert stage.server.token(posted(form), work).status == 200
        assert stage.database.connections == 1
    assert held == [0]


class Slow:
    """An address that answers when it is let."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Event()
        self.asked = 0

    def __call__(self, address: str) -> bytes:
        self.asked += 1
        self.begun.release()
        assert self.let_go.wait(30)
        raise NotDelivered("it was slow")


def test_many_who_need_the_same_keys_ask_once(stage: Stage) -> None:
    """A hostile address holds up a few requests, and nobody else"""
    slow, clock = Slow(), Clock()
    keys = ClientKeys(slow, clock)
    app = robot(stage, jwks_uri="https://slow.example/keys")
    with ThreadPoolExecutor(MOST_WAITING + 1) as pool:
        found = [pool.submit(keys.of, app.record) for _ in range(MOST_WAITING + 1)]
        slow.begun.acquire()
        until(lambda: full(keys), "everybody waits")
        with pytest.raises(Unavailable):
            keys.of(app.record)
        slow.let_go.set()
        assert [one.result() for one in found] == [()] * (MOST_WAITING + 1)
    assert slow.asked == 1
    assert keys.of(app.record) == ()


def full(keys: ClientKeys) -> bool:
    return sum(one.waiting for one in keys._flights.values()) == MOST_WAITING


def test_a_few_addresses_are_asked_at_a_time(stage: Stage) -> None:
    slow, clock = Slow(), Clock()
    keys = ClientKeys(slow, clock)
    records = [
        stage.client(f"c{n}", jwks_uri=f"https://slow.example/{n}").record
        for n in range(AT_ONCE + 1)
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [pool.submit(keys.of, record) for record in records[:AT_ONCE]]
        for _ in found:
            slow.begun.acquire()
        with pytest.raises(Unavailable):
            keys.of(records[-1])
        slow.let_go.set()
    assert slow.asked == AT_ONCE


def test_too_many_waiting_is_told_as_busy_not_as_wrong(stage: Stage) -> None:
    def fetch(_: str) -> bytes:
        raise Unavailable("too many", retry_after=1)

    stage.server.client_keys = ClientKeys(fetch, stage.clock)
    robot(stage, jwks_uri="https://slow.example/keys")
    answer: Answer = ask(stage, KEY.sign(claims(stage)))
    assert (answer.status, answer.body["error"]) == (503, "temporarily_unavailable")
