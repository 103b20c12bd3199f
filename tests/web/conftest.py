"""The provider in this process, made to order, and its database to look into."""

import pathlib
import sqlite3
from collections.abc import Callable

import pytest

from tests.support.providers import new_provider
from tests.support.providers import prepared_postgresql
from tests.support.providers import prepared_sqlite
from tests.support.providers import provider
from tests.support.visitors import mia

__all__ = [
    "mia",
    "new_provider",
    "prepared_postgresql",
    "prepared_sqlite",
    "provider",
]

Dump = Callable[[], list[str]]


@pytest.fixture
def dump(tmp_path: pathlib.Path) -> Dump:
    """Gives every row of the one database of this test, as text."""

    def read() -> list[str]:
        (file,) = tmp_path.rglob("idp.db")
        with sqlite3.connect(file) as db:
            rows = list(db.iterdump())
        db.close()
        return rows

    return read
