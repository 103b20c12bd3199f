"""Hosts, a balancer, a proxy and a pooler, each a process that a test can stop."""

import contextlib
import dataclasses
import itertools
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.parse
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

import sqlalchemy

from tests.machines.namespaces import Machine
from tests.support.exchange import Answer
from tests.support.exchange import Wire
from tests.support.exchange import network
from tests.support.needs import need
from tests.support.postgres import UNPRIVILEGED
from tests.support.provider import environment_of
from tests.support.provider import program
from tests.support.provider import ready
from tests.support.valkey import free_port
from tests.support.waiting import until

SAMPLES = pathlib.Path(__file__).parents[2] / "docs" / "operations"
GENTLY = 30  # seconds; interface.md section 5 promises 25

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    {temporary}
    include {folder}/ostiary.conf;
}}
"""


def sample(name: str, changes: Mapping[str, str]) -> str:
    """Gives a sample with other addresses; each of the old ones must be in it."""
    text = (SAMPLES / name).read_text()
    for old, new in changes.items():
        assert old in text, f"{name} has no {old!r}"
        text = text.replace(old, new)
    return text


@dataclasses.dataclass
class Host:
    """One application host: its own port and processes, keys and database shared."""

    folder: pathlib.Path
    settings: Mapping[str, str]
    machine: Machine | None = None  # this one, without
    port: int = dataclasses.field(default_factory=free_port)
    workers: int = 1
    drain: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Starts `idp serve` and returns when it is ready."""
        self.folder.mkdir(exist_ok=True)
        bind = ("--bind", f"{self.address}:{self.port}")
        command = [*program(), "serve", *bind, "--workers", str(self.workers)]
        if self.drain:  # which an older version may not know
            command += ["--drain", str(self.drain)]
        with (self.folder / "log").open("ab") as sink:
            self.process = subprocess.Popen(
                self.machine.inside(command) if self.machine else command,
                env=environment_of(self.settings),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process = self.process
        until(
            lambda: ready(process, self.port, self.folder, self.address),
            "the host is ready",
        )

    @property
    def address(self) -> str:
        """Gives where it listens."""
        return self.machine.address if self.machine else "127.0.0.1"

    def status(self, path: str) -> int:
        """Gives the status of what this very host answers."""
        address = f"http://{self.address}:{self.port}{path}"
        issuer = urllib.parse.urlsplit(self.settings["IDP_ISSUER"])
        return network("GET", address, [("Host", issuer.netloc)]).status

    def stop(self) -> None:
        """Ends it as an upgrade does: what runs is finished."""
        if self.process is not None:
            self.process.terminate()
            assert self.process.wait(GENTLY) == 0
            self.process = None

    def crash(self) -> None:
        """Ends all its processes at once, as a power cut does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(GENTLY)
            until(self._refuses, "nobody listens any more")
            self.process = None

    def _refuses(self) -> bool:
        try:
            socket.create_connection((self.address, self.port), 5).close()
        except ConnectionRefusedError:
            return True
        return False

    @property
    def log(self) -> str:
        """Gives what it said."""
        return (self.folder / "log").read_text()


def by_turns(hosts: Sequence[Host]) -> Wire:
    """Gives a wire whose requests go to one host after the other."""
    turns = itertools.cycle(hosts)

    def send(
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        parts = urllib.parse.urlsplit(url)
        host = next(turns)
        target = parts._replace(netloc=f"{host.address}:{host.port}").geturl()
        answer = network(method, target, [("Host", parts.netloc), *headers], body)
        return dataclasses.replace(answer, url=url)

    return send


@contextlib.contextmanager
def running(command: list[str], port: int, **options: object) -> Iterator[None]:
    """Runs a program until the block ends; begins when its port takes connections."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # type: ignore[call-overload]
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **options
        )

        def up() -> bool:
            if process.poll() is not None:
                said.seek(0)
                raise AssertionError(f"{command[0]} ended: {said.read().decode()}")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 5).close()
                return True
            return False

        try:
            until(up, f"{command[0]} takes connections")
            yield
        finally:
            process.terminate()
            process.wait(GENTLY)


@contextlib.contextmanager
def balancing(
    folder: pathlib.Path, port: int, certificate: pathlib.Path, hosts: list[Host]
) -> Iterator[None]:
    """Runs HAProxy in front of two hosts."""
    file = folder / "haproxy.cfg"
    changes = {
        ":443": f"127.0.0.1:{port}",
        "/etc/ssl/sso.example.org.pem": str(certificate),
        "10.0.0.11:5000": f"{hosts[0].address}:{hosts[0].port}",
        "10.0.0.12:5000": f"{hosts[1].address}:{hosts[1].port}",
    }
    file.write_text(sample("haproxy.cfg", changes))
    with running([need("haproxy"), "-db", "-f", str(file)], port):
        yield


@contextlib.contextmanager
def proxying(
    folder: pathlib.Path, port: int, certificate: pathlib.Path, upstream: int
) -> Iterator[None]:
    """Runs nginx in front of one host; its issuer has the path /idp."""
    changes = {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "sso.example.org.key": "sso.example.org.pem",
        "/etc/ssl/sso.example.org.pem": str(certificate),
        "10.0.0.11:5000": f"127.0.0.1:{upstream}",
        "    server 10.0.0.12:5000 max_fails=1 fail_timeout=5s;\n": "",
        "location / {\n": "",
        "#     location ~ ^(/idp|": "location ~ ^(/idp|",
    }
    (folder / "ostiary.conf").write_text(sample("nginx.conf", changes))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    main = folder / "nginx.conf"
    main.write_text(NGINX.format(folder=folder, temporary=temporary))
    with running([need("nginx"), "-p", str(folder), "-c", str(main)], port):
        yield


@contextlib.contextmanager
def pooling(url: str, *, size: int, limits: bool = True) -> Iterator[str]:
    """Runs PgBouncer in front of a database and gives the address to use instead."""
    database = sqlalchemy.make_url(url)
    port = free_port()
    # Not pytest's own folder: that one is closed to the account that it runs as.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ostiary-pool-", dir="/tmp"))
    changes = {
        "host=10.0.0.21 port=5432 dbname=ostiary": (
            f"host={database.query['host']} dbname={database.database}"
        ),
        "listen_port = 6432": f"listen_port = {port}\nunix_socket_dir =",
        "auth_type = scram-sha-256": "auth_type = trust",
        "/etc/pgbouncer/userlist.txt": str(folder / "userlist.txt"),
        "default_pool_size = 20": f"default_pool_size = {size}",
    }
    if not limits:
        changes["SET lock_timeout = 5000; SET statement_timeout = 5000;"] = ""
    (folder / "userlist.txt").write_text('"ostiary" ""\n')
    (folder / "pgbouncer.ini").write_text(sample("pgbouncer.ini", changes))
    account: dict[str, object] = {}
    if os.geteuid() == 0:  # it refuses to run as root
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        name = next(name for name in UNPRIVILEGED if name in known)
        shutil.chown(folder, name)
        account = {"user": name, "group": known[name].pw_gid, "extra_groups": []}
    try:
        with running(
            [need("pgbouncer"), str(folder / "pgbouncer.ini")], port, **account
        ):
            yield f"postgresql+psycopg://ostiary@127.0.0.1:{port}/ostiary"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
