"""REL-024: what gives way to another transaction is done again, three times at most.

The database itself says no, by a trigger that counts: its sequence is not rolled back
with the transaction that it broke.
"""

import contextlib
import pathlib
from collections.abc import Iterator

import pytest
import sqlalchemy

from idp.store.engines import make_engine
from tests.support.contents import Watched
from tests.support.people import is_signed_in
from tests.support.phone import STEP
from tests.support.within import Prepared
from tests.support.within import Within
from tests.support.within import within

DEADLOCK, SERIALISATION = "40P01", "40001"
BOTH = pytest.mark.parametrize("state", [DEADLOCK, SERIALISATION])
RETRIES = 3


@pytest.fixture
def watched(prepared_postgresql: Prepared) -> Watched:
    given = prepared_postgresql
    return Watched(given.folder, given.url, given.server)


@pytest.fixture
def provider(tmp_path: pathlib.Path, watched: Watched) -> Iterator[Within]:
    with within(tmp_path, watched) as running:
        yield running


@contextlib.contextmanager
def refusing(watched: Watched, when: str, *, times: int, state: str) -> Iterator[None]:
    """Lets the database give up so many transactions that do something to a table."""
    engine = make_engine(watched.url_of_copy)
    setup = f"""
        CREATE SEQUENCE hiccups;
        CREATE FUNCTION hiccup() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF nextval('hiccups') <= {times} THEN
                RAISE EXCEPTION 'gave way' USING ERRCODE = '{state}';
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER hiccup AFTER {when} FOR EACH STATEMENT EXECUTE FUNCTION hiccup();
    """
    undo = "DROP FUNCTION hiccup CASCADE; DROP SEQUENCE hiccups;"
    for script in (setup, None, undo):
        if script is None:
            yield
            continue
        with engine.begin() as db:
            db.execute(sqlalchemy.text(script))
    engine.dispose()


def started(provider: Within) -> int:
    trail = provider.command("audit", "export")
    return str(trail).count('"session.started"')


@BOTH
def test_a_sign_in_that_gave_way_is_done_again(
    provider: Within, watched: Watched, state: str
) -> None:
    mia = provider.person("mia")
    browser = mia.enter_password(provider.browser().visit("/login"))
    before = started(provider)
    code = mia.phone.unused_code()
    with refusing(watched, "INSERT ON sessions", times=RETRIES, state=state):
        mia.enter_code(browser, code)
    assert browser.page == "settings", browser
    assert started(provider) == before + 1


def test_what_gives_way_too_often_is_told_and_left_undone(
    provider: Within, watched: Watched
) -> None:
    mia = provider.person("mia")
    browser = mia.enter_password(provider.browser().visit("/login"))
    page, code = browser.tab(), mia.phone.unused_code()
    page.trail = list(browser.trail)
    busy = refusing(watched, "INSERT ON sessions", times=RETRIES + 1, state=DEADLOCK)
    with busy:
        mia.enter_code(browser, code)
        assert (browser.status, browser.error) == (503, "unavailable")
        assert int(browser.answer.header("Retry-After") or 0) > 0
        assert not is_signed_in(browser)
        mia.enter_code(page, code)
    assert page.page == "settings", "the code was not spent"


def test_a_redemption_that_gave_way_gives_tokens(
    provider: Within, watched: Watched
) -> None:
    """An authorization code and a refresh token are spent once all the same"""
    mia, wiki = provider.person("mia"), provider.client("Wiki")
    code = wiki.code(wiki.ask(mia.sign_in(provider.browser())))
    trail = "INSERT ON audit_records"
    with refusing(watched, trail, times=RETRIES, state=DEADLOCK):
        tokens = wiki.verified(wiki.redeem(code))
    with refusing(watched, trail, times=RETRIES, state=SERIALISATION):
        fresh = wiki.refreshed(tokens)
    assert wiki.userinfo(fresh.access).status == 200
    with refusing(watched, trail, times=RETRIES + 1, state=DEADLOCK):
        answer = wiki.refresh(fresh.refresh)
    assert (answer.status, answer.json()["error"]) == (503, "temporarily_unavailable")
    assert wiki.refreshed(fresh).access


def test_what_was_spent_before_is_not_spent_again(
    provider: Within, watched: Watched
) -> None:
    """New backup codes: the code is spent first, in a block of its own"""
    mia = provider.person("mia")
    browser = mia.sign_in(provider.browser())
    provider.move.advance(seconds=2 * STEP)
    browser.visit("/settings/mfa/regenerate")
    with refusing(watched, "DELETE ON backup_codes", times=1, state=DEADLOCK):
        browser.fill("regenerate-codes", code=mia.phone.unused_code())
    assert (browser.status, browser.error) == (503, "unavailable")
    fresh = mia.enter_password(provider.browser().visit("/login"))
    assert mia.enter_backup_code(fresh, mia.backup_codes[0]).page == "login-notice"
