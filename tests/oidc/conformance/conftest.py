"""A suite for each test, which fails in the end when anything was noted.

``suite`` runs a module twice: as the plan Basic OP has it, and again as the plan Form
Post OP has it.
"""

from collections.abc import Callable
from collections.abc import Iterator

import pytest

from tests.oidc.conformance.suite import Suite
from tests.oidc.stage import Stage

ISSUER = "https://127.0.0.1:9443"


@pytest.fixture(params=["query", "form_post"], ids=["basic-op", "form-post-op"])
def suite(
    request: pytest.FixtureRequest, new_stage: Callable[..., Stage]
) -> Iterator[Suite]:
    """Gives a suite whose person has not signed in."""
    yield from _settled(Suite(new_stage(IDP_ISSUER=ISSUER), request.param))


@pytest.fixture
def by_query(new_stage: Callable[..., Stage]) -> Iterator[Suite]:
    """Gives a suite for the plans that know no other way of answering."""
    yield from _settled(Suite(new_stage(IDP_ISSUER=ISSUER), "query"))


@pytest.fixture
def by_form(new_stage: Callable[..., Stage]) -> Iterator[Suite]:
    """Gives a suite for what only an answer by form has."""
    yield from _settled(Suite(new_stage(IDP_ISSUER=ISSUER), "form_post"))


def _settled(suite: Suite) -> Iterator[Suite]:
    yield suite
    suite.close()
    suite.found.settle()
