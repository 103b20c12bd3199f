"""What one operation may do: statements, commits, signatures and key imports.

Such counts are the same on every machine, so they can pass and fail, which no time can.
"""

import collections.abc

import pytest

from tests.bench.counts import Counts
from tests.bench.counts import counted
from tests.bench.databases import Place
from tests.bench.operations import OPERATIONS
from tests.bench.stage import Inside
from tests.bench.stage import inside

# Reads, writes and connections at most; commits, signatures and verifications exactly.
BUDGETS = {
    "discovery": Counts(),
    "jwks": Counts(),
    "client-credentials": Counts(1, 1, 1, signatures=1, connections=1),
    "refresh": Counts(3, 3, 1, signatures=2, connections=1),
    "userinfo": Counts(1, verifications=1, connections=1),
    "introspection": Counts(2, verifications=1, connections=1),
    "authorize": Counts(3, 4, 1, connections=1),
    "sign-on": Counts(7, 7, 2, signatures=2, connections=2),
    "login": Counts(15, 14, 4, connections=18),
}


@pytest.fixture(scope="module")
def there(
    tmp_path_factory: pytest.TempPathFactory,
) -> collections.abc.Iterator[Inside]:
    folder = tmp_path_factory.mktemp("bench") / "inside"
    with inside(folder, Place("sqlite")) as running:
        yield running


@pytest.mark.parametrize("name", BUDGETS)
def test_an_operation_does_no_more_than_its_budget(there: Inside, name: str) -> None:
    operation = next(one for one in OPERATIONS if one.name == name)
    once = operation.make_ready(there.stage, there.wire)
    for _ in range(2):
        once()

    with counted() as found:
        once()

    budget = BUDGETS[name]
    assert found.reads <= budget.reads, found.statements
    assert found.writes <= budget.writes, found.statements
    assert found.connections <= budget.connections
    assert found.commits == budget.commits
    assert found.signatures == budget.signatures
    assert found.verifications == budget.verifications
    assert found.key_imports == 0
