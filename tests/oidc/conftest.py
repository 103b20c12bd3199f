"""A stage for each test, copied from one that was prepared once."""

import itertools
import pathlib
import shutil
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from idp.vault import Vault
from tests.oidc.stage import App
from tests.oidc.stage import Session
from tests.oidc.stage import Stage

RING = Vault.create_ring()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("prepared")
    stage = Stage(folder, RING)
    stage.prepare()
    stage.close()
    return folder


@pytest.fixture
def new_stage(
    prepared: pathlib.Path, tmp_path: pathlib.Path
) -> Iterator[Callable[..., Stage]]:
    """Gives a maker of stages: ``new_stage(IDP_CODE_LIFETIME="10s")``."""
    made: list[Stage] = []
    numbers = itertools.count()

    def make(**settings: str) -> Stage:
        folder = tmp_path / f"stage-{next(numbers)}"
        shutil.copytree(prepared, folder)
        made.append(Stage(folder, RING, **settings))
        return made[-1]

    yield make
    for stage in made:
        stage.close()


@pytest.fixture
def stage(new_stage: Callable[..., Stage]) -> Stage:
    return new_stage()


@pytest.fixture
def app(stage: Stage) -> App:
    """Gives a client with a secret."""
    return stage.client()


@pytest.fixture
def session(stage: Stage) -> Session:
    """Gives the session of somebody who signed in with a password."""
    stage.person()
    return stage.sign_in()
