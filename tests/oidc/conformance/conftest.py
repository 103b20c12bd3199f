"""A provider for each file, and a suite for each test, which fails when it has noted.

``suite`` runs a module twice: as the plan Basic OP has it, and again as the plan Form
Post OP has it.
"""

import pathlib
import shutil
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from tests.oidc.conformance.logout import settled
from tests.oidc.conformance.op import Provider
from tests.oidc.conformance.op import answering
from tests.oidc.conformance.suite import Suite
from tests.oidc.conftest import RING
from tests.oidc.stage import Stage


@pytest.fixture(scope="package")
def make_stage(
    prepared: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Stage]]:
    """Gives a maker of stages that live as long as a plan."""
    made: list[Stage] = []

    def make(**settings: str) -> Stage:
        folder = tmp_path_factory.mktemp("plan") / "stage"
        shutil.copytree(prepared, folder)
        made.append(Stage(folder, RING, **settings))
        return made[-1]

    yield make
    for stage in made:
        stage.close()


@pytest.fixture(scope="package")
def provider(
    make_stage: Callable[..., Stage], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Provider]:
    """Gives the provider of all modules that change nothing for the others."""
    with answering(make_stage, tmp_path_factory.mktemp("tls")) as provider:
        yield provider


@pytest.fixture(params=["query", "form_post"], ids=["basic-op", "form-post-op"])
def suite(request: pytest.FixtureRequest, provider: Provider) -> Iterator[Suite]:
    """Gives a suite whose person has not signed in."""
    yield from settled(Suite(provider, request.param))


@pytest.fixture
def by_query(provider: Provider) -> Iterator[Suite]:
    """Gives a suite for the plans that know no other way of answering."""
    yield from settled(Suite(provider, "query"))


@pytest.fixture
def by_form(provider: Provider) -> Iterator[Suite]:
    """Gives a suite for what only an answer by form has."""
    yield from settled(Suite(provider, "form_post"))
