"""REL-051: two versions serve one database, and one takes over from the other.

The older one is the real code of the commit before the schema changed.
"""

import contextlib
import dataclasses
import functools
import itertools
import pathlib
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.machines.previous import previous
from tests.machines.previous import undone
from tests.machines.stage import Host
from tests.machines.stage import balancing
from tests.machines.stage import by_turns
from tests.support.barrier import at_once
from tests.support.browser import Browser
from tests.support.certificates import Authority
from tests.support.clock import real_clock
from tests.support.exchange import over_tls
from tests.support.people import is_signed_in
from tests.support.postgres import Server
from tests.support.provider import Provider
from tests.support.provider import commander
from tests.support.provider import settings_for
from tests.support.relying_party import RelyingParty
from tests.support.valkey import free_port

CLIENTS = 2


@dataclasses.dataclass
class Pair:
    """An old and a new version on one database, whose schema is the new one's."""

    issuer: str
    old: Host
    new: Host
    folder: pathlib.Path

    def seen_by(self, *hosts: Host) -> Provider:
        """Gives a provider that is these hosts, by turns; commands are the first's."""
        command = commander(hosts[0].settings, self.folder)
        wire = by_turns(hosts)
        return Provider(self.issuer, wire, real_clock, command, lambda: hosts[0].log)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> Iterator[Pair]:
    """Gives both: the old one began on its own schema, which was then moved up."""
    folder = tmp_path_factory.mktemp("upgrades")
    version = previous(folder / "previous")
    issuer = f"http://127.0.0.1:{free_port()}"
    url = postgres.fresh_database()
    ours = settings_for(folder, database_url=url, IDP_ISSUER=issuer)
    theirs = {**ours, **version.settings}
    old, new = Host(folder / "old", theirs), Host(folder / "new", ours)
    commander(theirs, folder)("init")
    with contextlib.ExitStack() as stopping:
        old.start()
        stopping.callback(old.stop)
        commander(ours, folder)("db", "upgrade")
        new.start()
        stopping.callback(new.stop)
        yield Pair(issuer, old, new, folder)


def test_the_older_version_is_another_one(pair: Pair) -> None:
    """What is tested here is no mixture of one version with itself"""
    command = commander(pair.old.settings, pair.folder)
    schemas = command("db", "current", "--json")
    assert schemas["expected"] < schemas["current"]


@pytest.mark.parametrize("first", ["old", "new"])
def test_each_step_of_a_sign_in_is_answered_by_the_other_version(
    pair: Pair, first: str
) -> None:
    """Enrolment, session, code, tokens; each begins where the other one went on"""
    hosts = (pair.old, pair.new) if first == "old" else (pair.new, pair.old)
    both = pair.seen_by(*hosts)
    wiki, mia = both.client(f"Wiki-{first}"), both.person(f"mia-{first}")
    browser = mia.sign_in(both.browser())
    tokens = wiki.collect(wiki.ask(browser, scope="openid offline_access"))
    assert tokens.claims["acr"] == "mfa"
    for _ in range(5):
        spent, tokens = tokens, wiki.refreshed(tokens)
        assert wiki.userinfo(tokens.access).status == 200
    assert {wiki.introspect(tokens.access).json()["active"] for _ in range(2)} == {True}
    assert [wiki.refresh(spent.refresh).status for _ in range(2)] == [400, 400]


@pytest.mark.parametrize("here", ["old", "new"])
def test_what_one_version_changes_the_other_one_heeds(pair: Pair, here: str) -> None:
    """A code, a step and a backup code once; MFA on, replaced and wiped"""
    one, other = pair.seen_by(pair.old), pair.seen_by(pair.new)
    if here == "new":
        one, other = other, one
    ada = one.person(f"ada-{here}")
    code, backup = ada.phone.unused_code(), ada.backup_codes[0]
    there = ada.enter_code(ada.enter_password(other.browser().visit("/login")), code)
    assert is_signed_in(there)
    again = ada.enter_code(ada.enter_password(one.browser().visit("/login")), code)
    assert again.page == "login-totp"
    assert is_signed_in(ada.enter_backup_code(again, backup))
    one.command("user", "disable-mfa", ada.username, "--reason", "phone lost")
    assert not is_signed_in(there)
    assert ada.enter_password(other.browser().visit("/login")).page == "enrol-totp"


@dataclasses.dataclass
class Load:
    """Requests that do not stop, and how they were answered."""

    provider: Provider
    met: Counter[int] = dataclasses.field(default_factory=Counter)
    stop: threading.Event = dataclasses.field(default_factory=threading.Event)

    def refresh(self, party: RelyingParty, tab: Browser) -> None:
        """Refreshes and visits a page that needs a session, again and again."""
        tokens = party.collect(party.ask(tab))
        while not self.stop.is_set():
            answer = party.refresh(tokens.refresh)
            self.met[answer.status] += 1
            if answer.status == 200:
                tokens = party.verified(answer)
            self.met[tab.visit("/settings").status] += 1

    def enrol(self) -> None:
        """Lets one new person after another sign in and set up a second factor."""
        for number in itertools.count():
            if self.stop.is_set():
                return
            somebody = self.provider.person(f"new-{number}", enrolled=False)
            browser = somebody.sign_in(self.provider.browser())
            somebody.enrol(browser)
            self.met.update([200] * 4)


@pytest.fixture
def rolled(
    tmp_path: pathlib.Path, postgres: Server
) -> Iterator[tuple[Provider, list[Host], dict[str, str]]]:
    """Gives two hosts of the old version behind a balancer, and our settings."""
    version = previous(tmp_path / "previous")
    if not version.tolerant:
        version = undone(tmp_path / "undone")
    port, authority = free_port(), Authority(tmp_path)
    issuer, url = f"https://127.0.0.1:{port}", postgres.fresh_database()
    changes = {"IDP_ISSUER": issuer, "IDP_TRUSTED_PROXIES": "1"}
    ours = settings_for(tmp_path, database_url=url, **changes)
    theirs = {**ours, **version.settings}
    command = commander(theirs, tmp_path)
    command("init")
    hosts = [Host(tmp_path / name, theirs) for name in ("one", "two")]
    with contextlib.ExitStack() as running:
        for host in hosts:
            host.start()
            running.callback(host.stop)
        certificate = authority.pem("127.0.0.1")
        running.enter_context(balancing(tmp_path, port, certificate, hosts))
        wire = over_tls(authority.file)
        yield Provider(issuer, wire, real_clock, command, lambda: ""), hosts, ours


def test_a_version_takes_over_host_by_host_and_nobody_notices(
    rolled: tuple[Provider, list[Host], dict[str, str]], tmp_path: pathlib.Path
) -> None:
    """What fails is told to come again (503), and is less than one in a thousand"""
    provider, hosts, ours = rolled
    load = Load(provider)
    wiki = provider.client("Wiki")
    browser = provider.person("mia").sign_in(provider.browser())

    def upgrade() -> None:
        try:
            commander(ours, tmp_path)("db", "upgrade")
            for host in hosts:
                host.stop()
                host.settings = ours
                host.start()
        finally:
            load.stop.set()

    users = [
        functools.partial(load.refresh, wiki.twin(), browser.tab())
        for _ in range(CLIENTS)
    ]
    at_once([*users, load.enrol, upgrade])
    assert set(load.met) <= {200, 503}
    assert load.met[503] * 1000 < load.met.total(), load.met
    schemas = commander(ours, tmp_path)("db", "current", "--json")
    assert schemas["current"] == schemas["expected"]
