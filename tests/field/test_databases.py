"""Rows 25 and 26: a database that is busy, and one that was away for a moment."""

import functools
import pathlib
import sqlite3
import threading
from collections.abc import Callable

import pytest

from tests.support.barrier import at_once
from tests.support.exchange import Answer
from tests.support.people import is_signed_in
from tests.support.postgres import Server
from tests.support.provider import Provider
from tests.support.provider import serving

pytestmark = pytest.mark.races


def test_a_busy_sqlite_never_becomes_a_wrong_password(tmp_path: pathlib.Path) -> None:
    """Row 25, REL-003"""
    with serving(tmp_path, workers=4) as provider:
        people = [provider.person(f"person-{number}") for number in range(8)]
        wiki = provider.client("Wiki")
        browser = people[0].enter_backup_code(
            people[0].enter_password(wiki.ask(provider.browser())),
            people[0].backup_codes[0],
        )
        tokens = wiki.collect(browser.fill("continue-as"))
        done = threading.Event()

        def sign_in(number: int) -> Answer:
            browser = provider.browser().visit("/login")
            people[number].enter_password(browser)
            return browser.answer

        def refresh() -> Answer:
            current = tokens
            for _ in range(20):
                current = wiki.refreshed(current)
            return wiki.userinfo(current.access)

        def copy_all_the_time() -> None:
            provider.command("audit", "export", "--format", "csv")
            while not done.is_set():
                _copy(tmp_path)

        keeper = threading.Thread(target=copy_all_the_time)
        keeper.start()
        tries: list[Callable[[], Answer]] = [refresh]
        tries += [functools.partial(sign_in, n) for n in range(8)] * 5
        answers = at_once(tries)
        done.set()
        keeper.join()
        provider.command("audit", "verify")

        for answer in answers:
            assert answer.status in (200, 503), answer
            assert "wrong-credentials" not in answer.text
            assert answer.status == 200 or answer.header("Retry-After")
        assert "Traceback" not in provider.log


def _copy(folder: pathlib.Path) -> None:
    """Copies the live database page by page, as `sqlite3 … .backup` does."""
    (source,) = (path for path in (folder / "var").iterdir() if _is_database(path))
    reader, copy = sqlite3.connect(source), sqlite3.connect(folder / "copy")
    try:
        reader.backup(copy, pages=50)
    finally:
        reader.close()
        copy.close()


def _is_database(path: pathlib.Path) -> bool:
    with path.open("rb") as file:
        return file.read(15) == b"SQLite format 3"


def test_logins_go_on_after_a_restart_of_postgresql(
    tmp_path: pathlib.Path, postgres: Server
) -> None:
    """Row 26, REL-002: between the password and the code, and before the tokens"""
    url = postgres.fresh_database()
    with serving(tmp_path, database_url=url, workers=4) as provider:
        mia, ben = provider.person("mia"), provider.person("ben")
        wiki = provider.client("Wiki")
        halfway = mia.enter_password(wiki.ask(provider.browser()))
        code = wiki.code(wiki.ask(ben.sign_in(provider.browser())))
        pending = wiki.pending
        _restart(postgres)

        statuses = [_once_or_twice(provider) for _ in range(8)]
        assert statuses == [200] * 8
        mia.enter_code(halfway)
        assert halfway.left_for
        assert pending is not None
        assert wiki.redeem(code).status == 200
        assert is_signed_in(halfway)


def _restart(server: Server) -> None:
    server.stop()
    server.start()


def _once_or_twice(provider: Provider) -> int:
    """Opens the first page on some worker; one 503 is forgiven."""
    answer = provider.browser().visit("/login").answer
    if answer.status == 503:
        answer = provider.browser().visit("/login").answer
    return answer.status
