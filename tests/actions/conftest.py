"""A scene for each test, copied from one that was prepared once for each database."""

import itertools
import pathlib
import shutil
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from idp.vault import Vault
from tests.actions.scene import Scene
from tests.support.postgres import Server

RING = Vault.create_ring()
Maker = Callable[..., Scene]


@pytest.fixture(scope="session")
def prepared_scene(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("scene")
    scene = Scene(folder, RING)
    scene.prepare()
    scene.close()
    return folder


@pytest.fixture(scope="session")
def prepared_scene_url(
    tmp_path_factory: pytest.TempPathFactory, postgres: Server
) -> str:
    url = postgres.fresh_database()
    scene = Scene(tmp_path_factory.mktemp("scene"), RING, IDP_DATABASE_URL=url)
    scene.prepare()
    scene.close()
    return url


@pytest.fixture
def new_scene(
    tmp_path: pathlib.Path, request: pytest.FixtureRequest
) -> Iterator[Maker]:
    """Gives a maker of scenes: ``new_scene("postgresql", IDP_FACTOR_TRIES="3")``."""
    made: list[Scene] = []
    numbers = itertools.count()

    def make(kind: str = "sqlite", **settings: str) -> Scene:
        folder = tmp_path / f"scene-{next(numbers)}"
        if kind == "sqlite":
            shutil.copytree(request.getfixturevalue("prepared_scene"), folder)
        else:
            server: Server = request.getfixturevalue("postgres")
            model = request.getfixturevalue("prepared_scene_url")
            settings["IDP_DATABASE_URL"] = server.fresh_database(like=model)
        made.append(Scene(folder, RING, **settings))
        return made[-1]

    yield make
    for scene in made:
        scene.close()


@pytest.fixture
def scene(new_scene: Maker) -> Scene:
    """Gives a scene on SQLite."""
    return new_scene()


@pytest.fixture
def scene_on_each(new_scene: Maker, database_kind: str) -> Scene:
    """Gives a scene, once on each database."""
    return new_scene(database_kind)
