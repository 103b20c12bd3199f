"""One server for all tests that leave it as it was."""

from collections.abc import Iterator

import pytest

from tests.serve.stage import Server
from tests.serve.stage import running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Gives a server with two workers; it has to be well afterwards."""
    with running(tmp_path_factory.mktemp("serve")) as found:
        yield found
        assert found.alive()
        assert "Traceback" not in found.log
        assert '"traceback"' not in found.log
