"""A real PostgreSQL for tests, started from the machine's own binaries.

One cluster in a temporary folder, reached by a socket only; one database per
test. Knows nothing of the tables: who needs a schema fills a database and passes
it as `like`.
"""

import contextlib
import dataclasses
import functools
import glob
import itertools
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import psycopg
import sqlalchemy

from tests.support.memory import temporary_folder

OWNER = "ostiary"
UNPRIVILEGED = ("postgres", "nobody")
START_LIMIT = 60  # seconds until a cluster that does not answer counts as broken

# Durability is what the product asks for per commit, not what a test machine
# should pay for; a test that stops the server cleanly loses nothing.
CONFIGURATION = """
listen_addresses = ''
max_connections = 200
fsync = off
full_page_writes = off
autovacuum = off
timezone = 'UTC'
"""


def binaries() -> pathlib.Path | None:
    """Returns the folder with `initdb` and `pg_ctl`, or None where there is none."""
    on_path = shutil.which("initdb")
    if on_path is not None:
        return pathlib.Path(on_path).resolve().parent
    folders = [pathlib.Path(name) for name in glob.glob("/usr/lib/postgresql/*/bin")]
    found = [folder for folder in folders if (folder / "initdb").exists()]
    return max(found, key=_release, default=None)


def _release(folder: pathlib.Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


@dataclasses.dataclass
class Server:
    """A running cluster."""

    folder: pathlib.Path
    programs: pathlib.Path
    account: str | None
    _numbers: Iterator[int] = dataclasses.field(default_factory=itertools.count)

    def fresh_database(self, *, like: str | None = None) -> str:
        """Returns the URL of a new database, empty or a copy of the one at `like`.

        Nobody may be connected to the copied one at that moment.
        """
        name = f"test_{next(self._numbers)}"
        model = "template0" if like is None else sqlalchemy.make_url(like).database
        self.execute(f'CREATE DATABASE {name} TEMPLATE "{model}" {self._way}')
        return f"postgresql+psycopg://{OWNER}@/{name}?host={self.folder}"

    @functools.cached_property
    def _way(self) -> str:
        """Copies files: page by page through the log (since 15) takes twice as long."""
        with psycopg.connect(
            host=str(self.folder), user=OWNER, dbname="postgres"
        ) as connection:
            version = connection.info.server_version
        return "STRATEGY = file_copy" if version >= 150_000 else ""

    def drop_database(self, url: str) -> None:
        """Drops a database, with whoever is still connected to it."""
        name = sqlalchemy.make_url(url).database
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def own(self, folder: pathlib.Path) -> None:
        """Gives a folder to the account that the cluster runs as."""
        if self.account is not None:
            shutil.chown(folder, self.account, _group(self.account))

    def stop(self) -> None:
        """Stops the cluster the way an operator's restart does."""
        self._control("stop", "-m", "fast")

    def crash(self) -> None:
        """Kills the cluster's processes; what no commit waited for is lost."""
        self._control("stop", "-m", "immediate")

    @property
    def socket(self) -> pathlib.Path:
        """Gives the socket that the cluster listens at."""
        return self.folder / ".s.PGSQL.5432"

    def start(self) -> None:
        """Starts the cluster and returns when it takes connections."""
        log = str(self.folder / "log")
        self._control("start", "-l", log, "-o", f"-k {self.folder}")

    def execute(self, statement: str) -> None:
        """Runs one statement about the cluster, in no database of a test."""
        with psycopg.connect(
            host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def _control(self, *arguments: str) -> None:
        data = str(self.folder / "data")
        self.run("pg_ctl", "-D", data, "-w", "-t", str(START_LIMIT), "-s", *arguments)

    def run(self, program: str, *arguments: str) -> None:
        """Runs one of PostgreSQL's programs as the account that owns the cluster."""
        run_in(
            self.folder,
            [str(self.programs / program), *arguments],
            user=self.account,
            group=None if self.account is None else _group(self.account),
            extra_groups=None if self.account is None else [],
        )


def run_in(folder: pathlib.Path, command: Sequence[str], **account: Any) -> None:
    """Runs a program in the folder of a cluster; raises with what it and the log say.

    ``account`` is whose it is, in the words of ``subprocess.run``.
    """
    done = subprocess.run(
        command,
        **account,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        log = folder / "log"
        said = log.read_text() if log.exists() else ""
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr}\n{said}")


def _group(account: str) -> int:
    return pwd.getpwnam(account).pw_gid


def _account() -> str | None:
    """PostgreSQL refuses to run as root, so root lends the cluster to somebody."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)


@contextlib.contextmanager
def running_postgres() -> Iterator[Server]:
    """Runs a cluster until the block ends; raises where PostgreSQL is not installed."""
    programs = binaries()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed")
    account = _account()
    # Not pytest's own folder: that one is closed to the borrowed account, and its
    # path may be too long for a socket.
    folder = pathlib.Path(
        tempfile.mkdtemp(prefix="ostiary-pg-", dir=temporary_folder())
    )
    if account is not None:
        shutil.chown(folder, account, _group(account))
    server = Server(folder, programs, account)
    try:
        data = str(folder / "data")
        initdb = ("-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        server.run("initdb", "-D", data, "--no-sync", *initdb)
        with open(folder / "data" / "postgresql.conf", "a") as configuration:
            configuration.write(CONFIGURATION)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
