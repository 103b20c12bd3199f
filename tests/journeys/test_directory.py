"""R9 on the pages: people of a real directory sign in, and what they then see."""

from collections.abc import Callable
from collections.abc import Iterator

import pytest

from tests.journeys.administrators import administrator
from tests.support.slapd import PASSWORD
from tests.support.slapd import Slapd
from tests.support.slapd import running_slapd
from tests.support.within import Within

Maker = Callable[..., Within]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with running_slapd(tmp_path_factory.mktemp("slapd")) as running:
        yield running


@pytest.fixture
def provider(new_provider: Maker, server: Slapd) -> Iterator[Within]:
    yield new_provider(**server.settings())
    server.remove_people()


def test_the_password_of_a_directory_is_not_changed_here(provider, server):
    server.person("lena")
    provider.policy("optional")
    browser = provider.browser().visit("/login")

    browser.fill("sign-in", username="lena", password=PASSWORD)

    assert browser.page == "settings"
    browser.visit("/settings/password")
    assert browser.html.marks("data-password-kept") == ["directory"]
    assert "change-password" not in browser.html.marks("data-action")


def test_an_administrator_sees_who_is_kept_where_and_changes_the_rest(provider, server):
    server.person("lena")
    provider.policy("optional")
    browser = provider.browser().visit("/login")
    browser.fill("sign-in", username="lena", password=PASSWORD)
    admin = administrator(provider)

    admin.visit("/admin/users/lena")

    assert "initial-password" not in admin.html.marks("data-action")
    assert "the directory" in admin.text
    admin.fill("update-user", mfa_required="on")
    assert admin.error is None
    assert admin.html.marks("data-mfa-required") == ["on"]


def test_a_directory_that_is_away_is_told_and_counts_nothing(provider, server):
    """field report 22"""
    mia = provider.person("mia")
    server.person("lena")
    server.stop()
    try:
        browser = provider.browser().visit("/login")
        browser.fill("sign-in", username="lena", password=PASSWORD)
        assert (browser.status, browser.error) == (503, "unavailable")
        mia.sign_in(provider.browser())
    finally:
        server.start()
    browser = provider.browser().visit("/login")
    browser.fill("sign-in", username="lena", password=PASSWORD)

    assert browser.page == "enrol-totp"
