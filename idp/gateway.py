"""From the server to the application: bodies are awaited without a thread, in limits.

A thread is taken only for a request that has arrived completely, so slow senders cost
a connection and nothing more; what is too much is refused at once (SEC-288, REL-008).
A long answer is made block by block as it is read, so slow readers cost no more either.
Nothing here knows what a request means; the views are WSGI.
"""

import asyncio
import contextvars
import functools
import io
import logging
import multiprocessing
import os
import signal
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from idp import blocks
from idp import leaving
from idp.app import begin_serving
from idp.app import create_app
from idp.app import create_management_app
from idp.blocks import Rest
from idp.environ import environ_of
from idp.lanes import Lanes
from idp.lanes import NotServedError

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = logging.getLogger("idp.server")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one worker takes on; sizes in bytes, ``…_within`` in seconds."""

    threads: int = 16
    waiting: int = 256
    turn_within: float = 10.0
    body_within: float = 10.0
    small_body: int = 64 * 1024
    largest_body: int = 2 * 1024 * 1024
    large_at_once: int = 8


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back; ``rest`` is what of a long answer is not made yet."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    rest: Rest | None = None


def make() -> "Gateway":
    """Builds the application of a worker; it ends when the parent does."""
    return _around(create_app())


def make_management() -> "Gateway":
    """Builds the application of the management listener's one worker."""
    return _around(create_management_app())


def _around(application: Any) -> "Gateway":
    closing = begin_serving(application)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the fork has the parent's handler
    leaving.listen()
    return Gateway(application.wsgi_app, closing=closing)


class Gateway:
    """An ASGI application around one that is WSGI."""

    def __init__(
        self,
        application: Wsgi,
        *,
        closing: Callable[[], None] = lambda: None,
        limits: Limits | None = None,
    ) -> None:
        """Takes the application and what closes it."""
        self._application = application
        self._closing = closing
        self._limits = limits or Limits()
        self._lanes = Lanes(
            self._limits.threads,
            waiting=self._limits.waiting,
            turn_within=self._limits.turn_within,
        )
        self._large = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request, or lives as long as the worker does."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        try:
            reply = await self._answer(scope, receive)
        except NotServedError as refused:
            reply = _refusal(refused)
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in reply.headers
        ]
        start = {"type": "http.response.start", "status": reply.status}
        await send(start | {"headers": headers})
        await send(_part(reply.body, more=reply.rest is not None))
        if reply.rest is not None:
            await self._stream(reply.rest, receive, send)

    async def _stream(self, rest: Rest, receive: Receive, send: Send) -> None:
        """Sends the rest as fast as it is read, until its end or who reads is gone."""
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            more = True
            while more and not gone.done():
                block = await self._lanes.people.go_on(rest.take)
                more = bool(block)
                await send(_part(block, more=more))
        except Exception as fault:
            log.error("the application failed", exc_info=fault)
            raise NotServedError(500) from None  # breaks off, so that nobody takes it
        finally:
            gone.cancel()
            await self._lanes.people.go_on(rest.close)

    async def _answer(self, scope: Message, receive: Receive) -> Reply:
        environ = environ_of(scope)
        await self._read(environ, receive)
        context = contextvars.copy_context()
        run = functools.partial(context.run, self._run, environ, context)
        return await self._lanes.of(scope["raw_path"]).run(run)

    async def _read(self, environ: dict[str, Any], receive: Receive) -> None:
        """Puts the body into the environment.

        One that is too large by its own words is left unread: the application knows
        how its endpoints say so.
        """
        chunked = "HTTP_TRANSFER_ENCODING" in environ
        declared = environ.get("CONTENT_LENGTH", "0")
        if not chunked and (declared == "0" or not declared.isdigit()):
            return
        if not chunked and int(declared) > self._limits.largest_body:
            return
        try:
            async with asyncio.timeout(self._limits.body_within):
                body = await self._collect(receive)
        except TimeoutError:
            raise NotServedError(408) from None
        if chunked and "CONTENT_LENGTH" not in environ:
            environ.pop("HTTP_TRANSFER_ENCODING")
        environ.setdefault("CONTENT_LENGTH", str(len(body)))
        environ["wsgi.input"] = io.BytesIO(body)

    async def _collect(self, receive: Receive) -> bytes:
        body = bytearray()
        large = False
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    # Whoever has hung up hears nothing; a body that cannot be read
                    # ends in the same way, and the server would answer 500.
                    raise NotServedError(400)
                body += message.get("body", b"")
                if len(body) > self._limits.largest_body:
                    raise NotServedError(413)
                if not large and len(body) > self._limits.small_body:
                    large = self._take_large()
                if not message.get("more_body"):
                    return bytes(body)
        finally:
            self._large -= large

    def _take_large(self) -> bool:
        if self._large >= self._limits.large_at_once:
            raise NotServedError(503, wait=2)
        self._large += 1
        return True

    def _run(self, environ: dict[str, Any], context: contextvars.Context) -> Reply:
        answered: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            answered[:] = [(status, headers)]

        try:
            made = self._application(environ, start)
            chunks = iter(made)
            body = blocks.next_block(chunks)
            if len(body) < blocks.SIZE:
                blocks.close(made)
        except Exception as fault:
            log.error("the application failed", exc_info=fault)
            return _refusal(NotServedError(500))
        status, headers = answered[0]
        rest = Rest(made, chunks, context) if len(body) >= blocks.SIZE else None
        return Reply(int(status[:3]), headers, body, rest)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        watching = asyncio.ensure_future(_end_with_parent())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, leaving.OF_PARENT)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        watching.cancel()
        self._lanes.close()
        self._closing()
        await send({"type": "lifespan.shutdown.complete"})


def _part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end_with_parent() -> None:
    """Stops this worker once its parent is gone, however that ended."""
    parent = multiprocessing.parent_process()
    while parent is not None and os.getppid() == parent.pid:
        await asyncio.sleep(1)
    if parent is not None:
        os.kill(os.getpid(), signal.SIGTERM)


def _refusal(refused: NotServedError) -> Reply:
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
        ("Connection", "close"),
    ]
    if refused.wait is not None:
        headers.append(("Retry-After", str(refused.wait)))
    return Reply(refused.status, headers, b"This request was not served.\n")
