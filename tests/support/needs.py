"""Finds the real programs that some tests run, or skips with a useful sentence.

``need("redis")`` answers the path of the program.  Where it is missing the test is
skipped and the reason names the Debian package to install; with
``OSTIARY_REQUIRE_ALL=1`` in the environment the test fails instead, so that a run
which promises to be complete cannot quietly leave something out.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

# Programs of the system administrator are not on everybody's PATH.
SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


@dataclass(frozen=True, slots=True)
class Tool:
    """A program (or file) by the names it may have, and where Debian keeps it."""

    package: str
    programs: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    oldest: int = 0  # the major release that will do


TOOLS = {
    # The path of `postgres`; initdb and pg_ctl lie beside it.
    "postgresql": Tool(
        "postgresql", ("postgres",), ("/usr/lib/postgresql/*/bin/postgres",)
    ),
    "redis": Tool("valkey-server (or redis-server)", ("valkey-server", "redis-server")),
    "chromium": Tool(
        "chromium", ("chromium", "chromium-browser", "google-chrome-stable")
    ),
    "node": Tool(
        "nodejs npm, then where that is older than 20: npm install --global node@22",
        ("node", "nodejs"),
        oldest=20,
    ),
    "npm": Tool("npm", ("npm",)),
    "apache": Tool("apache2", ("apache2", "httpd")),
    # Not a program but the path of the module that Apache loads.
    "mod_auth_openidc": Tool(
        "libapache2-mod-auth-openidc",
        files=("/usr/lib/apache2/modules/mod_auth_openidc.so",),
    ),
    "zbarimg": Tool("zbar-tools", ("zbarimg",)),
    "oathtool": Tool("oathtool", ("oathtool",)),
    "slapd": Tool("slapd", ("slapd",)),
    "sqlite3": Tool("sqlite3", ("sqlite3",)),
    "haproxy": Tool("haproxy", ("haproxy",)),
    "nginx": Tool("nginx-light", ("nginx",)),
    "ip": Tool("iproute2", ("ip",)),
    "pgbouncer": Tool("pgbouncer", ("pgbouncer",)),
    # The library that a process is started with; the other one, for threads, has a
    # lock that is taken for ever where a process forks while a thread holds it.
    "faketime": Tool("faketime", files=("/usr/lib/*/faketime/libfaketime.so.1",)),
}


def find(tool: str) -> str | None:
    """Finds the path of a tool, or answers None."""
    wanted = TOOLS[tool]
    for pattern in wanted.files:
        found = sorted(Path("/").glob(pattern.lstrip("/")), key=_version)
        if found:
            return str(found[-1])
    folders = os.pathsep.join((os.environ.get("PATH", ""), *SYSTEM_FOLDERS))
    for name in wanted.programs:
        path = shutil.which(name, path=folders)
        if path and (not wanted.oldest or _release(path) >= wanted.oldest):
            # Not resolved: redis-server is one program under several names.
            return str(Path(path).absolute())
    return None


def need(tool: str) -> str:
    """Answers the path of a tool; without it skips, or fails where all is required."""
    path = find(tool)
    if path is None:
        missing(f"{tool} is not here: apt-get install {TOOLS[tool].package}")
    return path


def missing(reason: str) -> NoReturn:
    """Skips the test for this reason, or fails it where everything is required."""
    if os.environ.get("OSTIARY_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def _release(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True)
    return int(re.findall(r"\d+", said.stdout)[0])


def _version(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]
