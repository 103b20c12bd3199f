"""REL-001, REL-002: a primary that becomes a replica, or may not write any more.

Whatever was in the middle of a block fails whole and is told so; the same code and the
same token work afterwards, at the server that is written now, without a restart.
"""

from concurrent.futures import ThreadPoolExecutor

from tests.machines.cluster import Node
from tests.machines.site import Site
from tests.machines.site import assert_comes_again
from tests.support.people import is_signed_in
from tests.support.waiting import until

WAITING = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO audit_records%'"
)
STANDING = (
    "SELECT count(*) FROM sessions",
    "SELECT count(*) FROM refresh_tokens",
    "SELECT count(*) FROM refresh_tokens WHERE used_at IS NOT NULL",
    "SELECT count(*) FROM audit_records",
    "SELECT sum(last_step) FROM totp_credentials",
)
HOLD = (
    "BEGIN; LOCK TABLE audit_records IN SHARE ROW EXCLUSIVE MODE; "
    "PREPARE TRANSACTION 'held'"
)
"""Holds blocks up at their last part, and by nobody's connection, which might end first
and let them through."""
RELEASE = "ROLLBACK PREPARED 'held'"


def standing(node: Node) -> list[int]:
    return [node.number(query) for query in STANDING]


def until_written(site: Site) -> None:
    for host in site.hosts:
        until(lambda host=host: host.status("/readyz") == 200, "the host is ready")


def test_a_block_that_a_demotion_interrupts_leaves_nothing(site: Site) -> None:
    """A code that was claimed and a token that was rotated are as before"""
    wiki, mia, ben = site.client("Wiki"), site.person("mia"), site.person("ben")
    tokens = wiki.collect(wiki.ask(ben.sign_in(site.browser())))
    browser = mia.enter_password(site.browser().visit("/login"))
    code = mia.phone.unused_code()
    primary, replica = site.nodes
    before = standing(primary)
    primary.ask(HOLD, "ostiary")
    with ThreadPoolExecutor() as pool:
        refreshing = pool.submit(wiki.refresh, tokens.refresh)
        signing_in = pool.submit(mia.enter_code, browser.twin(), code)
        until(lambda: primary.number(WAITING) == 2, "both have only to be recorded")
        primary.control("stop", "-m", "fast")
        assert_comes_again(refreshing.result())
        assert_comes_again(signing_in.result().answer)
    replica.control("promote")
    replica.ask(RELEASE, "ostiary")
    primary.follow(replica)
    assert standing(replica) == before

    until_written(site)
    assert is_signed_in(mia.enter_code(browser, code))
    assert wiki.refreshed(tokens).claims["acr"] == "mfa"
    assert replica.sessions == before[0] + 1
    assert site.command("audit", "verify", "--json")["intact"]
    until(lambda: primary.sessions == replica.sessions, "the old primary follows")
    assert primary.ask("SELECT pg_is_in_recovery()") == [(True,)]


def test_a_primary_that_may_not_write_any_more_is_left(site: Site) -> None:
    """With its connections open: what is kept in the pool is not asked any more"""
    wiki, mia, ben = site.client("Wiki"), site.person("mia"), site.person("ben")
    browser = ben.sign_in(site.browser())
    tokens = wiki.collect(wiki.ask(browser))
    primary, replica = site.nodes
    replica.control("promote")
    primary.ask("ALTER SYSTEM SET synchronous_standby_names = ''")
    primary.ask("ALTER SYSTEM SET default_transaction_read_only = on")
    primary.ask("SELECT pg_reload_conf()")
    old = standing(primary)

    for _ in range(4):
        tokens = wiki.refreshed(tokens)
        assert is_signed_in(browser.visit("/settings"))
    entered = mia.enter_password(site.browser().visit("/login"))
    assert is_signed_in(mia.enter_code(entered, mia.phone.unused_code()))
    assert standing(primary) == old
    assert replica.sessions == old[0] + 1
