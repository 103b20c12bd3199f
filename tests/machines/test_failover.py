"""Two application hosts, a database and its replica: machines that can be cut off.

REL-001, REL-002, REL-055 and REL-056: what was answered is kept, what cannot be kept is
not answered, and nobody has to restart anything.
"""

from tests.machines.cluster import Node
from tests.machines.site import Site
from tests.machines.site import assert_comes_again
from tests.machines.stage import Host
from tests.support.people import Person
from tests.support.people import is_signed_in
from tests.support.waiting import until

KEYS = "/.well-known/jwks.json"
METADATA = "/.well-known/openid-configuration"


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
        assert [host.status("/healthz"), host.status("/readyz")] == [200, 503]
        assert [host.status(KEYS), host.status(METADATA)] == [200, 200]
    assert_comes_again(wiki.refresh(tokens.refresh))

    replica.control("promote")
    for host in site.hosts:
        until(lambda host=host: host.status("/readyz") == 200, "the replica is written")
    renewed = wiki.refreshed(tokens)
    for claim in ("sub", "acr", "amr", "auth_time"):
        assert renewed.claims[claim] == spent.claims[claim]
    assert is_signed_in(browser)
    again = mia.enter_password(site.browser().visit("/login"))
    assert mia.enter_code(again, code).error == "used-code"
    assert failures(replica) == guessed + 1

    primary.machine.join()
    old, now = primary.sessions, replica.sessions
    entered = ida.enter_password(site.browser().visit("/login"))
    assert is_signed_in(ida.enter_backup_code(entered, ida.backup_codes[0]))
    assert (primary.sessions, replica.sessions) == (old, now + 1)
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


def failures(node: Node) -> int:
    return node.number("SELECT sum(failures) FROM attempts")
