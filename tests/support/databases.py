"""Fixtures for tests that have to hold on both databases.

`database_url` makes a test run twice, on a new SQLite file and on a new PostgreSQL
database. Both are empty: whoever needs tables brings them up.
"""

import itertools
import pathlib
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from tests.support.needs import need
from tests.support.postgres import Server
from tests.support.postgres import running_postgres

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Gives the one cluster of this test process."""
    need("postgresql")
    with running_postgres() as server:
        yield server


@pytest.fixture(params=KINDS)
def database_kind(request: pytest.FixtureRequest) -> str:
    """Runs the test once on each database."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, fresh_url: Callable[[str], str]) -> str:
    """Gives the URL of an empty database of the kind whose turn it is."""
    return fresh_url(database_kind)


@pytest.fixture
def fresh_url(
    request: pytest.FixtureRequest, tmp_path: pathlib.Path
) -> Iterator[Callable[[str], str]]:
    """Gives a maker of empty databases; they are dropped after the test."""
    numbers = itertools.count()
    dropping: list[Callable[[], None]] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / f'database-{next(numbers)}.sqlite'}"
        server: Server = request.getfixturevalue("postgres")
        url = server.fresh_database()
        dropping.append(lambda: server.drop_database(url))
        return url

    yield make
    for drop in dropping:
        drop()
