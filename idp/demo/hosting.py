"""Hosts the demo's applications on loopback, each in a thread of this process.

Good enough for a demo and for nothing else: the provider itself runs as the real
command.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator

import flask
from werkzeug.serving import WSGIRequestHandler
from werkzeug.serving import make_server

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """Says nothing: the terminal belongs to the codes."""


@contextlib.contextmanager
def hosted(application: flask.Flask, port: int) -> Iterator[None]:
    """Serves an application until the block ends."""
    server = make_server(HOST, port, application, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def port_near(wanted: int) -> int:
    """Gives the wanted port, or a free one where it is taken; 0 wants any."""
    with contextlib.suppress(OSError):
        return _bound(wanted)
    return _bound(0)


def _bound(port: int) -> int:
    with socket.socket() as probe:
        # A listener that has just ended leaves connections behind for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return int(probe.getsockname()[1])
