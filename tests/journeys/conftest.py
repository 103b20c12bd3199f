"""Journeys run in this process, once on each database."""

import pytest

from tests.support.providers import Maker
from tests.support.providers import new_provider
from tests.support.providers import prepared_postgresql
from tests.support.providers import prepared_sqlite
from tests.support.visitors import mia
from tests.support.visitors import signed_in
from tests.support.within import Within

__all__ = [
    "mia",
    "new_provider",
    "prepared_postgresql",
    "prepared_sqlite",
    "signed_in",
]


@pytest.fixture
def provider(new_provider: Maker, database_kind: str) -> Within:
    """Gives a provider under a clock that the test moves."""
    return new_provider(database_kind)
