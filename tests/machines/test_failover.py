"""Two application hosts, a database and its replica: machines that can be cut off.

REL-001, REL-002, REL-055 and REL-056: what was answered is kept, what cannot be kept is
not answered, and nobody has to restart anything.
"""

import pathlib
from collections.abc import Iterator

import pytest

from tests.machines.cluster import Node
from tests.machines.site import Site
from tests.machines.site import whole
from tests.machines.stage import Host
from tests.support.exchange import Answer
from tests.support.exchange import network as plain
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.waiting import until

KEYS = "/.well-known/jwks.json"
METADATA = "/.well-known/openid-configuration"


@pytest.fixture
def site(tmp_path: pathlib.Path) -> Iterator[Site]:
    """Gives all machines, running."""
    with whole(tmp_path) as made:
        yield made


def test_people_go_on_while_machines_are_cut_off_and_replaced(site: Site) -> None:
    wiki = site.client("Wiki")
    mia, eve, ida = (site.person(name) for name in ("mia", "eve", "ida"))
    guess(site, eve)
    browser = mia.enter_password(wiki.ask(site.browser()))
    first, second = site.hosts

    site.machines[0].cut()
    code = mia.phone.unused_code()
    tokens = wiki.collect(mia.enter_code(browser, code))
    spent, tokens = tokens, wiki.refreshed(tokens)
    site.machines[0].join()
    until(lambda: works(site, first), "the host that was cut off is asked again")

    primary, replica = site.nodes
    guessed = failures(primary)
    primary.machine.cut()
    for _ in site.hosts:
        refused = wiki.refresh(tokens.refresh)
        assert_comes_again(refused)
        assert_comes_again(site.browser().visit("/login").answer)
    until(lambda: site.http.get(KEYS).status == 200, "hosts that only live are asked")
    for host in (first, second):
        assert [status(host, "/healthz"), status(host, "/readyz")] == [200, 503]
        assert [status(host, KEYS), status(host, METADATA)] == [200, 200]
    assert_comes_again(wiki.refresh(tokens.refresh))

    replica.control("promote")
    for host in site.hosts:
        until(
            lambda host=host: status(host, "/readyz") == 200, "the replica is written"
        )
    renewed = wiki.refreshed(tokens)
    for claim in ("sub", "acr", "amr", "auth_time"):
        assert renewed.claims[claim] == spent.claims[claim]
    assert is_signed_in(browser)
    again = mia.enter_password(site.browser().visit("/login"))
    assert mia.enter_code(again, code).error == "used-code"
    assert failures(replica) == guessed + 1

    primary.machine.join()
    old, now = sessions(primary), sessions(replica)
    entered = ida.enter_password(site.browser().visit("/login"))
    assert is_signed_in(ida.enter_backup_code(entered, ida.backup_codes[0]))
    assert (sessions(primary), sessions(replica)) == (old, now + 1)
    assert wiki.refresh(spent.refresh).json()["error"] == "invalid_grant"


def guess(site: Site, somebody: Person) -> None:
    """Guesses somebody's code once."""
    browser = somebody.enter_password(site.browser().visit("/login"))
    somebody.enter_code(browser, somebody.phone.wrong_code())
    assert browser.error == "wrong-code", browser


def works(site: Site, host: Host) -> bool:
    """Tells whether this host is among those that the balancer asks."""
    before = host.log.count(KEYS)
    for _ in site.hosts:
        site.http.get(KEYS)
    return host.log.count(KEYS) > before


def assert_comes_again(answer: Answer) -> None:
    assert answer.status == 503, answer
    assert int(answer.header("Retry-After") or 0) > 0, answer


def status(host: Host, path: str) -> int:
    address = f"http://{host.address}:{host.port}{path}"
    return plain("GET", address, [("Host", host.settings["IDP_ISSUER"][8:])]).status


def sessions(node: Node) -> int:
    return number(node, "SELECT count(*) FROM sessions")


def failures(node: Node) -> int:
    return number(node, "SELECT sum(failures) FROM attempts")


def number(node: Node, query: str) -> int:
    (row,) = node.ask(query, "ostiary")
    return int(str(row[0]))
