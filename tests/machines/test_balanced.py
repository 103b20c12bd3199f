"""Any request on any host, and hosts that come and go (REL-015, REL-051, REL-056)."""

import functools
import threading
from collections import Counter

from tests.machines.conftest import Machines
from tests.support.barrier import at_once
from tests.support.browser import Browser
from tests.support.relying_party import RelyingParty

TRIES = 50
CLIENTS = 2


def test_the_steps_of_one_sign_in_are_answered_by_both_hosts(
    balanced: Machines,
) -> None:
    wiki, mia = balanced.client("Wiki"), balanced.person("mia")
    before = [host.log.count("\n") for host in balanced.hosts]
    browser = wiki.ask(balanced.browser())
    tokens = wiki.collect(mia.enter_code(mia.enter_password(browser)))
    assert tokens.claims["acr"] == "mfa"
    again = wiki.refreshed(tokens)
    assert again.claims["auth_time"] == tokens.claims["auth_time"]
    after = [host.log.count("\n") for host in balanced.hosts]
    assert all(late > early for early, late in zip(before, after, strict=True))


def test_one_code_gives_tokens_once_over_two_hosts(balanced: Machines) -> None:
    wiki = balanced.client("Wiki")
    browser = balanced.person("mia").sign_in(balanced.browser())
    code = wiki.code(wiki.ask(browser))
    answers = at_once([lambda: wiki.redeem(code)] * TRIES)
    assert sum(answer.status == 200 for answer in answers) <= 1
    assert {answer.status for answer in answers} <= {200, 400}


def test_a_host_that_loses_its_power_takes_no_sign_in_along(balanced: Machines) -> None:
    mia = balanced.person("mia")
    browser = mia.enter_password(balanced.browser().visit("/login"))
    balanced.hosts[0].crash()
    assert mia.enter_code(browser).page == "settings"
    balanced.hosts[0].start()
    balanced.hosts[1].crash()
    assert browser.visit("/settings").page == "settings"


def test_hosts_are_restarted_one_by_one_and_nobody_notices(balanced: Machines) -> None:
    wiki = balanced.client("Wiki")
    browser = balanced.person("mia").sign_in(balanced.browser())
    stop, met = threading.Event(), Counter[int]()

    def use(party: RelyingParty, tab: Browser) -> None:
        tokens = party.collect(party.ask(tab))
        while not stop.is_set():
            answer = party.refresh(tokens.refresh)
            met[answer.status] += 1
            if answer.status == 200:
                tokens = party.verified(answer)
            met[tab.visit("/settings").status] += 1

    def restart() -> None:
        try:
            for host in balanced.hosts:
                host.stop()
                host.start()
        finally:
            stop.set()

    parties = [wiki.twin() for _ in range(CLIENTS)]
    users = [functools.partial(use, party, browser.tab()) for party in parties]
    at_once([*users, restart])
    assert set(met) == {200}, met


def test_what_a_browser_says_of_its_own_address_counts_for_nothing(
    balanced: Machines,
) -> None:
    mia = balanced.person("mia", enrolled=False)
    browser = balanced.browser(source="192.0.2.66").visit("/login")
    browser.fill("sign-in", username=mia.username, password="wrong")
    trail = balanced.command("audit", "export").splitlines()
    (refused,) = [line for line in trail if "password.refused" in line]
    assert "192.0.2.66" not in refused
    assert '"127.0.0.1"' in refused
