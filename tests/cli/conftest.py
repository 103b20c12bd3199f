"""A terminal on a provider that `idp init` has prepared, once on each database."""

import pathlib
from collections.abc import Iterator

import pytest

from tests.cli.terminal import Terminal
from tests.support.provider import settings_for
from tests.support.providers import prepared_postgresql
from tests.support.providers import prepared_sqlite
from tests.support.within import Prepared

__all__ = ["prepared_postgresql", "prepared_sqlite"]


@pytest.fixture
def idp(tmp_path: pathlib.Path, prepared_sqlite: Prepared) -> Terminal:
    """Gives a terminal; the database is SQLite."""
    folder = tmp_path / "provider"
    folder.mkdir()
    prepared_sqlite.copy(folder)
    return Terminal(settings_for(folder))


@pytest.fixture
def idp_on_each(
    tmp_path: pathlib.Path, database_kind: str, request: pytest.FixtureRequest
) -> Iterator[Terminal]:
    """Gives a terminal, once on each database."""
    prepared: Prepared = request.getfixturevalue(f"prepared_{database_kind}")
    folder = tmp_path / "provider"
    folder.mkdir()
    url = prepared.copy(folder)
    yield Terminal(settings_for(folder, database_url=url))
    if url is not None and prepared.server is not None:
        prepared.server.drop_database(url)
