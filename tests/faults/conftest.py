"""A provider whose PostgreSQL is at the far end of a line."""

import dataclasses
import json
from collections.abc import Iterator

import pytest
import sqlalchemy

from tests.support.exchange import Answer
from tests.support.line import Line
from tests.support.line import line_to
from tests.support.postgres import Server
from tests.support.provider import Provider
from tests.support.provider import serving
from tests.support.providers import prepared_postgresql
from tests.support.providers import prepared_sqlite
from tests.support.waiting import until
from tests.support.within import Prepared
from tests.support.within import inside_commander

__all__ = ["prepared_postgresql", "prepared_sqlite"]

FROM_MEMORY = (
    "/healthz",
    "/.well-known/jwks.json",
    "/.well-known/openid-configuration",
)
BACK_WITHIN = 10.0  # seconds; REL-002


@dataclasses.dataclass
class Stage:
    """What a test has in its hands."""

    line: Line
    server: Server
    provider: Provider
    name: str
    """The database's own."""

    def get(self, path: str) -> Answer:
        """Asks for something."""
        return self.provider.http.get(path)

    def trail(self) -> list[str]:
        """Gives what is recorded, but for the looking."""
        lines = str(self.provider.command("audit", "export")).splitlines()
        events = [str(json.loads(line)["event"]) for line in lines]
        return [event for event in events if event != "audit.exported"]

    def until_well(self) -> None:
        """Returns when it serves again; fails if that takes too long."""
        until(
            # So often that neither of the two is left out by chance.
            lambda: all(self.get("/readyz").status == 200 for _ in range(24)),
            "every worker is ready again",
            limit=BACK_WITHIN,
        )


@pytest.fixture(scope="module")
def stage(
    prepared_postgresql: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """Gives two workers, a line that is well, and a database that does not hurry.

    It would acknowledge what is not written yet, if we let it (REL-058).
    """
    folder, server = tmp_path_factory.mktemp("faults"), prepared_postgresql.server
    url = prepared_postgresql.copy(folder)
    assert server is not None
    assert url is not None
    name = str(sqlalchemy.make_url(url).database)
    server.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with line_to(server.socket) as line:
        far = f"postgresql+psycopg://ostiary@127.0.0.1:{line.port}/{name}"
        with serving(folder, database_url=far, prepared=True) as provider:
            command = inside_commander(provider.settings)
            provider = dataclasses.replace(provider, command=command)
            yield Stage(line, server, provider, name)
            assert "unexpected fault" not in provider.log
    server.drop_database(url)
