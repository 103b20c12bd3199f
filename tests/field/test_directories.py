"""Rows 20 and 22: values that are many, and a directory that comes and goes.

Row 21, ids of bytes, is in tests/test_directory.py and tests/actions/test_directory.py.
"""

from collections.abc import Iterator

import pytest

from tests.support.browser import Browser
from tests.support.providers import Maker
from tests.support.slapd import PASSWORD
from tests.support.slapd import Slapd
from tests.support.slapd import running_slapd
from tests.support.waiting import until
from tests.support.within import Within


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with running_slapd(tmp_path_factory.mktemp("slapd"), idle=1) as running:
        running.person(
            "lena",
            cn=["Lena Berg", "Berg, Lena"],
            mail=["lena@example.org", "berg@example.org"],
            jpegPhoto=b"\xff\xd8\x00\xfe",
        )
        yield running


def as_lena(browser: Browser) -> Browser:
    return browser.fill("sign-in", username="lena", password=PASSWORD)


def signing_in(provider: Within) -> Browser:
    return as_lena(provider.browser().visit("/login"))


@pytest.mark.parametrize("way", ["ldap", "starttls", "ldaps"])
def test_a_directory_that_comes_and_goes_needs_no_restart_of_ours(
    new_provider: Maker, server: Slapd, way: str
) -> None:
    """Row 22"""
    given = {
        "ldap": {},
        "starttls": {"IDP_LDAP_START_TLS": "yes"},
        "ldaps": {"IDP_LDAP_URL": server.secure_url},
    }[way]
    server.stop()
    try:
        provider = new_provider(**server.settings(**given))
        mia = provider.person("mia")
        provider.policy("optional")
        away = signing_in(provider)
        assert (away.status, away.error) == (503, "unavailable")
        mia.sign_in(provider.browser())
    finally:
        server.start()
    assert signing_in(provider).page == "settings"
    server.end_idle_connections()
    assert signing_in(provider).page == "settings"
    server.stop()
    server.start()
    assert signing_in(provider).page == "settings"
    until(
        lambda: server.asked().count("ACCEPT from") == server.asked().count(" closed"),
        "no connection is left",
    )


def test_several_values_are_one_text_and_pictures_do_no_harm(
    new_provider: Maker, server: Slapd
) -> None:
    """Row 20"""
    provider = new_provider(**server.settings())
    provider.policy("optional")
    wiki = provider.client("Wiki")
    seen = []
    for _ in range(2):
        browser = wiki.ask(provider.browser(), scope="openid profile email")
        tokens = wiki.collect(as_lena(browser))
        told = wiki.userinfo(tokens.access).json()
        seen.append((told["email"], told["name"], told["preferred_username"]))
        provider.restart()
    assert seen == [("berg@example.org", "Berg, Lena", "lena")] * 2
