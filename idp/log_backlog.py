"""Log lines that wait to be written, so that no request waits for the log.

When whoever reads standard error has stopped, or a disk hangs, lines are lost and
nothing else (REL-078): the number that may wait is bounded, and those dropped are
counted. What a line says is not known here.
"""

import atexit
import contextlib
import os
import queue
import threading
import time

MOST = 10_000
STDERR = 2
FAREWELL_SECONDS = 1.0
"""How long the end of a process may be put off for lines that wait."""


class Backlog:
    """A bounded queue, emptied by a thread of its own that begins with the first line.

    A process that was forked begins with an empty one.
    """

    def __init__(self, *, most: int = MOST, file: int = STDERR) -> None:
        """Takes how many lines may wait, and the number of the file they go to."""
        self._most = most
        self._file = file
        self._begin()
        os.register_at_fork(after_in_child=self._begin)
        atexit.register(self.drain, FAREWELL_SECONDS)

    def _begin(self) -> None:
        self.dropped = 0
        self._lines: queue.Queue[bytes] = queue.Queue(self._most)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, line: str) -> None:
        """Takes a line, or counts it as dropped; never waits and never raises."""
        try:
            self._lines.put_nowait(line.encode("ascii", "backslashreplace"))
        except queue.Full:
            self.dropped += 1
            return
        if self._thread is None:
            self._start()

    def drain(self, within: float) -> None:
        """Waits until the present backlog is written, for so many seconds at most."""
        until = time.monotonic() + within
        with self._lines.all_tasks_done:
            while self._lines.unfinished_tasks and time.monotonic() < until:
                self._lines.all_tasks_done.wait(until - time.monotonic())

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._write, args=(self._lines,), name="logs", daemon=True
                )
                self._thread.start()

    def _write(self, lines: "queue.Queue[bytes]") -> None:
        while True:
            line = lines.get()
            with contextlib.suppress(OSError):
                while line:
                    line = line[os.write(self._file, line) :]
            lines.task_done()
