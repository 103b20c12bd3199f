"""REL-019: a fault that nobody foresaw ends one request, and nothing of it stays.

A row that no version of ours would write makes the program stumble in the middle of a
transaction that has already written.
"""

import pathlib
from collections.abc import Iterator

import pytest

from tests.support.faults import changed
from tests.support.people import is_signed_in
from tests.support.within import Prepared
from tests.support.within import Within
from tests.support.within import within


@pytest.fixture
def provider(tmp_path: pathlib.Path, prepared_sqlite: Prepared) -> Iterator[Within]:
    with within(tmp_path, prepared_sqlite) as running:
        yield running


def test_a_fault_in_the_middle_leaves_neither_rows_nor_locks_nor_people(
    provider: Within, tmp_path: pathlib.Path
) -> None:
    mia, ben = provider.person("mia"), provider.person("ben")
    wiki = provider.client("Wiki")
    browser, other = (one.sign_in(provider.browser()) for one in (mia, ben))
    code = wiki.code(wiki.ask(browser.tab()))
    (file,) = (tmp_path / "var").glob("*.db")
    broken = "UPDATE users SET password_expires_at = 'never' WHERE username = 'mia'"
    mended = "UPDATE users SET password_expires_at = NULL WHERE username = 'mia'"
    with changed(f"sqlite:///{file}", broken, mended):
        # By then the code is claimed, and other writers would wait for this one.
        assert wiki.redeem(code).status == 500
        assert browser.tab().visit("/settings").status == 500
        assert provider.browser().visit("/settings").page == "login-password"
        assert other.visit("/settings").page == "settings"
        party = wiki.twin()
        assert party.collect(party.ask(other.tab())).claims["sub"] == ben.id
    assert wiki.verified(wiki.redeem(code)).claims["sub"] == mia.id
    assert is_signed_in(browser)
