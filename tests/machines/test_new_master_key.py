"""REL-042: a new master key takes over while two hosts serve, a kill included."""

import contextlib
import dataclasses
import pathlib
import signal
import subprocess
from collections.abc import Iterator

import pytest

from idp.vault import Vault
from tests.machines.stage import Host
from tests.machines.stage import by_turns
from tests.support.clock import real_clock
from tests.support.people import is_signed_in
from tests.support.postgres import Server
from tests.support.provider import Provider
from tests.support.provider import commander
from tests.support.provider import environment_of
from tests.support.provider import program
from tests.support.provider import settings_for
from tests.support.valkey import free_port

ROOT = pathlib.Path(__file__).parents[2]
OLD, NEW = Vault.create_ring(), Vault.create_ring()


@dataclasses.dataclass
class Hosts:
    """Two hosts, each with the key ring that it has at the moment."""

    folder: pathlib.Path
    settings: dict[str, str]
    hosts: list[Host]

    def put(self, ring: str, *numbers: int) -> None:
        """Gives hosts another ring and restarts them, one by one."""
        for number in numbers:
            host = self.hosts[number]
            host.stop()
            host.settings = {**self.settings, "IDP_MASTER_KEY": ring}
            host.start()

    def provider(self, ring: str) -> Provider:
        """Gives the whole, by turns; its commands have this ring."""
        command = commander({**self.settings, "IDP_MASTER_KEY": ring}, self.folder)
        wire = by_turns(self.hosts)
        issuer = self.settings["IDP_ISSUER"]
        return Provider(issuer, wire, real_clock, command, lambda: "")

    def die_rewrapping(self, ring: str, when: str) -> None:
        """Kills the command before or after it has written what it did first."""
        armed = self.folder / "armed"
        armed.write_text(f"{when} UPDATE totp_credentials")
        hooks = {
            "PYTHONPATH": f"{ROOT / 'tests/support/killing'}:{ROOT}",
            "OSTIARY_KILL_AT": str(armed),
            "IDP_MASTER_KEY": ring,
        }
        done = subprocess.run(
            [*program(), "keys", "rewrap"],
            env=environment_of({**self.settings, **hooks}),
            cwd=self.folder,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL


@pytest.fixture
def hosts(tmp_path: pathlib.Path, postgres: Server) -> Iterator[Hosts]:
    """Gives both with the old key alone."""
    issuer = f"http://127.0.0.1:{free_port()}"
    settings = settings_for(
        tmp_path, database_url=postgres.fresh_database(), IDP_ISSUER=issuer
    )
    ringed = {**settings, "IDP_MASTER_KEY": OLD}
    commander(ringed, tmp_path)("init")
    made = [Host(tmp_path / name, ringed) for name in ("one", "two")]
    with contextlib.ExitStack() as stopping:
        for host in made:
            host.start()
            stopping.callback(host.stop)
        yield Hosts(tmp_path, settings, made)


def test_a_new_master_key_takes_over_and_nobody_notices(hosts: Hosts) -> None:
    """As the guide says: added below, moved to the top, sealed again"""
    before = hosts.provider(OLD)
    wiki, mia, ben = before.client("Wiki"), before.person("mia"), before.person("ben")
    browser = mia.sign_in(before.browser())
    tokens = wiki.collect(wiki.ask(browser))
    hosts.put(OLD + NEW, 0, 1)
    hosts.put(NEW + OLD, 0)
    mixed = hosts.provider(NEW + OLD)
    ada = mixed.person("ada")
    tokens = wiki.refreshed(wiki.refreshed(tokens))
    hosts.put(NEW + OLD, 1)
    for when, somebody in (("before", ben), ("after", ada)):
        hosts.die_rewrapping(NEW + OLD, when)
        assert is_signed_in(somebody.sign_in(mixed.browser()))
        tokens = wiki.refreshed(wiki.refreshed(tokens))
    done = mixed.command("keys", "rewrap", "--json")
    assert done == {"resealed": 2, "current": 3, "unreadable": 0}
    assert is_signed_in(browser)
    findings = hosts.provider(NEW).command("check", "--json")["findings"]
    lacking = [finding for finding in findings if "lacks" in finding]
    assert [finding.split()[-1] for finding in lacking] == [mia.username]
