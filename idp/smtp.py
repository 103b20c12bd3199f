"""Hands mails over to the configured mail server, and survives what it does.

Each part of the conversation has a deadline, however slowly the server talks, and
answers are limited in length. Errors never hold an address, a password or the server's
own words.
"""

import contextlib
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from socket import socket
from typing import Any
from typing import NoReturn

from idp.lookups import Lookups
from idp.lookups import left
from idp.setting_mail import MailServer

LARGEST_REPLY = 64 * 1024
CONNECT_WITHIN = 10.0
LOOKUPS = 2
PIECE = 4096
OVER = (-1, 421)
"""Answers after which nothing more can be said: no answer at all, or good-bye."""

_lookups = Lookups(LOOKUPS)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for a whole part of the conversation.

    Servers may look into a mail for a while before they take it; giving up early would
    send it twice.
    """

    opening: float = 30.0
    letter: float = 120.0
    farewell: float = 5.0


class Unusable(Exception):  # noqa: N818  not an error of the program
    """The server cannot be used now; ``reason`` is for the log."""

    def __init__(self, reason: str) -> None:
        """Takes a few words of ours."""
        super().__init__(reason)
        self.reason = reason


class NotSent(Exception):  # noqa: N818  nor is this
    """One mail was not taken; ``final`` when the server will never take it."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        """Takes a few words of ours."""
        super().__init__(reason)
        self.reason = reason
        self.final = final


class Connection:
    """An open conversation, for one mail after the other."""

    def __init__(self, server: "_Plain", patience: Patience) -> None:
        """Takes a server that has let us in."""
        self._server = server
        self._patience = patience

    @property
    def is_open(self) -> bool:
        """Whether another mail can be sent."""
        return self._server.sock is not None

    def send(self, mail: EmailMessage) -> None:
        """Sends a mail to its one recipient; raises ``NotSent``."""
        self._server.until = time.monotonic() + self._patience.letter
        to, me = _address(mail, "To"), _address(mail, "From")
        try:
            self._server.send_message(mail, me, [to])
        except smtplib.SMTPRecipientsRefused as refusal:
            self._refused("recipient", refusal.recipients[to][0])
        except smtplib.SMTPDataError as refusal:
            self._refused("content", refusal.smtp_code)
        except smtplib.SMTPSenderRefused as refusal:
            self._refused("sender", refusal.smtp_code, may_be_final=False)
        except smtplib.SMTPNotSupportedError:
            raise NotSent("no SMTPUTF8", final=True) from None
        except OSError:  # those of smtplib are of this kind, too
            self._server.close()
            raise NotSent("no answer") from None

    def _refused(self, what: str, code: int, *, may_be_final: bool = True) -> NoReturn:
        """Makes ready for the next mail, if there can be one, and tells of this."""
        with contextlib.suppress(OSError):
            if code in OVER:
                self._server.close()
            elif self.is_open:
                self._server.rset()
        raise NotSent(f"{what} {code}", final=may_be_final and code >= 500) from None


@contextmanager
def opened(
    server: MailServer, *, name: str, patience: Patience | None = None
) -> Iterator[Connection]:
    """Opens a conversation, as ``name``, and closes it; raises ``Unusable``."""
    patience = patience or Patience()
    ours = _open(server, name, time.monotonic() + patience.opening)
    try:
        yield Connection(ours, patience)
    finally:
        ours.until = time.monotonic() + patience.farewell
        with contextlib.suppress(OSError):
            if ours.sock is not None:
                ours.quit()
        ours.close()


def _open(server: MailServer, name: str, until: float) -> "_Plain":
    try:
        return _let_in(server, name, until)
    except ssl.SSLCertVerificationError:
        reason = "its certificate is not trusted, or of another host"
    except ssl.SSLError:
        reason = "no TLS"
    except smtplib.SMTPAuthenticationError as refusal:
        reason = f"sign-in refused {refusal.smtp_code}"
    except smtplib.SMTPNotSupportedError:
        reason = "it offers no STARTTLS or no sign-in"
    except smtplib.SMTPResponseException as refusal:
        reason = f"refused {refusal.smtp_code}"
    except (OSError, UnicodeError) as fault:
        reason = f"no connection: {type(fault).__name__}"
    raise Unusable(reason)


def _let_in(server: MailServer, name: str, until: float) -> "_Plain":
    """Connects, makes the way safe, signs in; nothing stays open where that fails."""
    trusted = ssl.create_default_context()
    where = {"host": server.host, "port": server.port, "local_hostname": name}
    if server.scheme == "smtps":
        ours: _Plain = _Encrypted(until=until, context=trusted, **where)
    else:
        ours = _Plain(until=until, **where)
    try:
        if server.scheme == "smtp+starttls":
            ours.starttls(context=trusted)
        ours.ehlo_or_helo_if_needed()
        if server.username:
            ours.login(server.username, server.password)
    except BaseException:
        ours.close()
        raise
    return ours


def _address(mail: EmailMessage, header: str) -> str:
    found = mail[header]
    if not isinstance(found, AddressHeader) or len(found.addresses) != 1:
        raise ValueError(f"a mail has one address in {header}")
    return str(found.addresses[0].addr_spec)


class _Plain(smtplib.SMTP):
    """The library's client; whatever it does ends at ``until``."""

    def __init__(self, *, until: float, **options: Any) -> None:
        """Connects; ``until`` is a moment of the monotonic clock."""
        self.until = until
        super().__init__(timeout=min(CONNECT_WITHIN, left(until)), **options)

    def send(self, s: Any) -> None:
        """Sends bytes in the time that is left."""
        if self.sock is not None:
            self.sock.settimeout(left(self.until))
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Reads an answer in the time that is left."""
        if self.file is None and self.sock is not None:
            self.file = _Lines(self.sock)
        if self.file is not None:
            self.file.begin(self.until)
        return super().getreply()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket:
        """Connects in time also where the resolver says nothing."""
        return _lookups.connected(host, port, timeout)


class _Encrypted(_Plain, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket:
        """Connects, and makes sure who answers."""
        plain = super()._get_socket(host, port, timeout)
        plain.settimeout(left(self.until))
        return self.context.wrap_socket(plain, server_hostname=host)


class _Lines:
    """What a server says, line by line.

    A time limit of the socket would start again with each byte that trickles in.
    """

    def __init__(self, sock: socket) -> None:
        self._socket = sock
        self._waiting = b""
        self._until = 0.0
        self._size = 0

    def begin(self, until: float) -> None:
        """Begins an answer, which has to be there by a moment."""
        self._until = until
        self._size = 0

    def readline(self, limit: int) -> bytes:
        """Reads a line, or as much of it as the limit allows."""
        while b"\n" not in self._waiting and len(self._waiting) < limit:
            self._socket.settimeout(left(self._until))
            piece = self._socket.recv(PIECE)
            if not piece:
                break
            self._waiting += piece
        end = min(self._waiting.find(b"\n") + 1 or len(self._waiting), limit)
        line, self._waiting = self._waiting[:end], self._waiting[end:]
        self._size += len(line)
        if self._size > LARGEST_REPLY:
            raise OSError("an endless answer")
        return line

    def close(self) -> None:
        """Does nothing: the owner of the socket closes it."""
