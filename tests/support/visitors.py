"""People who are there already, as fixtures: for a folder's ``conftest.py``."""

import pytest

from tests.support.browser import Browser
from tests.support.people import Person
from tests.support.within import Within


@pytest.fixture
def mia(provider: Within) -> Person:
    """Gives somebody with MFA."""
    return provider.person("mia")


@pytest.fixture
def signed_in(provider: Within, mia: Person) -> Browser:
    """Gives her browser, ten minutes after she signed in."""
    browser = mia.sign_in(provider.browser())
    provider.move.advance(minutes=10)
    return browser
