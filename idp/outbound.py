"""The only way out by HTTP: requests to addresses that clients registered.

A name is resolved once, each of its addresses must be public or allowed, and the
connection goes to the address that was checked (SEC-290). Redirects are not followed,
nothing but the body is sent along, and everything ends at a given deadline, however
slowly the other side talks. No address here comes from a request or a token (SEC-291).
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address
from ipaddress import IPv6Address
from ipaddress import IPv6Network
from ipaddress import ip_address
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlencode
from urllib.parse import urlsplit

from idp.lookups import Endpoint
from idp.lookups import Lookups
from idp.lookups import connected
from idp.lookups import left
from idp.rules.uris import DEFAULT_PORTS
from idp.settings import Settings

CONNECT_WITHIN = 3.0
ANSWER_WITHIN = 5.0
LARGEST_ANSWER = 64 * 1024
LOOKUPS = 8
"""How many names one process looks up at once; the resolver may hang for long."""

NAT64 = IPv6Network("64:ff9b::/96")
UNICAST = IPv6Network("2000::/3")
"""All that is given out for public use; the rest is special or for later."""

Address = IPv4Address | IPv6Address

_lookups = Lookups(LOOKUPS)


class NotDelivered(Exception):  # noqa: N818  not an error of the program
    """No answer came; ``reason`` is a few words of ours for the log."""

    def __init__(self, reason: str) -> None:
        """Takes the words, which hold nothing of what was sent."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ways:
    """Where requests may go besides public addresses, and whom they trust.

    ``connect`` and ``answer`` are seconds: for the connection, and for everything.
    """

    allowed: tuple[str, ...] = ()
    ca_file: Path | None = None
    loopback: bool = False
    connect: float = CONNECT_WITHIN
    answer: float = ANSWER_WITHIN


def ways(settings: Settings) -> Ways:
    """Says what the settings allow; a loopback http issuer may reach loopback."""
    return Ways(
        allowed=settings.outbound_allow,
        ca_file=settings.outbound_ca_file,
        loopback=settings.is_loopback and not settings.secure_cookies,
    )


def post_form(url: str, fields: Mapping[str, str], ways: Ways) -> int:
    """Posts a form and returns the status; the body is dropped unread.

    Raises ``NotDelivered``.
    """
    status, _ = _told(url, urlencode(fields).encode(), ways)
    return status


def fetch(url: str, ways: Ways) -> bytes:
    """Gets a document of at most 64 KiB; raises ``NotDelivered`` for all but a 200."""
    status, document = _told(url, None, ways)
    if status != http.client.OK:
        raise NotDelivered(f"status {status}")
    return document


def _told(url: str, body: bytes | None, ways: Ways) -> tuple[int, bytes]:
    """Sends a request, with a body to post or none to get; says what went wrong."""
    try:
        return _exchange(url, body, ways)
    except NotDelivered:
        raise
    except ssl.SSLCertVerificationError:
        reason = "certificate not trusted, or of another host"
    except ssl.SSLError:
        reason = "no TLS"
    except TimeoutError:
        reason = "no answer in time"
    except http.client.HTTPException:
        reason = "no HTTP"
    except (OSError, ValueError) as fault:
        reason = f"no connection: {type(fault).__name__}"
    raise NotDelivered(reason) from None


def _exchange(url: str, body: bytes | None, ways: Ways) -> tuple[int, bytes]:
    parts = urlsplit(url)
    host, until = parts.hostname or "", time.monotonic() + ways.answer
    if parts.scheme not in (("https", "http") if ways.loopback else ("https",)):
        raise NotDelivered("not an https address")
    port = parts.port or DEFAULT_PORTS[parts.scheme]
    found = endpoints(host, port, ways)
    soon = min(until, time.monotonic() + ways.connect)
    connection = connected(found, soon)
    try:
        if parts.scheme == "https":
            connection.settimeout(left(until))
            connection = _context(ways.ca_file).wrap_socket(
                connection, server_hostname=host
            )
        connection.settimeout(left(until))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.sendall(_head(target, parts.netloc, body) + (body or b""))
        answer = http.client.HTTPResponse(_Answering(connection, until))  # type: ignore[arg-type]
        answer.begin()
        return answer.status, answer.read() if body is None else b""
    finally:
        connection.close()


def endpoints(host: str, port: int, ways: Ways) -> list[Endpoint]:
    """Looks a host up, once; raises ``NotDelivered`` where any address is not allowed.

    One forbidden address among several spoils all: which of them would answer is up to
    whoever owns the name. No answer within the time for a connection is none.
    """
    try:
        found = _lookups.endpoints(host, port, min(ways.connect, ways.answer))
    except TimeoutError:
        raise NotDelivered("no answer in time") from None
    except (OSError, UnicodeError):
        raise NotDelivered("unknown host") from None
    named = host.lower().rstrip(".") in ways.allowed
    for _, where in found:
        if not named and not may_reach(ip_address(where[0]), ways):
            raise NotDelivered("address not allowed")
    return found


def may_reach(address: Address, ways: Ways) -> bool:
    """Tells whether a request may go to an address."""
    inner = _within(address)
    if ways.loopback and inner.is_loopback:
        return True
    for entry in ways.allowed:
        try:
            network = ip_network(entry)
        except ValueError:
            continue  # a host
        if address in network or inner in network:
            return True
    return _is_public(inner)


def _within(address: Address) -> Address:
    """Returns the IPv4 address that an IPv6 one only carries, else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        usable = address in UNICAST and address.sixtofour is None
    else:
        usable = not address.is_multicast and not address.is_reserved
    return usable and address.is_global


@cache
def _context(ca_file: Path | None) -> ssl.SSLContext:
    """Trusts the authorities of the machine, and those of the file besides."""
    context = ssl.create_default_context()
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context


def _head(target: str, host: str, body: bytes | None) -> bytes:
    lines = [
        f"{'GET' if body is None else 'POST'} {target} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: Ostiary",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
    ]
    if body is not None:
        lines.append("Content-Type: application/x-www-form-urlencoded")
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


class _Answering(io.RawIOBase):
    """What the other side says, until a moment and up to a size.

    A time limit of the socket would start again with each byte that trickles in.
    """

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection = connection
        self._until = until
        self._size = 0

    def makefile(self, mode: str) -> io.BufferedReader:
        """Gives itself to the parser, which takes it for a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Says yes."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Reads what there is."""
        self._connection.settimeout(left(self._until))
        read = self._connection.recv_into(buffer)
        self._size += read
        if self._size > LARGEST_ANSWER:
            raise OSError("an endless answer")
        return read
