"""Two application hosts behind HAProxy, over PgBouncer on one PostgreSQL."""

import contextlib
import dataclasses
import itertools
from collections.abc import Iterator

import pytest

from tests.machines.stage import Host
from tests.machines.stage import balancing
from tests.machines.stage import pooling
from tests.support.certificates import Authority
from tests.support.clock import real_clock
from tests.support.exchange import over_tls
from tests.support.people import Person
from tests.support.postgres import Server
from tests.support.provider import Provider
from tests.support.provider import commander
from tests.support.provider import settings_for
from tests.support.valkey import free_port

NUMBERS = itertools.count(1)


@dataclasses.dataclass
class Machines(Provider):
    """A provider that several hosts make up together."""

    hosts: list[Host] = dataclasses.field(default_factory=list)

    def person(self, username: str, *arguments: str, enrolled: bool = True) -> Person:
        """Creates somebody whose name nobody else has."""
        name = f"{username}-{next(NUMBERS)}"
        return super().person(name, *arguments, enrolled=enrolled)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Gives who signs the certificates of this module."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def machines(
    tmp_path_factory: pytest.TempPathFactory, postgres: Server, authority: Authority
) -> Iterator[Machines]:
    """Gives the whole, reached by TLS at the balancer only."""
    folder, port = tmp_path_factory.mktemp("machines"), free_port()
    with contextlib.ExitStack() as running:
        url = running.enter_context(pooling(postgres.fresh_database(), size=8))
        issuer = f"https://127.0.0.1:{port}"
        settings = settings_for(
            folder, database_url=url, IDP_ISSUER=issuer, IDP_TRUSTED_PROXIES="1"
        )
        command = commander(settings, folder)
        command("init")
        hosts = [Host(folder / name, settings, drain=4) for name in ("one", "two")]
        for host in hosts:
            host.start()
            running.callback(host.stop)
        certificate = authority.pem("127.0.0.1")
        running.enter_context(balancing(folder, port, certificate, hosts))
        yield Machines(
            issuer,
            over_tls(authority.file),
            real_clock,
            command,
            lambda: "".join(host.log for host in hosts),
            hosts=hosts,
        )


@pytest.fixture
def balanced(machines: Machines) -> Machines:
    """Gives it with both hosts running."""
    for host in machines.hosts:
        if host.process is None:
            host.start()
    return machines
