"""Fixtures that give a provider; a folder's conftest imports the ones it uses.

`provider` is in this process on SQLite, `provider_on_each` on both databases,
`new_provider` takes settings, `served` runs the real command with worker processes.
"""

import contextlib
import pathlib
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from tests.support.postgres import Server
from tests.support.provider import Provider
from tests.support.provider import serving
from tests.support.within import Prepared
from tests.support.within import Within
from tests.support.within import prepare
from tests.support.within import within

Maker = Callable[..., Within]


@pytest.fixture(scope="session")
def prepared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Gives what `idp init` makes on SQLite."""
    return prepare(tmp_path_factory.mktemp("sqlite"), None)


@pytest.fixture(scope="session")
def prepared_postgresql(
    tmp_path_factory: pytest.TempPathFactory, postgres: Server
) -> Prepared:
    """Gives what `idp init` makes on PostgreSQL."""
    return prepare(tmp_path_factory.mktemp("postgresql"), postgres)


@pytest.fixture
def new_provider(
    tmp_path: pathlib.Path, request: pytest.FixtureRequest
) -> Iterator[Maker]:
    """Gives a maker of providers: `new_provider(IDP_CODE_LIFETIME="10s")`."""
    with contextlib.ExitStack() as running:

        def make(kind: str = "sqlite", **settings: str) -> Within:
            prepared: Prepared = request.getfixturevalue(f"prepared_{kind}")
            folder = tmp_path / f"provider-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return running.enter_context(within(folder, prepared, **settings))

        yield make


@pytest.fixture
def provider(new_provider: Maker) -> Within:
    """Gives a provider in this process, on SQLite, under a clock in the test's hand."""
    return new_provider()


@pytest.fixture
def provider_on_each(new_provider: Maker, database_kind: str) -> Within:
    """Gives a provider in this process, once on each database."""
    return new_provider(database_kind)


@pytest.fixture
def served(
    tmp_path: pathlib.Path, database_kind: str, fresh_url: Callable[[str], str]
) -> Iterator[Provider]:
    """Gives `idp serve` with four workers, once on each database."""
    folder = tmp_path / "served"
    folder.mkdir()
    url = fresh_url(database_kind)
    with serving(folder, database_url=url, workers=4) as provider:
        yield provider
