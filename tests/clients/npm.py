"""The npm packages that `tests/clients/node` asks for, and a process that uses them.

Installed once for each state of the lock file, into the ignored `node_modules` beside
it. The process reads orders and writes answers, one JSON document a line, so that a
test can be the browser in between.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import subprocess
from collections.abc import Iterator
from typing import Any

from tests.support import needs

FOLDER = pathlib.Path(__file__).parent / "node"
PACKAGES = FOLDER / "node_modules"
INSTALL = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
# How npm says that it does not reach a package index.
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONN", "ETIMEDOUT", "ENETUNREACH")
STOP_LIMIT = 30  # seconds


def install() -> pathlib.Path:
    """Installs the packages where that has not been done, and gives their folder."""
    needs.need("node")
    npm = needs.need("npm")
    lock = (FOLDER / "package-lock.json").read_bytes()
    wanted = hashlib.sha256(lock).hexdigest()
    stamp = PACKAGES / ".installed"
    with _alone():
        if not stamp.exists() or stamp.read_text() != wanted:
            _install_with(npm)
            stamp.write_text(wanted)
    return PACKAGES


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    # Locks the folder itself, so that no lock file is left behind.
    folder = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _install_with(npm: str) -> None:
    done = subprocess.run(
        [npm, *INSTALL], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        if any(word in done.stderr for word in UNREACHABLE):
            needs.missing("npm reaches no package index: tests/clients need one")
        raise AssertionError(f"npm ci failed:\n{done.stderr}")


class RefusedError(Exception):
    """The library refused; `code` is its own word, `oauth` the provider's."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(json.dumps(facts))
        self.code = facts.get("code")
        self.oauth = facts.get("oauth")
        self.reason = facts["reason"]


class Process:
    """A script of the folder, at work."""

    def __init__(self, script: str) -> None:
        self._process = subprocess.Popen(
            [needs.need("node"), str(FOLDER / script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, name: str, **facts: Any) -> dict[str, Any]:
        """Has something done and gives what came of it; raises what was refused."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"order": name, **facts}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"{name}: the process has ended"
        answer: dict[str, Any] = json.loads(line)
        if "refused" in answer:
            raise RefusedError(answer["refused"])
        return answer

    def close(self) -> None:
        """Ends the process by ending its input."""
        try:
            self._process.communicate(timeout=STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        assert self._process.returncode == 0, "the script did not end well"
