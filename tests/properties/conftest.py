"""One world for all stories of a run; each story has people of its own."""

from collections.abc import Iterator

import pytest

from tests.properties.world import World


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("stories"))
    yield world
    world.close()
