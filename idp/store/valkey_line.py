"""The line to Valkey: its name is looked up, and it is connected to, in time.

The client gives a connection a second, and a resolver as long as it likes.
"""

import socket
from typing import Any

from valkey.connection import Connection
from valkey.connection import ConnectionPool
from valkey.connection import SSLConnection

from idp.lookups import Lookups

TIMEOUT_SECONDS = 1
"""For a connection with the look-up of its name, and for each answer."""

LOOKUPS = 2
"""Look-ups that may hang at once in a process; they are all of one name."""

_lookups = Lookups(LOOKUPS)


class _InTime(Connection):
    def _connect(self) -> socket.socket:
        try:
            made = _lookups.connected(self.host, self.port, TIMEOUT_SECONDS)
        except UnicodeError:
            raise OSError("is no name of a host") from None
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.socket_keepalive:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in self.socket_keepalive_options.items():
                made.setsockopt(socket.IPPROTO_TCP, option, value)
        made.settimeout(self.socket_timeout)
        return made


class _SecretlyInTime(SSLConnection, _InTime):
    """The same with TLS, of which the client has a class of its own."""


def pool(address: str) -> Any:
    """Makes the connections of a process; asks nobody yet.

    Raises what the client raises where it does not know an option of the address.
    """
    made: Any = ConnectionPool.from_url(  # type: ignore[no-untyped-call]
        address,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )
    is_secret = issubclass(made.connection_class, SSLConnection)
    made.connection_class = _SecretlyInTime if is_secret else _InTime
    made.make_connection()
    return made
