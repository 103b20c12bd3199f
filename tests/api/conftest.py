"""A provider and its API: in this process, under a clock in the test's hand."""

import pytest

from tests.api.stage import Stage
from tests.support.providers import new_provider
from tests.support.providers import prepared_postgresql
from tests.support.providers import prepared_sqlite
from tests.support.providers import provider
from tests.support.providers import provider_on_each
from tests.support.within import Within

__all__ = [
    "new_provider",
    "prepared_postgresql",
    "prepared_sqlite",
    "provider",
    "provider_on_each",
]


@pytest.fixture
def stage(provider: Within) -> Stage:
    return Stage(provider)


@pytest.fixture
def stage_on_each(provider_on_each: Within) -> Stage:
    return Stage(provider_on_each)
