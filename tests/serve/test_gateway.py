"""The way of a request from the server to the application, and its limits."""

import asyncio
from collections.abc import Callable
from collections.abc import Coroutine
from collections.abc import Iterable
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from threading import Event
from typing import Any
from typing import TypeVar

import pytest

from idp.blocks import SIZE
from idp.gateway import Gateway
from idp.gateway import Limits
from idp.lanes import NotServedError

Message = dict[str, Any]
PLACE = ContextVar("PLACE", default="")
T = TypeVar("T")


def scope(
    path: bytes = b"/",
    *headers: tuple[bytes, bytes],
    method: str = "POST",
    query: bytes = b"",
) -> Message:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "raw_path": path,
        "query_string": query,
        "headers": headers,
        "client": ("192.0.2.1", 1),
        "server": ("127.0.0.1", 80),
    }


def chunks(*pieces: bytes) -> list[Message]:
    return [
        {"type": "http.request", "body": piece, "more_body": at < len(pieces)}
        for at, piece in enumerate(pieces, 1)
    ]


async def asked(
    gateway: Gateway, about: Message, messages: Sequence[Message] = ()
) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Message] = []
    coming = list(messages)

    async def receive() -> Message:
        if coming:
            return coming.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    await gateway(about, receive, send)
    if not sent:
        return 0, {}, b""
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def run(doing: Coroutine[Any, Any, T]) -> T:
    """Runs in a thread of its own: the driver of a browser keeps a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, doing).result()


def echo(environ: Message, start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [("X-Length", environ.get("CONTENT_LENGTH", "none"))])
    return [environ["wsgi.input"].read()]


CHUNKED = (b"transfer-encoding", b"chunked")


def test_a_body_in_chunks_arrives_with_its_length() -> None:
    about = scope(b"/", CHUNKED)
    status, headers, body = run(asked(Gateway(echo), about, chunks(b"a=", b"b")))
    assert (status, headers[b"x-length"], body) == (200, b"3", b"a=b")


def test_a_body_that_does_not_end_is_given_up() -> None:
    gateway = Gateway(echo, limits=Limits(body_within=0.05))
    about = scope(b"/", (b"content-length", b"9"))
    begun = [{"type": "http.request", "body": b"a", "more_body": True}]
    status, headers, _ = run(asked(gateway, about, begun))
    assert (status, headers[b"connection"]) == (408, b"close")


def test_nothing_is_made_of_a_body_that_breaks_off() -> None:
    about = scope(b"/", (b"content-length", b"9"))
    gone = [*chunks(b"a", b"b")[:1], {"type": "http.disconnect"}]
    assert run(asked(Gateway(echo), about, gone))[0] == 400


def test_only_so_many_large_bodies_are_held_at_once() -> None:
    gateway = Gateway(echo, limits=Limits(small_body=2, large_at_once=1))

    async def together() -> list[int]:
        about = scope(b"/", CHUNKED)
        begun = [{"type": "http.request", "body": b"abc", "more_body": True}]
        first = asyncio.ensure_future(asked(gateway, about, begun))
        await asyncio.sleep(0)
        second = (await asked(gateway, about, chunks(b"abc")))[0]
        small = (await asked(gateway, about, chunks(b"ab")))[0]
        first.cancel()
        await asyncio.wait([first])
        return [second, small, (await asked(gateway, about, chunks(b"abc")))[0]]

    assert run(together()) == [503, 200, 200]


def test_more_than_the_threads_can_take_is_told_to_come_back() -> None:
    go_on = Event()

    def slow(environ: Message, start: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].endswith("z"):
            go_on.wait(60)
        start("200 OK", [])
        return []

    gateway = Gateway(slow, limits=Limits(threads=1, waiting=1))

    async def crowded() -> tuple[list[int], bytes, int]:
        waiting = [asyncio.ensure_future(asked(gateway, scope())) for _ in range(2)]
        await asyncio.sleep(0)
        status, headers, _ = await asked(gateway, scope())
        health = (await asked(gateway, scope(b"/idp/healthz", method="GET")))[0]
        go_on.set()
        done = [answer[0] for answer in await asyncio.gather(*waiting)]
        return [*done, status], headers[b"retry-after"], health

    assert run(crowded()) == ([200, 200, 503], b"2", 200)


def test_applications_do_not_queue_behind_people() -> None:
    """REL-065: a storm of logins leaves /token and the keys as they were"""
    go_on = Event()

    def slow(environ: Message, start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].endswith("/password"):
            go_on.wait(60)
        start("200 OK", [])
        return []

    gateway = Gateway(slow, limits=Limits(threads=1, waiting=1))
    paths = (b"/idp/token", b"/userinfo", b"/.well-known/jwks.json")

    async def crowded() -> list[int]:
        people = scope(b"/login/1/password")
        waiting = [asyncio.ensure_future(asked(gateway, people)) for _ in range(2)]
        await asyncio.sleep(0)
        served = [(await asked(gateway, scope(path)))[0] for path in paths]
        turned_away = (await asked(gateway, scope(b"/authorize")))[0]
        go_on.set()
        await asyncio.gather(*waiting)
        return [*served, turned_away]

    assert run(crowded()) == [200, 200, 200, 503]


def test_who_waits_too_long_for_a_turn_is_told_so_and_nothing_is_begun() -> None:
    """REL-008: the queue is short in time, too"""
    go_on, begun = Event(), []

    def slow(environ: Message, start: Callable[..., Any]) -> Iterable[bytes]:
        begun.append(environ["PATH_INFO"])
        go_on.wait(60)
        start("200 OK", [])
        return []

    gateway = Gateway(slow, limits=Limits(threads=1, waiting=1, turn_within=0.1))

    async def waiting() -> list[int]:
        first = asyncio.ensure_future(asked(gateway, scope(b"/first")))
        await asyncio.sleep(0)
        status, headers, _ = await asked(gateway, scope(b"/second"))
        assert headers[b"retry-after"] == b"5"
        go_on.set()
        late = (await asked(gateway, scope(b"/third")))[0]
        return [(await first)[0], status, late]

    assert run(waiting()) == [200, 503, 200]
    assert begun == ["/first", "/third"]


def test_what_is_in_memory_waits_for_nobody_who_waits_for_the_database() -> None:
    """REL-001: the keys, the description of the provider and whether it lives"""
    go_on = Event()
    in_memory = (b"/healthz", b"/.well-known/jwks.json")
    in_memory += (b"/.well-known/openid-configuration",)

    def stuck(environ: Message, start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"].encode() not in in_memory:
            go_on.wait(60)
        start("200 OK", [])
        return []

    gateway = Gateway(stuck)

    async def answered() -> list[int]:
        others = (b"/readyz", b"/metrics", b"/token", b"/userinfo", b"/login")
        waiting = [
            asyncio.ensure_future(asked(gateway, scope(path)))
            for path in others
            for _ in range(20)
        ]
        await asyncio.sleep(0)
        found = [(await asked(gateway, scope(path)))[0] for path in in_memory]
        go_on.set()
        await asyncio.gather(*waiting)
        return found

    assert run(answered()) == [200, 200, 200]


def test_a_fault_is_answered_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(environ: Message, start: Callable[..., Any]) -> Iterable[bytes]:
        raise ValueError("SECRET")

    status, _, body = run(asked(Gateway(broken), scope()))
    assert status == 500
    assert b"SECRET" not in body


def length(message: Message) -> int:
    return len(message["body"])


def long_answer(
    pieces: int, made: list[int], closed: list[bool]
) -> Callable[[Message, Callable[..., Any]], Iterable[bytes]]:
    """Gives an application whose answer is made piece by piece, a block each."""

    def answer(environ: Message, start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/csv")])

        def write() -> Iterable[bytes]:
            begun = PLACE.set(environ["PATH_INFO"])
            try:
                for piece in range(pieces):
                    made.append(piece)
                    yield PLACE.get().encode() * (SIZE // 2)
            finally:
                PLACE.reset(begun)
                closed.append(True)

        return write()

    return answer


def test_a_long_answer_is_made_as_it_is_read() -> None:
    """REL-008: what is held at once is bounded, and it stays in one context"""
    made: list[int] = []
    closed: list[bool] = []
    gateway = Gateway(long_answer(40, made, closed))
    ahead: list[int] = []
    bodies: list[Message] = []

    async def reading() -> None:
        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                bodies.append(message)
                ahead.append(
                    len(made) - sum(len(one["body"]) for one in bodies) // SIZE
                )

        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        await gateway(scope(b"/a", method="GET"), receive, send)

    run(reading())
    assert b"".join(one["body"] for one in bodies) == b"/a" * (SIZE // 2) * 40
    assert [one["more_body"] for one in bodies] == [True] * 40 + [False]
    assert max(ahead) <= 1
    assert closed == [True]


def test_the_rest_of_a_long_answer_is_not_made_for_who_hung_up() -> None:
    made: list[int] = []
    closed: list[bool] = []
    gateway = Gateway(long_answer(40, made, closed))

    async def hanging_up() -> None:
        left = asyncio.Event()
        seen: list[Message] = []

        async def send(message: Message) -> None:
            seen.append(message)
            if len(seen) == 3:
                left.set()

        async def receive() -> Message:
            await left.wait()
            return {"type": "http.disconnect"}

        await gateway(scope(method="GET"), receive, send)

    run(hanging_up())
    assert len(made) < 10
    assert closed == [True]


def test_a_long_answer_that_fails_is_broken_off() -> None:
    """so that nobody takes what there is for the whole"""
    bodies: list[Message] = []

    def failing(environ: Message, start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [])
        yield b"a" * SIZE
        raise ValueError("SECRET")

    async def reading() -> None:
        async def send(message: Message) -> None:
            bodies.append(message)

        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        await Gateway(failing)(scope(method="GET"), receive, send)

    with pytest.raises(NotServedError) as raised:
        run(reading())
    assert "SECRET" not in str(raised.value)
    assert all(one.get("more_body", True) for one in bodies)


def test_the_environment_says_what_was_sent() -> None:
    seen: list[Message] = []

    def keep(environ: Message, start: Callable[..., Any]) -> Iterable[bytes]:
        seen.append(environ)
        start("204 No Content", [])
        return []

    about = scope(
        b"/a%2fb%ff",
        (b"host", b"one"),
        (b"host", b"two"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=\xff"),
        (b"x_forwarded_for", b"evil"),
        query=b"x=%20\xff",
    )
    run(asked(Gateway(keep), about))
    (environ,) = seen
    assert environ["PATH_INFO"] == "/a/b\xff"
    assert environ["QUERY_STRING"] == "x=%20\xff"
    assert environ["HTTP_HOST"] == "one,two"
    assert environ["HTTP_COOKIE"] == "a=1; b=\xff"
    assert environ["REMOTE_ADDR"] == "192.0.2.1"
    assert "HTTP_X_FORWARDED_FOR" not in environ
