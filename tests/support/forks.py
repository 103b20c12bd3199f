"""Commands of `idp` as processes of their own, forked from one that has it loaded.

A process that is started spends a second on loading, and a run of all tests needs more
than a thousand. A forked one has an environment, a folder and descriptors of its own as
any other. What the loader reads (another clock) is of the process it is forked from.
`python -m tests.support.forks` is the process that others are forked from.
"""

import atexit
import contextlib
import dataclasses
import functools
import gc
import importlib
import json
import os
import pathlib
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from tests.support.waiting import until

NAME = "python -m idp.cli.main"
LOADED = (
    *("idp.cli.main", "idp.cli.serve", "idp.oidc.server"),
    *("alembic.command", "flask_babel"),
)
TOO_EARLY = "prometheus_client"
"""Reads the environment when it is loaded, and a server changes it before."""

LOADER = ("LD_", "FAKETIME", "DONT_FAKE", "NO_FAKE")
LONGEST = 1 << 20  # bytes of a request
NUMBER = struct.Struct("i")
ROOT = pathlib.Path(__file__).parents[2]
_ONE_AT_A_TIME = threading.Lock()


@dataclasses.dataclass
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


class Process:
    """A command that runs; it ends by itself or by a signal, as a `Popen` does."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self.pid = _number_on(line)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Gives its status once it has ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end, so many seconds; raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._line], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(NAME, timeout or 0)
            self.returncode = _number_on(self._line)
            self._line.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Asks it to stop."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kills it."""
        self.send_signal(signal.SIGKILL)


def begin(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: pathlib.Path,
    files: Sequence[int],
) -> Process:
    """Begins `idp` with these arguments and three descriptors to read and write."""
    asked = json.dumps([list(arguments), dict(env), str(cwd)]).encode()
    assert len(asked) < LONGEST
    line = socket.socket(socket.AF_UNIX)
    with _ONE_AT_A_TIME:
        address = _address(frozenset(_for_the_loader(env).items()))
    line.connect(address)
    socket.send_fds(line, [struct.pack("I", len(asked)) + asked], list(files))
    return Process(line)


def run(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: pathlib.Path,
    stdin: str | None,
) -> Done:
    """Runs `idp` with these arguments and waits for its end."""
    with contextlib.ExitStack() as closing:
        given, said, told = (
            closing.enter_context(tempfile.TemporaryFile()) for _ in range(3)
        )
        given.write((stdin or "").encode())
        given.seek(0)
        files = [file.fileno() for file in (given, said, told)]
        status = begin(arguments, env=env, cwd=cwd, files=files).wait()
        said.seek(0)
        told.seek(0)
        return Done(status, said.read().decode(), told.read().decode())


def _number_on(line: socket.socket) -> int:
    (number,) = NUMBER.unpack(line.recv(NUMBER.size, socket.MSG_WAITALL))
    return int(number)


def _for_the_loader(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(LOADER)}


@functools.cache
def _address(loader: frozenset[tuple[str, str]]) -> str:
    """Starts the process that others are forked from; it ends when this one does."""
    address = os.path.join(tempfile.mkdtemp(prefix="ostiary-forks-"), "line")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("IDP_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.forks", address],
        env={**kept, **dict(loader), "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
    )
    atexit.register(process.communicate)  # which lets it go, and waits for it
    until(lambda: _listens(process, address), "commands can be forked")
    return address


def _listens(process: "subprocess.Popen[bytes]", address: str) -> bool:
    assert process.poll() is None, "the process to fork from has ended"
    return os.path.exists(address)


def main(address: str) -> int:
    """Forks a process for each command, until whoever started this one is gone."""
    for module in LOADED:
        importlib.import_module(module)
    assert TOO_EARLY not in sys.modules
    gc.collect()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{address}.new")
    listener.listen(128)
    os.rename(f"{address}.new", address)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait
    waiting: list[Any] = [listener, 0]
    while 0 not in select.select(waiting, [], [])[0]:
        line, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _carry_out(line)
        line.close()
    return 0


def _carry_out(line: socket.socket) -> int:
    """Runs one command in a process of its own and tells how it ended."""
    data, files, _, _ = socket.recv_fds(line, LONGEST, 3)
    (length,) = struct.unpack_from("I", data)
    data = data[4:]
    while len(data) < length:
        data += line.recv(LONGEST)
    arguments, env, cwd = json.loads(data)
    child = os.fork()
    if child == 0:
        line.close()
        return _become(arguments, env, cwd, files)
    for file in files:
        os.close(file)
    line.sendall(NUMBER.pack(child))
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(OSError):  # nobody may wait for it any more
        line.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def _become(
    arguments: list[str], env: dict[str, str], cwd: str, files: list[int]
) -> int:
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.argv = [NAME, *arguments]
    command = importlib.import_module("idp.cli.main").main
    command(arguments, prog_name=NAME)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
