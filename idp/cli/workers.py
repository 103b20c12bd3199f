"""The parent process of the server: it replaces workers, and the job, when they die.

The server's own loop ends everything when one worker dies twice in a few seconds, and
can miss a signal that comes while it replaces one; so the loop is ours.
"""

import contextlib
import functools
import importlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from granian.server import MPServer

from idp import leaving

STOP_WITHIN = 20
"""Seconds for running requests, after which a worker is killed; 25 are promised."""

LONG_ENOUGH = 5.0
"""Seconds after which a worker or job counts as one that could start at all."""

MOST_FALSE_STARTS = 10

LONGEST_DRAIN = 10

log = logging.getLogger("idp.server")


class Job:
    """One of our commands, run as a child process."""

    def __init__(self, name: str, *arguments: str) -> None:
        """Takes the command and its arguments."""
        self._name = name
        self._command = [sys.executable, "-m", "idp.cli.main", name, *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0

    def revive(self) -> None:
        """Starts it, also when it has ended; one that fails is not started at once."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            if time.monotonic() - self._began < LONG_ENOUGH / 2:
                return
            log.warning("idp %s ended and is started again", self._name)
        self._began = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - a command of ours
            self._command, stdin=subprocess.DEVNULL
        )

    def ask_to_stop(self) -> None:
        """Asks it to stop."""
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        """Waits until it has stopped; kills it when it does not."""
        if self._process is None:
            return
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Supervisor(MPServer):
    """Granian's parent process with a loop that gives up later and misses nothing."""

    def __init__(
        self,
        target: str,
        *,
        jobs: Sequence[Job],
        bury: Callable[[int], None],
        drain: int = 0,
        **options: Any,
    ) -> None:
        """Takes the jobs to keep alive, and the options of the server.

        ``bury`` is told of each worker that died; for ``drain`` seconds workers go on
        serving before they stop, while they say that they are not ready.
        """
        super().__init__(target, workers_kill_timeout=STOP_WITHIN - drain, **options)
        self._drain = drain
        self._hurried = False
        self._jobs = jobs
        self._bury = bury
        # A new worker would lose a signal until it has handlers of its own; so it
        # begins with them held back, and lets them in when it is up (gateway.py).
        os.register_at_fork(
            before=_masking(signal.SIG_BLOCK),
            after_in_parent=_masking(signal.SIG_UNBLOCK),
        )
        self._false_starts = 0

    def signal_handler_interrupt(self, *_: Any) -> None:
        """Notes a signal to stop; the second one ends the draining."""
        self._hurried = self.interrupt_signal
        super().signal_handler_interrupt()  # type: ignore[no-untyped-call]

    def startup(self, spawn_target: Any, target_loader: Callable[..., Any]) -> None:
        """Loads the program before the first fork: each worker would take a second."""
        importlib.import_module(self.target.partition(":")[0])
        super().startup(spawn_target, target_loader)  # type: ignore[no-untyped-call]

    def _serve_loop(self, spawn_target: Any, target_loader: Callable[..., Any]) -> None:
        while not self.interrupt_signal and self._false_starts < MOST_FALSE_STARTS:
            for job in self._jobs:
                job.revive()
            self.main_loop_interrupt.wait(1)
            self.main_loop_interrupt.clear()
            self._replace_dead(spawn_target, target_loader)
        if self.interrupt_signal:
            self.interrupt_children.clear()  # they got the same signal
        else:
            log.error("the workers cannot start")

    def _replace_dead(self, spawn_target: Any, loader: Callable[..., Any]) -> None:
        while self.interrupt_children and not self.interrupt_signal:
            index = self.interrupt_children[0]
            lived = time.monotonic() - self.wrks[index].birth
            self._false_starts = self._false_starts + 1 if lived < LONG_ENOUGH else 0
            if self._false_starts >= MOST_FALSE_STARTS:
                return
            self.interrupt_children.remove(index)
            self._bury(self.wrks[index].inner.pid)
            self._respawn_workers([index], spawn_target, loader)

    def _stop_workers(self) -> None:
        for job in self._jobs:
            job.ask_to_stop()
        if self._drain and self.interrupt_signal:
            self._let_balancers_see()
        super()._stop_workers()  # type: ignore[no-untyped-call]
        for job in self._jobs:
            job.stop()

    def _let_balancers_see(self) -> None:
        """Serves on, unready; a second signal ends that (REL-090)."""
        for one in self.wrks:
            with contextlib.suppress(ProcessLookupError):
                os.kill(one.inner.pid, leaving.SIGNAL)
        end = time.monotonic() + self._drain
        while not self._hurried and time.monotonic() < end:
            time.sleep(0.1)  # not the loop's event, which a worker that dies sets too


def _masking(how: int) -> Callable[[], object]:
    return functools.partial(signal.pthread_sigmask, how, leaving.OF_PARENT)
