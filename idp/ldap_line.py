"""Sockets to the directory, closed at a given deadline whatever happens.

The LDAP library waits for ever when a server accepts a connection and then says nothing
in the middle of a TLS handshake. So we open the sockets and hand it a file descriptor.
``ldaps://`` is encrypted here, StartTLS by the library.
"""

import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from idp.lookups import Lookups
from idp.setting_directory import PORTS
from idp.setting_directory import DirectoryServer

CONNECT_WITHIN = 2.0
LOOKUPS = 6
PIECE = 16 * 1024
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
TOO_LATE = "no answer in time"
UNTRUSTED = "no TLS, or its certificate is not trusted, or of another host"

_lookups = Lookups(LOOKUPS)


class Away(Exception):  # noqa: N818  not an error of the program
    """The directory cannot be asked now; ``reason`` is a few words for the log."""

    def __init__(self, reason: str) -> None:
        """Takes words of ours, which hold nothing of what was asked."""
        super().__init__(reason)
        self.reason = reason


class Line:
    """A connected socket; at ``until`` whoever waits at either end is woken."""

    def __init__(self, server: DirectoryServer, until: float) -> None:
        """Connects, with a certificate that fits where the address says ldaps."""
        outer = _connected(server, until)
        self._ends = [outer]
        self._relay: threading.Thread | None = None
        if isinstance(outer, ssl.SSLSocket):
            handed, inner = socket.socketpair()
            self._ends = [outer, inner, handed]
            self._relay = threading.Thread(
                target=_relay, args=(outer, inner), daemon=True
            )
            self._relay.start()
        else:
            outer.settimeout(None)
        self._guard = self._cut_at(until)

    def ends_at(self, until: float) -> None:
        """Is cut at another moment; one that was cut already stays so."""
        self._guard.cancel()
        self._guard = self._cut_at(until)

    def number(self) -> int:
        """Returns the number of a socket for plain LDAP; its taker closes it."""
        return self._ends[-1].dup().detach()

    def close(self) -> None:
        """Ends the line and what watches over it."""
        self._guard.cancel()
        self._cut()
        if self._relay is not None:
            self._relay.join()
        for end in self._ends:
            end.close()

    def _cut_at(self, until: float) -> threading.Timer:
        guard = threading.Timer(until - time.monotonic(), self._cut)
        guard.daemon = True
        guard.start()
        return guard

    def _cut(self) -> None:
        _over(self._ends)


def authorities() -> Path | None:
    """Returns the file of the authorities that this machine trusts."""
    known = ssl.get_default_verify_paths().cafile
    for place in (Path(known) if known else AUTHORITIES, AUTHORITIES):
        if place.is_file():
            return place
    return None


def _connected(server: DirectoryServer, until: float) -> socket.socket:
    parts = urlsplit(server.url)
    host = parts.hostname or ""
    patience = min(CONNECT_WITHIN, until - time.monotonic())
    try:
        plain = _lookups.connected(host, parts.port or PORTS[parts.scheme], patience)
    except TimeoutError:
        raise Away(TOO_LATE) from None
    except (OSError, UnicodeError) as fault:
        raise Away(f"no connection: {type(fault).__name__}") from None
    # The last message of the handshake and the first of LDAP are two small pieces.
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if parts.scheme == "ldap":
        return plain
    try:
        return _context(server.ca_file).wrap_socket(plain, server_hostname=host)
    except TimeoutError:
        reason = TOO_LATE
    except OSError:  # those of TLS are of this kind, too
        reason = UNTRUSTED
    plain.close()
    raise Away(reason)


@cache
def _context(ca_file: Path | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def _relay(outer: ssl.SSLSocket, inner: socket.socket) -> None:
    """Carries bytes both ways until one end is over.

    Never waits inside the encrypted socket: what arrives there may be a message of TLS
    itself, after which nothing comes before something is sent.
    """
    outer.setblocking(False)
    waiting = select.poll()
    for end in (outer, inner):
        waiting.register(end, select.POLLIN)
    with contextlib.suppress(OSError):
        while True:
            # What the library has decrypted already makes no socket readable.
            ready = {outer.fileno()} if outer.pending() else dict(waiting.poll())
            piece: bytes | None
            if inner.fileno() in ready:
                piece = inner.recv(PIECE)
                if piece:
                    _send(outer, piece)
            else:
                piece = _received(outer)
                inner.sendall(piece or b"")
            if piece == b"":
                break
    _over((outer, inner))


def _received(outer: ssl.SSLSocket) -> bytes | None:
    """Returns what came, ``b""`` at the end, and None where it was none of ours."""
    try:
        return outer.recv(PIECE)
    except ssl.SSLWantReadError:
        return None


def _send(outer: ssl.SSLSocket, piece: bytes) -> None:
    room = select.poll()
    room.register(outer, select.POLLOUT)
    while piece:
        try:
            piece = piece[outer.send(piece) :]
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            room.poll()


def _over(ways: Iterable[socket.socket]) -> None:
    for end in ways:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(end, socket.SHUT_RDWR)
