"""PostgreSQL on two machines: one that is written, and a replica that can take over.

Replication is synchronous, as it has to be where no answered change may be lost.
"""

import contextlib
import dataclasses
import pathlib
import pwd
import shutil
import tempfile
from collections.abc import Iterator

import psycopg

from tests.machines.namespaces import Machine
from tests.support.memory import temporary_folder
from tests.support.needs import missing
from tests.support.postgres import OWNER
from tests.support.postgres import UNPRIVILEGED
from tests.support.postgres import binaries
from tests.support.postgres import run_in

PORT = 5432
START_LIMIT = 60  # seconds
CONFIGURATION = """
listen_addresses = '*'
unix_socket_directories = ''
max_connections = 200
max_prepared_transactions = 4
fsync = off
timezone = 'UTC'
synchronous_standby_names = '*'
"""
WHO = """
host all all all trust
host replication all all trust
"""


@dataclasses.dataclass
class Node:
    """PostgreSQL on one machine, owned by somebody who is not root."""

    machine: Machine
    data: pathlib.Path
    programs: pathlib.Path
    account: str

    def run(self, program: str, *arguments: str) -> None:
        """Runs one of PostgreSQL's programs there."""
        who = pwd.getpwnam(self.account)
        command = [
            *("setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}"),
            *("--clear-groups", str(self.programs / program), *arguments),
        ]
        run_in(self.data.parent, self.machine.inside(command))

    def control(self, *words: str) -> None:
        """Starts, stops or promotes it, and returns when that is done."""
        self.run(
            *("pg_ctl", "-D", str(self.data), "-w", "-t", str(START_LIMIT), "-s"),
            *words,
        )

    def start(self) -> None:
        """Starts it."""
        self.control("start", "-l", f"{self.data}.log")

    def ask(self, statement: str, database: str = "postgres") -> list[tuple[object]]:
        """Gives what this very node answers."""
        with psycopg.connect(
            host=self.machine.address,
            port=PORT,
            user=OWNER,
            dbname=database,
            autocommit=True,
        ) as db:
            asked = db.execute(statement.encode())
            return asked.fetchall() if asked.description else []

    def number(self, query: str) -> int:
        """Gives the number that the provider's database answers here."""
        (row,) = self.ask(query, "ostiary")
        return int(str(row[0]))

    @property
    def sessions(self) -> int:
        """Counts the sessions that are stored here."""
        return self.number("SELECT count(*) FROM sessions")

    def follow(self, leader: "Node") -> None:
        """Makes a replica of what was stopped, as a switch of roles does."""
        where = f"host={leader.machine.address} port={PORT} user={OWNER}"
        self.configure(f"primary_conninfo = '{where}'\n")
        (self.data / "standby.signal").touch()
        self.start()

    def configure(self, text: str) -> None:
        """Adds to its configuration."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(text)


@contextlib.contextmanager
def replicated(first: Machine, second: Machine) -> Iterator[tuple[Node, Node]]:
    """Runs a primary and its replica until the block ends."""
    programs = binaries()
    if programs is None:
        missing("PostgreSQL is not here: apt-get install postgresql")
    known = {entry.pw_name for entry in pwd.getpwall()}
    account = next(name for name in UNPRIVILEGED if name in known)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ostiary-", dir=temporary_folder()))
    shutil.chown(folder, account)
    nodes = [
        Node(machine, folder / name, programs, account)
        for machine, name in ((first, "first"), (second, "second"))
    ]
    primary, replica = nodes
    with contextlib.ExitStack() as stopping:
        stopping.callback(shutil.rmtree, folder, ignore_errors=True)
        primary.run(
            *("initdb", "-D", str(primary.data), "--no-sync", "-U", OWNER),
            *("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"),
        )
        primary.configure(CONFIGURATION)
        with (primary.data / "pg_hba.conf").open("a") as file:
            file.write(WHO)
        primary.start()
        stopping.callback(_stop, primary)
        replica.run(
            *("pg_basebackup", "-D", str(replica.data), "-R", "-X", "stream"),
            *("-h", first.address, "-p", str(PORT), "-U", OWNER, "--no-sync"),
            *("--checkpoint", "fast"),
        )
        replica.configure("synchronous_standby_names = ''\n")
        replica.start()
        stopping.callback(_stop, replica)
        primary.ask("CREATE DATABASE ostiary")
        yield primary, replica


def _stop(node: Node) -> None:
    with contextlib.suppress(RuntimeError):
        node.control("stop", "-m", "immediate")
