"""A line between two programs that can be made slow, silent, or cut.

A relay on a loopback port of its own. What it relays it does not understand.
"""

import contextlib
import pathlib
import socket
import struct
import threading
import time
from collections.abc import Iterator

CHUNK = 65536
RESET_AT_ONCE = struct.pack("ii", 1, 0)


class Line:
    """A relay to a socket of this machine; it passes everything until told not to."""

    def __init__(self, target: pathlib.Path) -> None:
        """Takes the socket at the far end and begins to listen."""
        self._target = target
        self._flows = threading.Event()
        self._flows.set()
        self._delay = 0.0
        self._ends: list[socket.socket] = []
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]
        self.greeted = 0
        """How many connections were accepted so far."""
        self.held: dict[int, bytes] = {}
        """What came first on each of them while the line was silent."""

    def pass_on(self) -> None:
        """Passes everything on again, also what was held back."""
        self._delay = 0.0
        if self._listener.fileno() < 0:
            self._listener = self._listen(self.port)
        self._flows.set()

    def be_silent(self) -> None:
        """Takes connections and words, and passes nothing on: a cable is cut."""
        self.held.clear()
        self._flows.clear()

    def be_slow(self, seconds: float) -> None:
        """Holds every piece back for a while, in both directions."""
        self._delay = seconds

    def cut(self) -> None:
        """Resets every connection; new ones are welcome."""
        ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                if end.family == socket.AF_INET:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def refuse(self) -> None:
        """Resets every connection and refuses new ones: the server is not there."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def close(self) -> None:
        """Ends everything."""
        self.refuse()
        self._flows.set()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=128)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            self.greeted += 1
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(str(self._target))
            except OSError:
                near.close()
                far.close()
                continue
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._ends += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(
                    target=self._relay, args=(*pair, self.greeted), daemon=True
                ).start()

    def _relay(self, source: socket.socket, sink: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(CHUNK):
                if not self._flows.is_set():
                    self.held.setdefault(number, piece)
                    self._flows.wait()
                if self._delay:
                    time.sleep(self._delay)
                sink.sendall(piece)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextlib.contextmanager
def line_to(target: pathlib.Path) -> Iterator[Line]:
    """Gives a line to a socket until the block ends."""
    line = Line(target)
    try:
        yield line
    finally:
        line.close()
