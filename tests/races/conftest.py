"""Races run against `idp serve` with four worker processes, on both databases.

One provider serves all tests of a module, so each test has people of its own, whose
names nobody else has.
"""

import dataclasses
from collections.abc import Iterator

import pytest

from tests.races.mortal import Mortal
from tests.races.mortal import mortal_provider
from tests.races.shared import Shared
from tests.support.databases import KINDS
from tests.support.postgres import Server
from tests.support.provider import Provider
from tests.support.provider import serving


@pytest.fixture(scope="module", params=KINDS)
def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Provider]:
    """Gives `idp serve` with four workers, once on each database."""
    folder, url = tmp_path_factory.mktemp("served"), None
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.fresh_database()
    with serving(folder, database_url=url, workers=4) as provider:
        parts = dataclasses.fields(provider)
        yield Shared(**{one.name: getattr(provider, one.name) for one in parts})


@pytest.fixture
def served(shared: Provider) -> Provider:
    """Gives it with the policy that it began with."""
    shared.policy("required")
    return shared


@pytest.fixture(scope="module", params=KINDS)
def mortal(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mortal]:
    """Gives a provider with workers that die when told so, once on each database."""
    folder, url = tmp_path_factory.mktemp("mortal"), None
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.fresh_database()
    with mortal_provider(folder, url) as provider:
        yield provider
