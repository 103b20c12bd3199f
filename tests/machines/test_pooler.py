"""PgBouncer by transaction: every transaction may meet another server."""

import functools
import pathlib

from tests.machines.stage import pooling
from tests.support.barrier import at_once
from tests.support.postgres import Server
from tests.support.provider import commander
from tests.support.provider import serving
from tests.support.provider import settings_for
from tests.support.relying_party import RelyingParty

MANY = 12  # tries; the driver prepares a statement at its sixth use


def test_statements_find_their_server_through_a_pooler(
    tmp_path: pathlib.Path, postgres: Server
) -> None:
    with (
        pooling(postgres.fresh_database(), size=2) as url,
        serving(tmp_path, database_url=url, workers=2) as provider,
    ):
        wiki = provider.client("Wiki")
        browser = provider.person("mia").sign_in(provider.browser())

        def use(party: RelyingParty) -> set[int]:
            code = party.code(party.ask(browser.tab()))
            tokens = party.verified(party.redeem(code))
            return {party.refresh(tokens.refresh).status}

        parties = [wiki.twin() for _ in range(MANY)]
        found = at_once([functools.partial(use, party) for party in parties])
        assert found == [{200}] * MANY
        assert "Traceback" not in provider.log
        assert '"traceback"' not in provider.log


def test_a_pooler_that_drops_our_limits_is_told_of(
    tmp_path: pathlib.Path, postgres: Server
) -> None:
    with pooling(postgres.fresh_database(), size=2, limits=False) as url:
        command = commander(settings_for(tmp_path, database_url=url), tmp_path)
        command("init")
        (finding,) = [
            one for one in command("check", "--json")["findings"] if "pooler" in one
        ]
        assert "time limits" in finding
