"""A13 where there is a directory: no answer and no work tells whom it knows.

How long the answers take is not judged here, but what they cost: hashes and binds.
"""

from collections.abc import Iterator

import pytest

from tests.abuse.oracles import like_any_failure
from tests.abuse.oracles import no_session
from tests.support.browser import Browser
from tests.support.providers import Maker
from tests.support.slapd import BASE
from tests.support.slapd import PASSWORD
from tests.support.slapd import Slapd
from tests.support.slapd import running_slapd
from tests.support.within import Within

LOCAL = ("mia", "off", "rob")
ASKED = ("lena", "nobody")
TYPED = ("wrong-wrong-wrong", "", "x" * 1024)
WAYS_IN = {
    "*": r"(uid=\2a)",
    "*)(uid=*": r"(uid=\2a\29\28uid=\2a)",
    "lena)(&(uid=*": r"(uid=lena\29\28&\28uid=\2a)",
    r"\2a": r"(uid=\5c2a)",
    f"uid=lena,ou=people,{BASE}": f"(uid=uid=lena,ou=people,{BASE})",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with running_slapd(tmp_path_factory.mktemp("slapd")) as running:
        running.person("lena")
        yield running


@pytest.fixture
def provider(new_provider: Maker, server: Slapd) -> Within:
    return new_provider(**server.settings())


def entered(provider: Within, username: str, password: str) -> Browser:
    browser = provider.browser().visit("/login")
    return browser.fill("sign-in", username=username, password=password)


def test_no_failure_tells_whom_the_directory_knows(
    provider: Within, server: Slapd, hashes: list[bytes]
) -> None:
    """AC-158, SEC-130, SEC-131"""
    people = {name: provider.person(name) for name in LOCAL}
    provider.command("user", "disable", "off")
    browser = people["rob"].enter_password(provider.browser().visit("/login"))
    while browser.page == "login-totp" and browser.error != "locked":
        people["rob"].enter_code(browser, people["rob"].phone.wrong_code())

    for typed in TYPED:
        answers, costs, binds = {}, {}, {}
        for name in (*LOCAL, *ASKED):
            hashes.clear()
            before = server.asked().count("BIND dn")
            browser = entered(provider, name, typed)
            no_session(browser)
            said = repr(like_any_failure(browser))
            answers[name] = said.replace(f'value="{name}"', 'value="…"')
            costs[name] = tuple(hashes)
            binds[name] = server.asked().count("BIND dn") - before
        assert set(answers.values()) == {answers["mia"]}
        assert set(costs.values()) == {costs["mia"]}
        assert len(costs["mia"]) == 1
        assert {binds[name] for name in LOCAL} == {0}
        assert binds["lena"] == binds["nobody"] > 0


def test_a_name_is_a_value_and_no_filter(provider: Within, server: Slapd) -> None:
    """AC-160, SEC-275"""
    ordinary = like_any_failure(entered(provider, "nobody", PASSWORD))
    for name, asked in WAYS_IN.items():
        browser = entered(provider, name, PASSWORD)
        no_session(browser)
        assert (browser.status, browser.error) == (ordinary[0], "wrong-credentials")
        assert asked.lower() in server.asked().lower()


def test_blanks_around_a_name_are_nobody_else(provider: Within) -> None:
    """AC-160: the person is meant, by one account"""
    provider.policy("optional")
    for name in ("lena", "lena ", " LENA"):
        assert entered(provider, name, PASSWORD).page == "settings"
    known = provider.command("user", "list", "--json")
    assert str(known).count("'username': 'lena'") == 1
