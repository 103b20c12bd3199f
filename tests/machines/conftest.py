"""Two application hosts behind HAProxy, over PgBouncer on one PostgreSQL."""

import dataclasses
import itertools
import pathlib
from collections.abc import Iterator

import pytest

from tests.machines.balanced import Balanced
from tests.machines.balanced import balanced as running
from tests.machines.site import Site
from tests.machines.site import whole
from tests.machines.stage import Host
from tests.machines.stage import pooling
from tests.support.certificates import Authority
from tests.support.people import Person
from tests.support.postgres import Server

NUMBERS = itertools.count(1)


@dataclasses.dataclass
class Machines(Balanced):
    """Hosts of a provider for many tests."""

    def person(self, username: str, *arguments: str, enrolled: bool = True) -> Person:
        """Creates somebody whose name nobody else has."""
        name = f"{username}-{next(NUMBERS)}"
        return super().person(name, *arguments, enrolled=enrolled)


@pytest.fixture
def site(tmp_path: pathlib.Path) -> Iterator[Site]:
    """Gives machines that can be cut off, and a database that another one follows."""
    with whole(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Gives who signs the certificates of this module."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def machines(
    tmp_path_factory: pytest.TempPathFactory, postgres: Server, authority: Authority
) -> Iterator[Machines]:
    """Gives the whole, reached by TLS at the balancer only."""
    folder = tmp_path_factory.mktemp("machines")
    with (
        pooling(postgres.fresh_database(), size=8) as url,
        running(
            folder,
            url,
            authority,
            lambda settings: [
                Host(folder / name, settings, drain=4) for name in ("one", "two")
            ],
        ) as made,
    ):
        yield Machines(**vars(made))


@pytest.fixture
def balanced(machines: Machines) -> Machines:
    """Gives it with both hosts running."""
    for host in machines.hosts:
        if host.process is None:
            host.start()
    return machines
