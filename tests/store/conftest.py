"""A database with the schema for each test, copied from one that was migrated once."""

import pathlib
import shutil
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from idp.store import schema
from idp.store.engines import make_engine
from idp.store.transactions import Database
from tests.support.postgres import Server
from tests.support.providers import new_provider
from tests.support.providers import prepared_postgresql
from tests.support.providers import prepared_sqlite
from tests.support.providers import provider_on_each

__all__ = ["new_provider", "prepared_postgresql", "prepared_sqlite", "provider_on_each"]


def _migrated(url: str) -> str:
    database = Database(make_engine(url))
    with database.writing() as db:
        schema.upgrade(db)
    database.dispose()
    return url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("migrated") / "idp.db"
    _migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgres: Server) -> str:
    return _migrated(postgres.fresh_database())


@pytest.fixture
def migrated_url(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: pathlib.Path
) -> Iterator[str]:
    """Gives the address of a database with the newest schema and nothing else."""
    if database_kind == "sqlite":
        path = tmp_path / "idp.db"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    server: Server = request.getfixturevalue("postgres")
    url = server.fresh_database(like=request.getfixturevalue("migrated_postgresql"))
    yield url
    server.drop_database(url)


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """Gives the source of blocks on such a database, once on each kind."""
    made = Database(make_engine(migrated_url))
    yield made
    made.dispose()


@pytest.fixture
def empty_database(
    database_kind: str, fresh_url: Callable[[str], str]
) -> Iterator[Database]:
    """Gives a database without any table, once on each kind."""
    made = Database(make_engine(fresh_url(database_kind)))
    yield made
    made.dispose()
