"""A real mail server on loopback, in a thread with a loop of its own, and a bad one.

``Mailbox`` speaks SMTP as servers do and keeps what it takes; a test says which answer
an address gets. ``Rude`` does with each connection whatever it is told.
"""

import contextlib
import dataclasses
import email
import email.policy
import itertools
import socket
import ssl
import threading
from collections.abc import Callable
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from aiosmtpd.smtp import LoginPassword

from tests.support.valkey import free_port
from tests.support.waiting import until

LOGIN = ("idp@example.org", "p@ss: %word")
QUOTED_LOGIN = "idp%40example.org:p%40ss%3A%20%25word"


@dataclasses.dataclass(frozen=True)
class Taken:
    """A mail as the server got it."""

    sender: str
    recipient: str
    message: EmailMessage
    encrypted: bool
    login: str | None


class Mailbox:
    """What a server was sent, and what it answers; `answers` are used up in order."""

    def __init__(self) -> None:
        self.mails: list[Taken] = []
        self.connections = 0
        self.to_recipient: dict[str, list[str]] = {}
        self.to_content: dict[str, list[str]] = {}

    def wait_for(self, number: int) -> list[Taken]:
        """Waits until so many mails are there and gives them."""
        until(lambda: len(self.mails) >= number, f"{number} mails")
        return self.mails

    # --- what the library calls

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, name: str, said: list[str]
    ) -> list[str]:
        session.host_name = name
        self.connections += 1
        return said

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, to: str, options: Any
    ) -> str:
        if answers := self.to_recipient.get(to):
            return answers.pop(0)
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: Any, session: Any, envelope: Any
    ) -> str:
        (to,) = envelope.rcpt_tos
        if answers := self.to_content.get(to):
            return answers.pop(0)
        message = email.message_from_bytes(
            envelope.original_content, policy=email.policy.default
        )
        login = session.auth_data.login.decode() if session.authenticated else None
        encrypted = server.transport.get_extra_info("ssl_object") is not None
        taken = Taken(envelope.mail_from, to, message, encrypted, login)
        self.mails.append(taken)
        return "250 taken"


def _knows(
    server: Any, session: Any, envelope: Any, kind: str, data: Any
) -> AuthResult:
    known = isinstance(data, LoginPassword)
    known = known and (data.login.decode(), data.password.decode()) == LOGIN
    return AuthResult(success=known, handled=False, auth_data=data)


@contextlib.contextmanager
def taking_mail(
    box: Mailbox | None = None,
    *,
    port: int | None = None,
    smtps: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    login: bool = False,
    utf8: bool = True,
) -> Iterator[tuple[Mailbox, int]]:
    """Runs a server; gives what it takes and its port."""
    box = box or Mailbox()
    port = port or free_port()
    options: dict[str, Any] = {}
    if login:
        options = {"authenticator": _knows, "auth_require_tls": starttls is not None}
    if starttls:
        options |= {"tls_context": starttls, "require_starttls": True}
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        ssl_context=smtps,
        enable_SMTPUTF8=utf8,
        ready_timeout=30,
        **options,
    )
    controller.start()
    box.connections = 0
    try:
        yield box, port
    finally:
        controller.stop()


class Rude:
    """A server on loopback that does what it is told with each connection."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._behave = behave
        self._held: list[socket.socket] = []
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Rude":
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        for one in self._held:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for one in (self._listening, *self._held):
            one.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._held.append(connection)
                with contextlib.suppress(OSError):
                    self._behave(connection)


def says(*lines: str) -> Callable[[socket.socket], None]:
    """Makes a server that says each line as an answer to the one before, then nothing.

    The first is its greeting; an empty one hangs up.
    """

    def behave(connection: socket.socket) -> None:
        for number, line in enumerate(lines):
            if number:
                connection.recv(4096)
            if not line:
                connection.shutdown(socket.SHUT_RDWR)
                return
            connection.sendall(line.encode() + b"\r\n")

    return behave


def trickles(connection: socket.socket) -> None:
    """Says an endless greeting, byte by byte, never silent for long."""
    pause = threading.Event()
    for sign in itertools.cycle(b"2"):
        connection.sendall(bytes([sign]))
        pause.wait(0.02)


def floods(connection: socket.socket) -> None:
    """Says a greeting of endless lines as fast as it can."""
    while True:
        connection.sendall(b"220-more to come\r\n" * 100)
