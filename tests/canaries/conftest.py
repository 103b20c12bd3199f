"""One long day of a provider on each database, with every logger at its loudest."""

import pathlib
from collections.abc import Iterator

import pytest

from tests.canaries.listening import Loud
from tests.canaries.listening import Overheard
from tests.canaries.story import Story
from tests.support.contents import Watched
from tests.support.databases import KINDS
from tests.support.provider import settings_for
from tests.support.providers import prepared_postgresql
from tests.support.providers import prepared_sqlite
from tests.support.valkey import free_port
from tests.support.within import Prepared
from tests.support.within import within

__all__ = ["prepared_postgresql", "prepared_sqlite"]


@pytest.fixture(scope="module", params=KINDS)
def story(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    """Gives the whole day, told once for each database."""
    prepared: Prepared = request.getfixturevalue(f"prepared_{request.param}")
    watched = Watched(prepared.folder, prepared.url, prepared.server)
    folder: pathlib.Path = tmp_path_factory.mktemp("canaries")
    settings = {
        "IDP_LOG_LEVEL": "debug",
        "IDP_ORGANISATION": "Aviary",
        "IDP_SMTP_URL": f"smtp://127.0.0.1:{free_port()}",
        "IDP_MAIL_FROM": "idp@example.org",
    }
    with within(folder, watched, **settings) as provider:
        provider.wire = Loud(provider.wire)
        with Overheard() as log:
            url = watched.url_of_copy
            environment = settings_for(folder, database_url=url, **settings)
            told = Story(provider, environment, folder, log)
            told.tell()
        yield told
