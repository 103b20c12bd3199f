"""One `idp serve` for each process of the run; people and clients are per test.

Everything comes to be through commands, as a user would type them. Nothing here
reaches into the provider.
"""

import itertools
import pathlib
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from tests.clients import npm
from tests.support.people import Person
from tests.support.provider import Provider
from tests.support.provider import serving
from tests.support.registrar import ON

NewPerson = Callable[..., Person]


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """Gives a provider that has two worker processes and keeps its state in SQLite."""
    with serving(tmp_path_factory.mktemp("provider"), **ON) as running:
        yield running


@pytest.fixture(scope="session")
def names() -> Iterator[str]:
    """Gives user names that nobody has yet."""
    return (f"mia{number}" for number in itertools.count(1))


@pytest.fixture
def new_person(provider: Provider, names: Iterator[str]) -> NewPerson:
    """Gives a maker of people who have an address, a name and a phone."""

    def make(*arguments: str) -> Person:
        username = next(names)
        mail = f"{username}@example.org"
        profile = '{"given_name": "Mia", "family_name": "Brandt"}'
        facts = ["--email", mail, "--name", "Mia Brandt", "--profile", profile]
        return provider.person(username, *facts, *arguments)

    return make


@pytest.fixture
def mia(new_person: NewPerson) -> Person:
    """Gives somebody who has enrolled and holds no role."""
    return new_person()


@pytest.fixture(scope="session")
def packages() -> pathlib.Path:
    """Gives the folder of the npm packages, installed as the lock file says."""
    return npm.install()
